#include "server/db/db_priv.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/db/checkpoint.h"
#include "server/db/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READER_FLAGS SQL_READ_ONLY

static void count(struct db *db, const struct batch *b)
{
	struct db_stats *st = &db->stats;
	uint64_t n = 0;
	for (const struct db_job *j = b->jobs; j; j = j->next) {
		n++;
		st->failed += j->rc != 0;
	}
	for (size_t i = 0; i < b->n; i++)
		st->events += b->changes[i].kind == CHANGE_EVENT;
	st->jobs += n;
	histogram_add(&st->batch, (double)n);
	histogram_add(&st->commit, (double)b->commit_ns / 1e9);
}

static void deliver(struct db *db, struct batch *b)
{
	db->position = b->position;
	db->committed_ns = b->committed_ns;
	count(db, b);
	if (b->n && db->commit)
		db->commit(b->changes, b->n, db->commit_arg);
	while (b->jobs) {
		struct db_job *j = b->jobs;
		b->jobs = j->next;
		db->backlog--;
		if (j->done)
			j->done(j->arg, j->rc, j->err);
		mem_free(j->err);
		mem_free(j);
	}
	batch_free(b);
}

/* A reader that stopped before its last row would show this loop the past for ever. */
static void check_reader(struct db *db)
{
	const char *left = db->reader ? sql_settle(db->reader) : NULL;
	if (left)
		log_error("database: a statement was not finished: %s", left);
#ifdef __SANITIZE_ADDRESS__
	if (left)
		abort();
#endif
}

static void collect(void *arg)
{
	struct db *db = arg;
	check_reader(db);
	struct batch *newest = atomic_exchange(&db->finished, NULL), *oldest = NULL;
	while (newest) {
		struct batch *b = newest;
		newest = b->next;
		b->next = oldest;
		oldest = b;
	}
	while (oldest) {
		struct batch *b = oldest;
		oldest = b->next;
		deliver(db, b);
	}
}

static void hand_over(struct db *db, struct batch *b)
{
	struct batch *head = atomic_load(&db->finished);
	do
		b->next = head;
	while (!atomic_compare_exchange_weak(&db->finished, &head, b));
	if (!head)
		loop_post(db->loop, collect, db);
}

/* Writer thread, before it waits for more: everything posted by now shares a COMMIT. */
static void write_waiting(void *arg)
{
	struct db *db = arg;
	struct batch *b = NEW(struct batch);
	db->deferred = false;
	batch_run(db, b, &db->waiting);
	if (!db->waiting)
		db->waiting_last = &db->waiting;
	hand_over(db, b);
	checkpoint_after_commit(db->checkpoint, db->writer);
	if (db->waiting && !db->deferred) {
		db->deferred = true;
		loop_defer(worker_loop(db->thread), write_waiting, db);
	}
}

static void job_arrived(void *arg)
{
	struct db_job *j = arg;
	struct db *db = j->db;
	*db->waiting_last = j;
	db->waiting_last = &j->next;
	if (!db->deferred) {
		db->deferred = true;
		loop_defer(worker_loop(db->thread), write_waiting, db);
	}
}

void db_submit(struct db *db, db_run_fn *run, db_done_fn *done, void *arg)
{
	loop_assert_owner(db->loop);
	struct db_job *j = NEW(struct db_job);
	j->run = run;
	j->done = done;
	j->arg = arg;
	j->db = db;
	db->backlog++;
	loop_post(worker_loop(db->thread), job_arrived, j);
}

int db_backlog(const struct db *db)
{
	return db->backlog;
}

struct sql *db_reader(struct db *db)
{
	return db->reader ? db->reader : db->writer;
}

const struct db_stats *db_stats(const struct db *db)
{
	return &db->stats;
}

int64_t db_committed_ns(const struct db *db)
{
	return db->committed_ns;
}

int64_t db_position(const struct db *db)
{
	return db->position;
}

uint32_t db_epoch(const struct db *db)
{
	return db->epoch;
}

bool db_former(const struct db *db, uint32_t *ret_epoch, int64_t *ret_position)
{
	*ret_epoch = db->former_epoch;
	*ret_position = db->former_position;
	return db->former_position > 0;
}

/* The counter and the epoch stand in `meta` from the first start on. */
static int load_meta(struct db *db, struct err *err)
{
	uint32_t epoch;
	crypto_random(&epoch, sizeof(epoch));
	struct sql_stmt *s = SQL(db->writer, "INSERT OR IGNORE INTO meta VALUES('epoch',?)");
	sql_bind_i64(s, 1, epoch & 0x7fffffff);
	int rc = sql_run(s, err);
	if (!rc)
		rc = sql_run(SQL(db->writer, "INSERT OR IGNORE INTO meta VALUES('position',"
					     "(SELECT coalesce(max(pos),0) FROM events))"),
			     err);
	if (rc)
		return rc;
	db->epoch =
		(uint32_t)sql_get_i64(SQL(db->writer, "SELECT value FROM meta WHERE key='epoch'"),
				      0);
	db->former_epoch = (uint32_t)
		sql_get_i64(SQL(db->writer, "SELECT value FROM meta WHERE key='former_epoch'"), 0);
	db->former_position =
		sql_get_i64(SQL(db->writer, "SELECT value FROM meta WHERE key='former_position'"),
			    0);
	db->counter = db->position =
		sql_get_i64(SQL(db->writer, "SELECT value FROM meta WHERE key='position'"), 0);
	return 0;
}

static void close_handles(struct db *db)
{
	if (db->slot && db->free_slot)
		db->free_slot(db->slot);
	db->slot = NULL;
	sql_close(db->reader);
	if (db->writer)
		sql_checkpoint(db->writer, true);
	sql_close(db->writer);
	db->reader = db->writer = NULL;
}

static int open_handles(struct db *db, const char *dir, bool offline, struct err *err)
{
	AUTO_FREE char *path = mem_printf("%s/muster.db", dir);
	int rc = sql_open(path, SQL_SYNC_FULL | SQL_NO_AUTOCHECKPOINT, &db->writer, err);
	if (!rc)
		rc = upgrade(db->writer, path, err);
	if (!rc)
		rc = load_meta(db, err);
	if (!rc && !offline)
		rc = sql_open(path, READER_FLAGS, &db->reader, err);
	if (!rc && !offline)
		rc = checkpoint_new(path, &db->checkpoint, err);
	return rc;
}

static struct db *db_new(void)
{
	struct db *db = NEW(struct db);
	db->waiting_last = &db->waiting;
	db->stats = (struct db_stats){.batch = HISTOGRAM_COUNTS, .commit = HISTOGRAM_SECONDS};
	return db;
}

int db_open(struct loop *l, const char *dir, db_commit_fn *commit, void *arg, struct db **ret,
	    struct err *err)
{
	struct db *db = db_new();
	int rc = open_handles(db, dir, false, err);
	if (rc) {
		close_handles(db);
		mem_free(db);
		return rc;
	}
	db->loop = l;
	db->commit = commit;
	db->commit_arg = arg;
	db->thread = worker_new("db-writer");
	*ret = db;
	return 0;
}

void db_finish(struct db *db)
{
	/* A done() may queue another job: go on until nothing is left. */
	while (db && db->thread && db->backlog) {
		worker_free(db->thread);
		db->thread = worker_new("db-writer");
		collect(db);
	}
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_finish(db);
	worker_free(db->thread);
	checkpoint_free(db->checkpoint);
	close_handles(db);
	if (db->loop)
		loop_post(db->loop, mem_free, db); /* after any collect() that is still posted */
	else
		mem_free(db);
}

int db_open_offline(const char *dir, struct db **ret, struct err *err)
{
	struct db *db = db_new();
	int rc = open_handles(db, dir, true, err);
	if (rc) {
		close_handles(db);
		mem_free(db);
		return rc;
	}
	*ret = db;
	return 0;
}

int db_run_offline(struct db *db, db_run_fn *run, void *arg, struct err *err)
{
	struct batch *b = NEW(struct batch);
	struct db_job job = {.run = run, .arg = arg, .db = db}, *jobs = &job;
	batch_run(db, b, &jobs);
	if (job.rc && err)
		*err = *job.err;
	mem_free(job.err);
	db->position = b->position;
	batch_free(b);
	return job.rc;
}
