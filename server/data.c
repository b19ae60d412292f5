#include "server/data.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static int make_private(const char *dir, struct err *err)
{
	struct stat st;
	int rc = fs_mkdirs(dir, 0700, err);
	if (rc)
		return rc;
	if (stat(dir, &st) != 0)
		return err_errno(err, errno, _("cannot look at %s"), dir);
	if ((st.st_mode & 077) && chmod(dir, st.st_mode & 0700) != 0)
		return err_errno(err, errno, _("cannot make %s private"), dir);
	return 0;
}

int data_lock(const char *dir, struct fs_lock **ret, struct err *err)
{
	int rc = make_private(dir, err);
	if (rc)
		return rc;
	AUTO_FREE char *path = fs_join(dir, "lock");
	rc = fs_lock(path, false, ret, err);
	if (rc == ERR_CONFLICT) {
		err_set(err, rc, _("A server runs on the data folder %s"), dir);
		err_hint(err, _("stop it first, or use it through its address instead of --data"));
	}
	return rc;
}

struct naming {
	const char *wanted;
	bool fix;
	char *ret;
};

static void load(struct sql *db, char *ret, bool *ret_fixed)
{
	struct sql_stmt *s = SQL(db, "SELECT value FROM meta WHERE key='server_name'");
	ret[0] = '\0';
	if (sql_row(s))
		snprintf(ret, SERVER_NAME_SIZE, "%s", sql_col_text(s, 0).p);
	sql_reset(s);
	*ret_fixed = sql_get_i64(SQL(db, "SELECT value FROM meta WHERE key='server_name_fixed'"),
				 0) == 1;
}

/* Before the first start there are accounts at most, no rooms. */
static int rename_all(struct sql *db, const char *name, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE users SET user_id="
				     "substr(user_id,1,instr(user_id,':'))||?");
	sql_bind_str(s, 1, name);
	return sql_run(s, err);
}

static int settle(struct db_tx *tx, void *arg, struct err *err)
{
	struct naming *n = arg;
	struct sql *db = db_tx_sql(tx);
	bool fixed;
	load(db, n->ret, &fixed);
	if (fixed && n->wanted && strcmp(n->wanted, n->ret) != 0) {
		int rc = err_set(err, ERR_CONFLICT,
				 _("This data belongs to the server \"%s\": a server's name cannot "
				   "be changed to \"%s\""),
				 n->ret, n->wanted);
		err_hint(err, _("leave the name out, or give another folder with --data"));
		return rc;
	}
	if (fixed || (n->ret[0] && !n->fix))
		return 0;
	snprintf(n->ret, SERVER_NAME_SIZE, "%s", n->wanted ? n->wanted : "localhost");
	int rc = rename_all(db, n->ret, err);
	struct sql_stmt *s = SQL(db, "INSERT OR REPLACE INTO meta VALUES('server_name',?)");
	sql_bind_str(s, 1, n->ret);
	if (!rc)
		rc = sql_run(s, err);
	s = SQL(db, "INSERT OR REPLACE INTO meta VALUES('server_name_fixed',?)");
	sql_bind_i64(s, 1, n->fix);
	return rc ? rc : sql_run(s, err);
}

int data_name(struct db *offline, const char *wanted, bool fix, char ret[SERVER_NAME_SIZE],
	      struct err *err)
{
	struct naming n = {wanted, fix, ret};
	return db_run_offline(offline, settle, &n, err);
}
