/*
 * Access tokens for the server's own SFU, as lk-jwt-service gives them: the
 * older /sfu/get, /get_token, and /delegate_delayed_leave. Unlike that service
 * we know who is in the room, and let nobody else in.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/rtc_id.h"
#include "core/rtc/token.h"
#include "server/accounts/openid.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"
#include "server/rtc/gate.h"
#include "server/rtc/people.h"
#include "server/rtc/rtc.h"
#include "server/rtc/rtc_leave.h"
#include "server/rtc/rules.h"

#include <stdio.h>
#include <string.h>

extern const struct route rtc_token_routes[];

#define TOKEN_LIFE_MS (60LL * 60 * 1000) /* as lk-jwt-service gives them */

/* What was asked, the same for all three. Borrowed from the body. */
struct ask {
	const char *room_id, *slot_id;
	const char *claimed_user; /* NULL: nothing was claimed */
	const char *device_id, *member_id;
	const char *openid, *openid_server;
	const char *delay_id;
	int64_t delay_timeout;
	bool legacy;
};

struct answer {
	struct openid_user user;
	int64_t room_nid;
	struct token grant;
};

/* The strings are borrowed from the request's body, which outlives the job. */
struct token_job {
	struct rtc_leave *leave;
	struct ask ask;
	struct answer a;
	bool with_token; /* the reply has one */
	bool present;
};

static bool any(const char *s)
{
	return s && *s;
}

static bool bad(struct rq *rq, const char *what)
{
	rq_error(rq, 400, "M_BAD_JSON", _("The request lacks %s"), what);
	return false;
}

static bool check_common(struct rq *rq, struct ask *a, bool delay_needed)
{
	const json_t *o = json_get_object(rq->body, "openid_token");
	a->openid = json_get_str(o, "access_token");
	a->openid_server = json_get_str(o, "matrix_server_name");
	a->delay_id = json_get_str(rq->body, "delay_id");
	a->delay_timeout = json_get_i64(rq->body, "delay_timeout", 0);
	if (!any(a->openid) || !any(a->openid_server))
		return bad(rq, "openid_token {access_token, matrix_server_name}");
	const char *const names[] = {a->slot_id, a->device_id, a->member_id};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] && strlen(names[i]) > LIMIT_ID_BYTES)
			return bad(rq, _("names that are short enough"));
	bool both = any(a->delay_id) && a->delay_timeout > 0;
	bool either = any(a->delay_id) || a->delay_timeout > 0;
	if (both != either || (delay_needed && !both))
		return bad(rq, "delay_id, delay_timeout");
	return true;
}

static bool read_member(struct rq *rq, struct ask *a, bool delay_needed)
{
	const json_t *m = json_get_object(rq->body, "member");
	*a = (struct ask){
		.room_id = json_get_str(rq->body, "room_id"),
		.slot_id = json_get_str(rq->body, "slot_id"),
		.claimed_user = json_get_str(m, "claimed_user_id"),
		.device_id = json_get_str(m, "claimed_device_id"),
		.member_id = json_get_str(m, "id"),
	};
	if (!any(a->room_id) || !any(a->slot_id))
		return bad(rq, "room_id, slot_id");
	if (!any(a->claimed_user) || !any(a->device_id) || !any(a->member_id))
		return bad(rq, "member {id, claimed_user_id, claimed_device_id}");
	return check_common(rq, a, delay_needed);
}

static bool read_legacy(struct rq *rq, struct ask *a)
{
	*a = (struct ask){
		.room_id = json_get_str(rq->body, "room"),
		.slot_id = RTC_SLOT_ROOM,
		.device_id = json_get_str(rq->body, "device_id"),
		.legacy = true,
	};
	if (!any(a->room_id) || !any(a->device_id))
		return bad(rq, "room, device_id");
	return check_common(rq, a, false);
}

/* Who asks, and may they be in this call? Replies when not. */
static bool admit(struct rq *rq, const struct ask *a, struct answer *ret)
{
	struct sql *db = db_reader(rq->srv->db);
	if (strcmp(a->openid_server, rq->srv->name) != 0 ||
	    !openid_find(db, a->openid, &ret->user) ||
	    (a->claimed_user && strcmp(a->claimed_user, ret->user.user_id) != 0)) {
		rq_error(rq, 401, "M_UNAUTHORIZED", "%s",
			 _("The OpenID token is not valid here, or somebody else's"));
		return false;
	}
	if (room_find(db, span_of(a->room_id), &ret->room_nid, NULL) ||
	    room_membership(db, ret->room_nid, ret->user.nid) != MEMBERSHIP_JOIN) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("You are not in this room, join it first"));
		return false;
	}
	return true;
}

static bool is_locked(struct rq *rq, const struct answer *a)
{
	const char *why = gate_locked_out(rq->srv, a->room_nid, a->user.nid, a->user.user_id);
	if (why)
		rq_error(rq, 403, "M_FORBIDDEN", "%s", why);
	return why != NULL;
}

static bool name_them(struct rq *rq, const struct ask *a, struct answer *ret)
{
	struct token *g = &ret->grant;
	struct sql *db = db_reader(rq->srv->db);
	*g = (struct token){
		.not_before_ms = clock_wall_ms(),
		.join = true,
		.publish = people_may_publish(db, ret->room_nid, ret->user.user_id),
		.admin = people_may_lead(db, ret->room_nid, ret->user.user_id),
		.subscribe = true,
		.data = true,
		.update_metadata = true,
		.rules = true,
	};
	g->expires_ms = g->not_before_ms + TOKEN_LIFE_MS;
	snprintf(g->key, sizeof(g->key), "%s", rq->srv->rtc->key);
	rtc_id_room(a->room_id, a->slot_id, g->room);
	if (!a->legacy)
		rtc_id_member(ret->user.user_id, a->device_id, a->member_id, g->identity);
	else if (snprintf(g->identity, sizeof(g->identity), "%s:%s", ret->user.user_id,
			  a->device_id) >= (int)sizeof(g->identity))
		return bad(rq, _("a device_id that is short enough"));
	return true;
}

static void reply_token(struct rq *rq, const struct answer *a)
{
	const struct rtc *r = rq->srv->rtc;
	struct buf jwt = BUF_INIT(TOKEN_BYTES_MAX);
	struct err err = {0};
	if (token_make(&a->grant, span_of(r->secret), &jwt, &err))
		rq_err(rq, &err);
	else
		rq_json(rq, 200,
			json_pack("{s:s,s:s}", "url", r->signal_url, "jwt", buf_str(&jwt)));
	mem_free_secret(buf_take(&jwt));
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct token_job *j = arg;
	const struct token *g = &j->a.grant;
	struct people_ask who = {
		.room = g->room,
		.identity = g->identity,
		.room_nid = j->a.room_nid,
		.user_nid = j->a.user.nid,
		.slot_id = j->ask.slot_id,
		.device_id = j->ask.device_id,
		.member_id = j->ask.member_id,
	};
	int rc = j->with_token ? people_note(tx, &who, err) : 0;
	if (!rc && any(j->ask.delay_id))
		rc = rtc_leave_delegate(tx, j->a.user.nid, j->ask.delay_id, g->room, g->identity,
					j->present, err);
	return rc;
}

static void done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct token_job *j = arg;
	if (rc && err->http_status == 429)
		rq_limited(rq, err->retry_after_ms);
	else if (rc)
		rq_err(rq, err);
	if (rc)
		return;
	if (any(j->ask.delay_id))
		rtc_leave_settle(j->leave, j->a.grant.room, j->a.grant.identity, j->present);
	if (j->with_token)
		reply_token(rq, &j->a);
	else
		rq_empty(rq);
}

static bool calls_off(struct rq *rq)
{
	if (rq->srv->config->calls)
		return false;
	rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server carries no calls"));
	return true;
}

static void answer(struct rq *rq, const struct ask *ask, bool with_token)
{
	struct answer a;
	if (!admit(rq, ask, &a) || (with_token && is_locked(rq, &a)) || !name_them(rq, ask, &a))
		return;
	struct token_job *j = NEW(struct token_job);
	*j = (struct token_job){
		.leave = rq->srv->rtc->leave,
		.ask = *ask,
		.a = a,
		.with_token = with_token,
	};
	j->present = rtc_leave_is_present(j->leave, a.grant.room, a.grant.identity);
	rq_write(rq, run, done, j, mem_free);
}

static void post_sfu_get(struct rq *rq)
{
	struct ask ask;
	if (!calls_off(rq) && read_legacy(rq, &ask))
		answer(rq, &ask, true);
}

static void post_get_token(struct rq *rq)
{
	struct ask ask;
	if (!calls_off(rq) && read_member(rq, &ask, false))
		answer(rq, &ask, true);
}

static void post_delegate(struct rq *rq)
{
	struct ask ask;
	if (!calls_off(rq) && read_member(rq, &ask, true))
		answer(rq, &ask, false);
}

static void get_health(struct rq *rq)
{
	if (!calls_off(rq))
		rq_raw(rq, 200, "Content-Type: text/plain\r\n", (struct span){"", 0});
}

const struct route rtc_token_routes[] = {
	{"POST", RTC_PATH "/sfu/get", ROUTE_OPEN, ROUTE_JSON, post_sfu_get, 0},
	{"POST", RTC_PATH "/get_token", ROUTE_OPEN, ROUTE_JSON, post_get_token, 0},
	{"POST", RTC_PATH "/delegate_delayed_leave", ROUTE_OPEN, ROUTE_JSON, post_delegate, 0},
	{"GET", RTC_PATH "/healthz", ROUTE_OPEN, 0, get_health, 0},
	{0},
};
