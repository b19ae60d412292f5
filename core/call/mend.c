/* Getting in, and back in after trouble. */
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/call/session_priv.h"

#define DELAY_FIRST_MS 300
#define DELAY_MAX_MS 5000
#define GOODBYE_MS 1000

int session_delay_ms(unsigned n, uint32_t random)
{
	int64_t base = DELAY_FIRST_MS;
	for (unsigned i = 1; i < n && base < DELAY_MAX_MS; i++)
		base *= 2;
	base = base > DELAY_MAX_MS ? DELAY_MAX_MS : base;
	/* Nearly at once, then between half and one and a half of it. */
	return n == 0 ? (int)(random % DELAY_FIRST_MS) : (int)(base / 2 + random % base);
}

/* -- One attempt ---------------------------------------------------------------------- */

static void connect_now(struct call_session *s)
{
	static const struct signal_handler on_signal = {session_on_message, session_on_closed};
	bool resume = s->phase == PHASE_MEND && s->mode == MODE_RESUME;
	struct signal_options o = {
		.client = s->o.ws,
		.loop = s->loop,
		.url = s->url,
		.token = s->token,
		.ca_file = s->ca_file,
		.reconnect_sid = resume ? s->self_sid : NULL,
		.reconnect_reason = s->reason,
		.voices = s->o.call.low ? 1 : 0,
	};
	s->greeted = false;
	s->trying = true;
	loop_timer_stop(s->retry);
	signal_free(s->signal);
	/* What there was of sound goes on until the server has let us in anew. */
	loop_timer_start(s->limit, (uint64_t)s->t.attempt, 0);
	s->signal = signal_open(&o, &on_signal, s);
}

void session_attempt(struct call_session *s)
{
	bool ask = s->phase == PHASE_MEND && s->mode == MODE_REJOIN && s->h.token;
	if (!ask) {
		connect_now(s);
		return;
	}
	s->greeted = false;
	signal_free(take(&s->signal));
	s->token_wanted = true;
	s->h.token(s->arg);
}

static void again(struct call_session *s)
{
	uint32_t random;
	crypto_random(&random, sizeof(random));
	int ms = session_delay_ms(s->attempts++, random);
	s->trying = false;
	log_debug("call: trying again in %d ms: %s", ms, s->trouble.msg);
	loop_timer_start(s->retry, (uint64_t)ms, 0);
}

void session_token(struct call_session *s, const char *token, const struct err *why)
{
	/* It may come when we have left, or given up. */
	if (!s->token_wanted || s->phase != PHASE_MEND)
		return;
	s->token_wanted = false;
	/* Who gives tokens is away as well while the server starts anew. */
	if (!token && why && why->code == ERR_NETWORK) {
		s->trouble = *why;
		again(s);
		return;
	}
	if (!token) {
		session_end(s, CALL_END_FAILED, why ? why : &s->trouble);
		return;
	}
	session_set_token(s, token);
	connect_now(s);
}

void session_on_retry(void *arg)
{
	struct call_session *s = arg;
	if (s->phase == PHASE_MEND && !s->token_wanted)
		session_attempt(s);
}

/* -- What goes wrong -------------------------------------------------------------------- */

static bool refused(const struct err *err)
{
	return err->http_status >= 400 && err->http_status < 500;
}

static void attempt_failed(struct call_session *s, enum session_mode mode, const struct err *why)
{
	int64_t since = clock_mono_ms() - s->trouble_ms;
	bool was_resume = s->mode == MODE_RESUME;
	s->trouble = *why;
	loop_timer_stop(s->limit);
	if (mode == MODE_REJOIN || refused(why) || since >= s->t.resume)
		s->mode = MODE_REJOIN;
	/* The server is there, and only does not know us: no need to spare it. */
	if (was_resume && s->mode == MODE_REJOIN && since < s->t.resume)
		s->attempts = 0;
	if (!was_resume && why->code == ERR_AUTH) {
		session_end(s, CALL_END_FAILED, why);
		return;
	}
	again(s);
}

void session_trouble(struct call_session *s, enum session_mode mode, int reason,
		     const struct err *why)
{
	if (s->phase == PHASE_CONNECT) {
		session_end(s, CALL_END_FAILED, why);
	} else if (s->phase == PHASE_MEND) {
		s->greeted = false;
		signal_free(take(&s->signal));
		attempt_failed(s, mode, why);
	} else if (s->phase == PHASE_UP) {
		log_info("call: reconnecting: %s", why->msg);
		s->phase = PHASE_MEND;
		s->mode = mode;
		s->reason = reason;
		s->attempts = 0;
		s->trouble = *why;
		s->trouble_ms = clock_mono_ms();
		loop_timer_start(s->give_up, (uint64_t)s->t.give_up, 0);
		/* A silent way may come to life again; else nothing is heard on this one. */
		if (reason != SIGNAL_REASON_PUBLISHER && reason != SIGNAL_REASON_SUBSCRIBER) {
			s->greeted = false;
			signal_free(take(&s->signal));
		}
		session_tell_state(s, CALL_RECONNECTING);
		again(s);
	}
}

void session_on_closed(void *arg, const struct err *err)
{
	struct call_session *s = arg;
	signal_free(take(&s->signal));
	s->greeted = false;
	if (s->phase == PHASE_LEAVE)
		session_end(s, CALL_END_LEFT, NULL);
	else if (s->phase != PHASE_MEND || s->trying)
		session_trouble(s, MODE_RESUME, SIGNAL_REASON_SIGNAL, err);
}

static void hint_blocked(struct err *err)
{
	err_hint(err,
		 _("UDP, TCP and TURN servers were tried: the administrator can tell which port "
		   "the server wants, and lend a TURN server"));
}

void session_on_limit(void *arg)
{
	struct call_session *s = arg;
	struct err err = {0};
	if (s->phase == PHASE_LEAVE) {
		session_end(s, CALL_END_LEFT, NULL);
		return;
	}
	if (s->greeted) {
		err_set(&err, ERR_NETWORK,
			_("the call server lets us in, but no sound gets through"));
		hint_blocked(&err);
	} else {
		err_set(&err, ERR_NETWORK, _("the call server does not answer"));
	}
	session_trouble(s, s->greeted ? MODE_REJOIN : MODE_RESUME, s->reason, &err);
}

void session_on_give_up(void *arg)
{
	struct call_session *s = arg;
	struct err err = s->trouble;
	if (s->phase != PHASE_MEND)
		return;
	err_prefix(&err, "%s", _("the call is lost"));
	session_end(s, CALL_END_FAILED, &err);
}

void session_mended(struct call_session *s)
{
	s->trying = false;
	loop_timer_stop(s->limit);
	loop_timer_stop(s->retry);
	loop_timer_stop(s->give_up);
	s->reconnects += s->phase == PHASE_MEND;
	s->phase = PHASE_UP;
	s->moved = false;
	s->attempts = 0;
	session_tell_state(s, CALL_JOINED);
}

static void explain(const struct pc *pc, int reason, struct err *err)
{
	const char *who = reason == SIGNAL_REASON_PUBLISHER ? _("the way for our sound")
							    : _("the way for the sound of others");
	const char *why = peer_error(pc_peer((struct pc *)pc));
	if (why[0])
		err_set(err, ERR_NETWORK, "%s: %s", who, why);
	else
		err_set(err, ERR_NETWORK, _("%s: broken off"), who);
	hint_blocked(err);
}

/* What is there cannot be mended by other addresses: keys, or a goodbye. */
static bool beyond_repair(const struct pc *pc)
{
	return pc_state(pc) == PEER_CLOSED ||
	       (pc_state(pc) == PEER_FAILED &&
		ice_state(peer_ice(pc_peer((struct pc *)pc))) != ICE_FAILED);
}

void session_pc_changed(struct call_session *s, const struct pc *pc, int reason)
{
	enum peer_state state = pc_state(pc);
	struct err err = {0};
	log_debug("call: %s: state %d",
		  reason == SIGNAL_REASON_PUBLISHER ? "publisher" : "subscriber", state);
	bool broken = state == PEER_FAILED || state == PEER_CLOSED;
	bool silent = state == PEER_DISCONNECTED && s->phase == PHASE_UP;
	/* Before the server has greeted, these are the old ways, and known to be broken. */
	if (s->phase == PHASE_MEND && !s->greeted)
		return;
	if (!broken && !silent) {
		session_check(s);
		return;
	}
	enum session_mode mode = beyond_repair(pc) ? MODE_REJOIN : MODE_RESUME;
	if (s->phase == PHASE_MEND && !s->trying) {
		s->mode = mode == MODE_REJOIN ? mode : s->mode;
	} else {
		explain(pc, reason, &err);
		session_trouble(s, mode, reason, &err);
	}
	/* A goodbye has a reason, which comes by another way, and maybe later. */
	if (state == PEER_CLOSED && s->phase == PHASE_MEND && !s->trying)
		loop_timer_start(s->retry, GOODBYE_MS, 0);
}

void session_moved(struct call_session *s)
{
	struct err err = {0};
	s->moved = true;
	s->sub.restarted = false;
	err_set(&err, ERR_NETWORK, _("the network changed"));
	session_trouble(s, MODE_RESUME, SIGNAL_REASON_NETWORK, &err);
}

void session_network_changed(struct call_session *s)
{
	if (s->phase != PHASE_UP && s->phase != PHASE_MEND)
		return;
	session_look_at_addresses(s);
	session_moved(s);
}
