#include "server/admin_op.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/accounts/profile.h"
#include "server/accounts/user.h"
#include "server/admin_people.h"
#include "server/routes/route.h"

#include <string.h>

int admin_user_add(struct admin *a, struct err *err)
{
	struct person p;
	int64_t nid;
	int rc = person_read(a->env->server_name, a->args, &p, err);
	if (!rc)
		rc = person_create(a, &p, &nid, err);
	if (!rc)
		person_put(&p, "created", a->ret);
	return rc;
}

int admin_find(struct admin *a, struct span name, struct user *ret, struct err *err)
{
	if (name.n == 0)
		return matrix_err(err, 400, "M_MISSING_PARAM", _("user is missing"));
	if (!user_find(a->sql, a->env->server_name, name, ret))
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no user \"%.*s\" here"),
				  (int)(name.n < 200 ? name.n : 200), name.p);
	if (ret->deactivated)
		return matrix_err(err, 409, "M_USER_DEACTIVATED", _("The account %s was removed"),
				  ret->user_id);
	return 0;
}

static int find(struct admin *a, struct user *ret, struct err *err)
{
	int rc = admin_find(a, json_get_span(a->args, "user"), ret, err);
	if (!rc)
		json_object_set_new(a->ret, "user_id", json_string(ret->user_id));
	return rc;
}

/* Who locks themselves out of a running server has nobody to let them in again. */
static int not_oneself(const struct admin *a, const struct user *u, struct err *err)
{
	if (a->env->actor && !strcmp(a->env->actor, u->user_id))
		return matrix_err(err, 409, "M_UNKNOWN",
				  _("This is your own account: have another administrator do it"));
	return 0;
}

int admin_user_password(struct admin *a, struct err *err)
{
	struct user u = {0};
	const char *hash = json_get_str(a->args, "hash");
	int rc = find(a, &u, err);
	if (!rc && !hash)
		rc = err_set(err, ERR_FAILED, _("The password was not hashed"));
	if (!rc)
		rc = user_set_password(a->tx, u.nid, hash, err);
	if (!rc && json_get_bool(a->args, "logout", true))
		rc = device_delete_all(a->tx, u.nid, 0, err);
	if (!rc && json_get_bool(a->args, "generated", false))
		json_object_set(a->ret, "password", json_object_get(a->args, "password"));
	return rc;
}

static int set_locked(struct admin *a, bool locked, struct err *err)
{
	struct user u = {0};
	int rc = find(a, &u, err);
	if (!rc && locked)
		rc = not_oneself(a, &u, err);
	if (!rc)
		rc = user_set_locked(a->tx, u.nid, locked, err);
	json_object_set_new(a->ret, "locked", json_boolean(locked));
	return rc;
}

int admin_user_lock(struct admin *a, struct err *err)
{
	return set_locked(a, true, err);
}

int admin_user_unlock(struct admin *a, struct err *err)
{
	return set_locked(a, false, err);
}

static int set_suspended(struct admin *a, bool suspended, struct err *err)
{
	struct user u = {0};
	int rc = find(a, &u, err);
	if (!rc && suspended)
		rc = not_oneself(a, &u, err);
	if (!rc)
		rc = user_set_suspended(a->tx, u.nid, suspended, err);
	json_object_set_new(a->ret, "suspended", json_boolean(suspended));
	return rc;
}

int admin_user_suspend(struct admin *a, struct err *err)
{
	return set_suspended(a, true, err);
}

int admin_user_resume(struct admin *a, struct err *err)
{
	return set_suspended(a, false, err);
}

int admin_user_role(struct admin *a, struct err *err)
{
	struct user u = {0};
	const json_t *v = json_object_get(a->args, "admin");
	int rc = find(a, &u, err);
	if (!rc && !json_is_boolean(v))
		rc = matrix_err(err, 400, "M_BAD_JSON", _("admin must be true or false"));
	if (!rc && json_is_false(v))
		rc = not_oneself(a, &u, err);
	if (!rc)
		rc = user_set_admin(a->tx, u.nid, json_is_true(v), err);
	json_object_set_new(a->ret, "admin", json_boolean(json_is_true(v)));
	return rc;
}

int admin_user_remove(struct admin *a, struct err *err)
{
	struct user u = {0};
	int rc = find(a, &u, err);
	if (!rc)
		rc = not_oneself(a, &u, err);
	if (!rc)
		rc = user_deactivate(a->tx, &u, false, err);
	json_object_set_new(a->ret, "removed", json_true());
	return rc;
}

static json_t *text_or_null(struct sql_stmt *s, int at)
{
	return sql_col_null(s, at) ? json_null() : json_string(sql_col_text(s, at).p);
}

static json_t *emails_of(struct sql *db, int64_t nid)
{
	json_t *list = json_array();
	struct sql_stmt *s =
		SQL(db, "SELECT address FROM threepids WHERE user_nid=? AND medium='email'");
	sql_bind_i64(s, 1, nid);
	while (sql_row(s))
		json_array_append_new(list, json_string(sql_col_text(s, 0).p));
	return list;
}

static json_t *listed(struct sql *db, struct sql_stmt *s)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:b,s:I,s:o,s:I}", "user_id",
			 text_or_null(s, 1), "name", text_or_null(s, 2), "external_id",
			 text_or_null(s, 3), "emails", emails_of(db, sql_col_i64(s, 0)), "admin",
			 (int)sql_col_i64(s, 4), "locked", (int)sql_col_i64(s, 5), "suspended",
			 (int)sql_col_i64(s, 10), "removed", (int)sql_col_i64(s, 6), "created_ts",
			 (json_int_t)sql_col_i64(s, 7), "last_seen_ts",
			 sql_col_null(s, 8) ? json_null() : json_integer(sql_col_i64(s, 8)),
			 "devices", (json_int_t)sql_col_i64(s, 9));
}

int admin_user_list(struct admin *a, struct err *err)
{
	const char *search = json_get_str(a->args, "search");
	json_t *list = json_array();
	struct sql_stmt *s =
		SQL(a->sql, "SELECT u.nid, u.user_id, u.display_name, u.external_id, u.admin,"
			    " u.locked, u.deactivated, u.created_ts, max(d.last_seen_ts),"
			    " count(d.nid), u.suspended FROM users u LEFT JOIN devices d ON "
			    "d.user_nid=u.nid"
			    " WHERE (?1 IS NULL OR instr(u.user_id,?1) OR"
			    " instr(u.display_name,?1) OR u.external_id=?1) AND u.nid IS NOT"
			    " (SELECT value FROM meta WHERE key='own_user') GROUP BY u.nid"
			    " ORDER BY u.user_id");
	sql_bind_str(s, 1, search && *search ? search : NULL);
	while (sql_row(s))
		json_array_append_new(list, listed(a->sql, s));
	json_object_set_new(a->ret, "users", list);
	return sql_failed(a->sql, err);
}
