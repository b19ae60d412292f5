#include "server/db/renew.h"

#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/base/sql.h"
#include "server/db/schema.h"

/* Tokens of the life that the backup is of mean the same up to here. */
static int note_former(struct sql *db, struct err *err)
{
	int rc = sql_run(SQL(db, "INSERT OR REPLACE INTO meta SELECT 'former_epoch',value FROM meta"
				 " WHERE key='epoch'"),
			 err);
	if (rc)
		return rc;
	return sql_run(SQL(db, "INSERT OR REPLACE INTO meta SELECT 'former_position',value FROM"
			       " meta WHERE key='position'"),
		       err);
}

static int new_epoch(struct sql *db, struct err *err)
{
	int64_t old = sql_get_i64(SQL(db, "SELECT value FROM meta WHERE key='epoch'"), -1);
	uint32_t epoch;
	do {
		crypto_random(&epoch, sizeof(epoch));
		epoch &= 0x7fffffff;
	} while (epoch == old);
	struct sql_stmt *s = SQL(db, "INSERT OR REPLACE INTO meta VALUES('epoch',?)");
	sql_bind_i64(s, 1, epoch);
	return sql_run(s, err);
}

static int skip_positions(struct sql *db, struct err *err)
{
	struct sql_stmt *s = SQL(db, "INSERT OR REPLACE INTO meta SELECT 'position',?1+max("
				     "coalesce((SELECT max(pos) FROM events),0),"
				     "coalesce((SELECT value FROM meta WHERE key='position'),0))");
	sql_bind_i64(s, 1, RENEW_POSITIONS);
	return sql_run(s, err);
}

/* A filter is a bare number to clients: one of nobody's stands in the way of theirs. */
static int skip_filters(struct sql *db, struct err *err)
{
	struct sql_stmt *s = SQL(db, "INSERT INTO filters(nid,user_nid,hash,content) SELECT "
				     "?1+coalesce(max(nid),0),0,randomblob(32),'{}' FROM filters");
	sql_bind_i64(s, 1, RENEW_POSITIONS);
	return sql_run(s, err);
}

/* Numbers by which clients see whether their backup of room keys changed. */
static int skip_key_backups(struct sql *db, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE key_backups SET etag=etag+?1");
	sql_bind_i64(s, 1, RENEW_POSITIONS);
	int rc = sql_run(s, err);
	if (rc)
		return rc;
	s = SQL(db, "INSERT INTO key_backups(user_nid,version,algorithm,auth_data,deleted) SELECT"
		    " user_nid,max(version)+?1,'','{}',1 FROM key_backups GROUP BY user_nid");
	sql_bind_i64(s, 1, RENEW_VERSIONS);
	return sql_run(s, err);
}

static int forget_handed_out(struct sql *db, struct err *err)
{
	int rc = sql_run(SQL(db, "DELETE FROM one_time_keys"), err);
	return rc ? rc : sql_run(SQL(db, "DELETE FROM openid_tokens"), err);
}

int renew(const char *dir, struct err *err)
{
	AUTO_FREE char *path = mem_printf("%s/muster.db", dir);
	struct sql *db;
	int rc = sql_open(path, SQL_SYNC_FULL | SQL_NO_CREATE, &db, err);
	if (rc)
		return rc;
	rc = sql_migrate(db, server_migrations, server_migration_count, err);
	if (!rc)
		rc = sql_begin(db, err);
	if (!rc)
		rc = note_former(db, err);
	if (!rc)
		rc = new_epoch(db, err);
	if (!rc)
		rc = skip_positions(db, err);
	if (!rc)
		rc = skip_filters(db, err);
	if (!rc)
		rc = skip_key_backups(db, err);
	if (!rc)
		rc = forget_handed_out(db, err);
	if (!rc)
		rc = sql_commit(db, err);
	if (rc)
		sql_rollback(db);
	else
		sql_checkpoint(db, true);
	sql_close(db);
	return rc;
}
