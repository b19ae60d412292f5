#include "core/client/directory.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/event.h"
#include "core/matrix/reply.h"

#define PAGE 100
#define ROOMS_MAX 100000
#define PAGES_MAX (2 * ROOMS_MAX / PAGE) /* a server may give pages without rooms, without end */

static json_t *room_row(struct store *s, const json_t *room, const char *id)
{
	AUTO(store_room_done) struct store_room r = {0};
	const char *rule = json_get_str(room, "join_rule");
	json_t *row = json_object();
	int64_t known = store_room_find(s, span_of(id));
	bool ours = known && store_room_get(s, known, &r) && strcmp(r.membership, "none") != 0;
	row_str(row, "room_id", id);
	row_span(row, "name", json_get_span(room, "name"));
	row_span(row, "alias", json_get_span(room, "canonical_alias"));
	row_span(row, "topic", json_get_span(room, "topic"));
	row_int(row, "members", json_get_i64(room, "num_joined_members", 0));
	row_str(row, "type", json_get_str(room, "room_type"));
	row_str(row, "join_rule", rule ? rule : "public");
	row_bool(row, "world_readable", json_get_bool(room, "world_readable", false));
	row_str(row, "membership", ours ? r.membership : NULL);
	return row;
}

struct listing {
	struct client *c;
	struct store *s;
	const struct directory_query *q;
	client_row_fn *fn;
	void *arg;
	int64_t told;
};

static int64_t left(const struct listing *l)
{
	return (l->q->limit > 0 ? l->q->limit : ROOMS_MAX) - l->told;
}

static int tell_page(struct listing *l, const json_t *reply)
{
	size_t i;
	json_t *room;
	json_array_foreach (json_get_array(reply, "chunk"), i, room) {
		const char *id = json_get_str(room, "room_id");
		if (!id || left(l) <= 0)
			continue;
		JSON_AUTO json_t *row = room_row(l->s, room, id);
		int rc = l->fn(row, l->arg);
		if (rc)
			return rc;
		l->told++;
	}
	return 0;
}

int client_directory(struct client *c, const struct directory_query *q, client_row_fn *fn,
		     void *arg, struct err *err)
{
	struct listing l = {.c = c, .q = q, .fn = fn, .arg = arg};
	AUTO_FREE char *since = NULL;
	int rc = client_store(c, &l.s, err);
	for (int page = 0; !rc && left(&l) > 0 && page < PAGES_MAX; page++) {
		JSON_AUTO json_t *reply = NULL;
		int limit = left(&l) < PAGE ? (int)left(&l) : PAGE;
		rc = session_do(client_session(c),
				request_public_rooms(q->server, q->text, limit, since), &reply,
				err);
		if (!rc)
			rc = tell_page(&l, reply);
		const char *next = json_get_str(reply, "next_batch");
		if (!next || (since && strcmp(since, next) == 0))
			break;
		mem_free(since);
		since = mem_strdup(next);
	}
	return rc;
}

int client_people_search(struct client *c, const char *text, int limit, client_row_fn *fn,
			 void *arg, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *one;
	int rc = session_do(client_session(c), request_user_search(text, limit), &reply, err);
	json_array_foreach (json_get_array(reply, "results"), i, one) {
		const char *id = json_get_str(one, "user_id");
		if (!id || rc)
			continue;
		JSON_AUTO json_t *row = json_object();
		row_str(row, "user_id", id);
		row_span(row, "name", json_get_span(one, "display_name"));
		row_span(row, "avatar_url", json_get_span(one, "avatar_url"));
		rc = fn(row, arg);
	}
	return rc;
}

int client_room_knock(struct client *c, const char *what, const char *reason, json_t **ret,
		      struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	const char *room_id;
	struct store *s;
	AUTO_FREE char *target = what[0] == '#' && !strchr(what, ':')
					 ? mem_printf("%s:%s", what, client_server_name(c))
					 : mem_strdup(what);
	int rc = session_do(client_session(c), request_knock(target, reason, NULL), &reply, err);
	if (!rc)
		rc = reply_room_id(reply, &room_id, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	int64_t id = store_room_make(s, span_of(room_id), err);
	if (id > 0)
		store_room_membership(s, id, "knock", NULL);
	*ret = json_pack("{s:s, s:s}", "room_id", room_id, "membership", "knock");
	return 0;
}

static int on_state(const struct store_state *st, void *arg)
{
	struct mx_event ev;
	struct mx_member m;
	if (event_parse_text(st->json, EVENT_STRIPPED, &ev, NULL))
		return 0;
	if (event_member(&ev, &m) && m.state == MEMBER_KNOCK) {
		json_t *row = json_object();
		row_str(row, "user_id", m.user_id);
		row_span(row, "name", m.name.n ? m.name : (struct span){NULL, 0});
		row_span(row, "reason", m.reason.n ? m.reason : (struct span){NULL, 0});
		row_int(row, "ts", st->ts);
		json_array_append_new(arg, row);
	}
	event_done(&ev);
	return 0;
}

int client_room_knocks(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	JSON_AUTO json_t *rows = json_array();
	struct store *s;
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_need_members(c, room_id, err);
	if (!rc)
		rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (!rc)
		store_state_walk_type(s, r.id, "m.room.member", on_state, rows);
	for (size_t i = 0; i < json_array_size(rows) && !rc; i++)
		rc = fn(json_array_get(rows, i), arg);
	return rc;
}
