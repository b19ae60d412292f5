#include "core/client/relations.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#define PAGE 100
#define PAGES_MAX 1000

static int page_events(struct span chunk, relation_fn *fn, void *arg)
{
	struct slice cut;
	struct sync_event e;
	int rc = 0;
	if (!chunk.n || sync_events(&cut, chunk, NULL))
		return 0;
	while (!rc && sync_next_event(&cut, EVENT_ROOM, &e, NULL) > 0) {
		rc = fn(&e, arg);
		sync_event_done(&e);
	}
	return rc;
}

int relations_walk(struct client *c, const char *room_id, const char *event_id,
		   const char *rel_type, const char *type, relation_fn *fn, void *arg,
		   struct err *err)
{
	AUTO_FREE char *from = NULL;
	for (int i = 0; i < PAGES_MAX; i++) {
		AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
		struct page_query q = {.from = from, .limit = PAGE};
		AUTO(request_done)
		struct request rq = request_relations(room_id, event_id, rel_type, type, &q);
		struct session_request sr = {.method = rq.method, .path = buf_str(&rq.path)};
		char next[4096] = "";
		struct span chunk = {NULL, 0};
		int rc = session_raw(client_session(c), &sr, &body, err);
		if (rc)
			return rc;
		if (slice_find(buf_span(&body), "chunk", &chunk) != SLICE_ARRAY)
			return err_set(err, ERR_PROTOCOL,
				       _("the server's list of relations is malformed"));
		rc = page_events(chunk, fn, arg);
		slice_find_str(buf_span(&body), "next_batch", next, sizeof(next));
		if (rc || !next[0] || (from && strcmp(from, next) == 0))
			return rc;
		mem_free(from);
		from = mem_strdup(next);
	}
	return 0;
}

static int keep_json(const struct store_event *e, void *arg)
{
	json_parse_object(e->json, arg, NULL);
	return 0;
}

int event_get(struct client *c, const struct store_room *room, const char *event_id, bool offline,
	      json_t **ret, struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	*ret = NULL;
	store_event_get(s, room->id, span_of(event_id), keep_json, ret);
	if (*ret)
		return 0;
	rc = offline ? ERR_NOT_FOUND
		     : session_do(client_session(c), request_event(room->room_id, event_id), ret,
				  err);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, _("There is no event %s in the room"), event_id);
	return rc;
}

struct known {
	const struct row_context *x;
	json_t *row;
};

static int on_known(const struct store_event *e, void *arg)
{
	struct known *k = arg;
	k->row = event_row(k->x, e);
	return 0;
}

/* The newest edit that the server told beside the event, where the cache has none. */
static void put_bundled_edit(json_t *row, const struct mx_event *ev)
{
	struct mx_event edit;
	struct mx_message m;
	json_t *newer = json_get_object(ev->bundled, "m.replace");
	if (!newer || json_get_bool(row, "edited", false) ||
	    event_parse(newer, EVENT_ROOM, &edit, NULL))
		return;
	if (event_is_edit(&edit) && event_message(&edit, &m)) {
		row_span(row, "body", m.body);
		row_bool(row, "edited", true);
		row_int(row, "edited_ts", edit.ts);
	}
	event_done(&edit);
}

json_t *foreign_row(const struct row_context *x, json_t *event)
{
	struct mx_event ev;
	struct mx_message m;
	struct mx_poll poll;
	struct known k = {x, NULL};
	if (event_parse(event, EVENT_ROOM, &ev, NULL))
		return NULL;
	if (store_event_get(x->s, x->room->id, span_of(ev.event_id), on_known, &k)) {
		event_done(&ev);
		return k.row;
	}
	AUTO_FREE char *text = json_text(event);
	struct store_event e = {
		.room = x->room->id,
		.ts = ev.ts,
		.event_id = span_of(ev.event_id),
		.type = span_of(ev.type),
		.sender = span_of(ev.sender),
		.state_key = span_of(ev.state_key),
		.redacted_by = span_of(ev.redacted_because ? "?" : NULL),
		.json = span_of(text),
	};
	if (event_message(&ev, &m))
		e.body = m.body;
	else if (event_poll_start(&ev, &poll))
		e.body = poll.question;
	json_t *row = event_row(x, &e);
	put_bundled_edit(row, &ev);
	event_done(&ev);
	return row;
}
