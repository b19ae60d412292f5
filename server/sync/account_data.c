#include "server/sync/account_data.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

#include <string.h>

json_t *account_data_get(struct sql *db, int64_t user_nid, int64_t room_nid, const char *type)
{
	json_t *j = NULL;
	struct sql_stmt *s = SQL(db, "SELECT content FROM account_data WHERE user_nid=?1 AND"
				     " room_nid=?2 AND type=?3");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, room_nid);
	sql_bind_str(s, 3, type);
	if (!sql_row(s))
		return NULL;
	json_parse_object(sql_col_text(s, 0), &j, NULL);
	sql_reset(s);
	return j;
}

static int store(struct db_tx *tx, const struct db_change *c, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO account_data(user_nid,room_nid,type,content,pos)"
				   " VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET content=?4,"
				   "pos=?5");
	sql_bind_i64(s, 1, c->user_nid);
	sql_bind_i64(s, 2, c->room_nid);
	sql_bind_str(s, 3, c->type);
	sql_bind_str(s, 4, c->text);
	sql_bind_i64(s, 5, c->pos);
	return sql_run(s, err);
}

static int too_large(struct err *err)
{
	return matrix_err(err, 413, "M_TOO_LARGE",
			  _("A piece of account data has at most %u bytes, and all of an account's "
			    "together %u"),
			  ACCOUNT_DATA_BYTES_MAX, ACCOUNT_DATA_ALL_MAX);
}

/* Is there room for this text in place of what is there? */
static int check_room(struct sql *db, const struct db_change *c, struct err *err)
{
	size_t n = strlen(c->text);
	struct sql_stmt *s = SQL(db, "SELECT length(CAST(content AS BLOB)) FROM account_data"
				     " WHERE user_nid=?1 AND room_nid=?2 AND type=?3");
	sql_bind_i64(s, 1, c->user_nid);
	sql_bind_i64(s, 2, c->room_nid);
	sql_bind_str(s, 3, c->type);
	int64_t had = sql_get_i64(s, 0);
	if ((int64_t)n <= had)
		return 0;
	s = SQL(db,
		"SELECT sum(length(CAST(content AS BLOB))) FROM account_data WHERE user_nid=?1");
	sql_bind_i64(s, 1, c->user_nid);
	int64_t all = sql_get_i64(s, 0) - had + (int64_t)n;
	return n > ACCOUNT_DATA_BYTES_MAX || all > ACCOUNT_DATA_ALL_MAX ? too_large(err) : 0;
}

int account_data_put(struct db_tx *tx, int64_t user_nid, int64_t room_nid, const char *type,
		     const json_t *content, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	JSON_AUTO json_t *old = account_data_get(db, user_nid, room_nid, type);
	if (old && json_equal(old, content))
		return 0;
	if (!old) {
		struct sql_stmt *s = SQL(db, "SELECT count(*) FROM account_data WHERE user_nid=?1");
		sql_bind_i64(s, 1, user_nid);
		if (sql_get_i64(s, 0) >= ACCOUNT_DATA_TYPES_MAX)
			return matrix_err(err, 400, "M_TOO_LARGE",
					  _("An account keeps at most %d pieces of account data"),
					  ACCOUNT_DATA_TYPES_MAX);
	}
	struct db_change c = {
		.kind = CHANGE_ACCOUNT_DATA,
		.pos = db_tx_position(tx),
		.room_nid = room_nid,
		.user_nid = user_nid,
		.text = json_text(content),
		.type = mem_strdup(type),
	};
	int rc = check_room(db, &c, err);
	if (!rc)
		rc = store(tx, &c, err);
	if (rc) {
		mem_free(c.text);
		mem_free(c.type);
		return rc;
	}
	db_tx_note(tx, &c);
	return 0;
}
