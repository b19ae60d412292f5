#include "core/store/store.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/store/schema.h"

struct store {
	struct sql *db;
	char *path;
};

int store_open(const char *path, struct store **ret, struct err *err)
{
	struct store *s = NEW(struct store);
	s->path = mem_strdup(path);
	int rc = sql_open(path, SQL_KEEP_WAL, &s->db, err);
	if (!rc)
		rc = sql_migrate(s->db, store_migrations, store_migration_count, err);
	if (rc) {
		store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sql_close(s->db);
	mem_free(s->path);
	mem_free(s);
}

struct sql *store_sql(struct store *s)
{
	return s->db;
}

int store_begin(struct store *s, struct err *err)
{
	return sql_begin(s->db, err);
}

int store_commit(struct store *s, struct err *err)
{
	int rc = sql_commit(s->db, err);
	if (rc)
		sql_rollback(s->db);
	return rc;
}

void store_rollback(struct store *s)
{
	sql_rollback(s->db);
}

char *store_meta(struct store *s, const char *key)
{
	struct sql_stmt *q = SQL(s->db, "SELECT value FROM meta WHERE key=?");
	sql_bind_str(q, 1, key);
	if (!sql_row(q))
		return NULL;
	char *value = sql_col_null(q, 0) ? NULL : span_dup(sql_col_text(q, 0));
	sql_reset(q);
	return value;
}

int64_t store_meta_i64(struct store *s, const char *key, int64_t otherwise)
{
	AUTO_FREE char *text = store_meta(s, key);
	int64_t v;
	return text && span_i64(span_of(text), &v) ? v : otherwise;
}

int store_meta_set(struct store *s, const char *key, const char *value, struct err *err)
{
	struct sql_stmt *q = value ? SQL(s->db, "INSERT INTO meta(key,value) VALUES(?1,?2)"
						" ON CONFLICT(key) DO UPDATE SET value=?2")
				   : SQL(s->db, "DELETE FROM meta WHERE key=?1");
	sql_bind_str(q, 1, key);
	if (value)
		sql_bind_str(q, 2, value);
	return sql_run(q, err);
}

int store_meta_set_i64(struct store *s, const char *key, int64_t value, struct err *err)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)value);
	return store_meta_set(s, key, text, err);
}

int store_account_data_set(struct store *s, int64_t room, struct span type, struct span json,
			   struct err *err)
{
	struct sql_stmt *q = SQL(s->db, "INSERT INTO account_data(room,type,json) VALUES(?1,?2,?3)"
					" ON CONFLICT(room,type) DO UPDATE SET json=?3");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, type);
	sql_bind_text(q, 3, json);
	return sql_run(q, err);
}

bool store_account_data_get(struct store *s, int64_t room, const char *type, struct buf *ret)
{
	struct sql_stmt *q = SQL(s->db, "SELECT json FROM account_data WHERE room=? AND type=?");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, type);
	if (!sql_row(q))
		return false;
	bool ok = buf_put_span(ret, sql_col_text(q, 0));
	sql_reset(q);
	return ok;
}
