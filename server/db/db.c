#include "server/db/db.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/worker.h"
#include "server/db/checkpoint.h"
#include "server/db/upgrade.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 256
#define READER_FLAGS SQL_READ_ONLY

struct job {
	struct job *next;
	db_run_fn *run;
	db_done_fn *done;
	void *arg;
	struct db *db;
	int rc;
	struct err *err; /* only when it failed */
};

/* One transaction: filled by the writer, then handed to the loop whole. */
struct batch {
	struct batch *next;
	struct job *jobs;
	struct db_change *changes;
	size_t n, size;
	int64_t position;		 /* counter after this batch */
	int64_t commit_ns, committed_ns; /* how long COMMIT took, and when it ended */
};

struct db_tx {
	struct db *db;
	struct sql *sql;
	struct batch *batch;
	int64_t position, now_ms;
};

struct db {
	struct loop *loop; /* NULL: offline */
	struct sql *writer, *reader;
	struct worker *thread;
	struct checkpoint *checkpoint;
	uint32_t epoch, former_epoch;
	int64_t former_position; /* 0: there was no life before */

	/* writer thread */
	struct job *waiting, **waiting_last;
	bool deferred;
	int64_t counter;
	uint64_t batches, undone;
	void *slot;
	void (*free_slot)(void *);

	/* from the writer to the loop, newest first */
	_Atomic(struct batch *) finished;

	/* loop thread */
	db_commit_fn *commit;
	void *commit_arg;
	int64_t position;
	int backlog;
	int64_t committed_ns;
	struct db_stats stats;
};

static void change_done(struct db_change *c)
{
	mem_free(c->text);
	mem_free(c->txn_id);
	mem_free(c->delay_id);
	mem_free(c->type);
	mem_free(c->state_key);
	mem_free(c->sender);
}

static void drop_changes(struct batch *b, size_t from)
{
	while (b->n > from)
		change_done(&b->changes[--b->n]);
}

static void batch_free(struct batch *b)
{
	drop_changes(b, 0);
	mem_free(b->changes);
	mem_free(b);
}

struct sql *db_tx_sql(struct db_tx *tx)
{
	return tx->sql;
}

int64_t db_tx_position(struct db_tx *tx)
{
	return ++tx->position;
}

int64_t db_tx_now_ms(const struct db_tx *tx)
{
	return tx->now_ms;
}

uint64_t db_tx_batch(const struct db_tx *tx)
{
	return tx->db->batches;
}

uint64_t db_tx_undone(const struct db_tx *tx)
{
	return tx->db->undone;
}

void **db_tx_slot(struct db_tx *tx, void (*free_slot)(void *))
{
	tx->db->free_slot = free_slot;
	return &tx->db->slot;
}

void db_tx_note(struct db_tx *tx, const struct db_change *change)
{
	struct batch *b = tx->batch;
	if (b->n == b->size) {
		b->size = b->size ? b->size * 2 : 16;
		b->changes = mem_realloc_array(b->changes, b->size, sizeof(*b->changes));
	}
	b->changes[b->n++] = *change;
}

static void job_fail(struct job *j, int rc, const struct err *err)
{
	j->rc = rc;
	mem_free(j->err);
	j->err = mem_dup(err, sizeof(*err));
}

/* Runs one job in its savepoint. False when SQLite threw the whole transaction away. */
static bool run_job(struct db_tx *tx, struct job *j)
{
	struct err err = {0};
	size_t changes = tx->batch->n;
	int64_t position = tx->position;
	int rc = sql_savepoint(tx->sql);
	if (!rc)
		rc = j->run(tx, j->arg, &err);
	if (!rc && sql_in_transaction(tx->sql))
		rc = sql_release(tx->sql);
	if (!rc && sql_in_transaction(tx->sql))
		return true;
	if (!rc)
		rc = ERR_DISK;
	if (!err.code)
		err_set(&err, rc, _("The database refused the change"));
	job_fail(j, rc, &err);
	tx->db->undone++;
	drop_changes(tx->batch, changes);
	tx->position = position;
	if (!sql_in_transaction(tx->sql))
		return false;
	sql_rollback_savepoint(tx->sql);
	return true;
}

/* Every job that believed it had succeeded is told otherwise. */
static void fail_batch(struct batch *b, const struct err *why)
{
	struct err err = *why;
	if (err.code != ERR_DISK)
		err_set(&err, ERR_DISK, _("Nothing was stored: %s"), why->msg);
	drop_changes(b, 0);
	for (struct job *j = b->jobs; j; j = j->next)
		if (!j->rc)
			job_fail(j, ERR_DISK, &err);
}

static int store_position(struct sql *sql, int64_t position, struct err *err)
{
	struct sql_stmt *s = SQL(sql, "UPDATE meta SET value=? WHERE key='position'");
	sql_bind_i64(s, 1, position);
	return sql_run(s, err);
}

/* Begin, run what fits of `*jobs` (rest is left there), commit. */
static void run_batch(struct db *db, struct batch *b, struct job **jobs)
{
	struct err err = {0};
	struct job **last = &b->jobs;
	struct db_tx tx = {db, db->writer, b, db->counter, clock_wall_ms()};
	db->batches++;
	int rc = sql_begin(db->writer, &err);
	for (int n = 0; n < BATCH_MAX && *jobs; n++) {
		struct job *j = *jobs;
		*jobs = j->next;
		j->next = NULL;
		*last = j;
		last = &j->next;
		if (!rc && !run_job(&tx, j))
			rc = err_set(&err, ERR_DISK, "%s", j->err->msg);
		if (rc)
			break;
	}
	if (!rc && tx.position != db->counter)
		rc = store_position(db->writer, tx.position, &err);
	int64_t began_ns = clock_mono_ns();
	if (!rc)
		rc = sql_commit(db->writer, &err);
	b->committed_ns = clock_mono_ns();
	b->commit_ns = b->committed_ns - began_ns;
	if (rc) {
		sql_rollback(db->writer);
		db->undone++;
		fail_batch(b, &err);
		log_error("database: %s", err.msg);
	} else {
		db->counter = tx.position;
	}
	b->position = db->counter;
}

static void count(struct db *db, const struct batch *b)
{
	struct db_stats *st = &db->stats;
	uint64_t n = 0;
	for (const struct job *j = b->jobs; j; j = j->next) {
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
		struct job *j = b->jobs;
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
	run_batch(db, b, &db->waiting);
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
	struct job *j = arg;
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
	struct job *j = NEW(struct job);
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
	struct job job = {.run = run, .arg = arg, .db = db}, *jobs = &job;
	run_batch(db, b, &jobs);
	if (job.rc && err)
		*err = *job.err;
	mem_free(job.err);
	db->position = b->position;
	batch_free(b);
	return job.rc;
}
