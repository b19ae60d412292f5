/*
 * The server's database and its one writer thread.
 *
 * Writes are jobs: run() on the writer thread inside a savepoint of a batch
 * transaction, done() on the loop's thread after COMMIT (synchronous=FULL) or
 * after failure. All jobs waiting when a batch begins share its COMMIT, so a
 * reply sent from done() means "on disk". A job that fails undoes only itself;
 * a failed COMMIT fails every job of its batch with ERR_DISK.
 *
 * Reads run on the loop's thread through db_reader(), a handle of its own that
 * sees what is committed; every read there is bounded (tests/lint/plans).
 */
#ifndef MUSTER_SERVER_DB_DB_H
#define MUSTER_SERVER_DB_DB_H

#include "core/base/histogram.h"
#include "core/base/loop.h"
#include "core/base/sql.h"

struct db;
struct db_tx;

/** One thing that a transaction changed, for whoever must hear of it after COMMIT. */
enum db_change_kind {
	CHANGE_EVENT,	     /**< room_nid, pos, user_nid (sender), event fields */
	CHANGE_MEMBERSHIP,   /**< beside its CHANGE_EVENT, after it, same pos: room_nid, user_nid,
				membership */
	CHANGE_RECEIPT,	     /**< room_nid, user_nid (whose), private_to_user */
	CHANGE_ACCOUNT_DATA, /**< user_nid, room_nid or 0 */
	/**
	 * Event text of target_pos changed: drop caches. Beside the CHANGE_EVENT of its
	 * m.room.redaction, after it, with the same pos.
	 */
	CHANGE_REDACTION,
	CHANGE_TOKENS,	    /**< user_nid, device_nid or 0 for all: cached tokens are void */
	CHANGE_PROFILE,	    /**< user_nid */
	CHANGE_TO_DEVICE,   /**< user_nid, device_nid: a message waits for the device */
	CHANGE_DEVICE_KEYS, /**< device_nid: how many keys can still be claimed */
	CHANGE_DEVICE_GONE, /**< device_nid: it has neither keys nor messages any more */
	/**
	 * user_nid: devices or cross-signing keys that others must know; with
	 * private_to_user: whom this person has signed, which their own devices must know.
	 */
	CHANGE_DEVICE_LIST,
};

struct db_change {
	enum db_change_kind kind;
	int64_t pos; /**< stream position, rising; shared only by notes about one event */
	int64_t room_nid;
	int64_t user_nid;
	int64_t target_pos;
	int membership; /**< enum membership, server/rooms/room.h */
	bool private_to_user;
	char *text;   /**< CHANGE_EVENT: client-format event JSON without `unsigned`; owned by the
			 change */
	char *txn_id; /**< CHANGE_EVENT: with `device_nid`, for unsigned.transaction_id; owned */
	int64_t device_nid;
	char *delay_id;	 /**< CHANGE_EVENT: it was a delayed event, or NULL; owned */
	char *type;	 /**< CHANGE_EVENT: event type; owned */
	char *state_key; /**< CHANGE_EVENT: NULL unless state; owned */
	char *sender;	 /**< CHANGE_EVENT: user id; owned */
};

typedef int db_run_fn(struct db_tx *tx, void *arg, struct err *err);
/** `rc` and `err` as run() gave them, or ERR_DISK from COMMIT. */
typedef void db_done_fn(void *arg, int rc, const struct err *err);
/** Changes of one committed batch in order, before any done() of the batch. Loop thread. Borrowed.
 */
typedef void db_commit_fn(const struct db_change *changes, size_t n, void *arg);

/**
 * Open `dir`/muster.db (made when absent), migrate, start the writer.
 * The data folder's lock is the caller's. `commit` may be NULL.
 */
int db_open(struct loop *l, const char *dir, db_commit_fn *commit, void *arg, struct db **ret,
	    struct err *err);
/** Finish queued jobs and run their done(); more may be submitted later. NULL is allowed. */
void db_finish(struct db *db);
/** Finish queued jobs, stop the writer, checkpoint, close. Runs their done(). NULL is allowed. */
void db_close(struct db *db);
/** Queue a job. Loop thread. `arg` stays the caller's; run() may use it until done(). */
void db_submit(struct db *db, db_run_fn *run, db_done_fn *done, void *arg);
/** Jobs queued and not done. */
int db_backlog(const struct db *db);
/** What the writer has done since the start, as far as the loop has seen it. */
struct db_stats {
	uint64_t jobs, failed, events;
	struct histogram batch;	 /**< jobs that shared a COMMIT */
	struct histogram commit; /**< seconds of one */
};
const struct db_stats *db_stats(const struct db *db);
/** clock_mono_ns of the COMMIT of the newest batch that the loop has seen. */
int64_t db_committed_ns(const struct db *db);
/** Read handle of the loop's thread. */
struct sql *db_reader(struct db *db);
/** Highest position whose batch the loop has seen. */
int64_t db_position(const struct db *db);
/** Random number of this store's life (changes when a backup is restored): part of sync tokens. */
uint32_t db_epoch(const struct db *db);
/** The life before a backup was put back, and its last position that is still there; false: none. */
bool db_former(const struct db *db, uint32_t *ret_epoch, int64_t *ret_position);

/* Inside run(), writer thread. */
struct sql *db_tx_sql(struct db_tx *tx);
/** Next stream position. */
int64_t db_tx_position(struct db_tx *tx);
/** Wall time of this batch. */
int64_t db_tx_now_ms(const struct db_tx *tx);
/** Add a change; owned strings in it are taken over. Dropped when the job fails. */
void db_tx_note(struct db_tx *tx, const struct db_change *change);

/* For caches that the writer thread keeps beside the tables. */

/** Number of this batch, rising from 1. */
uint64_t db_tx_batch(const struct db_tx *tx);
/**
 * How often something was undone so far: a job that failed, or a batch whose
 * COMMIT failed. When it has changed since a cache looked last, what the cache
 * learnt in the batch of that look may be untrue.
 */
uint64_t db_tx_undone(const struct db_tx *tx);
/**
 * A pointer, NULL at first, kept for the database's life. `free_slot` is
 * called with it (when not NULL) after the last job.
 */
void **db_tx_slot(struct db_tx *tx, void (*free_slot)(void *));

/**
 * Open `dir` without threads for offline administration: jobs run at once in
 * db_run_offline. The folder's lock is the caller's.
 */
int db_open_offline(const char *dir, struct db **ret, struct err *err);
int db_run_offline(struct db *db, db_run_fn *run, void *arg, struct err *err);

#endif
