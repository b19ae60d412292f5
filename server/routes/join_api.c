/*
 * One-time links (server/accounts/link.h): whose it is, and how that person
 * gets in. For the join page and for clients; no token is needed.
 *
 * POST /_muster/join/v1/look {code}
 *   -> {user_id, displayname, [room_id, [room_name]], server_name, expires_ts,
 *       used, password_set}
 * POST /_muster/join/v1/claim {code, password, [device_name], [refresh_token]}
 *   -> what /login gives, and [room_id]: the password is set, other devices are
 *      logged out, the link is used up, and the person is in the room if it
 *      lets them in.
 *
 * 404 M_NOT_FOUND: no such code. 410 M_EXPIRED. 409 ORG.MUSTER.LINK_USED (claim
 * only). 429: too many wrong codes from this address; a right one always passes,
 * since whole schools stand behind one address and 80 bits are not guessed.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/link.h"
#include "server/rooms/room.h"
#include "server/rooms/summary.h"
#include "server/routes/grant.h"

#include <string.h>

extern const struct route join_api_routes[];

static void wrong_code(struct rq *rq)
{
	char key[80];
	struct err err;
	struct accounts *a = rq->srv->accounts;
	snprintf(key, sizeof(key), "j:%s", rq_peer(rq));
	int wait = limit_wait_ms(a, key);
	if (wait) {
		rq_limited(rq, wait);
		return;
	}
	limit_failed(a, key);
	link_unknown(&err);
	rq_err(rq, &err);
}

/* The link of the body's code. False: replied. */
static bool find_link(struct rq *rq, char code[LINK_CODE_SIZE], struct link *ret)
{
	struct span typed = json_get_span(rq->body, "code");
	if (!typed.p) {
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("code is missing"));
		return false;
	}
	if (link_code_fold(typed, code) && link_find(db_reader(rq->srv->db), code, ret))
		return true;
	wrong_code(rq);
	return false;
}

static void put_room(struct sql *db, int64_t room_nid, json_t *o)
{
	JSON_AUTO json_t *about = room_nid ? room_summary(db, room_nid, false) : NULL;
	const char *name = json_get_str(about, "name");
	if (!about)
		return;
	json_object_set(o, "room_id", json_object_get(about, "room_id"));
	if (name && *name)
		json_object_set_new(o, "room_name", json_string(name));
}

static json_t *name_of(struct sql *db, const struct user *u)
{
	struct sql_stmt *s = SQL(db, "SELECT display_name FROM users WHERE nid=?");
	sql_bind_i64(s, 1, u->nid);
	bool has = sql_row(s) && sql_col_text(s, 0).n;
	json_t *name = json_string(has ? sql_col_text(s, 0).p : u->user_id);
	sql_reset(s);
	return name;
}

static void post_look(struct rq *rq)
{
	struct link l;
	struct err err;
	char code[LINK_CODE_SIZE];
	struct sql *db = db_reader(rq->srv->db);
	if (!find_link(rq, code, &l))
		return;
	if (!l.used && link_check(&l, clock_wall_ms(), &err)) {
		rq_err(rq, &err);
		return;
	}
	json_t *o = json_pack("{s:s,s:o,s:s,s:I,s:b,s:b}", "user_id", l.user.user_id, "displayname",
			      name_of(db, &l.user), "server_name", rq->srv->name, "expires_ts",
			      (json_int_t)l.expires_ts, "used", (int)l.used, "password_set",
			      l.user.password[0] != '\0');
	put_room(db, l.room_nid, o);
	rq_json(rq, 200, o);
}

struct claim {
	struct rq *rq;
	char code[LINK_CODE_SIZE];
	char *hash;
	struct link link;
	struct grant_ask ask;
	struct grant grant;
	char room_id[LIMIT_ID_BYTES + 1]; /* that they are in now, or "" */
};

static void claim_free(void *arg)
{
	struct claim *c = arg;
	mem_free_secret(c->hash);
	grant_ask_done(&c->ask);
	grant_done(&c->grant);
	mem_wipe(c->code, sizeof(c->code));
	mem_free(c);
}

/* A room that does not let them in is no reason to keep them out of their account. */
static int join_room(struct db_tx *tx, struct claim *c, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	const struct link *l = &c->link;
	struct event_ref ref;
	if (!l->room_nid)
		return 0;
	int rc = 0;
	if (room_membership(db, l->room_nid, l->user.nid) != MEMBERSHIP_JOIN) {
		JSON_AUTO json_t *content = json_pack("{s:s}", "membership", "join");
		struct event_draft d = {.room_nid = l->room_nid,
					.sender_nid = l->user.nid,
					.sender = l->user.user_id,
					.type = "m.room.member",
					.state_key = l->user.user_id,
					.content = content};
		rc = room_append(tx, &d, &ref, err);
		if (rc && err->http_status == 403)
			return 0;
	}
	room_id_of(db, l->room_nid, c->room_id);
	return rc;
}

static int claim_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct claim *c = arg;
	int rc = link_use(tx, c->code, &c->link, err);
	int64_t nid = c->link.user.nid;
	if (!rc)
		rc = user_set_password(tx, nid, c->hash, err);
	if (!rc)
		rc = device_delete_all(tx, nid, 0, err);
	if (!rc)
		rc = device_login(tx, nid, c->ask.device_id, c->ask.name, c->ask.refreshable,
				  &c->grant, err);
	return rc ? rc : join_room(tx, c, err);
}

static void claim_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct claim *c = arg;
	if (rc) {
		rq_err(rq, err);
		return;
	}
	json_t *o = grant_json(rq, c->link.user.user_id, &c->grant);
	if (c->room_id[0])
		json_object_set_new(o, "room_id", json_string(c->room_id));
	rq_json(rq, 200, o);
}

static void password_hashed(void *arg, const char *encoded, bool match)
{
	struct claim *c = arg;
	struct rq *rq = c->rq;
	(void)match;
	if (!encoded) {
		claim_free(c);
		rq_limited(rq, 2000);
		return;
	}
	c->hash = mem_strdup(encoded);
	rq_write(rq, claim_run, claim_done, c, claim_free);
}

/* What the request wants of its device: as /login, under the page's short name. */
static bool read_ask(struct rq *rq, struct grant_ask *ret)
{
	json_t *name = json_object_get(rq->body, "device_name");
	if (name && !json_object_get(rq->body, "initial_device_display_name"))
		json_object_set(rq->body, "initial_device_display_name", name);
	return grant_read(rq, ret);
}

static void start_hashing(struct claim *c, struct span password)
{
	struct rq *rq = c->rq;
	if (!password_hash(rq->srv->accounts, rq_peer(rq), password, password_hashed, c)) {
		claim_free(c);
		rq_limited(rq, 2000);
		return;
	}
	/* Hundreds may wait: not with JSON that may be large in memory. */
	json_decref(rq->body);
	rq->body = NULL;
}

static void post_claim(struct rq *rq)
{
	struct err err;
	struct link l;
	char code[LINK_CODE_SIZE];
	struct grant_ask ask;
	struct span password = json_get_span(rq->body, "password");
	if (!find_link(rq, code, &l))
		return;
	int rc = link_check(&l, clock_wall_ms(), &err);
	if (!rc && !password.p)
		rc = matrix_err(&err, 400, "M_MISSING_PARAM", _("The password is missing"));
	if (!rc)
		rc = user_check_password(password, &err);
	if (rc) {
		rq_err(rq, &err);
		return;
	}
	if (!read_ask(rq, &ask))
		return;
	struct claim *c = NEW(struct claim);
	c->rq = rq;
	c->ask = ask;
	memcpy(c->code, code, sizeof(c->code));
	start_hashing(c, password);
}

const struct route join_api_routes[] = {
	{"POST", "/_muster/join/v1/look", ROUTE_OPEN, ROUTE_JSON, post_look, LIMIT_JSON_LOGIN},
	{"POST", "/_muster/join/v1/claim", ROUTE_OPEN, ROUTE_JSON, post_claim, LIMIT_JSON_LOGIN},
	{0},
};
