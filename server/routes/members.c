/*
 * GET /rooms/{roomId}/members, /rooms/{roomId}/joined_members, /joined_rooms
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/state_at.h"

#include <string.h>

extern const struct route members_routes[];

static bool word_ok(struct rq *rq, const char *name)
{
	const char *s = rq_query(rq, name);
	if (!s || !strcmp(s, visibility_word(visibility_membership_of(span_of(s)))))
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", _("\"%s\" must be join, invite, leave, ban or knock"),
		 name);
	return false;
}

static struct span membership_of(const json_t *event)
{
	return json_get_span(json_get_object(event, "content"), "membership");
}

static void get_members(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	const char *only = rq_query(rq, "membership"), *without = rq_query(rq, "not_membership");
	if (!word_ok(rq, "membership") || !word_ok(rq, "not_membership") || !read_open(rq, &a))
		return;
	int64_t at = a.upto;
	if (!read_token(rq, "at", &at)) {
		access_done(&a);
		return;
	}
	state_members_at(a.hub, a.room->nid, at < a.upto ? at : a.upto, &l);
	buf_put_str(&b, "{\"chunk\":[");
	bool first = true;
	for (size_t i = 0; i < l.n; i++) {
		if (only || without) {
			JSON_AUTO json_t *j = NULL;
			if (json_parse_object(l.v[i].text, &j, NULL))
				continue;
			struct span is = membership_of(j);
			if ((only && !span_eq_str(is, only)) ||
			    (without && span_eq_str(is, without)))
				continue;
		}
		if (!first)
			buf_put_char(&b, ',');
		first = false;
		access_put(&b, &a, &l.v[i]);
	}
	buf_put_str(&b, "]}");
	rq_text(rq, 200, &b);
	buf_done(&b);
	event_list_done(&l);
	access_done(&a);
}

/* null where there is none: matrix-nio takes no reply without a name. */
static json_t *text_or_null(struct span s)
{
	return s.p ? json_stringn(s.p, s.n) : json_null();
}

static void get_joined_members(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	if (!read_open_joined(rq, &a))
		return;
	json_t *joined = json_object();
	state_members_at(a.hub, a.room->nid, a.upto, &l);
	for (size_t i = 0; i < l.n; i++) {
		JSON_AUTO json_t *j = NULL;
		if (json_parse_object(l.v[i].text, &j, NULL) ||
		    !span_eq_str(membership_of(j), "join"))
			continue;
		const json_t *content = json_get_object(j, "content");
		json_object_set_new(joined, l.v[i].state_key.p,
				    json_pack("{s:o,s:o}", "display_name",
					      text_or_null(json_get_span(content, "displayname")),
					      "avatar_url",
					      text_or_null(json_get_span(content, "avatar_url"))));
	}
	rq_json(rq, 200, json_pack("{s:o}", "joined", joined));
	event_list_done(&l);
	access_done(&a);
}

static void get_joined_rooms(struct rq *rq)
{
	struct hub_user *u = hub_user(rq->srv->hub, rq->who.user_nid);
	json_t *rooms = json_array();
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&u->rooms, &at));)
		if (m->membership == MEMBERSHIP_JOIN)
			json_array_append_new(rooms, json_string(m->room->room_id));
	rq_json(rq, 200, json_pack("{s:o}", "joined_rooms", rooms));
}

const struct route members_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/members", ROUTE_USER, 0, get_members, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/joined_members", ROUTE_USER, 0, get_joined_members, 0},
	{"GET", "/_matrix/client/v3/joined_rooms", ROUTE_USER, 0, get_joined_rooms, 0},
	{0},
};
