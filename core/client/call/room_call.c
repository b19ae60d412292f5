#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/util.h"

#include <string.h>

#define STEP_MS 10000	     /* of one attempt of one request */
#define INTRODUCTION_MS 3000 /* how long somebody's member event may take after they connected */

static void go_on(void *arg);

/* -- The end ---------------------------------------------------------------------- */

static void finish(struct room_call *rc)
{
	int64_t now = clock_wall_ms();
	json_t *more = json_pack("{s:s,s:I}", "reason", rc->why ? rc->why : "failed", "duration_s",
				 (json_int_t)(rc->joined_ms ? (now - rc->joined_ms) / 1000 : 0));
	if (rc->err.code)
		json_object_set_new(more, "message", json_string(rc->err.msg));
	rc->phase = RC_ENDED;
	/* The recording is finished before anybody hears that the call is over. */
	call_free(take(&rc->call));
	room_call_row(rc, "ended", NULL, more);
	steer_ended(rc->steer);
	rc->h.ended(rc->arg, rc->err.code ? &rc->err : NULL);
}

/* On the loop's next turn. */
void room_call_check_ended(struct room_call *rc)
{
	if (rc->phase == RC_LEAVING && (!rc->call || rc->call_over) && (!rc->seat || rc->seat_over))
		loop_timer_start(rc->later, 0, 0);
}

static void begin_end(struct room_call *rc, const char *why, const struct err *err)
{
	if (rc->phase >= RC_LEAVING)
		return;
	rc->phase = RC_LEAVING;
	rc->why = why;
	if (err)
		rc->err = *err;
	loop_timer_stop(rc->later);
	loop_timer_stop(rc->pending);
	loop_timer_stop(rc->enforce);
	session_drop(take(&rc->asking));
	session_drop(take(&rc->ring_rq));
	session_drop(take(&rc->note_rq));
	session_drop(take(&rc->hand_rq));
	ears_leave(rc);
}

void room_call_leave(struct room_call *rc, const char *why)
{
	if (rc->phase >= RC_LEAVING)
		return;
	begin_end(rc, why, NULL);
	if (rc->call)
		call_leave(rc->call);
	if (rc->seat)
		seat_leave(rc->seat);
	room_call_check_ended(rc);
}

void room_call_fail(struct room_call *rc, const struct err *err)
{
	if (rc->phase >= RC_LEAVING)
		return;
	begin_end(rc, "failed", err);
	if (rc->call)
		call_leave(rc->call);
	if (rc->seat)
		seat_leave(rc->seat);
	room_call_check_ended(rc);
}

/* -- The SFU ------------------------------------------------------------------------ */

void room_call_check_in(struct room_call *rc)
{
	if (rc->phase != RC_JOINING || !rc->connected || !rc->seated)
		return;
	rc->phase = RC_IN;
	rc->joined_ms = clock_wall_ms();
	const struct person *self = rc->people.first;
	while (self && !self->self)
		self = self->next;
	json_t *more =
		json_pack("{s:b,s:b,s:I}", "self", 1, "muted", rc->muted || rc->o.listen_only,
			  "people", (json_int_t)room_call_company(rc) + 1);
	room_call_put_mode(rc, more);
	room_call_row(rc, "joined", self, more);
	room_call_mode_in(rc);
	if (rc->recorded)
		room_call_row(rc, "recording", self,
			      json_pack("{s:b,s:s?}", "recording", 1, "file", rc->record));
	/* Nobody is called before it is known that sound gets through. */
	if (rc->ring && rc->alone_at_first)
		room_call_ring(rc);
	room_call_note_recording(rc);
	ears_update(rc);
	room_call_seen_begin(rc);
	room_call_check_hand(rc);
}

static void on_state(void *arg, enum call_state now)
{
	struct room_call *rc = arg;
	rc->connected = now == CALL_JOINED;
	if (rc->phase >= RC_LEAVING)
		return;
	if (now == CALL_RECONNECTING && !rc->lost) {
		rc->lost = true;
		room_call_row(rc, "reconnecting", NULL, NULL);
	} else if (now == CALL_JOINED && rc->lost) {
		rc->lost = false;
		room_call_row(rc, "reconnected", NULL, NULL);
	}
	room_call_check_in(rc);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	struct room_call *rc = arg;
	if (rc->phase < RC_LEAVING)
		room_call_person(rc, NULL, what, p);
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	struct room_call *rc = arg;
	bool was = rc->muted;
	by_server = by_server || (muted && rc->silenced);
	rc->silenced = false;
	rc->muted = muted;
	rc->muted_by_host = muted && by_server;
	if (was == muted || rc->phase != RC_IN)
		return;
	struct person *self = rc->people.first;
	while (self && !self->self)
		self = self->next;
	if (self)
		self->muted = muted;
	room_call_row(rc, muted ? "muted" : "unmuted", self,
		      json_pack("{s:b,s:s}", "self", 1, "by", by_server ? "host" : "self"));
}

static void on_token(void *arg)
{
	struct room_call *rc = arg;
	if (rc->place)
		place_renew(rc->place);
}

static void on_input_end(void *arg)
{
	struct room_call *rc = arg;
	if (rc->phase >= RC_LEAVING)
		return;
	room_call_row(rc, "played", NULL, NULL);
	if (rc->leave_at_input_end)
		room_call_leave(rc, "played");
}

static void on_warning(void *arg, const struct err *err)
{
	struct room_call *rc = arg;
	if (rc->phase < RC_LEAVING)
		rc->h.warning(rc->arg, err);
}

static void end_of_call(struct room_call *rc, enum call_end why, const struct err *err)
{
	struct err e = {0};
	if (why == CALL_END_REMOVED)
		err_set(&e, ERR_AUTH, _("somebody removed you from the call"));
	else if (why == CALL_END_ELSEWHERE)
		err_set(&e, ERR_CONFLICT,
			_("this device joined the call from another program, which has it now"));
	else if (why == CALL_END_FAILED && err)
		e = *err;
	else if (why == CALL_END_FAILED)
		err_set(&e, ERR_NETWORK, _("the call was lost"));
	begin_end(rc, call_end_name(why), e.code ? &e : NULL);
	if (rc->seat && why == CALL_END_ELSEWHERE)
		seat_cede(rc->seat);
	else if (rc->seat)
		seat_leave(rc->seat);
}

static void on_call_ended(void *arg, enum call_end why, const struct err *err)
{
	struct room_call *rc = arg;
	if (rc->phase < RC_LEAVING)
		end_of_call(rc, why, err);
	rc->connected = false;
	rc->call_over = true;
	room_call_check_ended(rc);
}

static int connect_call(struct room_call *rc, const struct rtc_token *t, struct err *err)
{
	struct store *s;
	static const struct call_handler h = {
		.state = on_state,
		.person = on_person,
		.muted = on_muted,
		.token = on_token,
		.input_end = on_input_end,
		.warning = on_warning,
		.ended = on_call_ended,
	};
	int rc_ = client_store(rc->c, &s, err);
	if (rc_)
		return rc_;
	snprintf(rc->sfu_url, sizeof(rc->sfu_url), "%s", t->url);
	snprintf(rc->sfu_room, sizeof(rc->sfu_room), "%s", t->room);
	room_call_mode_begin(rc, s);
	rc->o.url = t->url;
	rc->o.token = t->jwt;
	rc->o.ca_file = client_ca_file(rc->c);
	rc_ = call_new(rc->l, &rc->o, &h, rc, &rc->call, err);
	rc->o.url = rc->o.token = NULL;
	if (!rc_)
		room_call_ask_turn(rc);
	if (!rc_ && rc->record)
		rc_ = call_record(rc->call, rc->record, AUDIO_ENGINE_TAP_BOTH, err);
	return rc_;
}

/* -- The way in ----------------------------------------------------------------------- */

/* Wherever the call is, it would refuse us: the reason is enough, and what was asked is not told. */
static bool is_locked(const struct room_call *rc, const struct err *why, struct err *ret)
{
	AUTO(call_mode_done) struct call_mode m = {.event = NULL};
	struct store *s;
	if (why->http_status != 403 || client_store(rc->c, &s, NULL))
		return false;
	call_mode_read(s, rc->room, &m);
	if (!m.live.locked || call_mode_is_host(&m, rc->people.own_user))
		return false;
	err_set(ret, ERR_AUTH, _("this call is locked: ask who leads it to unlock it"));
	return true;
}

static void on_found(void *arg, const struct rtc_token *t, const struct err *err)
{
	struct room_call *rc = arg;
	struct err e = {0};
	if (rc->phase >= RC_LEAVING)
		return;
	if (t) {
		rc->sfu_admin = t->admin;
		rc->sfu_rules = t->rules;
	}
	host_token(rc->host, t ? t->jwt : NULL, err);
	if (rc->call) {
		call_token(rc->call, t ? t->jwt : NULL, err);
		return;
	}
	if (!t) {
		room_call_fail(rc, is_locked(rc, err, &e) ? &e : err);
		return;
	}
	rc->phase = RC_JOINING;
	/* First what may fail at once: a device, a file. */
	if (connect_call(rc, t, &e) || room_call_sit_down(rc, &e)) {
		room_call_fail(rc, &e);
		return;
	}
}

static void on_elsewhere(void *arg, const struct err *why)
{
	struct room_call *rc = arg;
	struct err e = *why;
	if (rc->phase >= RC_LEAVING)
		return;
	if (is_locked(rc, why, &e)) {
		room_call_fail(rc, &e);
		return;
	}
	err_prefix(&e, _("the others' part of the call cannot be reached, so they are not heard"));
	rc->h.warning(rc->arg, &e);
}

static void find_place(struct room_call *rc)
{
	static const struct place_handler h = {on_found, on_elsewhere};
	int64_t now = clock_wall_ms();
	struct store *s;
	struct err e;
	if (client_store(rc->c, &s, &e)) {
		room_call_fail(rc, &e);
		return;
	}
	rc->seq = store_newest_seq(s);
	rc->pos = store_newest_pos(s, rc->room);
	company_read(&rc->people, s, rc->room);
	rc->alone_at_first = company_others(&rc->people, now) == 0;
	rc->place = place_new(rc->c, rc->room_id, company_service(&rc->people, now), false, &h, rc);
	place_find(rc->place);
}

static int refuse_encrypted(struct err *err)
{
	err_set(err, ERR_ENCRYPTED,
		_("the room is encrypted: its calls need end-to-end encryption, which is not "
		  "built yet"));
	err_hint(err, _("calls work in rooms without encryption"));
	return ERR_ENCRYPTED;
}

/* The cache may not know yet: a room can become encrypted at any time. */
static void on_encryption(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	struct err e;
	(void)body;
	rc->asking = NULL;
	if (err && err->code == ERR_NOT_FOUND) {
		find_place(rc);
		return;
	}
	if (!err)
		refuse_encrypted(&e);
	else
		e = *err;
	room_call_fail(rc, &e);
}

static void begin(struct room_call *rc)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	struct err e = {0};
	if (rc->asking || rc->place)
		return;
	if (client_store(rc->c, &s, &e)) {
		room_call_fail(rc, &e);
		return;
	}
	rc->room = store_room_find(s, span_of(rc->room_id));
	if (!rc->room || !store_room_get(s, rc->room, &r) || strcmp(r.membership, "join") != 0) {
		err_set(&e, ERR_NOT_FOUND, _("You are not in a room %s"), rc->room_id);
		err_hint(&e, "muster room join %s", rc->room_id);
	} else if (r.encrypted) {
		refuse_encrypted(&e);
	}
	if (e.code)
		room_call_fail(rc, &e);
	else
		rc->asking = ask(client_session(rc->c),
				 request_state_get(rc->room_id, "m.room.encryption", ""), STEP_MS,
				 false, on_encryption, rc);
}

static void on_engine(enum engine_state now, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	if (rc->phase == RC_WAITING && now == ENGINE_LIVE)
		begin(rc);
	else if (now == ENGINE_LOGGED_OUT ||
		 (now == ENGINE_OFFLINE && rc->phase == RC_WAITING && !rc->place))
		room_call_fail(rc, err);
}

static void on_committed(void *arg)
{
	struct room_call *rc = arg;
	if (rc->phase == RC_JOINING || rc->phase == RC_IN)
		room_call_news(rc);
}

static const struct engine_observer observer = {on_committed, on_engine};

/* What waits for the loop's next turn: the start, the end, or that nobody came back. */
static void go_on(void *arg)
{
	struct room_call *rc = arg;
	if (rc->phase == RC_WAITING && engine_state(rc->engine) == ENGINE_LIVE)
		begin(rc);
	else if (rc->phase == RC_IN && !room_call_company(rc))
		room_call_leave(rc, "empty");
	else if (rc->phase == RC_LEAVING)
		finish(rc);
}

int room_call_new(struct client *c, struct engine *e, const struct room_call_options *o,
		  const struct room_call_handler *h, void *arg, struct room_call **ret,
		  struct err *err)
{
	const struct account *a = client_account(c);
	struct room_call *rc = NEW(struct room_call);
	rc->c = c;
	rc->engine = e;
	rc->l = client_loop(c);
	rc->h = *h;
	rc->arg = arg;
	rc->room_id = mem_strdup(o->room_id);
	rc->input = mem_strdup(o->sound.input);
	rc->output = mem_strdup(o->sound.output);
	rc->record = mem_strdup(o->record);
	rc->record_said = mem_strdup(o->record_said);
	rc->o = (struct call_options){
		.sound = o->sound,
		.listen_only = o->listen_only,
		.muted = o->muted,
		.publish_late = o->muted,
		.low = o->low,
		.addresses = o->addresses,
	};
	rc->o.sound.input = rc->input;
	rc->o.sound.output = rc->output;
	rc->muted = o->muted;
	rc->times = o->times;
	if (!rc->times.introduction)
		rc->times.introduction = INTRODUCTION_MS;
	rc->ring = o->ring;
	rc->leave_when_empty = o->leave_when_empty;
	rc->recorded = o->recorded || o->record;
	rc->leave_at_input_end = o->leave_at_input_end;
	rc->later = loop_timer_new(rc->l, go_on, rc);
	rc->pending = loop_timer_new(rc->l, room_call_tell_pending, rc);
	rc->enforce = loop_timer_new(rc->l, room_call_enforce_again, rc);
	rc->host = host_new(rc);
	company_init(&rc->people, a->user_id, a->device_id);
	int rc_ = steer_new(c, rc, &rc->steer, err);
	if (rc_) {
		room_call_free(rc);
		return rc_;
	}
	engine_observe(e, &observer, rc);
	loop_timer_start(rc->later, 0, 0);
	*ret = rc;
	return 0;
}

void room_call_free(struct room_call *rc)
{
	if (!rc)
		return;
	engine_unobserve(rc->engine, &observer, rc);
	steer_free(rc->steer);
	host_free(rc->host);
	call_mode_done(&rc->mode);
	session_drop(rc->asking);
	session_drop(rc->hand_rq);
	session_drop(rc->ring_rq);
	session_drop(rc->note_rq);
	session_drop(rc->turn_rq);
	room_call_seen_end(rc);
	place_free(rc->place);
	ears_free(rc);
	call_free(rc->call);
	seat_free(rc->seat);
	loop_timer_free(rc->later);
	loop_timer_free(rc->pending);
	loop_timer_free(rc->enforce);
	company_done(&rc->people);
	mem_free(rc->hand_event);
	mem_free(rc->record_said);
	mem_free(rc->record);
	mem_free(rc->input);
	mem_free(rc->output);
	mem_free(rc->room_id);
	mem_free(rc);
}
