#include "server/accounts/own.h"

#include "core/base/i18n.h"

#include <stdio.h>

static int add(struct db_tx *tx, struct own_user *o, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "INSERT INTO users(user_id,deactivated,created_ts)"
				     " VALUES(?,1,?)");
	sql_bind_str(s, 1, o->user_id);
	sql_bind_i64(s, 2, db_tx_now_ms(tx));
	int rc = sql_run(s, err);
	o->nid = sql_last_id(db);
	s = SQL(db, "INSERT OR REPLACE INTO meta VALUES('own_user',?)");
	sql_bind_i64(s, 1, o->nid);
	return rc ? rc : sql_run(s, err);
}

static int settle(struct db_tx *tx, void *arg, struct err *err)
{
	struct own_user *o = arg;
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, o->user_id);
	o->nid = sql_get_i64(s, 0);
	if (!o->nid)
		return add(tx, o, err);
	if (sql_get_i64(SQL(db, "SELECT value FROM meta WHERE key='own_user'"), 0) == o->nid)
		return 0;
	return err_set(err, ERR_CONFLICT,
		       _("The name %s is the server's own now, but somebody has an account under "
			 "it: this data cannot be served"),
		       o->user_id);
}

int own_user_open(struct db *offline, const char *server_name, struct own_user *ret,
		  struct err *err)
{
	struct own_user o = {0};
	snprintf(o.user_id, sizeof(o.user_id), "@" OWN_LOCALPART ":%s", server_name);
	int rc = db_run_offline(offline, settle, &o, err);
	if (!rc)
		*ret = o;
	return rc;
}
