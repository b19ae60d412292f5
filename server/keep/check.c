#include "server/keep/check.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/sql.h"
#include "server/db/schema.h"
#include "server/media/media.h"
#include "server/rooms/verify.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROWS_MAX 1000 /* findings of one check */

struct checking {
	const char *dir, *check;
	struct sql *db;
	struct pace *pace;
	json_t *rows;
	int found; /* by this check */
};

static void put(struct checking *c, bool ok, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put(struct checking *c, bool ok, const char *fix, const char *fmt, ...)
{
	char text[700];
	va_list ap;
	c->found += !ok;
	if (c->found > ROWS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(c->rows, json_pack("{s:s,s:b,s:s,s:s?}", "check", c->check, "ok", ok,
						 "message", text, "fix", fix));
}

static const char *put_back(void)
{
	return _("put back a backup: \"muster admin restore BACKUP --data DIR --replace\"");
}

/* ---- database ---- */

static int check_database(struct checking *c, struct err *err)
{
	sql_on_progress(c->db, pace_progress, c->pace);
	struct sql_stmt *s = SQL(c->db, "PRAGMA integrity_check(20)");
	while (sql_row(s)) {
		struct span said = sql_col_text(s, 0);
		if (!span_eq_str(said, "ok"))
			put(c, false, put_back(), "%.*s", SPAN_ARG(span_head(said, 300)));
	}
	sql_on_progress(c->db, NULL, NULL);
	int rc = sql_failed(c->db, NULL);
	if (!rc && !c->found)
		put(c, true, NULL, _("the database is whole, schema %d"), sql_schema(c->db));
	else if (rc)
		put(c, false, put_back(), _("the database cannot be read"));
	return pace_step(c->pace, err);
}

/* ---- rows without what they belong to ---- */

#define WITHOUT(table, own, other, theirs)                                               \
	"SELECT count(*) FROM " table " WHERE " own " IS NOT NULL AND NOT EXISTS(SELECT" \
	" 1 FROM " other " WHERE " other "." theirs "=" table "." own ")"

static void no_strays(struct checking *c, struct sql_stmt *s, const char *what)
{
	int64_t n = sql_get_i64(s, 0);
	if (n)
		put(c, false, put_back(), _("rows that belong to nothing: %lld, %s"), (long long)n,
		    what);
}

static int check_rows(struct checking *c, struct err *err)
{
	struct sql *db = c->db;
	sql_on_progress(db, pace_progress, c->pace);
	no_strays(c, SQL(db, WITHOUT("devices", "user_nid", "users", "nid")),
		  _("devices without a person"));
	no_strays(c, SQL(db, WITHOUT("tokens", "device_nid", "devices", "nid")),
		  _("log-ins without a device"));
	no_strays(c, SQL(db, WITHOUT("threepids", "user_nid", "users", "nid")),
		  _("e-mail addresses without a person"));
	no_strays(c, SQL(db, WITHOUT("events", "room_nid", "rooms", "nid")),
		  _("events without a room"));
	no_strays(c, SQL(db, WITHOUT("events", "sender_nid", "users", "nid")),
		  _("events without a sender"));
	no_strays(c, SQL(db, WITHOUT("memberships", "user_nid", "users", "nid")),
		  _("memberships without a person"));
	no_strays(c, SQL(db, WITHOUT("memberships", "room_nid", "rooms", "nid")),
		  _("memberships without a room"));
	no_strays(c, SQL(db, WITHOUT("receipts", "room_nid", "rooms", "nid")),
		  _("receipts without a room"));
	no_strays(c, SQL(db, WITHOUT("aliases", "room_nid", "rooms", "nid")),
		  _("aliases without a room"));
	no_strays(c, SQL(db, WITHOUT("media", "user_nid", "users", "nid")),
		  _("uploaded files without a person"));
	no_strays(c,
		  SQL(db, "SELECT count(*) FROM account_data a WHERE NOT EXISTS(SELECT 1 FROM"
			  " users u WHERE u.nid=a.user_nid)"),
		  _("account data without a person"));
	sql_on_progress(db, NULL, NULL);
	if (!c->found)
		put(c, true, NULL, _("all rows belong to something"));
	return pace_step(c->pace, err);
}

/* ---- what follows from the events ---- */

static int check_state(struct checking *c, struct err *err)
{
	struct sql *db = c->db;
	sql_on_progress(db, pace_progress, c->pace);
	int64_t n = sql_get_i64(
		SQL(db, "SELECT count(*) FROM current_state s WHERE s.pos IS NOT (SELECT max(e.pos)"
			" FROM events e WHERE e.room_nid=s.room_nid AND e.type=s.type AND"
			" e.state_key=s.state_key)"),
		0);
	if (n)
		put(c, false, put_back(), _("the state of rooms is not what the events say: %lld"),
		    (long long)n);
	n = sql_get_i64(SQL(db, "SELECT count(*) FROM memberships m WHERE NOT EXISTS(SELECT 1 FROM"
				" events e WHERE e.pos=m.pos AND e.room_nid=m.room_nid AND"
				" e.type='m.room.member')"),
			0);
	if (n)
		put(c, false, put_back(), _("memberships are not what the events say: %lld"),
		    (long long)n);
	n = sql_get_i64(SQL(db, "SELECT coalesce((SELECT max(pos) FROM events),0)>(SELECT value"
				" FROM meta WHERE key='position')"),
			0);
	if (n)
		put(c, false, put_back(), _("positions are behind the newest event"));
	sql_on_progress(db, NULL, NULL);
	if (!c->found)
		put(c, true, NULL, _("state, memberships and positions are what the events say"));
	return pace_step(c->pace, err);
}

static int check_events(struct checking *c, struct err *err)
{
	int64_t rooms = 0, events = 0, last = 0;
	int rc = 0;
	while (!rc) {
		struct err why = {0};
		int64_t n = 0;
		char room_id[256];
		struct sql_stmt *s = SQL(c->db, "SELECT nid,room_id FROM rooms WHERE nid>?"
						" ORDER BY nid LIMIT 1");
		sql_bind_i64(s, 1, last);
		if (!sql_row(s))
			break;
		last = sql_col_i64(s, 0);
		snprintf(room_id, sizeof(room_id), "%.*s", SPAN_ARG(sql_col_text(s, 1)));
		sql_reset(s);
		sql_on_progress(c->db, pace_progress, c->pace);
		if (room_verify(c->db, last, &n, &why) && !pace_progress(c->pace))
			put(c, false, put_back(), "%s: %s", room_id, why.msg);
		sql_on_progress(c->db, NULL, NULL);
		rooms++;
		events += n;
		rc = pace_step(c->pace, err);
	}
	if (!rc && !c->found)
		put(c, true, NULL, _("events: %lld in %lld rooms, all hashes and ids are right"),
		    (long long)events, (long long)rooms);
	return rc;
}

/* ---- uploaded files ---- */

static void look_at_media(struct checking *c, const char *id, int64_t size,
			  const uint8_t sha256[32])
{
	uint8_t hash[32];
	struct stat st;
	AUTO_FREE char *path = mem_printf("%s/media/%.2s/%s", c->dir, id, id);
	const char *fix = _("copy it from a backup that has it, at the same place in its folder");
	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		put(c, false, fix, _("an uploaded file is not there: %s"), path);
	else if (st.st_size != size || crypto_sha256_file(path, hash, NULL) ||
		 memcmp(hash, sha256, 32) != 0)
		put(c, false, fix, _("an uploaded file is not what was uploaded: %s"), path);
}

/* One by one: while a row is held the server's log can only grow. */
static bool next_media(struct checking *c, char id[MEDIA_ID_SIZE], int64_t *size,
		       uint8_t sha256[32])
{
	struct sql_stmt *s = SQL(c->db, "SELECT media_id,size,sha256 FROM media WHERE media_id>?"
					" AND sha256 IS NOT NULL ORDER BY media_id LIMIT 1");
	sql_bind_str(s, 1, id);
	if (!sql_row(s))
		return false;
	struct span hash = sql_col_blob(s, 2);
	snprintf(id, MEDIA_ID_SIZE, "%s", sql_col_text(s, 0).p);
	*size = sql_col_i64(s, 1);
	memset(sha256, 0, 32);
	if (hash.n == 32)
		memcpy(sha256, hash.p, 32);
	sql_reset(s);
	return true;
}

static int check_media(struct checking *c, struct err *err)
{
	int64_t n = 0, size;
	int rc = 0;
	char id[MEDIA_ID_SIZE] = "";
	uint8_t sha256[32];
	while (!rc && next_media(c, id, &size, sha256)) {
		look_at_media(c, id, size, sha256);
		n++;
		rc = pace_step(c->pace, err);
	}
	if (!rc && !c->found)
		put(c, true, NULL, _("uploaded files that are what was uploaded: %lld"),
		    (long long)n);
	return rc;
}

/* ---- the folder ---- */

static int check_folder(struct checking *c, struct err *err)
{
	struct stat st;
	static const char *const private[] = {"", "muster.db", "rtc.key", "media", "backups"};
	for (size_t i = 0; i < ARRAY_LEN(private); i++) {
		AUTO_FREE char *path = fs_join(c->dir, private[i]);
		AUTO_FREE char *fix = mem_printf("chmod go-rwx %s", path);
		if (stat(path, &st) == 0 && (st.st_mode & 077))
			put(c, false, fix, _("others may look into %s"), path);
	}
	if (!c->found)
		put(c, true, NULL, _("only its owner may look into %s"), c->dir);
	return pace_step(c->pace, err);
}

/* ---- all ---- */

typedef int check_fn(struct checking *c, struct err *err);

static int run_checks(struct checking *c, struct err *err)
{
	static const struct {
		const char *name;
		check_fn *fn;
	} checks[] = {
		{"database", check_database}, {"rows", check_rows},   {"state", check_state},
		{"events", check_events},     {"media", check_media}, {"folder", check_folder},
	};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(checks) && !rc; i++) {
		c->check = checks[i].name;
		c->found = 0;
		rc = checks[i].fn(c, err);
		if (c->found > ROWS_MAX) {
			c->found = 0;
			put(c, false, put_back(), _("and more of the same"));
		}
	}
	return rc;
}

int keep_check(const char *dir, struct pace *pace, json_t **ret_rows, struct err *err)
{
	struct checking c = {.dir = dir, .pace = pace, .rows = json_array()};
	AUTO_FREE char *path = fs_join(dir, "muster.db");
	int rc = fs_exists(path)
			 ? sql_open(path, SQL_READ_ONLY, &c.db, err)
			 : err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"), dir);
	if (!rc && sql_schema(c.db) != server_migration_count) {
		rc = err_set(err, ERR_FAILED,
			     _("The database has schema %d, this program looks at schema %d"),
			     sql_schema(c.db), server_migration_count);
		err_hint(err, _("start the server of this version once, it brings it up to date"));
	}
	if (!rc)
		rc = run_checks(&c, err);
	sql_close(c.db);
	if (rc)
		json_decref(c.rows);
	else
		*ret_rows = c.rows;
	return rc;
}
