#include "core/client/timeline.h"

#include "core/base/mem.h"
#include "core/client/row.h"
#include "core/matrix/event.h"

struct hits {
	struct store *s;
	json_t *rows;
	json_t *ids; /* event ids found so far */
};

static void add_hit(struct hits *h, const struct store_event *e)
{
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE char *id = span_dup(e->event_id);
	if (json_object_get(h->ids, id) || !store_room_get(h->s, e->room, &r))
		return;
	struct row_context x = {h->s, &r, false, true};
	json_object_set_new(h->ids, id, json_true());
	json_array_append_new(h->rows, event_row(&x, e));
}

static int on_cached(const struct store_event *e, void *arg)
{
	add_hit(arg, e);
	return 0;
}

/* A hit of the server's need not be in the cache. */
static void add_foreign(struct hits *h, json_t *event)
{
	struct mx_event ev;
	struct mx_message m;
	if (event_parse(event, EVENT_ROOM, &ev, NULL))
		return;
	int64_t room = ev.room_id ? store_room_find(h->s, span_of(ev.room_id)) : 0;
	if (room && ev.event_id &&
	    !store_event_get(h->s, room, span_of(ev.event_id), on_cached, h)) {
		AUTO_FREE char *text = json_text(event);
		struct store_event e = {
			.room = room,
			.ts = ev.ts,
			.event_id = span_of(ev.event_id),
			.type = span_of(ev.type),
			.sender = span_of(ev.sender),
			.json = span_of(text),
		};
		if (event_message(&ev, &m))
			e.body = m.body;
		add_hit(h, &e);
	}
	event_done(&ev);
}

static void ask_server(struct client *c, const char *text, const char *room_id, int limit,
		       struct hits *h)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *one;
	/* A help, not a promise: many servers cannot search. */
	if (session_do(client_session(c), request_search(text, room_id, limit, NULL), &reply, NULL))
		return;
	json_t *found = json_get_object(json_get_object(reply, "search_categories"), "room_events");
	json_array_foreach (json_get_array(found, "results"), i, one) {
		json_t *event = json_get_object(one, "result");
		if (event)
			add_foreign(h, event);
	}
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = json_get_i64(*(json_t *const *)a, "ts", 0);
	int64_t y = json_get_i64(*(json_t *const *)b, "ts", 0);
	return x > y ? -1 : x < y;
}

int client_search(struct client *c, const char *text, const char *room_id, int limit,
		  client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *rows = json_array(), *ids = json_object();
	AUTO(store_room_done) struct store_room r = {0};
	struct hits h = {.rows = rows, .ids = ids};
	if (limit <= 0)
		limit = 100;
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_store(c, &h.s, err);
	if (!rc && room_id)
		rc = client_find_room(c, room_id, &r, err);
	if (rc)
		return rc;
	store_events_search(h.s, r.id, text, limit, on_cached, &h);
	ask_server(c, text, room_id, limit, &h);
	size_t n = json_array_size(rows);
	AUTO_FREE json_t **sorted = mem_realloc_array(NULL, n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_array_get(rows, i);
	qsort(sorted, n, sizeof(*sorted), newest_first);
	for (size_t i = 0; i < n && i < (size_t)limit && !rc; i++)
		rc = fn(sorted[i], arg);
	return rc;
}
