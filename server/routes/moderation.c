/*
 * /v1/admin/suspend/{userId}, /v1/admin/lock/{userId}, /v3/admin/whois/{userId}:
 * what Matrix itself specifies of administration ("Server Administration"). The
 * rest is in routes/admin.c.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/accounts/user.h"
#include "server/routes/route.h"

#include <string.h>

extern const struct route moderation_routes[];

/* One of the two flags of an account. */
struct flag {
	const char *key;
	bool (*is)(const struct user *u);
	int (*set)(struct db_tx *tx, int64_t user_nid, bool on, struct err *err);
};

static bool is_suspended(const struct user *u)
{
	return u->suspended;
}

static bool is_locked(const struct user *u)
{
	return u->locked;
}

static const struct flag suspension = {"suspended", is_suspended, user_set_suspended};
static const struct flag lock = {"locked", is_locked, user_set_locked};

/* The account that path parameter 0 names; whether the requester may know it was asked before. */
static int find(struct sql *db, const struct rq *rq, struct user *ret, struct err *err)
{
	struct span name = rq->param[0], server;
	struct user_id id;
	if (user_id_parse(name, &id, NULL))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("\"%s\" is not a user id"),
				  name.p);
	server = span_of(strchr(id.s, ':') + 1);
	if (!span_eq_str(server, rq->srv->name))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("%s has no account here"), id.s);
	if (!user_find(db, rq->srv->name, name, ret) || ret->deactivated)
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no such user here"));
	return 0;
}

/* Administrators have no power over each other, nor over themselves. */
static int find_ordinary(struct sql *db, const struct rq *rq, struct user *ret, struct err *err)
{
	int rc = find(db, rq, ret, err);
	if (rc || !ret->admin)
		return rc;
	return matrix_err(err, 403, "M_FORBIDDEN", _("%s is an administrator"), ret->user_id);
}

static void get_flag(struct rq *rq, const struct flag *f)
{
	struct user u = {0}; /* for the analyzer, which cannot see that errors are not 0 */
	struct err err;
	if (find_ordinary(db_reader(rq->srv->db), rq, &u, &err))
		rq_err(rq, &err);
	else
		rq_json(rq, 200, json_pack("{s:b}", f->key, f->is(&u)));
}

struct change {
	const struct rq *rq;
	const struct flag *f;
	bool on;
};

static int change_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct change *c = arg;
	struct user u = {0};
	int rc = find_ordinary(db_tx_sql(tx), c->rq, &u, err);
	return rc ? rc : c->f->set(tx, u.nid, c->on, err);
}

static void change_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct change *c = arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200, json_pack("{s:b}", c->f->key, c->on));
}

static void put_flag(struct rq *rq, const struct flag *f)
{
	const json_t *v = json_object_get(rq->body, f->key);
	if (!json_is_boolean(v)) {
		rq_error(rq, 400, v ? "M_BAD_JSON" : "M_MISSING_PARAM",
			 _("\"%s\" must be true or false"), f->key);
		return;
	}
	struct change *c = NEW(struct change);
	*c = (struct change){rq, f, json_is_true(v)};
	rq_write(rq, change_run, change_done, c, mem_free);
}

static void get_suspended(struct rq *rq)
{
	get_flag(rq, &suspension);
}

static void put_suspended(struct rq *rq)
{
	put_flag(rq, &suspension);
}

static void get_locked(struct rq *rq)
{
	get_flag(rq, &lock);
}

static void put_locked(struct rq *rq)
{
	put_flag(rq, &lock);
}

static json_t *devices_of(struct sql *db, int64_t user_nid)
{
	json_t *all = json_object();
	struct sql_stmt *s = SQL(db, "SELECT device_id,coalesce(last_seen_ip,''),"
				     "coalesce(last_seen_ts,0) FROM devices WHERE user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	while (sql_row(s))
		json_object_set_new(all, sql_col_text(s, 0).p,
				    json_pack("{s:[{s:[{s:s,s:I}]}]}", "sessions", "connections",
					      "ip", sql_col_text(s, 1).p, "last_seen",
					      (json_int_t)sql_col_i64(s, 2)));
	return all;
}

/* One's own devices; administrators see everybody's. */
static void get_whois(struct rq *rq)
{
	struct user u = {0};
	struct err err;
	struct sql *db = db_reader(rq->srv->db);
	if (!rq->who.admin && !span_eq_str(rq->param[0], rq->who.user_id))
		rq_error(rq, 403, "M_FORBIDDEN", "%s", _("This is somebody else's account"));
	else if (find(db, rq, &u, &err))
		rq_err(rq, &err);
	else
		rq_json(rq, 200,
			json_pack("{s:s,s:o}", "user_id", u.user_id, "devices",
				  devices_of(db, u.nid)));
}

#define ADMIN "/_matrix/client/v1/admin/"

const struct route moderation_routes[] = {
	{"GET", ADMIN "suspend/{}", ROUTE_ADMIN, 0, get_suspended, 0},
	{"PUT", ADMIN "suspend/{}", ROUTE_ADMIN, ROUTE_JSON, put_suspended, 0},
	{"GET", ADMIN "lock/{}", ROUTE_ADMIN, 0, get_locked, 0},
	{"PUT", ADMIN "lock/{}", ROUTE_ADMIN, ROUTE_JSON, put_locked, 0},
	{"GET", "/_matrix/client/v3/admin/whois/{}", ROUTE_USER, 0, get_whois, 0},
	{0},
};
