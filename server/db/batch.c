#include "server/db/db_priv.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define BATCH_MAX 256

struct db_tx {
	struct db *db;
	struct sql *sql;
	struct batch *batch;
	int64_t position, now_ms;
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

void batch_free(struct batch *b)
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

static void job_fail(struct db_job *j, int rc, const struct err *err)
{
	j->rc = rc;
	mem_free(j->err);
	j->err = mem_dup(err, sizeof(*err));
}

/* Runs one job in its savepoint. False when SQLite threw the whole transaction away. */
static bool run_job(struct db_tx *tx, struct db_job *j)
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
	for (struct db_job *j = b->jobs; j; j = j->next)
		if (!j->rc)
			job_fail(j, ERR_DISK, &err);
}

static int store_position(struct sql *sql, int64_t position, struct err *err)
{
	struct sql_stmt *s = SQL(sql, "UPDATE meta SET value=? WHERE key='position'");
	sql_bind_i64(s, 1, position);
	return sql_run(s, err);
}

void batch_run(struct db *db, struct batch *b, struct db_job **jobs)
{
	struct err err = {0};
	struct db_job **last = &b->jobs;
	struct db_tx tx = {db, db->writer, b, db->counter, clock_wall_ms()};
	db->batches++;
	int rc = sql_begin(db->writer, &err);
	for (int n = 0; n < BATCH_MAX && *jobs; n++) {
		struct db_job *j = *jobs;
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
