#include "core/client/call/seat.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"

#include <string.h>

#define STEP_MS 10000	     /* of one attempt of one request */
#define LEAVE_MS 3000	     /* the same while leaving */
#define AGAIN_MS 1000	     /* after trouble with the delayed leave */
#define RENEW_EARLY_MS 60000 /* before the member event expires */
#define RENEW_AGAIN_MS 10000

enum seat_state { SEAT_NEW, SEAT_TAKING, SEAT_TAKEN, SEAT_LEAVING, SEAT_LEFT };

struct seat {
	struct client *c;
	struct seat_handler h;
	void *arg;
	enum seat_state state;
	char *room_id;
	char key[LIMIT_ID_BYTES + 1];
	char service[RTC_URL_MAX];
	bool recording;
	int64_t life_ms;

	struct session_call *member_rq; /* sending the member event, or {} */
	struct loop_timer *renew;
	char sent[LIMIT_ID_BYTES + 1]; /* id of our member event */
	bool seen;		       /* the room has told us of it */
	bool stale;		       /* what is under way is out of date: send again after it */
	int64_t created_ms;	       /* by the server's clock, 0: not known yet */
	int64_t taken_ms;	       /* by ours */

	struct session_call *delay_rq; /* scheduling, restarting */
	struct loop_timer *tick;
	char delay_id[LIMIT_ID_BYTES + 1];
	int64_t delay_ms;
	int leaving_ms;
	bool unsupported; /* the server has no delayed events */
	bool older_way;	  /* its actions stand in the body */
	bool ceded;
};

static void schedule_leave(struct seat *s);
static void send_member(struct seat *s);
static void on_tick(void *arg);
static void on_renew(void *arg);
static void leave_now(struct seat *s);
static void end(struct seat *s, const struct err *err);

int seat_new(struct client *c, const struct seat_options *o, const struct seat_handler *h,
	     void *arg, struct seat **ret, struct err *err)
{
	const struct account *a = client_account(c);
	char key[LIMIT_ID_BYTES + 1];
	int rc = rtc_member_key(a->user_id, a->device_id, o->room_version, key, err);
	if (rc)
		return rc;
	struct seat *s = NEW(struct seat);
	s->c = c;
	s->h = *h;
	s->arg = arg;
	s->room_id = mem_strdup(o->room_id);
	s->recording = o->recording;
	s->life_ms = o->life_ms ? o->life_ms : RTC_EXPIRES_MS;
	s->delay_ms = o->guard_ms ? o->guard_ms : SEAT_DELAY_MS;
	s->leaving_ms = o->leaving_ms ? o->leaving_ms : LEAVE_MS;
	memcpy(s->key, key, sizeof(key));
	s->renew = loop_timer_new(client_loop(c), on_renew, s);
	s->tick = loop_timer_new(client_loop(c), on_tick, s);
	*ret = s;
	return 0;
}

void seat_free(struct seat *s)
{
	if (!s)
		return;
	session_drop(s->member_rq);
	session_drop(s->delay_rq);
	loop_timer_free(s->renew);
	loop_timer_free(s->tick);
	mem_free(s->room_id);
	mem_free(s);
}

bool seat_guarded(const struct seat *s)
{
	return s->delay_id[0] != '\0';
}

/* -- The member event --------------------------------------------------------- */

static int64_t life_ms(const struct seat *s)
{
	return s->unsupported && s->life_ms > SEAT_SHORT_MS ? SEAT_SHORT_MS : s->life_ms;
}

static void plan_renewal(struct seat *s, int64_t in_ms)
{
	loop_timer_start(s->renew, (uint64_t)(in_ms < 0 ? 0 : in_ms), 0);
}

static void explain(struct err *e)
{
	struct err why = *e;
	if (why.http_status != 403)
		return;
	err_set(e, ERR_AUTH, _("you may not join calls in this room: %s"), why.msg);
	e->http_status = 403;
	err_hint(e, _("somebody with the power to change permissions must allow "
		      "org.matrix.msc3401.call.member to everybody"));
}

static void on_member(struct span body, const struct err *err, void *arg)
{
	struct seat *s = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	s->member_rq = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if (s->state == SEAT_LEAVING) {
		leave_now(s);
		return;
	}
	if (rc && s->sent[0] && e.http_status != 403) {
		log_info("the call's member event was not renewed: %s", e.msg);
		plan_renewal(s, RENEW_AGAIN_MS);
		return;
	}
	if (rc) {
		explain(&e);
		s->h.failed(s->arg, &e);
		return;
	}
	const char *id = json_get_str(reply, "event_id");
	snprintf(s->sent, sizeof(s->sent), "%s", id ? id : "");
	s->seen = false;
	if (s->state == SEAT_TAKING) {
		s->state = SEAT_TAKEN;
		s->taken_ms = clock_wall_ms();
	}
	plan_renewal(s, life_ms(s) - RENEW_EARLY_MS);
	/* Some servers drop the delayed leave when we set the state: a restart tells. */
	if (s->delay_id[0] && !s->delay_rq)
		loop_timer_start(s->tick, 0, 0);
	s->h.taken(s->arg, s->sent);
	if (s->stale && s->state == SEAT_TAKEN)
		send_member(s);
}

static void send_member(struct seat *s)
{
	const struct account *a = client_account(s->c);
	/* `expires` counts from the first event on, whose time the room has told us. */
	int64_t since = s->created_ms ? s->created_ms : s->taken_ms;
	int64_t passed = s->taken_ms ? clock_wall_ms() - s->taken_ms : 0;
	struct rtc_member_draft d = {
		.user_id = a->user_id,
		.device_id = a->device_id,
		.room_id = s->room_id,
		.service_url = s->service,
		.expires_ms = life_ms(s) + (passed > 0 ? passed : 0),
		.created_ms = since,
		.recording = s->recording,
	};
	if (s->member_rq) {
		s->stale = true;
		return;
	}
	s->stale = false;
	JSON_AUTO json_t *content = rtc_member_make(&d);
	s->member_rq = ask(client_session(s->c),
			   request_state_put(s->room_id, RTC_MEMBER_TYPE, s->key, content), STEP_MS,
			   false, on_member, s);
}

static void on_renew(void *arg)
{
	send_member(arg);
}

void seat_take(struct seat *s, const char *service)
{
	snprintf(s->service, sizeof(s->service), "%s", service);
	s->state = SEAT_TAKING;
	schedule_leave(s);
}

void seat_seen(struct seat *s, const char *event_id, int64_t created_ms)
{
	if (s->state != SEAT_TAKEN || s->member_rq)
		return;
	if (*event_id) {
		s->seen |= strcmp(event_id, s->sent) == 0;
		s->created_ms = created_ms;
		return;
	}
	if (!s->seen)
		return; /* what the room tells is older than what we sent */
	/* The delayed leave was sent while the network was away, or somebody removed it. */
	log_info("the call's member event is gone: sent again");
	s->created_ms = 0;
	s->taken_ms = 0;
	s->state = SEAT_TAKING;
	if (s->delay_id[0] || s->unsupported)
		send_member(s);
	else if (!s->delay_rq)
		schedule_leave(s);
}

/* -- The delayed leave ---------------------------------------------------------- */

static void tick_in(struct seat *s, int ms)
{
	loop_timer_start(s->tick, (uint64_t)ms, 0);
}

/* A server may allow less than we want. */
static int restart_ms(const struct seat *s)
{
	return (int)(s->delay_ms * SEAT_RESTART_MS / SEAT_DELAY_MS);
}

static void without_delayed(struct seat *s, const struct err *why)
{
	s->unsupported = true;
	s->delay_id[0] = '\0';
	loop_timer_stop(s->tick);
	log_info("the server has no delayed events (%s): should this program be killed, it will "
		 "seem to be in the call for up to %lld minutes",
		 why->msg, (long long)(SEAT_SHORT_MS / 60000));
	/* One that was sent before has the long life. */
	if (s->state == SEAT_TAKEN || s->member_rq)
		send_member(s);
}

static void schedule_failed(struct seat *s, struct span body, const struct err *err)
{
	int64_t max = 0;
	switch (rtc_delayed_judge(err, body, &max)) {
	case RTC_DELAYED_TOO_LONG:
		if (max < s->delay_ms) {
			s->delay_ms = max;
			schedule_leave(s);
			return;
		}
		without_delayed(s, err);
		return;
	case RTC_DELAYED_UNSUPPORTED:
	case RTC_DELAYED_UNKNOWN_WAY:
	case RTC_DELAYED_GONE:
		without_delayed(s, err);
		return;
	case RTC_DELAYED_FAILED:
		log_info("the call's leave is not scheduled: %s", err->msg);
		tick_in(s, err->retry_after_ms > 0 ? err->retry_after_ms : AGAIN_MS);
	}
}

static void on_scheduled(struct span body, const struct err *err, void *arg)
{
	struct seat *s = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	const char *id;
	s->delay_rq = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if (!rc && rtc_delayed_read(reply, &id, &e)) {
		without_delayed(s, &e); /* it was taken for an ordinary event */
	} else if (!rc) {
		snprintf(s->delay_id, sizeof(s->delay_id), "%s", id);
		tick_in(s, restart_ms(s));
	} else {
		schedule_failed(s, body, &e);
	}
	/* Without one we go on, rather than not at all. */
	if (s->state == SEAT_TAKING && !s->delay_rq)
		send_member(s);
}

static void schedule_leave(struct seat *s)
{
	JSON_AUTO json_t *empty = json_object();
	s->delay_id[0] = '\0';
	if (s->delay_rq || s->state >= SEAT_LEAVING)
		return;
	s->delay_rq =
		ask(client_session(s->c),
		    request_delayed_state(s->room_id, RTC_MEMBER_TYPE, s->key, empty, s->delay_ms),
		    STEP_MS, true, on_scheduled, s);
}

static void restart_failed(struct seat *s, struct span body, const struct err *err)
{
	int64_t max;
	enum rtc_delayed_trouble what = rtc_delayed_judge(err, body, &max);
	if (what == RTC_DELAYED_UNKNOWN_WAY && !s->older_way) {
		s->older_way = true;
		tick_in(s, 0);
	} else if (what == RTC_DELAYED_GONE || what == RTC_DELAYED_TOO_LONG) {
		/* Sent, or dropped by the server; the room will say whether we are out. */
		schedule_leave(s);
	} else if (what == RTC_DELAYED_FAILED) {
		tick_in(s, err->retry_after_ms > 0	? err->retry_after_ms
			   : err->code == ERR_CANCELLED ? 0
							: AGAIN_MS);
	} else {
		without_delayed(s, err);
	}
}

static void on_restarted(struct span body, const struct err *err, void *arg)
{
	struct seat *s = arg;
	s->delay_rq = NULL;
	if (err)
		restart_failed(s, body, err);
	else
		tick_in(s, restart_ms(s));
}

static void on_tick(void *arg)
{
	struct seat *s = arg;
	if (s->ceded) {
		end(s, NULL);
		return;
	}
	if (s->state == SEAT_LEAVING) {
		/* Whether the member event was taken is not known: leave in any case. */
		session_drop(take(&s->member_rq));
		leave_now(s);
		return;
	}
	if (s->delay_rq || s->unsupported)
		return;
	if (!s->delay_id[0]) {
		schedule_leave(s);
		return;
	}
	s->delay_rq = ask(client_session(s->c),
			  request_delayed_act(s->delay_id, RTC_DELAYED_RESTART, s->older_way),
			  SEAT_RESTART_TIMEOUT_MS, true, on_restarted, s);
}

/* -- Leaving ---------------------------------------------------------------------- */

static void end(struct seat *s, const struct err *err)
{
	s->state = SEAT_LEFT;
	s->h.left(s->arg, err);
}

static void on_cancelled(struct span body, const struct err *err, void *arg)
{
	struct seat *s = arg;
	(void)body;
	(void)err; /* then it is sent, which changes nothing any more */
	s->delay_rq = NULL;
	end(s, NULL);
}

static void cancel(struct seat *s)
{
	s->delay_rq = ask(client_session(s->c),
			  request_delayed_act(s->delay_id, RTC_DELAYED_CANCEL, s->older_way),
			  s->leaving_ms, true, on_cancelled, s);
}

static void on_left(struct span body, const struct err *err, void *arg)
{
	struct seat *s = arg;
	(void)body;
	s->member_rq = NULL;
	/* Where the network failed the delayed leave does what we could not. */
	if (s->delay_id[0] && (!err || err->http_status / 100 == 4))
		cancel(s);
	else
		end(s, err);
}

static void send_empty(struct seat *s)
{
	JSON_AUTO json_t *empty = json_object();
	s->member_rq = ask(client_session(s->c),
			   request_state_put(s->room_id, RTC_MEMBER_TYPE, s->key, empty), LEAVE_MS,
			   true, on_left, s);
}

/*
 * Sending the delayed event now would do both at once, but a server answers so
 * for one that was sent before, too, and then we would stay.
 */
static void leave_now(struct seat *s)
{
	loop_timer_stop(s->tick);
	send_empty(s);
}

void seat_leave(struct seat *s)
{
	if (s->state >= SEAT_LEAVING)
		return;
	s->state = SEAT_LEAVING;
	loop_timer_stop(s->renew);
	session_drop(take(&s->delay_rq));
	if (s->member_rq)
		loop_timer_start(s->tick, (uint64_t)s->leaving_ms, 0);
	else
		leave_now(s);
}

void seat_cede(struct seat *s)
{
	if (s->state >= SEAT_LEAVING)
		return;
	s->state = SEAT_LEAVING;
	loop_timer_stop(s->renew);
	loop_timer_stop(s->tick);
	session_drop(take(&s->member_rq));
	session_drop(take(&s->delay_rq));
	s->ceded = true;
	if (s->delay_id[0])
		cancel(s);
	else
		loop_timer_start(s->tick, 0, 0);
}
