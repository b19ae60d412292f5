#include "core/client/threads.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/relations.h"
#include "core/client/timeline_priv.h"
#include "core/store/unread.h"

#define PAGE 50
#define THREADS_MAX 10000
#define PAGES_MAX (2 * THREADS_MAX / PAGE)

struct listing {
	struct client *c;
	const struct thread_query *q;
	struct row_context x;
	json_t *rows;	 /* array */
	json_t *by_root; /* event id -> row, borrowed by `rows` too */
};

static bool is_full(const struct listing *l)
{
	size_t n = json_array_size(l->rows);
	return n >= THREADS_MAX || (l->q->limit > 0 && n >= (size_t)l->q->limit);
}

static void put_latest(json_t *row, const json_t *latest)
{
	const char *body = json_get_str(latest, "body");
	row_int(row, "latest_ts", json_get_i64(latest, "ts", 0));
	row_str(row, "latest_event_id", json_get_str(latest, "event_id"));
	row_str(row, "latest_sender", json_get_str(latest, "sender"));
	row_str(row, "latest_body", body);
}

static void add(struct listing *l, const char *root, json_t *row)
{
	json_object_set(l->by_root, root, row);
	json_array_append_new(l->rows, row);
}

static void set_counts(json_t *row, int64_t replies, int64_t unread, int64_t highlights,
		       bool joined_in)
{
	row_int(row, "replies", replies);
	row_int(row, "unread", unread);
	row_int(row, "highlights", highlights);
	row_bool(row, "participated", joined_in);
}

/* A root as the server gives it, with what it bundles about the thread. */
static int on_root(struct listing *l, json_t *event)
{
	const char *id = json_get_str(event, "event_id");
	json_t *relations = json_get_object(json_get_object(event, "unsigned"), "m.relations");
	json_t *thread = json_get_object(relations, "m.thread");
	json_t *row = id ? foreign_row(&l->x, event) : NULL;
	if (!row)
		return 0;
	JSON_AUTO json_t *latest = foreign_row(&l->x, json_get_object(thread, "latest_event"));
	set_counts(row, json_get_i64(thread, "count", 0), 0, 0,
		   json_get_bool(thread, "current_user_participated", false));
	put_latest(row, latest);
	add(l, id, row);
	return is_full(l);
}

static int ask_page(struct listing *l, const char *from, char **ret_next, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *event;
	int rc = session_do(client_session(l->c),
			    request_threads(l->x.room->room_id, l->q->participated, PAGE, from),
			    &reply, err);
	if (rc)
		return rc;
	json_array_foreach (json_get_array(reply, "chunk"), i, event)
		if (json_is_object(event) && on_root(l, event))
			return 0;
	const char *next = json_get_str(reply, "next_batch");
	if (next && (!from || strcmp(next, from) != 0))
		*ret_next = mem_strdup(next);
	return 0;
}

static int ask_server(struct listing *l, struct err *err)
{
	AUTO_FREE char *from = NULL;
	int rc, pages = 0;
	do {
		AUTO_FREE char *next = NULL;
		rc = ask_page(l, from, &next, err);
		mem_free(from);
		from = take(&next);
	} while (!rc && from && !is_full(l) && ++pages < PAGES_MAX);
	return rc;
}

struct cached {
	struct listing *l;
	json_t *threads; /* {"root", "last", "replies" ...} */
};

/* Noted first: rows are made with other queries. */
static int on_cached(const struct store_thread *t, void *arg)
{
	json_t *one = json_object();
	row_span(one, "root", t->root);
	row_span(one, "last", t->last_id);
	row_int(one, "replies", t->replies);
	row_int(one, "unread", t->unread);
	row_int(one, "highlights", t->highlights);
	row_bool(one, "joined", t->joined_in);
	json_array_append_new(arg, one);
	return json_array_size(arg) >= THREADS_MAX;
}

static json_t *cached_row(struct listing *l, const char *event_id)
{
	JSON_AUTO json_t *event = NULL;
	if (!event_id || event_get(l->c, l->x.room, event_id, true, &event, NULL))
		return NULL;
	return foreign_row(&l->x, event);
}

/* Threads of the cache: their counts for those that the server named, and in place of the server. */
static void merge_cached(struct listing *l, const json_t *threads, bool add_missing)
{
	size_t i;
	json_t *one;
	json_array_foreach (threads, i, one) {
		const char *root = json_get_str(one, "root");
		json_t *row = root ? json_object_get(l->by_root, root) : NULL;
		bool joined = json_get_bool(one, "joined", false);
		bool wanted = add_missing && !is_full(l) && (joined || !l->q->participated);
		if (!root || (!row && !wanted))
			continue;
		if (!row) {
			JSON_AUTO json_t *last = cached_row(l, json_get_str(one, "last"));
			row = cached_row(l, root);
			if (!row)
				row = json_pack("{s:s, s:s}", "event_id", root, "room_id",
						l->x.room->room_id);
			put_latest(row, last);
			add(l, root, row);
			set_counts(row, json_get_i64(one, "replies", 0), 0, 0, joined);
		}
		row_int(row, "unread", json_get_i64(one, "unread", 0));
		row_int(row, "highlights", json_get_i64(one, "highlights", 0));
	}
}

/* The server may not know threads: then what is here is told. */
static int fill(struct listing *l, struct err *err)
{
	struct err e = {0};
	JSON_AUTO json_t *threads = json_array();
	bool asked = false;
	int rc = l->q->offline ? 0 : ask_server(l, &e);
	asked = !l->q->offline && rc != ERR_UNSUPPORTED && rc != ERR_NOT_FOUND;
	if (rc && asked) {
		if (err)
			*err = e;
		return rc;
	}
	store_threads_walk(l->x.s, l->x.room->id, span_of(client_account(l->c)->user_id), on_cached,
			   threads);
	merge_cached(l, threads, !asked);
	return 0;
}

int client_thread_list(struct client *c, const struct thread_query *q, client_row_fn *fn, void *arg,
		       struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	JSON_AUTO json_t *rows = json_array(), *by_root = json_object();
	struct listing l = {.c = c, .q = q, .rows = rows, .by_root = by_root};
	int rc = q->offline ? 0 : client_refresh(c, err);
	if (!rc)
		rc = client_find_room(c, q->room_id, &r, err);
	if (!rc)
		rc = client_store(c, &l.x.s, err);
	l.x.room = &r;
	l.x.edits_apply = true;
	if (!rc)
		rc = fill(&l, err);
	for (size_t i = 0; i < json_array_size(rows) && !rc; i++)
		rc = fn(json_array_get(rows, i), arg);
	return rc;
}

/* -- one thread --------------------------------------------------------------- */

struct reading {
	struct row_context x;
	const struct read_request *rq;
	json_t *rows; /* newest first */
};

static bool is_wanted(const struct read_request *rq, const json_t *row)
{
	int64_t ts = json_get_i64(row, "ts", 0);
	return (!rq->since_ms || ts >= rq->since_ms) && (!rq->until_ms || ts <= rq->until_ms);
}

static bool has_enough(const struct reading *r)
{
	return r->rq->last > 0 && json_array_size(r->rows) >= (size_t)r->rq->last;
}

static int on_reply(const struct sync_event *e, void *arg)
{
	struct reading *r = arg;
	json_t *row = e->ok ? foreign_row(&r->x, e->ev.json) : NULL;
	if (row && is_wanted(r->rq, row))
		json_array_append(r->rows, row);
	json_decref(row);
	return has_enough(r);
}

static int on_known_reply(const struct store_event *e, void *arg)
{
	/* Noted first: rows are made with other queries. */
	json_array_append_new(arg, row_text(e->event_id));
	return 0;
}

static void from_cache(struct client *c, struct reading *r)
{
	JSON_AUTO json_t *ids = json_array();
	store_events_related(r->x.s, r->x.room->id, span_of(r->rq->thread), "m.thread",
			     on_known_reply, ids);
	for (size_t i = json_array_size(ids); i > 0 && !has_enough(r); i--) {
		JSON_AUTO json_t *event = NULL;
		if (event_get(c, r->x.room, json_string_value(json_array_get(ids, i - 1)), true,
			      &event, NULL))
			continue;
		JSON_AUTO json_t *row = foreign_row(&r->x, event);
		if (row && is_wanted(r->rq, row))
			json_array_append(r->rows, row);
	}
}

static void add_root(struct client *c, struct reading *r)
{
	JSON_AUTO json_t *event = NULL;
	if (has_enough(r) || event_get(c, r->x.room, r->rq->thread, r->rq->offline, &event, NULL))
		return;
	JSON_AUTO json_t *row = foreign_row(&r->x, event);
	if (row && is_wanted(r->rq, row))
		json_array_append(r->rows, row);
}

int timeline_read_thread(struct client *c, const struct store_room *room,
			 const struct read_request *rq, client_row_fn *fn, void *arg,
			 struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	struct reading r = {{.room = room, .raw = rq->raw, .edits = rq->edits, .edits_apply = true},
			    rq,
			    rows};
	struct err e = {0};
	int rc = client_store(c, &r.x.s, err);
	if (rc)
		return rc;
	rc = rq->offline ? ERR_UNSUPPORTED
			 : relations_walk(c, room->room_id, rq->thread, "m.thread", NULL, on_reply,
					  &r, &e);
	if (rc == ERR_UNSUPPORTED) {
		from_cache(c, &r);
	} else if (rc < 0) {
		if (err)
			*err = e;
		return rc;
	}
	add_root(c, &r);
	rc = 0;
	for (size_t i = json_array_size(rows); i > 0 && !rc; i--)
		rc = fn(json_array_get(rows, i - 1), arg);
	return rc;
}
