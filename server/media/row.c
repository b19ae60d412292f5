#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "server/media/media.h"

#include <stdio.h>

static void copy_text(char *ret, size_t size, struct sql_stmt *s, int at)
{
	snprintf(ret, size, "%.*s", SPAN_ARG(sql_col_text(s, at)));
}

bool media_row_get(struct sql *db, const char *id, struct media_row *ret)
{
	struct sql_stmt *s = SQL(db, "SELECT user_nid,content_type,name,size,sha256,created_ts"
				     " FROM media WHERE media_id=?");
	sql_bind_str(s, 1, id);
	if (!sql_row(s))
		return false;
	*ret = (struct media_row){.user_nid = sql_col_i64(s, 0),
				  .size = sql_col_i64(s, 3),
				  .created_ts = sql_col_i64(s, 5)};
	copy_text(ret->content_type, sizeof(ret->content_type), s, 1);
	copy_text(ret->name, sizeof(ret->name), s, 2);
	struct span sum = sql_col_blob(s, 4);
	ret->uploaded = sum.n == 32;
	if (ret->uploaded)
		hex_put(ret->sha256, sum.p, sum.n);
	sql_reset(s);
	return true;
}

static void bind_file(struct sql_stmt *s, const struct media_row *row, const uint8_t *sha256)
{
	sql_bind_str(s, 1, row->content_type[0] ? row->content_type : NULL);
	sql_bind_str(s, 2, row->name[0] ? row->name : NULL);
	sql_bind_i64(s, 3, row->size);
	if (sha256)
		sql_bind_blob(s, 4, sha256, 32);
	else
		sql_bind_null(s, 4);
}

int media_row_add(struct db_tx *tx, const char *id, const struct media_row *row,
		  const uint8_t *sha256, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO media(content_type,name,size,sha256,media_id,"
				   "user_nid,created_ts) VALUES(?,?,?,?,?,?,?)");
	bind_file(s, row, sha256);
	sql_bind_str(s, 5, id);
	sql_bind_i64(s, 6, row->user_nid);
	sql_bind_i64(s, 7, db_tx_now_ms(tx));
	return sql_run(s, err);
}

int media_row_fill(struct db_tx *tx, const char *id, const struct media_row *row,
		   const uint8_t *sha256, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "UPDATE media SET content_type=?,name=?,size=?,sha256=?"
				     " WHERE media_id=? AND user_nid=? AND sha256 IS NULL");
	bind_file(s, row, sha256);
	sql_bind_str(s, 5, id);
	sql_bind_i64(s, 6, row->user_nid);
	int rc = sql_run(s, err);
	if (!rc && !sql_changes(db))
		rc = err_set(err, ERR_CONFLICT, _("this media id has a file already"));
	return rc;
}

int64_t media_row_expire(struct db_tx *tx, int64_t user_nid)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "DELETE FROM media WHERE sha256 IS NULL AND created_ts<?");
	sql_bind_i64(s, 1, db_tx_now_ms(tx) - MEDIA_CREATED_MS);
	sql_run(s, NULL);
	s = SQL(db, "SELECT count(*) FROM media WHERE sha256 IS NULL AND user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	return sql_get_i64(s, 0);
}
