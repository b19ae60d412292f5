#include "server/admin_op.h"

#include "core/base/fs.h"
#include "core/base/mem.h"

#include <sys/stat.h>

static int64_t size_of(const char *dir, const char *file)
{
	struct stat st;
	AUTO_FREE char *path = fs_join(dir, file);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void put(json_t *o, const char *key, int64_t v)
{
	json_object_set_new(o, key, json_integer(v));
}

int admin_status(struct admin *a, struct err *err)
{
	json_t *o = a->ret;
	json_object_set_new(o, "server_name", json_string(a->env->server_name));
	json_object_set_new(o, "version", json_string(MUSTER_VERSION));
	put(o, "users",
	    sql_get_i64(SQL(a->sql, "SELECT count(*) FROM users WHERE deactivated=0"), 0));
	put(o, "rooms", sql_get_i64(SQL(a->sql, "SELECT count(*) FROM rooms"), 0));
	put(o, "events", sql_get_i64(SQL(a->sql, "SELECT count(*) FROM events"), 0));
	put(o, "media_bytes",
	    sql_get_i64(SQL(a->sql, "SELECT coalesce(sum(size),0) FROM media"), 0));
	put(o, "database_bytes", size_of(a->env->dir, "muster.db"));
	put(o, "log_bytes", size_of(a->env->dir, "muster.db-wal"));
	return sql_failed(a->sql, err);
}

int admin_integrity(struct admin *a, struct err *err)
{
	char said[256] = "";
	int rc = sql_check(a->sql, said, sizeof(said));
	json_object_set_new(a->ret, "ok", json_boolean(!rc && !strcmp(said, "ok")));
	json_object_set_new(a->ret, "integrity", json_string(said));
	json_object_set_new(a->ret, "server_name", json_string(a->env->server_name));
	return rc ? err_set(err, rc, "%s", said) : 0;
}
