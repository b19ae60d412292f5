#include "core/client/timeline.h"

#include "core/base/mem.h"
#include "core/client/relations.h"
#include "core/store/search.h"

#define INDEX_ROWS 1000
#define INDEX_STEPS 20
#define PAGES_MAX 20

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

/* One page of what the server finds; *ret_next where it goes on, NULL: nowhere. */
static bool ask_page(struct client *c, const char *text, const char *room_id, int limit,
		     const char *from, char **ret_next, struct hits *h)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *one;
	/* A help, not a promise: many servers cannot search. */
	if (session_do(client_session(c), request_search(text, room_id, limit, from), &reply, NULL))
		return false;
	json_t *found = json_get_object(json_get_object(reply, "search_categories"), "room_events");
	json_t *results = json_get_array(found, "results");
	json_array_foreach (results, i, one) {
		json_t *event = json_get_object(one, "result");
		if (event)
			add_foreign(h, event);
	}
	const char *next = json_get_str(found, "next_batch");
	*ret_next = next && json_array_size(results) ? mem_strdup(next) : NULL;
	return true;
}

/* Servers give so many at a time; of each page we need what the cache does not have. */
static void ask_server(struct client *c, const char *text, const char *room_id, int limit,
		       struct hits *h)
{
	AUTO_FREE char *from = NULL;
	int got = 0;
	for (int i = 0; i < PAGES_MAX && got < limit; i++) {
		AUTO_FREE char *next = NULL;
		size_t before = json_object_size(h->ids);
		if (!ask_page(c, text, room_id, limit, from, &next, h) || !next)
			return;
		got += (int)(json_object_size(h->ids) - before);
		mem_free(from);
		from = take(&next);
	}
}

/* A row and the place where it was found: of two at one time the first stays first. */
struct hit {
	json_t *row;
	size_t at;
};

static int newest_first(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int64_t tx = json_get_i64(x->row, "ts", 0), ty = json_get_i64(y->row, "ts", 0);
	if (tx != ty)
		return tx > ty ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
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
	AUTO_FREE struct hit *sorted = mem_realloc_array(NULL, n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct hit){json_array_get(rows, i), i};
	qsort(sorted, n, sizeof(*sorted), newest_first);
	for (size_t i = 0; i < n && i < (size_t)limit && !rc; i++)
		rc = fn(sorted[i].row, arg);
	return rc;
}
