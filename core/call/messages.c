/* What the server says, one function for each kind of message. */
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/call/session_priv.h"

#include <string.h>

#define PING_MAX_S 3600 /* so that milliseconds fit; signal_ping knows what is sane */

typedef void message_fn(struct call_session *s, const struct lk_response *r);

static void greet(struct call_session *s)
{
	s->greeted = true;
	signal_ping(s->signal, s->ping_interval_ms, s->ping_timeout_ms);
}

/* A server's wish in seconds. */
static int ping_ms(int s)
{
	return s <= 0 ? 0 : s > PING_MAX_S ? PING_MAX_S * 1000 : s * 1000;
}

static bool may_speak(const struct lk_person *self)
{
	const struct lk_permission *p = &self->permission;
	bool source = p->can_publish_sources_n == 0;
	for (size_t i = 0; i < p->can_publish_sources_n; i++)
		source = source || p->can_publish_sources[i] == LK_MICROPHONE;
	return !self->has_permission || (p->can_publish && source);
}

static void take_people(struct call_session *s, const struct lk_person *self,
			const struct lk_person *others, size_t n)
{
	mem_free(s->self_sid);
	s->self_sid = mem_strdup(self->sid);
	s->can_publish = may_speak(self);
	people_begin(&s->people);
	people_put(&s->people, self, true);
	for (size_t i = 0; i < n; i++)
		people_put(&s->people, &others[i], false);
	people_end(&s->people);
}

/* Those of the server of calls count; where it has none, the owner's. */
static void take_turn(struct call_session *s, const struct lk_ice_server *list, size_t n)
{
	turn_servers_clear(&s->turn);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < list[i].urls_n; k++)
			turn_servers_add(&s->turn, list[i].urls[k], list[i].username,
					 list[i].credential);
	if (!s->turn.n)
		turn_servers_copy(&s->turn, &s->own_turn);
}

static void on_join(struct call_session *s, const struct lk_response *r)
{
	const struct lk_join *j = &r->join;
	struct err err = {0};
	if (!j->has_participant || !j->participant.sid[0]) {
		err_set(&err, ERR_PROTOCOL, _("the server does not say who we are in the room"));
		session_trouble(s, MODE_REJOIN, SIGNAL_REASON_UNKNOWN, &err);
		return;
	}
	/* A server that does not know us any more may answer so to a resume, too. */
	publisher_reset(s);
	subscriber_reset(s);
	s->mode = MODE_REJOIN;
	s->ping_interval_ms = ping_ms(j->ping_interval);
	s->ping_timeout_ms = ping_ms(j->ping_timeout);
	take_turn(s, j->ice_servers, j->ice_servers_n);
	greet(s);
	s->subscriber_primary = j->subscriber_primary;
	take_people(s, &j->participant, j->other_participants, j->other_participants_n);
	publisher_begin(s);
	session_check(s);
}

static void on_reconnect(struct call_session *s, const struct lk_response *r)
{
	struct lk_request sync = {.kind = LK_REQ_SYNC_STATE};
	struct lk_track_published track;
	(void)r;
	greet(s);
	s->sub.restarted = false;
	if (s->sub.answer.n) {
		sync.sync_state.has_answer = true;
		sync.sync_state.answer = (struct lk_sdp){.type = "answer",
							 .sdp = buf_str(&s->sub.answer),
							 .id = s->sub.answer_id};
	}
	sync.sync_state.has_subscription = true;
	/* With auto_subscribe this names what is not wanted: nothing. */
	sync.sync_state.subscription.subscribe = false;
	publisher_sync(s, &sync.sync_state, &track);
	session_send(s, &sync);
	/* The old addresses may be why we had to come back. */
	session_look_at_addresses(s);
	publisher_restart(s);
	publisher_tell_mute(s);
	session_check(s);
}

static void on_offer(struct call_session *s, const struct lk_response *r)
{
	subscriber_on_offer(s, &r->offer);
}

static void on_answer(struct call_session *s, const struct lk_response *r)
{
	publisher_on_answer(s, &r->answer);
}

static void on_trickle(struct call_session *s, const struct lk_response *r)
{
	struct pc *pc = r->trickle.target == LK_PUBLISHER ? s->pub.pc : s->sub.pc;
	if (pc && r->trickle.candidate_init[0])
		pc_trickle(pc, r->trickle.candidate_init);
}

static void on_update(struct call_session *s, const struct lk_response *r)
{
	for (size_t i = 0; i < r->update.participants_n; i++) {
		const struct lk_person *l = &r->update.participants[i];
		bool self = s->self_sid && strcmp(l->sid, s->self_sid) == 0;
		bool could = s->can_publish;
		if (self && l->state != LK_DISCONNECTED)
			s->can_publish = may_speak(l);
		people_put(&s->people, l, self);
		if (s->can_publish && !could)
			publisher_allowed(s);
	}
}

static void on_published(struct call_session *s, const struct lk_response *r)
{
	publisher_on_published(s, &r->track_published);
}

static void on_unpublished(struct call_session *s, const struct lk_response *r)
{
	publisher_on_unpublished(s, r->track_unpublished.track_sid);
}

static void on_subscribed(struct call_session *s, const struct lk_response *r)
{
	if (s->pub.sid && strcmp(s->pub.sid, r->track_subscribed.track_sid) == 0)
		s->pub.subscribed = true;
}

/* A host may silence us; nobody but ourselves lets us be heard again. */
static void on_mute(struct call_session *s, const struct lk_response *r)
{
	if (s->pub.sid && strcmp(s->pub.sid, r->mute.sid) == 0 && r->mute.muted)
		session_set_muted(s, true, true);
}

static void on_speakers(struct call_session *s, const struct lk_response *r)
{
	people_speakers(&s->people, r->speakers_changed.speakers, r->speakers_changed.speakers_n);
}

static void on_quality(struct call_session *s, const struct lk_response *r)
{
	people_quality(&s->people, r->connection_quality.updates, r->connection_quality.updates_n);
}

static void on_token(struct call_session *s, const struct lk_response *r)
{
	if (r->refresh_token[0])
		session_set_token(s, r->refresh_token);
}

static void on_result(struct call_session *s, const struct lk_response *r)
{
	publisher_on_result(s, &r->request_response);
}

/* The same connections, other people. */
static void on_moved(struct call_session *s, const struct lk_response *r)
{
	const struct lk_room_moved *m = &r->room_moved;
	if (m->token[0])
		session_set_token(s, m->token);
	if (m->has_participant)
		take_people(s, &m->participant, m->other_participants, m->other_participants_n);
}

/* -- The server ends it, or wants us to come back ---------------------------------- */

static enum call_end end_of(int reason)
{
	switch (reason) {
	case LK_CLIENT_INITIATED:
		return CALL_END_LEFT;
	case LK_DUPLICATE_IDENTITY:
		return CALL_END_ELSEWHERE;
	case LK_PARTICIPANT_REMOVED:
		return CALL_END_REMOVED;
	case LK_ROOM_DELETED:
		return CALL_END_ENDED;
	case LK_ROOM_CLOSED:
		return CALL_END_CLOSED;
	default:
		return CALL_END_FAILED;
	}
}

/* `greeted`: we were in, or on the way in; else this is the answer to our knocking. */
static void explain(int reason, bool greeted, struct err *err)
{
	switch (reason) {
	case LK_SERVER_SHUTDOWN:
		err_set(err, ERR_NETWORK, _("the call server is being shut down"));
		break;
	case LK_JOIN_FAILURE:
		if (greeted) {
			err_set(err, ERR_NETWORK,
				_("the call server could not let us in: no connection for "
				  "sound came about"));
		} else {
			err_set(err, ERR_NETWORK,
				_("the call server lets nobody more in, or we came and went too "
				  "often"));
			err_hint(err, _("try again in half a minute"));
		}
		break;
	case LK_STATE_MISMATCH:
		err_set(err, ERR_NETWORK, _("the call server does not know us any more"));
		break;
	case LK_CONNECTION_TIMEOUT:
	case LK_SIGNAL_CLOSE:
	case LK_MEDIA_FAILURE:
		err_set(err, ERR_NETWORK, _("the call server has lost us"));
		break;
	default:
		err_set(err, ERR_NETWORK, _("the call server ended the call (reason %d)"), reason);
		break;
	}
}

static void on_leave(struct call_session *s, const struct lk_response *r)
{
	const struct lk_leave *l = &r->leave;
	struct err err = {0};
	enum call_end why = end_of(l->reason);
	log_debug("call: leave: reason %d, action %d", l->reason, l->action);
	explain(l->reason, s->greeted, &err);
	if (s->phase == PHASE_LEAVE)
		session_end(s, CALL_END_LEFT, NULL);
	else if (l->action == LK_LEAVE_RESUME)
		session_trouble(s, MODE_RESUME, SIGNAL_REASON_UNKNOWN, &err);
	else if (l->action == LK_LEAVE_RECONNECT || l->can_reconnect ||
		 l->reason == LK_SERVER_SHUTDOWN)
		session_trouble(s, MODE_REJOIN, SIGNAL_REASON_UNKNOWN, &err);
	else
		session_end(s, why, why == CALL_END_FAILED ? &err : NULL);
}

static message_fn *const handlers[] = {
	[LK_RES_JOIN] = on_join,
	[LK_RES_ANSWER] = on_answer,
	[LK_RES_OFFER] = on_offer,
	[LK_RES_TRICKLE] = on_trickle,
	[LK_RES_UPDATE] = on_update,
	[LK_RES_TRACK_PUBLISHED] = on_published,
	[LK_RES_LEAVE] = on_leave,
	[LK_RES_MUTE] = on_mute,
	[LK_RES_SPEAKERS_CHANGED] = on_speakers,
	[LK_RES_CONNECTION_QUALITY] = on_quality,
	[LK_RES_REFRESH_TOKEN] = on_token,
	[LK_RES_TRACK_UNPUBLISHED] = on_unpublished,
	[LK_RES_RECONNECT] = on_reconnect,
	[LK_RES_REQUEST_RESPONSE] = on_result,
	[LK_RES_TRACK_SUBSCRIBED] = on_subscribed,
	[LK_RES_ROOM_MOVED] = on_moved,
};

void session_on_message(void *arg, const struct lk_response *r)
{
	struct call_session *s = arg;
	message_fn *fn =
		r->kind > 0 && r->kind < (int)ARRAY_LEN(handlers) ? handlers[r->kind] : NULL;
	/* Nothing but a greeting or a refusal makes sense as the first message. */
	bool first =
		r->kind == LK_RES_JOIN || r->kind == LK_RES_RECONNECT || r->kind == LK_RES_LEAVE;
	if (fn && (s->greeted ? !first || r->kind == LK_RES_LEAVE : first))
		fn(s, r);
}
