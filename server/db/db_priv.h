/*
 * What db.c (handles, threads, delivery) and batch.c (what one transaction does) share.
 */
#ifndef MUSTER_SERVER_DB_DB_PRIV_H
#define MUSTER_SERVER_DB_DB_PRIV_H

#include "core/base/worker.h"
#include "server/db/db.h"

#include <stdatomic.h>

struct checkpoint;

/** One db_submit. */
struct db_job {
	struct db_job *next;
	db_run_fn *run;
	db_done_fn *done;
	void *arg;
	struct db *db;
	int rc;
	struct err *err; /**< only when it failed */
};

/** One transaction: filled by the writer, then handed to the loop whole. */
struct batch {
	struct batch *next;
	struct db_job *jobs;
	struct db_change *changes;
	size_t n, size;
	int64_t position;		 /**< counter after this batch */
	int64_t commit_ns, committed_ns; /**< how long COMMIT took, and when it ended */
};

struct db {
	struct loop *loop; /**< NULL: offline */
	struct sql *writer, *reader;
	struct worker *thread;
	struct checkpoint *checkpoint;
	uint32_t epoch, former_epoch;
	int64_t former_position; /**< 0: there was no life before */

	/* writer thread */
	struct db_job *waiting, **waiting_last;
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

/**
 * Begin, run what fits of `*jobs` (the rest is left there), commit; each job knows then how it
 * ended. Writer thread, or offline.
 */
void batch_run(struct db *db, struct batch *b, struct db_job **jobs);
/** With its changes; the jobs have been taken from it. */
void batch_free(struct batch *b);

#endif
