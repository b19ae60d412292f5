/*
 * A class list: repeatable, each row on its own.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/accounts/profile.h"
#include "server/admin_people.h"
#include "server/routes/route.h"

#include <string.h>

struct counts {
	int created, existing, updated, failed;
};

/* What is stored about somebody who exists. */
static bool differs(struct sql_stmt *s, int64_t nid, const char *wanted)
{
	if (!wanted || !*wanted)
		return false; /* an empty cell changes nothing */
	sql_bind_i64(s, 1, nid);
	bool same = sql_row(s) && span_eq_str(sql_col_text(s, 0), wanted);
	sql_reset(s);
	return !same;
}

static int update(struct admin *a, int64_t nid, const struct person *p, bool *ret_changed,
		  struct err *err)
{
	int rc = 0;
	if (differs(SQL(a->sql, "SELECT external_id FROM users WHERE nid=?"), nid,
		    p->external_id)) {
		rc = user_set_external_id(a->tx, nid, p->external_id, err);
		*ret_changed = true;
	}
	if (!rc && differs(SQL(a->sql, "SELECT address FROM threepids WHERE user_nid=? AND "
				       "medium='email'"),
			   nid, p->email)) {
		rc = user_set_email(a->tx, nid, p->email, err);
		*ret_changed = true;
	}
	if (!rc &&
	    differs(SQL(a->sql, "SELECT display_name FROM users WHERE nid=?"), nid, p->name)) {
		json_t *v = json_string(p->name);
		rc = profile_set(a->tx, nid, "displayname", v, err);
		json_decref(v);
		*ret_changed = true;
		/* Rooms have heard of it: this cannot be undone for one row alone. */
		if (rc)
			err->http_status = 0;
	}
	return rc;
}

static int import_row(struct admin *a, const json_t *row, json_t *o, struct counts *n,
		      struct err *err)
{
	struct person p;
	struct user u;
	int64_t nid;
	bool changed = false;
	int rc = person_read(a->env->server_name, row, &p, err);
	if (rc)
		return rc;
	if (!user_find(a->sql, a->env->server_name, span_of(p.user_id), &u)) {
		rc = person_create(a, &p, &nid, err);
		n->created += !rc;
		person_put(&p, "created", o);
		return rc;
	}
	if (u.deactivated)
		return matrix_err(err, 409, "M_USER_DEACTIVATED", _("The account %s was removed"),
				  u.user_id);
	if (json_get_bool(a->args, "update", false))
		rc = update(a, u.nid, &p, &changed, err);
	n->updated += !rc && changed;
	n->existing += !rc && !changed;
	person_put(&p, changed ? "updated" : "existing", o);
	return rc;
}

/* A row that cannot be taken leaves nothing behind and does not stop the others. */
static int import_one(struct admin *a, const json_t *row, json_t *o, struct counts *n,
		      struct err *err)
{
	struct err why = {0};
	int rc = sql_savepoint(a->sql);
	if (!rc)
		rc = import_row(a, row, o, n, &why);
	if (!rc)
		return sql_release(a->sql);
	if (!why.http_status) {
		*err = why; /* the disk, not the row */
		return rc;
	}
	sql_rollback_savepoint(a->sql);
	n->failed++;
	json_object_clear(o);
	json_object_set(o, "user_id", json_object_get(row, "user"));
	json_object_set(o, "external_id", json_object_get(row, "external_id"));
	json_object_set_new(o, "state", json_string("failed"));
	json_object_set_new(o, "error", json_string(why.msg));
	return 0;
}

int admin_user_import(struct admin *a, struct err *err)
{
	struct counts n = {0};
	json_t *row, *users = json_array();
	size_t i;
	int rc = 0;
	json_object_set_new(a->ret, "users", users);
	json_array_foreach (json_get_array(a->args, "rows"), i, row) {
		json_t *o = json_object();
		json_array_append_new(users, o);
		if (!rc)
			rc = import_one(a, row, o, &n, err);
	}
	json_object_set_new(a->ret, "created", json_integer(n.created));
	json_object_set_new(a->ret, "existing", json_integer(n.existing));
	json_object_set_new(a->ret, "updated", json_integer(n.updated));
	json_object_set_new(a->ret, "failed", json_integer(n.failed));
	return rc;
}
