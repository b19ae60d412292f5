#include "server/sync/search.h"

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/rooms/search_index.h"

#include <time.h>

struct question {
	struct question *next;
	struct search *s;
	char *match;
	int64_t user_nid, upto;
	search_done_fn *done;
	void *arg;
	struct search_hit *hits;
	size_t n;
	struct err err;
	int rc;
};

struct search {
	struct loop *loop;
	struct db *db;
	char *path;
	struct sql *sql; /* of the question that runs */
	struct question *first, **last;
	int waiting;
	bool running, filling, more, finished;
};

/* --- older events, a few at a time between what people write --- */

static void fill_on(struct search *s);

static int fill(struct db_tx *tx, void *arg, struct err *err)
{
	struct search *s = arg;
	return search_index_fill(tx, &s->more, err);
}

static void filled(void *arg, int rc, const struct err *err)
{
	struct search *s = arg;
	s->filling = false;
	if (rc)
		log_warn("search: older messages are not indexed: %s", err->msg);
	else if (s->more && !s->finished)
		fill_on(s);
}

static void fill_on(struct search *s)
{
	s->filling = true;
	db_submit(s->db, fill, filled, s);
}

struct search *search_new(struct loop *l, struct db *db, const char *data_dir)
{
	struct search *s = NEW(struct search);
	s->loop = l;
	s->db = db;
	s->path = fs_join(data_dir, "muster.db");
	s->last = &s->first;
	fill_on(s);
	return s;
}

/* --- questions --- */

static int find(struct question *q, struct err *err)
{
	struct sql *db = q->s->sql;
	int rc = db ? 0 : sql_open(q->s->path, SQL_READ_ONLY, &q->s->sql, err);
	if (rc)
		return rc;
	db = q->s->sql;
	struct sql_stmt *s =
		SQL(db, "SELECT f.rowid,cast(bm25(search,0,1,2,1)*-1000000 AS INTEGER),"
			"e.room_nid,e.sender_nid FROM search f CROSS JOIN events e ON e.pos=f.rowid"
			" WHERE search MATCH ?1 AND f.rowid<=?2 ORDER BY f.rowid DESC LIMIT ?3");
	sql_bind_str(s, 1, q->match);
	sql_bind_i64(s, 2, q->upto);
	sql_bind_i64(s, 3, SEARCH_HITS_MAX);
	q->hits = mem_alloc(SEARCH_HITS_MAX * sizeof(*q->hits));
	while (sql_row(s))
		q->hits[q->n++] = (struct search_hit){.pos = sql_col_i64(s, 0),
						      .room_nid = sql_col_i64(s, 2),
						      .sender_nid = sql_col_i64(s, 3),
						      .score = sql_col_i64(s, 1)};
	for (size_t i = 0; i < q->n; i++)
		q->hits[i].edit = search_newest_edit(db, q->hits[i].pos);
	return sql_failed(db, err);
}

static void work(void *arg)
{
	struct question *q = arg;
	q->rc = find(q, &q->err);
}

static void answer(struct question *q)
{
	q->done(q->arg, q->hits, q->n, q->n == SEARCH_HITS_MAX);
	mem_free(q->hits);
	mem_free(q->match);
	mem_free(q);
}

static void next(struct search *s);

static void worked(void *arg)
{
	struct question *q = arg;
	struct search *s = q->s;
	s->running = false;
	if (q->rc) {
		log_warn("search: %s", q->err.msg);
		q->n = 0;
		mem_free(take(&q->hits));
	}
	answer(q);
	if (!s->finished)
		next(s);
}

static struct question *pop(struct search *s)
{
	struct question *q = s->first;
	if (!q)
		return NULL;
	s->first = q->next;
	if (!s->first)
		s->last = &s->first;
	s->waiting--;
	return q;
}

static void next(struct search *s)
{
	struct question *q = s->running ? NULL : pop(s);
	if (!q)
		return;
	s->running = true;
	loop_work(s->loop, work, worked, q);
}

static int waiting_of(const struct search *s, int64_t user_nid)
{
	int n = 0;
	for (const struct question *q = s->first; q; q = q->next)
		n += q->user_nid == user_nid;
	return n;
}

bool search_ask(struct search *s, int64_t user_nid, char *match, int64_t upto, search_done_fn *done,
		void *arg)
{
	if (s->waiting >= SEARCH_QUEUE_MAX || s->finished ||
	    waiting_of(s, user_nid) >= SEARCH_QUEUE_ONE) {
		mem_free(match);
		return false;
	}
	struct question *q = NEW(struct question);
	q->s = s;
	q->match = match;
	q->user_nid = user_nid;
	q->upto = upto;
	q->done = done;
	q->arg = arg;
	*s->last = q;
	s->last = &q->next;
	s->waiting++;
	next(s);
	return true;
}

void search_finish(struct search *s)
{
	struct question *q;
	if (!s)
		return;
	s->finished = true;
	while ((q = pop(s)))
		answer(q);
	while (s->running || s->filling) {
		loop_run_once(s->loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

void search_free(struct search *s)
{
	if (!s)
		return;
	sql_close(s->sql);
	mem_free(s->path);
	mem_free(s);
}
