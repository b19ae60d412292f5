#include "core/client/timeline.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/sync.h"
#include "core/client/timeline_priv.h"

#define PAGE_LIMIT 100
#define CLOCKS_APART_MS 3600000 /* events a little out of order by their own clocks */

/* Collects rows newest first. */
struct collect {
	struct row_context x;
	const struct read_request *rq;
	json_t *rows;
	int64_t before; /* oldest position seen */
	bool enough;
};

static bool is_enough(const struct collect *k, const struct store_event *e)
{
	if (k->rq->last > 0 && json_array_size(k->rows) >= (size_t)k->rq->last)
		return true;
	return k->rq->since_ms && e->ts < k->rq->since_ms - CLOCKS_APART_MS;
}

static int on_event(const struct store_event *e, void *arg)
{
	struct collect *k = arg;
	bool edit = span_eq_str(e->rel_type, "m.replace") && !k->rq->all_types;
	k->before = e->pos;
	if (event_wanted(k->rq, e) && !edit)
		json_array_append_new(k->rows, event_row(&k->x, e));
	k->enough = is_enough(k, e);
	return k->enough;
}

/* From the newest backwards; gaps on the way are filled page by page. */
static int collect_back(struct client *c, struct collect *k, int64_t to, struct err *err)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int64_t room = k->x.room->id;
	for (;;) {
		bool more, gap = store_gap_find(k->x.s, room, to, g);
		store_events_walk(k->x.s, room, gap ? g->pos - 1 : 0, to, true, on_event, k);
		if (k->enough || !gap || k->rq->offline)
			return 0;
		to = g->pos;
		int rc = client_check_time(c, err);
		if (!rc)
			rc = sync_backfill(c, room, g->pos, PAGE_LIMIT, &more, err);
		if (rc)
			return rc;
	}
}

int timeline_read_room(struct client *c, const struct store_room *room,
		       const struct read_request *rq, int64_t to, client_row_fn *fn, void *arg,
		       struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	struct collect k = {.rq = rq, .rows = rows};
	int rc = client_store(c, &k.x.s, err);
	if (rc)
		return rc;
	k.x.room = room;
	k.x.raw = rq->raw;
	k.x.edits = rq->edits;
	k.x.edits_apply = true;
	rc = collect_back(c, &k, to, err);
	for (size_t i = json_array_size(rows); i > 0 && !rc; i--)
		rc = fn(json_array_get(rows, i - 1), arg);
	return rc;
}

static int64_t ts_of(const json_t *row)
{
	return json_get_i64(row, "ts", 0);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = ts_of(*(json_t *const *)a), y = ts_of(*(json_t *const *)b);
	return x < y ? -1 : x > y;
}

static int keep_row(json_t *row, void *arg)
{
	json_array_append(arg, row);
	return 0;
}

/* All joined rooms, in order of time. */
static int read_all(struct client *c, const struct read_request *rq, client_row_fn *fn, void *arg,
		    struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(s, *p, &r))
			rc = timeline_read_room(c, &r, rq, INT64_MAX, keep_row, rows, err);
	}
	size_t n = json_array_size(rows), skip = 0;
	AUTO_FREE json_t **sorted = mem_realloc_array(NULL, n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_array_get(rows, i);
	qsort(sorted, n, sizeof(*sorted), by_time);
	if (rq->last > 0 && n > (size_t)rq->last)
		skip = n - (size_t)rq->last;
	for (size_t i = skip; i < n && !rc; i++)
		rc = fn(sorted[i], arg);
	return rc;
}

int client_read(struct client *c, const struct read_request *rq, client_row_fn *fn, void *arg,
		struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	int rc = rq->offline ? 0 : client_refresh(c, err);
	if (!rc && !rq->room_id)
		return read_all(c, rq, fn, arg, err);
	if (!rc)
		rc = client_find_room(c, rq->room_id, &r, err);
	if (rc)
		return rc;
	return rq->thread ? timeline_read_thread(c, &r, rq, fn, arg, err)
			  : timeline_read_room(c, &r, rq, INT64_MAX, fn, arg, err);
}
