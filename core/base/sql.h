/*
 * SQLite, thinly: opening with our pragmas, cached statements, transactions,
 * migrations. The only code that includes sqlite3.h; core/store and server
 * write their schemas and queries on top of it.
 *
 * A struct sql belongs to one thread at a time. A struct sql_stmt is borrowed
 * from the handle's cache: SQL(db, "literal") prepares once per literal.
 */
#ifndef MUSTER_BASE_SQL_H
#define MUSTER_BASE_SQL_H

#include "core/base/err.h"
#include "core/base/span.h"

struct sql;
struct sql_stmt;

enum sql_flags {
	SQL_READ_ONLY = 1,
	SQL_SYNC_FULL = 2, /**< synchronous=FULL: a COMMIT is on disk; otherwise NORMAL */
	SQL_NO_CREATE = 4,
	SQL_NO_AUTOCHECKPOINT = 8, /**< somebody else calls sql_checkpoint */
	SQL_KEEP_WAL = 16, /**< closing leaves the log: short-lived processes wait for no disk */
};

/** Open `path` (":memory:" allowed) in WAL mode; a new file is made 0600. The caller owns *ret. */
int sql_open(const char *path, unsigned flags, struct sql **ret, struct err *err);
/** Close; NULL is allowed. */
void sql_close(struct sql *db);

/** One migration step: version n is migrations[n-1]. Runs in a transaction of its own. */
typedef const char *sql_migration;
/**
 * Bring the schema to version `count` (PRAGMA user_version). A database newer
 * than that is refused with a sentence that says so.
 */
int sql_migrate(struct sql *db, const sql_migration *steps, int count, struct err *err);

/** Run SQL without results; several statements allowed. */
int sql_exec(struct sql *db, const char *text, struct err *err);
int sql_begin(struct sql *db, struct err *err); /**< BEGIN IMMEDIATE */
int sql_begin_read(struct sql *db); /**< BEGIN (deferred): one snapshot for several reads */
int sql_commit(struct sql *db, struct err *err);
void sql_rollback(struct sql *db);
int sql_savepoint(struct sql *db);
int sql_release(struct sql *db);
void sql_rollback_savepoint(struct sql *db);

/**
 * A statement for this literal, reset and with bindings cleared. Borrowed.
 * Bad SQL is a programming error: it aborts with the message. `text` must be a
 * string literal (its address is the cache key).
 */
struct sql_stmt *sql_prepare(struct sql *db, const char *text);
#define SQL(db, literal) sql_prepare((db), "" literal "")

/* Bind by 1-based index. Text and blobs are borrowed until the next reset. */
void sql_bind_i64(struct sql_stmt *s, int at, int64_t v);
void sql_bind_text(struct sql_stmt *s, int at, struct span v);
void sql_bind_str(struct sql_stmt *s, int at, const char *v); /**< NULL binds NULL */
void sql_bind_blob(struct sql_stmt *s, int at, const void *p, size_t n);
void sql_bind_null(struct sql_stmt *s, int at);

/** Next row: true. End or error: false (sql_failed tells which); the statement is reset then. */
bool sql_row(struct sql_stmt *s);
/** Run to the end: 0, or ERR_DISK / ERR_CONFLICT (constraint) / ERR_FAILED. */
int sql_run(struct sql_stmt *s, struct err *err);
/** The last error of this handle, 0 when the last sql_row ended normally. */
int sql_failed(struct sql *db, struct err *err);
/** End a query before its last row. */
void sql_reset(struct sql_stmt *s);

/* Columns, 0-based; borrowed until the next sql_row/sql_reset. */
int64_t sql_col_i64(struct sql_stmt *s, int at);
struct span sql_col_text(struct sql_stmt *s, int at); /**< terminated; NULL gives {NULL,0} */
struct span sql_col_blob(struct sql_stmt *s, int at);
/**
 * Run to the end: the first column of all rows, ended by 0. The second one also takes the second
 * column of the last row, unless there is none. The caller owns the array.
 */
int64_t *sql_col_all(struct sql_stmt *s);
int64_t *sql_col_all_last(struct sql_stmt *s, int64_t *ret_last);
bool sql_col_null(struct sql_stmt *s, int at);

/**
 * Reset every statement that was left before its last row, and end a
 * transaction: such leftovers keep a reader at an old state of the data.
 * Returns one of them, or NULL.
 */
const char *sql_settle(struct sql *db);

/**
 * A number that differs from the last one whenever rows have changed since,
 * through this handle or through another process's. Cheap: reads no table.
 */
int64_t sql_change_mark(struct sql *db);
int64_t sql_last_id(struct sql *db);
int sql_changes(struct sql *db);
/** Inside a transaction; false after SQLite undid it by itself (disk full, I/O error). */
bool sql_in_transaction(struct sql *db);
/** Pages in the write-ahead log after this handle's last COMMIT (SQL_NO_AUTOCHECKPOINT only). */
int sql_wal_pages(const struct sql *db);
/** WAL checkpoint: PASSIVE, or TRUNCATE when `truncate`. Its own handle and thread are best. */
int sql_checkpoint(struct sql *db, bool truncate);
/** Called between steps of a long work; anything but 0 ends it with that error. */
typedef int sql_step_fn(void *arg, struct err *err);
/**
 * Online copy of the whole database into `path` (must not exist): one file
 * without a log beside it, synced. It is made in steps of a few hundred pages,
 * with `step` (may be NULL) between them; the state copied is that of the
 * beginning, and nobody who writes waits for it.
 */
int sql_backup(struct sql *db, const char *path, sql_step_fn *step, void *arg, struct err *err);
/** Call `step(arg)` now and then during each statement of this handle; NULL: no more. */
void sql_on_progress(struct sql *db, int (*step)(void *arg), void *arg);
/** Schema version of the file: what sql_migrate brought it to. */
int sql_schema(struct sql *db);
/** Bytes of the database without its log. */
int64_t sql_size(struct sql *db);
/** "ok", or the first problem that integrity_check found, into `ret`. */
int sql_check(struct sql *db, char *ret, size_t size);
/** SQLite's version. */
const char *sql_version(void);

/** First column of a one-row query, or `otherwise`. */
int64_t sql_get_i64(struct sql_stmt *s, int64_t otherwise);

#endif
