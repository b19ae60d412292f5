#include "core/call/session.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/net_watch.h"
#include "core/call/session_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAME_MS 20
#define FRAME_SAMPLES 960
/* Of the way to what the last report said, at each look. */
#define LOSS_RISE 0.5
#define LOSS_FALL 0.15

const struct session_times session_times_default = {
	.give_up = CALL_GIVE_UP_MS,
	.resume = 15000,
	.attempt = 15000,
	.leave = 1500,
	.publish = 10000,
	.warm_up = 1000,
	.look = 1000,
};

/* -- Telling ------------------------------------------------------------------------- */

void session_tell_state(struct call_session *s, enum call_state now)
{
	if (s->told == now)
		return;
	s->told = now;
	if (s->h.state)
		s->h.state(s->arg, now);
}

void session_warn(struct call_session *s, int code, const char *fmt, ...)
{
	char text[512];
	struct err err = {0};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, code, "%s", text);
	if (s->h.warning)
		s->h.warning(s->arg, &err);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	struct call_session *s = arg;
	if (what == CALL_PERSON_LEFT)
		subscriber_forget(s, p->sid);
	if (s->h.person)
		s->h.person(s->arg, what, p);
}

static void on_input_end(void *arg)
{
	struct call_session *s = arg;
	if (s->h.input_end)
		s->h.input_end(s->arg);
}

/* -- Sound begins ----------------------------------------------------------------------- */

static void begin_sound(struct call_session *s)
{
	struct err err = {0};
	loop_timer_stop(s->silence);
	loop_timer_stop(s->warm_up);
	if (sound_start(s->sound, &err))
		session_end(s, CALL_END_FAILED, &err);
}

static void on_warm(void *arg)
{
	struct call_session *s = arg;
	if (s->phase < PHASE_LEAVE && !sound_started(s->sound))
		begin_sound(s);
}

/*
 * The first words would be lost while the server finds out that there is sound
 * and offers it to others: silence goes first, until somebody is subscribed.
 */
static void on_silence(void *arg)
{
	static const uint8_t opus[] = {0xf8, 0xff, 0xfe}; /* 20 ms of digital silence */
	struct call_session *s = arg;
	struct audio_engine_frame f = {
		.payload = {(const char *)opus, sizeof(opus)},
		.timestamp = s->silence_timestamp,
		.marker = s->silence_n++ == 0,
		.level_dbov = 127,
		.captured_ns = clock_mono_ns(),
	};
	if (s->phase != PHASE_UP)
		return;
	if (s->pub.subscribed) {
		begin_sound(s);
		return;
	}
	publisher_frame(s, &f);
	s->silence_timestamp += FRAME_SAMPLES;
}

static void prepare_sound(struct call_session *s)
{
	if (s->pub.state != PUBLISH_DONE || s->muted || !people_others(&s->people) ||
	    !s->t.warm_up) {
		begin_sound(s);
		return;
	}
	s->silence_timestamp = sound_first_timestamp(s->sound) -
			       (uint32_t)(s->t.warm_up / FRAME_MS + 1) * FRAME_SAMPLES;
	loop_timer_start(s->warm_up, (uint64_t)s->t.warm_up, 0);
	loop_timer_start(s->silence, 0, FRAME_MS);
}

void session_check(struct call_session *s)
{
	bool mending = s->phase == PHASE_MEND;
	if ((s->phase != PHASE_CONNECT && !mending) || !s->greeted)
		return;
	if (!subscriber_ready(s) || !publisher_ready(s))
		return;
	/* The old way may look well though it is gone: wait for the server's new offer. */
	if (mending && s->moved && s->mode == MODE_RESUME && s->sub.pc && !s->sub.restarted)
		return;
	session_mended(s);
	if (!mending)
		prepare_sound(s);
}

/* -- Looking after it -------------------------------------------------------------------- */

/* Reports tell of a second each. Loss is believed soon, its end slowly: it comes in gusts. */
static void protect(struct call_session *s, double told)
{
	double share = told > s->pub.loss ? LOSS_RISE : LOSS_FALL;
	s->pub.loss += (told - s->pub.loss) * share;
	audio_engine_network(sound_engine(s->sound), (int)(s->pub.loss * 100 + 0.5), 0);
}

static void look_at_losses(struct call_session *s)
{
	struct peer_stats st;
	if (s->pub.pc) {
		peer_stats(pc_peer(s->pub.pc), &st);
		protect(s, st.remote_loss);
	}
	if (!s->sub.pc)
		return;
	subscriber_look(s);
	peer_stats(pc_peer(s->sub.pc), &st);
	int64_t got = (int64_t)st.rtp_received - s->sub.seen_received;
	int64_t lost = st.lost - s->sub.seen_lost;
	/* What was missing may still have come. */
	lost = lost > 0 ? lost : 0;
	s->sub.loss = got + lost > 0 ? (double)lost / (double)(got + lost) : 0;
	s->sub.seen_received = (int64_t)st.rtp_received;
	s->sub.seen_lost = st.lost;
}

bool session_look_at_addresses(struct call_session *s)
{
	bool moved = s->sub.pc && pc_refresh(s->sub.pc);
	return (s->pub.pc && pc_refresh(s->pub.pc)) || moved;
}

/* The system says that they changed, or it is time to look. */
static void on_addresses(void *arg)
{
	struct call_session *s = arg;
	if (s->phase != PHASE_UP && s->phase != PHASE_MEND)
		return;
	if (session_look_at_addresses(s) && s->phase == PHASE_UP)
		session_moved(s);
}

static void on_look(void *arg)
{
	struct call_session *s = arg;
	if (s->phase != PHASE_UP && s->phase != PHASE_MEND)
		return;
	look_at_losses(s);
	on_addresses(s);
}

/* -- Making and ending ------------------------------------------------------------------- */

/* Whether the server is on this host, where only loopback may lead to it. */
static bool on_this_host(const char *url)
{
	static const char *const names[] = {"://localhost", "://127.", "://[::1]"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strstr(url, names[i]))
			return true;
	return false;
}

struct pc *session_pc(struct call_session *s, bool controlling, const struct pc_handler *h)
{
	struct pc_options o = {
		.loop = s->loop,
		.cert = s->cert,
		.controlling = controlling,
		.calm = s->o.call.low,
		.cname = s->pub.cname,
		.net = {.addresses = s->o.call.addresses, .with_loopback = s->loopback},
		.detour = {.servers = &s->turn, .ca_file = s->ca_file},
		.block = s->o.block,
	};
	struct err err = {0};
	struct pc *pc = pc_new(&o, h, s, &err);
	if (!pc)
		session_warn(s, err.code, "%s", err.msg);
	return pc;
}

static void make_timers(struct call_session *s)
{
	s->retry = loop_timer_new(s->loop, session_on_retry, s);
	s->limit = loop_timer_new(s->loop, session_on_limit, s);
	s->give_up = loop_timer_new(s->loop, session_on_give_up, s);
	s->look = loop_timer_new(s->loop, on_look, s);
	s->warm_up = loop_timer_new(s->loop, on_warm, s);
	s->silence = loop_timer_new(s->loop, on_silence, s);
	s->addresses = net_watch_new(s->loop, on_addresses, s);
	loop_timer_start(s->look, (uint64_t)s->t.look, (uint64_t)s->t.look);
}

static int check_url(const struct call_session *s, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	struct signal_options o = {.url = s->url};
	return signal_url(&o, &b, err);
}

static int open_sound(struct call_session *s, struct err *err)
{
	static const struct sound_handler on_sound = {publisher_frame, on_input_end};
	struct audio_engine_settings a = s->o.call.sound;
	if (s->o.call.listen_only)
		a.input = NULL;
	a.muted = s->muted;
	s->can_speak = a.input != NULL;
	return sound_new(s->loop, &a, &on_sound, s, &s->sound, err);
}

int session_open(const struct session_options *o, const struct call_handler *h, void *arg,
		 struct call_session **ret, struct err *err)
{
	struct call_session *s = NEW(struct call_session);
	s->loop = o->loop;
	s->o = *o;
	s->t = o->times;
	s->h = *h;
	s->arg = arg;
	s->url = mem_strdup(o->call.url);
	s->token = mem_strdup(o->call.token);
	s->ca_file = mem_strdup(o->call.ca_file);
	s->muted = o->call.muted;
	s->told = CALL_CONNECTING;
	s->loopback = on_this_host(s->url);
	s->subscriber_primary = true;
	make_timers(s);
	publisher_init(s);
	subscriber_init(s);
	people_init(&s->people, on_person, s);
	int rc = check_url(s, err);
	if (!rc)
		rc = open_sound(s, err);
	if (!rc && !(s->cert = dtls_cert_new(err)))
		rc = err ? err->code : ERR_FAILED;
	if (rc) {
		session_close(s);
		return rc;
	}
	if (h->state)
		h->state(arg, CALL_CONNECTING);
	session_attempt(s);
	*ret = s;
	return 0;
}

static void let_go(struct call_session *s)
{
	struct loop_timer *const timers[] = {s->retry, s->limit,   s->give_up,
					     s->look,  s->warm_up, s->silence};
	for (size_t i = 0; i < ARRAY_LEN(timers); i++)
		loop_timer_stop(timers[i]);
	signal_free(take(&s->signal));
	s->greeted = false;
	if (s->sound)
		subscriber_reset(s);
	publisher_reset(s);
}

void session_end(struct call_session *s, enum call_end why, const struct err *err)
{
	struct err kept = {0};
	if (s->phase == PHASE_ENDED)
		return;
	if (err)
		kept = *err;
	s->phase = PHASE_ENDED;
	session_status(s, &s->last);
	s->last.state = CALL_ENDED;
	let_go(s);
	sound_stop(s->sound);
	session_tell_state(s, CALL_ENDED);
	if (s->h.ended)
		s->h.ended(s->arg, why, why == CALL_END_FAILED ? &kept : NULL);
}

void session_close(struct call_session *s)
{
	if (!s)
		return;
	s->phase = PHASE_ENDED;
	let_go(s);
	loop_timer_free(s->retry);
	loop_timer_free(s->limit);
	loop_timer_free(s->give_up);
	loop_timer_free(s->look);
	net_watch_free(s->addresses);
	loop_timer_free(s->warm_up);
	loop_timer_free(s->silence);
	publisher_done(s);
	buf_done(&s->sub.answer);
	people_done(&s->people);
	sound_free(s->sound);
	dtls_cert_unref(s->cert);
	mem_free(s->url);
	mem_free(s->ca_file);
	turn_servers_clear(&s->turn);
	turn_servers_clear(&s->own_turn);
	mem_free(s->self_sid);
	mem_free_secret(s->token);
	mem_free(s);
}

void session_leave(struct call_session *s)
{
	struct lk_request r = {.kind = LK_REQ_LEAVE};
	bool polite = s->greeted && s->signal;
	if (s->phase == PHASE_LEAVE || s->phase == PHASE_ENDED)
		return;
	s->phase = PHASE_LEAVE;
	if (!polite) {
		session_end(s, CALL_END_LEFT, NULL);
		return;
	}
	r.leave = (struct lk_leave){.reason = LK_CLIENT_INITIATED, .action = LK_LEAVE_DISCONNECT};
	session_send(s, &r);
	if (s->pub.pc)
		pc_close(s->pub.pc);
	if (s->sub.pc)
		pc_close(s->sub.pc);
	signal_close(s->signal);
	loop_timer_start(s->limit, (uint64_t)s->t.leave, 0);
}

/* -- What the owner may turn --------------------------------------------------------------- */

void session_send(struct call_session *s, const struct lk_request *r)
{
	struct err err = {0};
	if (s->signal && signal_send(s->signal, r, &err))
		log_debug("call: %s: %s", lk_request_name(r->kind), err.msg);
}

void session_set_token(struct call_session *s, const char *token)
{
	mem_free_secret(s->token);
	s->token = mem_strdup(token);
}

void session_set_muted(struct call_session *s, bool muted, bool by_server)
{
	if (s->muted == muted)
		return;
	s->muted = muted;
	audio_engine_mute(sound_engine(s->sound), muted);
	publisher_tell_mute(s);
	if (!muted)
		publisher_begin(s);
	if (s->h.muted)
		s->h.muted(s->arg, muted, by_server);
}

void session_mute(struct call_session *s, bool muted)
{
	if (s->phase < PHASE_LEAVE)
		session_set_muted(s, muted, false);
}

void session_gain(struct call_session *s, const char *identity, float db)
{
	if (s->phase >= PHASE_LEAVE)
		return;
	if (!identity) {
		audio_engine_output_gain(sound_engine(s->sound), db);
		return;
	}
	people_set_gain(&s->people, identity, db);
	subscriber_gains(s);
}

void session_turn(struct call_session *s, const struct call_turn *t)
{
	turn_servers_clear(&s->own_turn);
	for (size_t i = 0; i < t->uris_n; i++)
		turn_servers_add(&s->own_turn, t->uris[i], t->username, t->password);
	if (!s->turn.n)
		turn_servers_copy(&s->turn, &s->own_turn);
}

struct sound *session_sound(struct call_session *s)
{
	return s->sound;
}
