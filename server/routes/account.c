/*
 * A person's own account: password, deactivation, addresses, OpenID, pushers.
 */
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/device.h"
#include "server/accounts/openid.h"
#include "server/accounts/uia.h"
#include "server/accounts/user.h"
#include "server/routes/route.h"

#include <string.h>

#define OPENID_LIFE_MS (3600 * 1000)
#define OPENID_MAX 20 /* tokens of one person; the oldest gives way */

extern const struct route account_routes[];

static const char *const by_password[] = {UIA_PASSWORD, NULL};

struct new_password {
	struct rq *rq;
	int64_t user_nid, device_nid;
	bool log_out_others;
	char *hash;
};

static void new_password_free(void *arg)
{
	struct new_password *p = arg;
	mem_free_secret(p->hash);
	mem_free(p);
}

static int password_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct new_password *p = arg;
	int rc = user_set_password(tx, p->user_nid, p->hash, err);
	if (!rc && p->log_out_others)
		rc = device_delete_all(tx, p->user_nid, p->device_nid, err);
	return rc;
}

static void password_hashed(void *arg, const char *encoded, bool match)
{
	struct new_password *p = arg;
	struct rq *rq = p->rq;
	(void)match;
	if (!encoded) {
		new_password_free(p);
		rq_limited(rq, 2000);
		return;
	}
	p->hash = mem_strdup(encoded);
	rq_write(rq, password_run, rq_done_empty, p, new_password_free);
}

static void password_go(struct rq *rq, const char *token)
{
	struct err err;
	struct span password = json_get_span(rq->body, "new_password");
	(void)token;
	if (!password.p || user_check_password(password, &err)) {
		if (password.p)
			rq_err(rq, &err);
		else
			rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("new_password is missing"));
		return;
	}
	struct new_password *p = NEW(struct new_password);
	*p = (struct new_password){.rq = rq,
				   .user_nid = rq->who.user_nid,
				   .device_nid = rq->who.device_nid,
				   .log_out_others =
					   json_get_bool(rq->body, "logout_devices", true)};
	if (!password_hash(rq->srv->accounts, rq_peer(rq), password, password_hashed, p)) {
		new_password_free(p);
		rq_limited(rq, 2000);
	}
}

static void post_password(struct rq *rq)
{
	struct err err;
	struct span password = json_get_span(rq->body, "new_password");
	if (password.p && user_check_password(password, &err))
		rq_err(rq, &err);
	else
		uia_require(rq, by_password, password_go);
}

struct ending {
	int64_t user_nid;
	bool erase;
};

static int deactivate_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct ending *e = arg;
	struct user u;
	if (!user_find_nid(db_tx_sql(tx), e->user_nid, &u))
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no such user here"));
	return user_deactivate(tx, &u, e->erase, err);
}

static void deactivate_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	(void)arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200, json_pack("{s:s}", "id_server_unbind_result", "no-support"));
}

static void deactivate_go(struct rq *rq, const char *token)
{
	struct ending *e = NEW(struct ending);
	(void)token;
	e->user_nid = rq->who.user_nid;
	e->erase = json_get_bool(rq->body, "erase", false);
	rq_write(rq, deactivate_run, deactivate_done, e, mem_free);
}

static void post_deactivate(struct rq *rq)
{
	uia_require(rq, by_password, deactivate_go);
}

static void get_3pid(struct rq *rq)
{
	json_t *list = json_array();
	struct sql_stmt *s = SQL(db_reader(rq->srv->db),
				 "SELECT medium, address, validated_ts, added_ts FROM threepids "
				 "WHERE user_nid=?");
	sql_bind_i64(s, 1, rq->who.user_nid);
	while (sql_row(s))
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:I,s:I}", "medium", sql_col_text(s, 0).p,
						"address", sql_col_text(s, 1).p, "validated_at",
						(json_int_t)sql_col_i64(s, 2), "added_at",
						(json_int_t)sql_col_i64(s, 3)));
	rq_json(rq, 200, json_pack("{s:o}", "threepids", list));
}

/* capabilities say so too: m.3pid_changes is off */
static void refuse_3pid(struct rq *rq)
{
	rq_error(rq, 403, "M_FORBIDDEN", "%s",
		 _("On this server e-mail addresses are kept by its administrator"));
}

struct openid {
	int64_t user_nid;
	char *token;
};

static void openid_free(void *arg)
{
	struct openid *o = arg;
	mem_free_secret(o->token);
	mem_free(o);
}

static int openid_make_room(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "DELETE FROM openid_tokens WHERE expires_ts<?");
	sql_bind_i64(s, 1, db_tx_now_ms(tx));
	int rc = sql_run(s, err);
	s = SQL(db, "DELETE FROM openid_tokens WHERE hash IN(SELECT hash FROM openid_tokens"
		    " WHERE user_nid=?1 ORDER BY expires_ts DESC LIMIT -1 OFFSET ?2)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, OPENID_MAX - 1);
	return rc ? rc : sql_run(s, err);
}

static int openid_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct openid *o = arg;
	uint8_t hash[32];
	int rc = openid_make_room(tx, o->user_nid, err);
	crypto_sha256(span_of(o->token), hash);
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO openid_tokens VALUES(?,?,?)");
	sql_bind_blob(s, 1, hash, 32);
	sql_bind_i64(s, 2, o->user_nid);
	sql_bind_i64(s, 3, db_tx_now_ms(tx) + OPENID_LIFE_MS);
	return rc ? rc : sql_run(s, err);
}

static void openid_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct openid *o = arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200,
			json_pack("{s:s,s:s,s:s,s:i}", "access_token", o->token, "token_type",
				  "Bearer", "matrix_server_name", rq->srv->name, "expires_in",
				  OPENID_LIFE_MS / 1000));
}

static void post_openid(struct rq *rq)
{
	if (!span_eq_str(rq->param[0], rq->who.user_id)) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s", _("This is somebody else's account"));
		return;
	}
	struct openid *o = NEW(struct openid);
	*o = (struct openid){rq->who.user_nid, crypto_token("mso_")};
	rq_write(rq, openid_run, openid_done, o, openid_free);
}

/* For services such as lk-jwt-service: this token, made for them, is in the query by the spec. */
static void get_userinfo(struct rq *rq)
{
	struct openid_user u;
	if (openid_find(db_reader(rq->srv->db), rq_query(rq, "access_token"), &u))
		rq_json(rq, 200, json_pack("{s:s}", "sub", u.user_id));
	else
		rq_error(rq, 401, "M_UNKNOWN_TOKEN", "%s", _("Unknown or expired OpenID token"));
}

static void get_pushers(struct rq *rq)
{
	rq_json(rq, 200, json_pack("{s:[]}", "pushers"));
}

/* There are no pushers to remove; to add one cannot be promised. */
static void post_pushers(struct rq *rq)
{
	if (json_is_null(json_object_get(rq->body, "kind")))
		rq_empty(rq);
	else
		rq_error(rq, 404, "M_UNRECOGNIZED", "%s",
			 _("This server sends no push notifications"));
}

const struct route account_routes[] = {
	{"POST", "/_matrix/client/v3/account/password", ROUTE_USER, ROUTE_JSON, post_password,
	 LIMIT_JSON_LOGIN},
	{"POST", "/_matrix/client/v3/account/deactivate", ROUTE_USER, ROUTE_JSON, post_deactivate,
	 LIMIT_JSON_LOGIN},
	{"GET", "/_matrix/client/v3/account/3pid", ROUTE_USER, 0, get_3pid, 0},
	{"POST", "/_matrix/client/v3/account/3pid", ROUTE_USER, ROUTE_JSON, refuse_3pid, 0},
	{"POST", "/_matrix/client/v3/account/3pid/add", ROUTE_USER, ROUTE_JSON, refuse_3pid, 0},
	{"POST", "/_matrix/client/v3/account/3pid/bind", ROUTE_USER, ROUTE_JSON, refuse_3pid, 0},
	{"POST", "/_matrix/client/v3/account/3pid/delete", ROUTE_USER, ROUTE_JSON, refuse_3pid, 0},
	{"POST", "/_matrix/client/v3/account/3pid/unbind", ROUTE_USER, ROUTE_JSON, refuse_3pid, 0},
	{"POST", "/_matrix/client/v3/user/{}/openid/request_token", ROUTE_USER, ROUTE_JSON,
	 post_openid, 0},
	{"GET", "/_matrix/federation/v1/openid/userinfo", ROUTE_OPEN, 0, get_userinfo, 0},
	{"GET", "/_matrix/client/v3/pushers", ROUTE_USER, 0, get_pushers, 0},
	{"POST", "/_matrix/client/v3/pushers/set", ROUTE_USER, ROUTE_JSON, post_pushers, 0},
	{0},
};
