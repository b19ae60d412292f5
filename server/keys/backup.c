#include "server/keys/backup.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

void backup_done(struct backup *b)
{
	mem_free(b->algorithm);
	mem_free(b->auth_data);
	*b = (struct backup){0};
}

int backup_find(struct sql *db, int64_t user_nid, int64_t version, struct backup *ret,
		struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT version,etag,count,algorithm,auth_data FROM"
				     " key_backups WHERE user_nid=?1 AND deleted=0 AND"
				     " (?2=0 OR version=?2) ORDER BY version DESC LIMIT 1");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, version);
	if (!sql_row(s))
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no such backup"));
	*ret = (struct backup){.version = sql_col_i64(s, 0),
			       .etag = sql_col_i64(s, 1),
			       .count = sql_col_i64(s, 2),
			       .algorithm = span_dup(sql_col_text(s, 3)),
			       .auth_data = span_dup(sql_col_text(s, 4))};
	sql_reset(s);
	return 0;
}

static int read_auth(const json_t *body, struct span *ret_algorithm, struct buf *ret_auth,
		     struct err *err)
{
	const json_t *auth = json_get_object(body, "auth_data");
	*ret_algorithm = json_get_span(body, "algorithm");
	if (!auth || !ret_algorithm->n || ret_algorithm->n > LIMIT_ID_BYTES)
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("A backup needs an algorithm and auth_data"));
	return signed_text(auth, BACKUP_AUTH_MAX, ret_auth, err);
}

static int64_t count_of(struct sql_stmt *s, int64_t user_nid)
{
	sql_bind_i64(s, 1, user_nid);
	return sql_get_i64(s, 0);
}

int backup_create(struct db_tx *tx, int64_t user_nid, const json_t *body, int64_t *ret_version,
		  struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct span algorithm;
	AUTO(buf_done) struct buf auth = BUF_INIT(BACKUP_AUTH_MAX);
	int rc = read_auth(body, &algorithm, &auth, err);
	if (rc)
		return rc;
	if (count_of(SQL(db, "SELECT count(*) FROM key_backups WHERE user_nid=? AND deleted=0"),
		     user_nid) >= BACKUP_VERSIONS_MAX)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("An account has at most %d backups; delete an old one first"),
				  BACKUP_VERSIONS_MAX);
	int64_t version = 1 + count_of(SQL(db, "SELECT coalesce(max(version),0) FROM key_backups"
					       " WHERE user_nid=?"),
				       user_nid);
	struct sql_stmt *s = SQL(db, "INSERT INTO key_backups(user_nid,version,algorithm,auth_data)"
				     " VALUES(?,?,?,?)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, version);
	sql_bind_text(s, 3, algorithm);
	sql_bind_text(s, 4, buf_span(&auth));
	*ret_version = version;
	return sql_run(s, err);
}

/* The body may say which version it means; then it must be this. */
static bool other_version(const json_t *body, int64_t version)
{
	int64_t named;
	const json_t *v = json_object_get(body, "version");
	if (!v || json_is_null(v))
		return false;
	return !json_is_string(v) || !span_i64(span_of(json_string_value(v)), &named) ||
	       named != version;
}

int backup_update(struct db_tx *tx, int64_t user_nid, int64_t version, const json_t *body,
		  struct err *err)
{
	AUTO(backup_done) struct backup old = {0};
	AUTO(buf_done) struct buf auth = BUF_INIT(BACKUP_AUTH_MAX);
	struct span algorithm;
	int rc = backup_find(db_tx_sql(tx), user_nid, version, &old, err);
	if (!rc)
		rc = read_auth(body, &algorithm, &auth, err);
	if (rc)
		return rc;
	if (!span_eq_str(algorithm, old.algorithm) || other_version(body, version))
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("Only auth_data of a backup can be changed"));
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE key_backups SET auth_data=? WHERE"
						" user_nid=? AND version=?");
	sql_bind_text(s, 1, buf_span(&auth));
	sql_bind_i64(s, 2, user_nid);
	sql_bind_i64(s, 3, version);
	return sql_run(s, err);
}

int backup_delete(struct db_tx *tx, int64_t user_nid, int64_t version, bool *ret_more,
		  struct err *err)
{
	AUTO(backup_done) struct backup old = {0};
	int rc = backup_delete_keys(tx, user_nid, version, NULL, NULL, &old, ret_more, err);
	if (rc || *ret_more)
		return rc;
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE key_backups SET deleted=1,count=0,bytes=0,"
						"auth_data='{}' WHERE user_nid=? AND version=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, version);
	return sql_run(s, err);
}
