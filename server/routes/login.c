/*
 * Log-in by password, refresh, log-out, who am I.
 */
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/user.h"
#include "server/routes/grant.h"

#include <stdio.h>
#include <string.h>

extern const struct route login_routes[];

struct login {
	struct rq *rq;
	struct user user; /* nid 0: nobody of that name, which is not told */
	struct grant_ask ask;
	struct grant grant;
	char key[USER_ID_SIZE + 2]; /* what failures are counted under */
};

static void login_free(void *arg)
{
	struct login *l = arg;
	grant_ask_done(&l->ask);
	grant_done(&l->grant);
	mem_free(l);
}

static void get_login(struct rq *rq)
{
	rq_json(rq, 200, json_pack("{s:[{s:s}]}", "flows", "type", "m.login.password"));
}

/* Nothing may have changed while the password was checked. */
static int login_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct login *l = arg;
	struct user now;
	if (!user_find_nid(db_tx_sql(tx), l->user.nid, &now) ||
	    strcmp(now.password, l->user.password) != 0)
		return matrix_err(err, 403, "M_FORBIDDEN", _("Wrong user name or password"));
	if (now.locked)
		return matrix_err(err, 403, "M_USER_LOCKED", _("This account is locked"));
	return device_login(tx, now.nid, l->ask.device_id, l->ask.name, l->ask.refreshable,
			    &l->grant, err);
}

static void login_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct login *l = arg;
	if (rc)
		rq_err(rq, err);
	else
		grant_reply(rq, l->user.user_id, &l->grant);
}

static void password_checked(void *arg, const char *encoded, bool match)
{
	struct login *l = arg;
	struct rq *rq = l->rq;
	struct accounts *a = rq->srv->accounts;
	(void)encoded;
	/* Who asks many times at once learns no more than who asks one after the other. */
	int wait = limit_wait_ms(a, l->key);
	if (wait) {
		login_free(l);
		rq_limited(rq, wait);
		return;
	}
	if (!match) {
		limit_failed(a, l->key);
		login_free(l);
		rq_error(rq, 403, "M_FORBIDDEN", "%s", _("Wrong user name or password"));
		return;
	}
	limit_succeeded(a, l->key);
	rq_write(rq, login_run, login_done, l, login_free);
}

/*
 * Who wants to log in: `identifier`, or the deprecated `user`, `medium` and
 * `address`. An unknown name is no error yet. False when nobody is named.
 */
static bool read_who(struct rq *rq, struct login *l)
{
	struct sql *db = db_reader(rq->srv->db);
	const json_t *id = json_get_object(rq->body, "identifier");
	const char *type = id ? json_get_str(id, "type") : NULL;
	const json_t *from = id ? id : rq->body;
	struct span user = json_get_span(from, "user"), address = json_get_span(from, "address");
	const char *medium = json_get_str(from, "medium");
	if (id && !type)
		return false;
	bool by_email = type ? !strcmp(type, "m.id.thirdparty") : !user.p && address.p;
	if (type && !by_email && strcmp(type, "m.id.user") != 0)
		return false;
	if (by_email) {
		if (!address.p || !medium || strcmp(medium, "email") != 0)
			return false;
		user_find_email(db, address, &l->user);
	} else {
		if (!user.p || memchr(user.p, 0, user.n))
			return false;
		user_find(db, rq->srv->name, user, &l->user);
	}
	struct span named = by_email ? address : user;
	if (l->user.nid)
		snprintf(l->key, sizeof(l->key), "u:%s", l->user.user_id);
	else
		snprintf(l->key, sizeof(l->key), "?:%.*s", (int)(named.n < 200 ? named.n : 200),
			 named.p);
	return true;
}

static void refuse(struct login *l, int status, const char *errcode, const char *why)
{
	struct rq *rq = l->rq;
	login_free(l);
	rq_error(rq, status, errcode, "%s", why);
}

static void post_login(struct rq *rq)
{
	const char *type = json_get_str(rq->body, "type");
	struct span password = json_get_span(rq->body, "password");
	struct grant_ask ask;
	if (!type || strcmp(type, "m.login.password") != 0) {
		rq_error(rq, 400, type ? "M_UNKNOWN" : "M_BAD_JSON", "%s",
			 _("Only m.login.password is offered"));
		return;
	}
	if (!grant_read(rq, &ask))
		return;
	struct login *l = NEW(struct login);
	l->rq = rq;
	l->ask = ask;
	if (!password.p) {
		refuse(l, 400, "M_MISSING_PARAM", _("The password is missing"));
		return;
	}
	if (password.n > PASSWORD_MAX) {
		refuse(l, 400, "M_INVALID_PARAM", _("The password is too long"));
		return;
	}
	if (!read_who(rq, l)) {
		refuse(l, 400, "M_INVALID_PARAM",
		       _("The request does not say who logs in: a user name or an e-mail address "
			 "is needed"));
		return;
	}
	struct accounts *a = rq->srv->accounts;
	int wait = limit_wait_ms(a, l->key);
	const char *encoded = l->user.password[0] ? l->user.password : NULL;
	if (!wait && password_check(a, rq_peer(rq), password, encoded, password_checked, l)) {
		/* Hundreds may wait: not with JSON that may be large in memory. */
		json_decref(rq->body);
		rq->body = NULL;
	} else {
		login_free(l);
		rq_limited(rq, wait ? wait : 2000);
	}
}

struct refresh {
	char *token;
	struct grant grant;
};

static void refresh_free(void *arg)
{
	struct refresh *r = arg;
	mem_free_secret(r->token);
	grant_done(&r->grant);
	mem_free(r);
}

static int refresh_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct refresh *r = arg;
	return device_refresh(tx, span_of(r->token), &r->grant, err);
}

static void refresh_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct refresh *r = arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200,
			json_pack("{s:s,s:s,s:I}", "access_token", r->grant.access_token,
				  "refresh_token", r->grant.refresh_token, "expires_in_ms",
				  (json_int_t)r->grant.expires_in_ms));
}

static void post_refresh(struct rq *rq)
{
	const char *token = json_get_str(rq->body, "refresh_token");
	if (!token) {
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("refresh_token is missing"));
		return;
	}
	struct refresh *r = NEW(struct refresh);
	r->token = mem_strdup(token);
	rq_write(rq, refresh_run, refresh_done, r, refresh_free);
}

struct logout {
	int64_t user_nid, device_nid; /* device 0: all */
};

static int logout_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct logout *l = arg;
	return l->device_nid ? device_delete(tx, l->user_nid, l->device_nid, err)
			     : device_delete_all(tx, l->user_nid, 0, err);
}

static void log_out(struct rq *rq, int64_t device_nid)
{
	struct logout *l = NEW(struct logout);
	*l = (struct logout){rq->who.user_nid, device_nid};
	rq_write(rq, logout_run, rq_done_empty, l, mem_free);
}

static void post_logout(struct rq *rq)
{
	log_out(rq, rq->who.device_nid);
}

static void post_logout_all(struct rq *rq)
{
	log_out(rq, 0);
}

static void get_whoami(struct rq *rq)
{
	rq_json(rq, 200,
		json_pack("{s:s,s:s,s:b}", "user_id", rq->who.user_id, "device_id",
			  rq->who.device_id, "is_guest", 0));
}

const struct route login_routes[] = {
	{"GET", "/_matrix/client/v3/login", ROUTE_OPEN, 0, get_login, 0},
	{"POST", "/_matrix/client/v3/login", ROUTE_OPEN, ROUTE_JSON, post_login, LIMIT_JSON_LOGIN},
	{"POST", "/_matrix/client/v3/refresh", ROUTE_OPEN, ROUTE_JSON, post_refresh,
	 LIMIT_JSON_LOGIN},
	{"POST", "/_matrix/client/v3/logout", ROUTE_USER, ROUTE_LOCKED_OK, post_logout, 0},
	{"POST", "/_matrix/client/v3/logout/all", ROUTE_USER, ROUTE_LOCKED_OK, post_logout_all, 0},
	{"GET", "/_matrix/client/v3/account/whoami", ROUTE_USER, 0, get_whoami, 0},
	{0},
};
