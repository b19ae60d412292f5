#include "server/keys/keys.h"

#include "core/base/mem.h"

int keys_list_changed(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct db_change c = {.kind = CHANGE_DEVICE_LIST,
			      .pos = db_tx_position(tx),
			      .user_nid = user_nid};
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO device_lists(user_nid,pos)"
						" VALUES(?1,?2) ON CONFLICT DO UPDATE SET pos=?2");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, c.pos);
	int rc = sql_run(s, err);
	if (!rc)
		db_tx_note(tx, &c);
	return rc;
}

static int run_for(struct sql_stmt *s, int64_t nid, struct err *err)
{
	sql_bind_i64(s, 1, nid);
	return sql_run(s, err);
}

int keys_device_gone(struct db_tx *tx, int64_t user_nid, int64_t device_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct db_change c = {.kind = CHANGE_DEVICE_GONE,
			      .pos = db_tx_position(tx),
			      .user_nid = user_nid,
			      .device_nid = device_nid};
	int rc = run_for(SQL(db, "DELETE FROM device_keys WHERE device_nid=?"), device_nid, err);
	bool known = !rc && sql_changes(db) > 0;
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM one_time_keys WHERE device_nid=?"), device_nid,
			     err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM fallback_keys WHERE device_nid=?"), device_nid,
			     err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM to_device WHERE device_nid=?"), device_nid, err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM to_device_txns WHERE device_nid=?"), device_nid,
			     err);
	if (!rc)
		db_tx_note(tx, &c);
	return rc || !known ? rc : keys_list_changed(tx, user_nid, err);
}

int keys_devices_gone(struct db_tx *tx, int64_t user_nid, int64_t keep_nid, struct err *err)
{
	AUTO_FREE int64_t *nids = NULL;
	size_t n = 0;
	int rc = 0;
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "SELECT nid FROM devices WHERE user_nid=? AND nid<>?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, keep_nid);
	while (sql_row(s)) {
		nids = mem_realloc_array(nids, n + 1, sizeof(*nids));
		nids[n++] = sql_col_i64(s, 0);
	}
	for (size_t i = 0; i < n && !rc; i++)
		rc = keys_device_gone(tx, user_nid, nids[i], err);
	return rc;
}

int keys_account_gone(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int rc = run_for(SQL(db, "DELETE FROM cross_signing_keys WHERE user_nid=?"), user_nid, err);
	bool known = !rc && sql_changes(db) > 0;
	if (!rc)
		rc = run_for(SQL(db,
				 "DELETE FROM key_signatures WHERE user_nid=?1 OR signer_nid=?1"),
			     user_nid, err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM key_backup_sessions WHERE user_nid=?"), user_nid,
			     err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM key_backups WHERE user_nid=?"), user_nid, err);
	return rc || !known ? rc : keys_list_changed(tx, user_nid, err);
}

int keys_device_renamed(struct db_tx *tx, int64_t user_nid, struct span device_id, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "SELECT 1 FROM device_keys WHERE user_nid=?"
						" AND device_id=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_text(s, 2, device_id);
	return sql_get_i64(s, 0) ? keys_list_changed(tx, user_nid, err) : 0;
}
