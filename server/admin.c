#include "server/admin.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/user.h"
#include "server/admin_op.h"
#include "server/config.h"
#include "server/data.h"
#include "server/keep/ops.h"
#include "server/routes/route.h"

#include <string.h>

static const struct op {
	const char *name;
	admin_fn *fn;
	bool makes; /* of use on a folder that is not there yet */
} ops[] = {
	{"user.add", admin_user_add, true},
	{"user.import", admin_user_import, true},
	{"user.list", admin_user_list, false},
	{"user.password", admin_user_password, false},
	{"user.lock", admin_user_lock, false},
	{"user.unlock", admin_user_unlock, false},
	{"user.suspend", admin_user_suspend, false},
	{"user.resume", admin_user_resume, false},
	{"user.role", admin_user_role, false},
	{"user.remove", admin_user_remove, false},
	{"invite.create", admin_invite_create, true},
	{"invite.list", admin_invite_list, false},
	{"invite.revoke", admin_invite_revoke, false},
	{"link.create", admin_link_create, false},
	{"link.list", admin_link_list, false},
	{"link.revoke", admin_link_revoke, false},
	{"room.join", admin_room_join, false},
	{"report.list", admin_report_list, false},
	{"report.done", admin_report_done, false},
	{"status", admin_status, false},
	{"integrity", admin_integrity, false},
};

static const struct op *find_op(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

bool admin_known(const char *op)
{
	return find_op(op) != NULL;
}

bool admin_makes(const char *op)
{
	const struct op *o = find_op(op);
	return o && o->makes;
}

int admin_call(struct db_tx *tx, const struct admin_env *env, const char *op, json_t *args,
	       json_t **ret, struct err *err)
{
	const struct op *o = find_op(op);
	struct admin a = {tx, db_tx_sql(tx), env, args, NULL};
	if (!o)
		return matrix_err(err, 404, "M_UNRECOGNIZED", _("There is no operation \"%s\""),
				  op);
	a.ret = json_object();
	int rc = o->fn(&a, err);
	if (rc)
		json_decref(a.ret);
	else
		*ret = a.ret;
	return rc;
}

struct offline {
	struct loop *loop;
	struct admin_env env;
	const char *op;
	json_t *args, *ret;
	char name[SERVER_NAME_SIZE];
};

static int offline_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct offline *o = arg;
	return admin_call(tx, &o->env, o->op, o->args, &o->ret, err);
}

static void hashed(void *arg, bool failed)
{
	(void)failed; /* nobody else uses this queue */
	loop_stop(((struct offline *)arg)->loop);
}

/* Passwords need the pool, the pool needs a loop. */
static void hash_offline(struct offline *o, json_t *rows)
{
	o->loop = loop_new();
	struct accounts *a = accounts_new(o->loop);
	admin_hash_rows(a, rows, hashed, o);
	loop_run(o->loop);
	accounts_finish(a);
	accounts_free(a);
	loop_free(o->loop);
}

static int run_offline(struct offline *o, struct db *db, struct err *err)
{
	json_t *rows;
	int rc = data_name(db, NULL, false, o->name, err);
	o->env.server_name = o->name;
	if (!rc)
		rc = admin_prepare(db_reader(db), o->name, o->op, o->args, &rows, err);
	if (rc)
		return rc;
	if (json_array_size(rows))
		hash_offline(o, rows);
	else
		json_decref(rows);
	return db_run_offline(db, offline_run, o, err);
}

/* They read beside whoever uses the folder, or lock it themselves. */
static int keep_offline(const char *dir, const char *op, const json_t *args, json_t **ret,
			struct err *err)
{
	struct serve_options opt = {.data_dir = dir};
	struct server_config c = {0};
	struct pace pace = {0};
	AUTO_FREE char *backups = fs_join(dir, "backups");
	bool known = !serve_config_load(&opt, &c, NULL);
	struct keep_place p = {.data_dir = dir, .shelf = known ? c.backup_dir : backups};
	int rc = keep_do(&p, op, args, &pace, ret, err);
	serve_config_done(&c);
	return rc;
}

int admin_offline(const char *dir, const char *op, const json_t *args, json_t **ret,
		  struct err *err)
{
	struct offline o = {.op = op, .env = {.dir = dir}};
	struct fs_lock *lock = NULL;
	struct db *db = NULL;
	AUTO_FREE char *file = fs_join(dir, "muster.db");
	if (keep_known(op))
		return keep_offline(dir, op, args, ret, err);
	if (!admin_known(op))
		return err_set(err, ERR_USAGE, _("There is no operation \"%s\""), op);
	if (!admin_makes(op) && !fs_exists(file)) {
		err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"), dir);
		err_hint(err, _("\"muster serve --init --data %s\" makes it"), dir);
		return ERR_NOT_FOUND;
	}
	int rc = data_lock(dir, &lock, err);
	if (!rc)
		rc = db_open_offline(dir, &db, err);
	o.args = args ? json_deep_copy(args) : json_object();
	if (!rc)
		rc = run_offline(&o, db, err);
	db_close(db);
	fs_unlock(lock);
	json_decref(o.args);
	if (!rc)
		*ret = o.ret;
	return rc;
}
