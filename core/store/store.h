/*
 * The client's cache of one account: rooms, state, members, events, receipts,
 * account data, outbox. SQLite in WAL mode, synchronous=NORMAL: it survives
 * the process; after a power cut the last commits are synced again, because
 * the sync token is written in the same transaction as its events.
 *
 * Knows nothing of the network. A struct store belongs to one thread at a
 * time; several processes may have the same file open.
 */
#ifndef MUSTER_STORE_STORE_H
#define MUSTER_STORE_STORE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/sql.h"

struct store;

/** Open and migrate. The caller owns *ret. */
int store_open(const char *path, struct store **ret, struct err *err);
/** NULL is allowed. */
void store_close(struct store *s);
/** The handle beneath, for the other files of this folder and for tests. */
struct sql *store_sql(struct store *s);

/** A transaction for several writes (BEGIN IMMEDIATE): waits for other processes. */
int store_begin(struct store *s, struct err *err);
/** On an error it has been rolled back. */
int store_commit(struct store *s, struct err *err);
/** Nothing is done outside of a transaction. */
void store_rollback(struct store *s);

/** A value kept under `key` (sync token ...), or NULL. The caller owns it. */
char *store_meta(struct store *s, const char *key);
int64_t store_meta_i64(struct store *s, const char *key, int64_t otherwise);
/** `value` NULL removes it. */
int store_meta_set(struct store *s, const char *key, const char *value, struct err *err);
int store_meta_set_i64(struct store *s, const char *key, int64_t value, struct err *err);

#define STORE_META_TOKEN "next_batch"
#define STORE_META_COMMITS "commits"	 /**< counts sync commits */
#define STORE_META_SYNCED_MS "synced_ms" /**< wall clock of the last one */

/* Account data. `room` 0: global. JSON content as text. */
int store_account_data_set(struct store *s, int64_t room, struct span type, struct span json,
			   struct err *err);
/** Appends the content to `ret`; false when unset. */
bool store_account_data_get(struct store *s, int64_t room, const char *type, struct buf *ret);

#endif
