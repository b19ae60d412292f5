#include "core/base/sql.h"

#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Power of two. Half may be used: more than there are statements (tests/lint/plans counts them). */
#define STMT_SLOTS 1024

struct sql_stmt {
	const char *key;
	sqlite3_stmt *stmt;
	struct sql *db;
};

struct sql {
	sqlite3 *db;
	int last;
	int wal_pages;
	unsigned used;
	struct sql_stmt slots[STMT_SLOTS];
};

static int code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return ERR_DISK;
	case SQLITE_CONSTRAINT:
		return ERR_CONFLICT;
	case SQLITE_TOOBIG:
		return ERR_TOO_LARGE;
	default:
		return ERR_FAILED;
	}
}

static int fail(struct sql *db, int rc, struct err *err)
{
	int code = code_of(rc);
	if (code == ERR_DISK && (rc & 0xff) == SQLITE_FULL)
		return err_set(err, code, _("The disk is full: nothing was stored"));
	return err_set(err, code, "%s", db->db ? sqlite3_errmsg(db->db) : sqlite3_errstr(rc));
}

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	((struct sql *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

/*
 * SQLite would make the file with the umask's mode, and its WAL with the mode
 * of the file; what is stored is private. Only a file that this call makes is
 * opened and closed here: closing another would drop SQLite's own locks on it.
 */
static void make_private(const char *path)
{
	int fd = strcmp(path, ":memory:") ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
					  : -1;
	if (fd >= 0)
		close(fd);
}

int sql_open(const char *path, unsigned flags, struct sql **ret, struct err *err)
{
	struct sql *db = NEW(struct sql);
	int open_flags = flags & SQL_READ_ONLY	 ? SQLITE_OPEN_READONLY
			 : flags & SQL_NO_CREATE ? SQLITE_OPEN_READWRITE
						 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	if (open_flags & SQLITE_OPEN_CREATE)
		make_private(path);
	int rc = sqlite3_open_v2(path, &db->db, open_flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) {
		char pragmas[256];
		sqlite3_extended_result_codes(db->db, 1);
		sqlite3_busy_timeout(db->db, 10000);
		if (flags & SQL_KEEP_WAL)
			sqlite3_db_config(db->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		snprintf(pragmas, sizeof(pragmas),
			 "%sPRAGMA synchronous=%s;PRAGMA foreign_keys=ON;PRAGMA "
			 "temp_store=MEMORY;%s",
			 flags & SQL_READ_ONLY ? "" : "PRAGMA journal_mode=WAL;",
			 flags & SQL_SYNC_FULL ? "FULL" : "NORMAL",
			 flags & SQL_NO_AUTOCHECKPOINT ? "PRAGMA wal_autocheckpoint=0;"
			 : flags & SQL_KEEP_WAL	       ? "PRAGMA wal_autocheckpoint=250;"
						       : "");
		rc = sqlite3_exec(db->db, pragmas, NULL, NULL, NULL);
		if (flags & SQL_NO_AUTOCHECKPOINT)
			sqlite3_wal_hook(db->db, on_wal, db);
	}
	if (rc != SQLITE_OK) {
		fail(db, rc, err);
		err_prefix(err, "%s", path);
		sql_close(db);
		return code_of(rc);
	}
	*ret = db;
	return 0;
}

void sql_close(struct sql *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < STMT_SLOTS; i++)
		sqlite3_finalize(db->slots[i].stmt);
	sqlite3_close_v2(db->db);
	mem_free(db);
}

int sql_exec(struct sql *db, const char *text, struct err *err)
{
	int rc = sqlite3_exec(db->db, text, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : fail(db, rc, err);
}

int sql_begin(struct sql *db, struct err *err)
{
	return sql_run(SQL(db, "BEGIN IMMEDIATE"), err);
}

int sql_begin_read(struct sql *db)
{
	return sql_run(SQL(db, "BEGIN"), NULL);
}

int sql_commit(struct sql *db, struct err *err)
{
	return sql_run(SQL(db, "COMMIT"), err);
}

void sql_rollback(struct sql *db)
{
	/* A failed COMMIT may have rolled back already. */
	if (!sqlite3_get_autocommit(db->db))
		sql_run(SQL(db, "ROLLBACK"), NULL);
}

int sql_savepoint(struct sql *db)
{
	return sql_run(SQL(db, "SAVEPOINT sp"), NULL);
}

int sql_release(struct sql *db)
{
	return sql_run(SQL(db, "RELEASE sp"), NULL);
}

void sql_rollback_savepoint(struct sql *db)
{
	sql_run(SQL(db, "ROLLBACK TO sp"), NULL);
	sql_run(SQL(db, "RELEASE sp"), NULL);
}

int sql_migrate(struct sql *db, const sql_migration *steps, int count, struct err *err)
{
	int have = sql_schema(db);
	if (have > count)
		return err_set(err, ERR_FAILED,
			       _("This data was written by a newer muster (schema %d, this one "
				 "knows "
				 "%d): install the newer version"),
			       have, count);
	for (int v = have; v < count; v++) {
		char set[48];
		int rc = sql_begin(db, err);
		if (rc)
			return rc;
		snprintf(set, sizeof(set), "PRAGMA user_version=%d", v + 1);
		rc = sql_exec(db, steps[v], err);
		if (!rc)
			rc = sql_exec(db, set, err);
		if (!rc)
			rc = sql_commit(db, err);
		if (rc) {
			sql_rollback(db);
			err_prefix(err, "schema %d", v + 1);
			return rc;
		}
	}
	return 0;
}

struct sql_stmt *sql_prepare(struct sql *db, const char *text)
{
	size_t at = ((uintptr_t)text >> 3) * 2654435761u;
	for (;; at++) {
		struct sql_stmt *s = &db->slots[at & (STMT_SLOTS - 1)];
		if (s->key == text) {
			sqlite3_reset(s->stmt);
			sqlite3_clear_bindings(s->stmt);
			return s;
		}
		if (s->key)
			continue;
		if (++db->used > STMT_SLOTS / 2 ||
		    sqlite3_prepare_v3(db->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt,
				       NULL) != SQLITE_OK) {
			log_error("sql: %s: %s", sqlite3_errmsg(db->db), text);
			abort();
		}
		s->key = text;
		s->db = db;
		return s;
	}
}

void sql_bind_i64(struct sql_stmt *s, int at, int64_t v)
{
	sqlite3_bind_int64(s->stmt, at, v);
}

void sql_bind_text(struct sql_stmt *s, int at, struct span v)
{
	sqlite3_bind_text(s->stmt, at, v.p ? v.p : "", (int)v.n, SQLITE_STATIC);
}

void sql_bind_str(struct sql_stmt *s, int at, const char *v)
{
	sqlite3_bind_text(s->stmt, at, v, -1, SQLITE_STATIC);
}

void sql_bind_blob(struct sql_stmt *s, int at, const void *p, size_t n)
{
	sqlite3_bind_blob(s->stmt, at, p, (int)n, SQLITE_STATIC);
}

void sql_bind_null(struct sql_stmt *s, int at)
{
	sqlite3_bind_null(s->stmt, at);
}

bool sql_row(struct sql_stmt *s)
{
	int rc = sqlite3_step(s->stmt);
	s->db->last = rc;
	if (rc == SQLITE_ROW)
		return true;
	sqlite3_reset(s->stmt);
	return false;
}

int sql_run(struct sql_stmt *s, struct err *err)
{
	while (sql_row(s))
		;
	return sql_failed(s->db, err);
}

int sql_failed(struct sql *db, struct err *err)
{
	return code_of(db->last) ? fail(db, db->last, err) : 0;
}

void sql_reset(struct sql_stmt *s)
{
	sqlite3_reset(s->stmt);
}

int64_t sql_col_i64(struct sql_stmt *s, int at)
{
	return sqlite3_column_int64(s->stmt, at);
}

struct span sql_col_text(struct sql_stmt *s, int at)
{
	const char *p = (const char *)sqlite3_column_text(s->stmt, at);
	return (struct span){p, p ? (size_t)sqlite3_column_bytes(s->stmt, at) : 0};
}

struct span sql_col_blob(struct sql_stmt *s, int at)
{
	const char *p = sqlite3_column_blob(s->stmt, at);
	return (struct span){p, (size_t)sqlite3_column_bytes(s->stmt, at)};
}

static int64_t *collect(struct sql_stmt *s, int64_t *ret_last)
{
	size_t n = 0, size = 16;
	int64_t *v = mem_realloc_array(NULL, size, sizeof(*v));
	while (sql_row(s)) {
		if (n + 2 > size)
			v = mem_realloc_array(v, size *= 2, sizeof(*v));
		v[n++] = sql_col_i64(s, 0);
		if (ret_last)
			*ret_last = sql_col_i64(s, 1);
	}
	v[n] = 0;
	return v;
}

int64_t *sql_col_all(struct sql_stmt *s)
{
	return collect(s, NULL);
}

int64_t *sql_col_all_last(struct sql_stmt *s, int64_t *ret_last)
{
	return collect(s, ret_last);
}

bool sql_col_null(struct sql_stmt *s, int at)
{
	return sqlite3_column_type(s->stmt, at) == SQLITE_NULL;
}

const char *sql_settle(struct sql *db)
{
	const char *left = NULL;
	for (size_t i = 0; i < STMT_SLOTS; i++) {
		if (!db->slots[i].stmt || !sqlite3_stmt_busy(db->slots[i].stmt))
			continue;
		left = db->slots[i].key;
		sqlite3_reset(db->slots[i].stmt);
	}
	if (sql_in_transaction(db)) {
		left = "BEGIN";
		sql_rollback(db);
	}
	return left;
}

int64_t sql_change_mark(struct sql *db)
{
	/* data_version counts what others commit, total_changes what this handle does. */
	int64_t others = sql_get_i64(SQL(db, "PRAGMA data_version"), 0);
	return (others << 32) ^ sqlite3_total_changes(db->db);
}

int64_t sql_last_id(struct sql *db)
{
	return sqlite3_last_insert_rowid(db->db);
}

int sql_changes(struct sql *db)
{
	return sqlite3_changes(db->db);
}

bool sql_in_transaction(struct sql *db)
{
	return !sqlite3_get_autocommit(db->db);
}

int sql_wal_pages(const struct sql *db)
{
	return db->wal_pages;
}

int sql_checkpoint(struct sql *db, bool truncate)
{
	int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
	return code_of(sqlite3_wal_checkpoint_v2(db->db, NULL, mode, NULL, NULL));
}

#define COPY_PAGES 256

/* What is written is given to the disk bit by bit: all of it at the end would hold up others. */
static int copy_pages(sqlite3_backup *copy, int fd, sql_step_fn *step, void *arg, struct err *err)
{
	for (;;) {
		int rc = sqlite3_backup_step(copy, COPY_PAGES);
		if (rc == SQLITE_DONE)
			return 0;
		if (rc != SQLITE_OK)
			return code_of(rc) ? code_of(rc) : ERR_FAILED;
		fdatasync(fd);
		rc = step ? step(arg, err) : 0;
		if (rc)
			return rc;
	}
}

static int copy_into(struct sql *db, sqlite3 *to, int fd, sql_step_fn *step, void *arg,
		     struct err *err)
{
	struct err why = {0};
	/* No other opens the copy before it is whole, and nobody keeps half of one. */
	sqlite3_exec(to, "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;", NULL, NULL, NULL);
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", db->db, "main");
	int rc = copy ? copy_pages(copy, fd, step, arg, &why) : ERR_FAILED;
	sqlite3_backup_finish(copy);
	/* The copied header says WAL; a file that lies about must not need a log. */
	if (!rc && sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
		rc = ERR_DISK;
	if (!rc)
		return 0;
	if (why.code && err)
		*err = why;
	else
		err_set(err, rc, "%s", sqlite3_errmsg(to));
	return rc;
}

int sql_backup(struct sql *db, const char *path, sql_step_fn *step, void *arg, struct err *err)
{
	sqlite3 *to = NULL;
	/* A snapshot that is held: otherwise each write of somebody would make it begin anew. */
	bool reading = !sql_in_transaction(db);
	if (reading && sql_begin_read(db))
		return sql_failed(db, err);
	sql_get_i64(SQL(db, "SELECT count(*) FROM sqlite_master"), 0);
	make_private(path);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int rc = fd < 0 ? err_errno(err, errno, _("cannot write %s"), path) : 0;
	if (!rc && sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = err_set(err, ERR_DISK, "%s: %s", path, sqlite3_errmsg(to));
	if (!rc)
		rc = copy_into(db, to, fd, step, arg, err);
	sqlite3_close_v2(to);
	if (!rc && fsync(fd))
		rc = err_errno(err, errno, _("cannot write %s"), path);
	if (fd >= 0)
		close(fd);
	if (reading)
		sql_rollback(db);
	return rc;
}

void sql_on_progress(struct sql *db, int (*step)(void *arg), void *arg)
{
	sqlite3_progress_handler(db->db, step ? 20000 : 0, step, arg);
}

int sql_schema(struct sql *db)
{
	return (int)sql_get_i64(SQL(db, "PRAGMA user_version"), 0);
}

int64_t sql_size(struct sql *db)
{
	return sql_get_i64(SQL(db, "PRAGMA page_count"), 0) *
	       sql_get_i64(SQL(db, "PRAGMA page_size"), 0);
}

int sql_check(struct sql *db, char *ret, size_t size)
{
	struct sql_stmt *s = SQL(db, "PRAGMA integrity_check(1)");
	if (!sql_row(s))
		return sql_failed(db, NULL);
	snprintf(ret, size, "%s", sql_col_text(s, 0).p);
	sql_reset(s);
	return 0;
}

const char *sql_version(void)
{
	return sqlite3_libversion();
}

int64_t sql_get_i64(struct sql_stmt *s, int64_t otherwise)
{
	int64_t v = otherwise;
	if (sql_row(s)) {
		v = sql_col_i64(s, 0);
		sql_reset(s);
	}
	return v;
}
