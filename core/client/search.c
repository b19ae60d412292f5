#include "core/client/timeline.h"

#include "core/base/mem.h"
#include "core/client/relations.h"
#include "core/store/search.h"

#define INDEX_ROWS 1000
#define INDEX_STEPS 20

struct hits {
	struct store *s;
	json_t *rows;
	json_t *ids; /* event ids found so far */
};

/* True when this event has been found before. */
static bool is_known(struct hits *h, const char *id)
{
	if (json_object_get(h->ids, id))
		return true;
	json_object_set_new(h->ids, id, json_true());
	return false;
}

static int on_cached(const struct store_event *e, void *arg)
{
	struct hits *h = arg;
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE char *id = span_dup(e->event_id);
	if (!store_room_get(h->s, e->room, &r) || is_known(h, id))
		return 0;
	struct row_context x = {.s = h->s, .room = &r, .edits_apply = true};
	json_array_append_new(h->rows, event_row(&x, e));
	return 0;
}

/* A hit of the server's need not be in the cache. */
static void add_foreign(struct hits *h, json_t *event)
{
	AUTO(store_room_done) struct store_room r = {0};
	const char *room_id = json_get_str(event, "room_id"), *id = json_get_str(event, "event_id");
	int64_t room = room_id ? store_room_find(h->s, span_of(room_id)) : 0;
	if (!room || !id || !store_room_get(h->s, room, &r) || is_known(h, id))
		return;
	struct row_context x = {.s = h->s, .room = &r, .edits_apply = true};
	json_t *row = foreign_row(&x, event);
	if (row)
		json_array_append_new(h->rows, row);
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

/* Whoever searches pays for it, but not without end: what is left is read through. */
static void index_more(struct store *s)
{
	bool more = true;
	for (int i = 0; more && i < INDEX_STEPS; i++)
		if (store_index_step(s, INDEX_ROWS, &more, NULL))
			break;
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
	index_more(h.s);
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
