/*
 * Making an account: by invite, or by anybody where the server is open.
 */
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/invite.h"
#include "server/accounts/uia.h"
#include "server/accounts/user.h"
#include "server/routes/grant.h"

#include <stdio.h>
#include <string.h>

extern const struct route register_routes[];

struct registration {
	struct rq *rq;
	char user_id[USER_ID_SIZE];
	char *hash, *invite;
	bool no_login;
	struct grant_ask ask;
	struct grant grant;
};

static void registration_free(void *arg)
{
	struct registration *r = arg;
	mem_free_secret(r->hash);
	mem_free(r->invite);
	grant_ask_done(&r->ask);
	grant_done(&r->grant);
	mem_free(r);
}

static int register_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct registration *r = arg;
	struct user_new u = {.user_id = r->user_id, .hash = r->hash};
	int64_t nid;
	int rc = r->invite ? invite_use(tx, r->invite, err) : 0;
	if (!rc)
		rc = user_create(tx, &u, &nid, err);
	if (!rc && !r->no_login)
		rc = device_login(tx, nid, r->ask.device_id, r->ask.name, r->ask.refreshable,
				  &r->grant, err);
	return rc;
}

static void register_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct registration *r = arg;
	if (rc)
		rq_err(rq, err);
	else if (r->no_login)
		rq_json(rq, 200,
			json_pack("{s:s,s:s}", "user_id", r->user_id, "home_server",
				  rq->srv->name));
	else
		grant_reply(rq, r->user_id, &r->grant);
}

static void password_hashed(void *arg, const char *encoded, bool match)
{
	struct registration *r = arg;
	struct rq *rq = r->rq;
	(void)match;
	if (!encoded) {
		registration_free(r);
		rq_limited(rq, 2000);
		return;
	}
	r->hash = mem_strdup(encoded);
	rq_write(rq, register_run, register_done, r, registration_free);
}

/* The name that was asked for, or one made up. False: replied. */
static bool read_name(struct rq *rq, char ret[USER_ID_SIZE])
{
	struct err err;
	struct user taken;
	uint8_t r[5];
	char made[sizeof(r) * 2 + 2] = "u";
	const json_t *v = json_object_get(rq->body, "username");
	struct span name = json_get_span(rq->body, "username");
	crypto_random(r, sizeof(r));
	hex_put(made + 1, r, sizeof(r));
	if (v && !json_is_null(v) && !json_is_string(v)) {
		rq_error(rq, 400, "M_BAD_JSON", "%s", _("username must be text"));
		return false;
	}
	if (user_id_new(rq->srv->name, name.n ? name : span_of(made), ret, &err)) {
		rq_err(rq, &err);
		return false;
	}
	if (user_find(db_reader(rq->srv->db), rq->srv->name, span_of(ret), &taken)) {
		rq_error(rq, 400, "M_USER_IN_USE", "%s", _("This user name is taken"));
		return false;
	}
	return true;
}

static void register_go(struct rq *rq, const char *invite)
{
	struct grant_ask ask;
	char user_id[USER_ID_SIZE];
	struct span password = json_get_span(rq->body, "password");
	struct err err;
	if (!password.p) {
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("The password is missing"));
		return;
	}
	if (user_check_password(password, &err)) {
		rq_err(rq, &err);
		return;
	}
	if (!read_name(rq, user_id) || !grant_read(rq, &ask))
		return;
	struct registration *r = NEW(struct registration);
	r->rq = rq;
	r->ask = ask;
	r->invite = mem_strdup(invite);
	r->no_login = json_get_bool(rq->body, "inhibit_login", false);
	snprintf(r->user_id, sizeof(r->user_id), "%s", user_id);
	if (!password_hash(rq->srv->accounts, rq_peer(rq), password, password_hashed, r)) {
		registration_free(r);
		rq_limited(rq, 2000);
	}
}

static void post_register(struct rq *rq)
{
	static const char *const open[] = {UIA_DUMMY, UIA_TOKEN, NULL};
	static const char *const invited[] = {UIA_TOKEN, NULL};
	struct err err;
	char unused[USER_ID_SIZE];
	const char *kind = rq_query(rq, "kind");
	struct span password = json_get_span(rq->body, "password");
	bool first = !json_get_object(rq->body, "auth");
	if (kind && !strcmp(kind, "guest")) {
		rq_error(rq, 403, "M_GUEST_ACCESS_FORBIDDEN", "%s",
			 _("This server has no guest accounts"));
		return;
	}
	if (kind && strcmp(kind, "user") != 0) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s", _("kind must be user or guest"));
		return;
	}
	/* With `auth` alone the parameters are those of the session. */
	if ((first || password.p) && !read_name(rq, unused))
		return;
	if (password.p && user_check_password(password, &err)) {
		rq_err(rq, &err);
		return;
	}
	uia_require(rq, rq->srv->config->open_registration ? open : invited, register_go);
}

static void get_available(struct rq *rq)
{
	struct err err;
	struct user taken;
	char id[USER_ID_SIZE];
	const char *name = rq_query(rq, "username");
	if (!name)
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("username is missing"));
	else if (user_id_new(rq->srv->name, span_of(name), id, &err))
		rq_err(rq, &err);
	else if (user_find(db_reader(rq->srv->db), rq->srv->name, span_of(id), &taken))
		rq_error(rq, 400, "M_USER_IN_USE", "%s", _("This user name is taken"));
	else
		rq_json(rq, 200, json_pack("{s:b}", "available", 1));
}

static void get_validity(struct rq *rq)
{
	const char *token = rq_query(rq, "token");
	if (!token) {
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("token is missing"));
		return;
	}
	bool valid = invite_valid(db_reader(rq->srv->db), token);
	rq_json(rq, 200, json_pack("{s:b}", "valid", valid));
}

const struct route register_routes[] = {
	{"POST", "/_matrix/client/v3/register", ROUTE_OPEN, ROUTE_JSON, post_register,
	 LIMIT_JSON_LOGIN},
	{"GET", "/_matrix/client/v3/register/available", ROUTE_OPEN, 0, get_available, 0},
	{"GET", "/_matrix/client/v1/register/m.login.registration_token/validity", ROUTE_OPEN, 0,
	 get_validity, 0},
	{0},
};
