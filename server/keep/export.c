#include "server/keep/export.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/sql.h"
#include "server/db/schema.h"

#include <string.h>

#define LINE_MAX_BYTES (4 * LIMIT_EVENT_BYTES)

struct export
{
	struct sql *db;
	struct fs_out *out;
	struct pace *pace;
	struct buf line;
	int64_t bytes;
};

static void put_text(struct export *x, const char *key, struct span v)
{
	buf_printf(&x->line, ",\"%s\":", key);
	if (v.p)
		buf_put_json_str(&x->line, v);
	else
		buf_put_str(&x->line, "null");
}

static void put_number(struct export *x, const char *key, int64_t v)
{
	buf_printf(&x->line, ",\"%s\":%lld", key, (long long)v);
}

static void put_flag(struct export *x, const char *key, bool v)
{
	buf_printf(&x->line, ",\"%s\":%s", key, v ? "true" : "false");
}

/* {"kind":"user" ... what follows begins with a comma. */
static void begin(struct export *x, const char *kind)
{
	buf_clear(&x->line);
	buf_printf(&x->line, "{\"kind\":\"%s\"", kind);
}

static int end(struct export *x, struct err *err)
{
	buf_put_str(&x->line, "}\n");
	if (!buf_ok(&x->line))
		return err_set(err, ERR_TOO_LARGE, _("A row of the export is too long"));
	x->bytes += (int64_t)x->line.n;
	int rc = fs_out_write(x->out, buf_span(&x->line), err);
	return rc ? rc : pace_step(x->pace, err);
}

static int finish_rows(struct export *x, struct sql_stmt *s, int rc, struct err *err)
{
	if (!rc)
		return sql_failed(x->db, err);
	sql_reset(s);
	return rc;
}

static int put_server(struct export *x, struct err *err)
{
	struct sql_stmt *s = SQL(x->db, "SELECT value FROM meta WHERE key='server_name'");
	begin(x, "server");
	buf_put_str(&x->line, ",\"format\":\"muster export\",\"version\":1");
	if (sql_row(s))
		put_text(x, "server_name", sql_col_text(s, 0));
	sql_reset(s);
	put_text(x, "muster", SPAN_LIT(MUSTER_VERSION));
	put_number(x, "exported_ts", clock_wall_ms());
	return end(x, err);
}

/* ["a@b","c@d"] */
static void put_emails(struct export *x, int64_t user_nid)
{
	bool first = true;
	struct sql_stmt *s = SQL(x->db, "SELECT address FROM threepids WHERE user_nid=? AND"
					" medium='email' ORDER BY address");
	sql_bind_i64(s, 1, user_nid);
	buf_put_str(&x->line, ",\"emails\":[");
	while (sql_row(s)) {
		buf_put_str(&x->line, first ? "" : ",");
		buf_put_json_str(&x->line, sql_col_text(s, 0));
		first = false;
	}
	buf_put_char(&x->line, ']');
}

static int put_users(struct export *x, int64_t *ret_n, struct err *err)
{
	int rc = 0;
	struct sql_stmt *s =
		SQL(x->db, "SELECT user_id,display_name,avatar_url,external_id,admin,"
			   "locked,deactivated,created_ts,nid,suspended FROM users ORDER BY nid");
	while (!rc && sql_row(s)) {
		begin(x, "user");
		put_text(x, "user_id", sql_col_text(s, 0));
		put_text(x, "name", sql_col_text(s, 1));
		put_text(x, "avatar_url", sql_col_text(s, 2));
		put_text(x, "external_id", sql_col_text(s, 3));
		put_emails(x, sql_col_i64(s, 8));
		put_flag(x, "admin", sql_col_i64(s, 4));
		put_flag(x, "locked", sql_col_i64(s, 5));
		put_flag(x, "suspended", sql_col_i64(s, 9));
		put_flag(x, "removed", sql_col_i64(s, 6));
		put_number(x, "created_ts", sql_col_i64(s, 7));
		rc = end(x, err);
		++*ret_n;
	}
	return finish_rows(x, s, rc, err);
}

static void put_aliases(struct export *x, int64_t room_nid)
{
	bool first = true;
	struct sql_stmt *s =
		SQL(x->db, "SELECT alias FROM aliases WHERE room_nid=? ORDER BY alias");
	sql_bind_i64(s, 1, room_nid);
	buf_put_str(&x->line, ",\"aliases\":[");
	while (sql_row(s)) {
		buf_put_str(&x->line, first ? "" : ",");
		buf_put_json_str(&x->line, sql_col_text(s, 0));
		first = false;
	}
	buf_put_char(&x->line, ']');
}

static int put_rooms(struct export *x, int64_t *ret_n, struct err *err)
{
	int rc = 0;
	struct sql_stmt *s =
		SQL(x->db, "SELECT r.room_id,r.version,u.user_id,r.public,r.created_ts,"
			   "r.nid FROM rooms r LEFT JOIN users u ON u.nid=r.creator_nid"
			   " ORDER BY r.nid");
	while (!rc && sql_row(s)) {
		begin(x, "room");
		put_text(x, "room_id", sql_col_text(s, 0));
		put_text(x, "version", sql_col_text(s, 1));
		put_text(x, "creator", sql_col_text(s, 2));
		put_aliases(x, sql_col_i64(s, 5));
		put_flag(x, "public", sql_col_i64(s, 3));
		put_number(x, "created_ts", sql_col_i64(s, 4));
		rc = end(x, err);
		++*ret_n;
	}
	return finish_rows(x, s, rc, err);
}

/* In the order in which they came; the text is the event as clients get it. */
static int put_events(struct export *x, int64_t *ret_n, struct err *err)
{
	int rc = 0;
	struct sql_stmt *s = SQL(x->db, "SELECT text,redacted_by FROM events ORDER BY pos");
	while (!rc && sql_row(s)) {
		begin(x, "event");
		if (!sql_col_null(s, 1))
			put_text(x, "redacted_by", sql_col_text(s, 1));
		buf_put_str(&x->line, ",\"event\":");
		buf_put_span(&x->line, sql_col_text(s, 0));
		rc = end(x, err);
		++*ret_n;
	}
	return finish_rows(x, s, rc, err);
}

static int put_media(struct export *x, const char *server_name, int64_t *ret_n, struct err *err)
{
	int rc = 0;
	char hex[65];
	struct sql_stmt *s = SQL(x->db, "SELECT m.media_id,u.user_id,m.content_type,m.name,m.size,"
					"m.created_ts,m.sha256 FROM media m LEFT JOIN users u"
					" ON u.nid=m.user_nid WHERE m.sha256 IS NOT NULL"
					" ORDER BY m.media_id");
	while (!rc && sql_row(s)) {
		struct span id = sql_col_text(s, 0), hash = sql_col_blob(s, 6);
		AUTO_FREE char *uri = mem_printf("mxc://%s/%.*s", server_name, SPAN_ARG(id));
		AUTO_FREE char *file = mem_printf("media/%.2s/%.*s", id.p, SPAN_ARG(id));
		begin(x, "media");
		put_text(x, "uri", span_of(uri));
		put_text(x, "file", span_of(file));
		put_text(x, "user_id", sql_col_text(s, 1));
		put_text(x, "content_type", sql_col_text(s, 2));
		put_text(x, "name", sql_col_text(s, 3));
		put_number(x, "size", sql_col_i64(s, 4));
		put_number(x, "created_ts", sql_col_i64(s, 5));
		hex_put(hex, hash.p, hash.n == 32 ? 32 : 0);
		put_text(x, "sha256", span_of(hex));
		rc = end(x, err);
		++*ret_n;
	}
	return finish_rows(x, s, rc, err);
}

static int put_all(struct export *x, json_t **ret, struct err *err)
{
	int64_t users = 0, rooms = 0, events = 0, media = 0;
	char name[256] = "";
	struct sql_stmt *s = SQL(x->db, "SELECT value FROM meta WHERE key='server_name'");
	if (sql_row(s))
		snprintf(name, sizeof(name), "%s", sql_col_text(s, 0).p);
	sql_reset(s);
	int rc = put_server(x, err);
	if (!rc)
		rc = put_users(x, &users, err);
	if (!rc)
		rc = put_rooms(x, &rooms, err);
	if (!rc)
		rc = put_events(x, &events, err);
	if (!rc)
		rc = put_media(x, name, &media, err);
	if (!rc)
		*ret = json_pack("{s:I,s:I,s:I,s:I,s:I}", "users", (json_int_t)users, "rooms",
				 (json_int_t)rooms, "events", (json_int_t)events, "media",
				 (json_int_t)media, "bytes", (json_int_t)x->bytes);
	return rc;
}

static int open_database(struct export *x, const char *dir, struct err *err)
{
	AUTO_FREE char *path = fs_join(dir, "muster.db");
	if (!fs_exists(path))
		return err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"), dir);
	int rc = sql_open(path, SQL_READ_ONLY, &x->db, err);
	if (rc)
		return rc;
	if (sql_schema(x->db) > server_migration_count)
		return err_set(err, ERR_FAILED,
			       _("%s was written by a newer muster: export with that one"), path);
	return sql_begin_read(x->db);
}

static json_t *with_path(json_t *row, const char *to)
{
	AUTO_FREE char *path = fs_real(to);
	json_object_set_new(row, "path", json_string(path));
	return row;
}

int keep_export(const char *dir, const char *to, struct pace *pace, json_t **ret, struct err *err)
{
	struct export x = {.pace = pace, .line = BUF_INIT(LINE_MAX_BYTES)};
	json_t *row = NULL;
	if (fs_exists(to))
		return err_set(err, ERR_CONFLICT, _("%s is there already"), to);
	int rc = open_database(&x, dir, err);
	if (!rc)
		rc = fs_out_open(to, 0600, &x.out, err);
	if (!rc)
		rc = put_all(&x, &row, err);
	if (!rc)
		rc = fs_out_commit(take(&x.out), err);
	fs_out_abort(x.out);
	if (x.db)
		sql_settle(x.db);
	sql_close(x.db);
	buf_done(&x.line);
	if (rc)
		json_decref(row);
	else
		*ret = with_path(row, to);
	return rc;
}
