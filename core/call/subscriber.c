/* What others say on its way in: the server's offers, and whose packet is whose. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/call/session_priv.h"
#include "core/rtc/rtp_receiver.h"

#include <string.h>

#define RATE_HZ 48000

void subscriber_init(struct call_session *s)
{
	buf_init(&s->sub.answer, LK_SDP_MAX);
}

/* -- Voices ------------------------------------------------------------------------- */

static void release_stream(struct call_session *s, struct voice *v)
{
	if (v->stream)
		audio_engine_stream_remove(sound_engine(s->sound), v->stream);
	v->stream = 0;
}

static void drop_voice(struct call_session *s, size_t i)
{
	struct voice *v = s->sub.voices[i];
	release_stream(s, v);
	if (s->sub.pc)
		peer_remove_receiver(pc_peer(s->sub.pc), v->ssrc);
	mem_free(v->track_sid);
	mem_free(v->person_sid);
	mem_free(v);
	s->sub.voices[i] = s->sub.voices[--s->sub.voices_n];
}

void subscriber_reset(struct call_session *s)
{
	struct subscriber *sub = &s->sub;
	while (sub->voices_n)
		drop_voice(s, sub->voices_n - 1);
	pc_free(take(&sub->pc));
	buf_clear(&sub->answer);
	sub->answer_id = 0;
	sub->restarted = false;
	sub->loss = 0;
	sub->seen_received = sub->seen_lost = 0;
}

void subscriber_forget(struct call_session *s, const char *person_sid)
{
	for (size_t i = s->sub.voices_n; i-- > 0;)
		if (strcmp(s->sub.voices[i]->person_sid, person_sid) == 0)
			release_stream(s, s->sub.voices[i]);
}

static struct voice *find_voice(const struct call_session *s, uint32_t ssrc)
{
	for (size_t i = 0; i < s->sub.voices_n; i++)
		if (s->sub.voices[i]->ssrc == ssrc)
			return s->sub.voices[i];
	return NULL;
}

static float gain_of(const struct call_session *s, const struct voice *v)
{
	const struct call_person *p = people_by_sid(&s->people, v->person_sid);
	if (!p)
		p = people_by_track(&s->people, v->track_sid);
	return p ? people_gain(&s->people, p->identity) : 0;
}

void subscriber_gains(struct call_session *s)
{
	for (size_t i = 0; i < s->sub.voices_n; i++) {
		const struct voice *v = s->sub.voices[i];
		if (v->stream)
			audio_engine_stream_gain(sound_engine(s->sound), v->stream, gain_of(s, v));
	}
}

/* The engine hears fewer at once than may have a track: who was silent longest gives way. */
static void make_room(struct call_session *s, int64_t now_ns)
{
	struct voice *idle = NULL;
	for (size_t i = 0; i < s->sub.voices_n; i++) {
		struct voice *v = s->sub.voices[i];
		if (v->stream && now_ns - v->heard_ns > VOICE_IDLE_NS &&
		    (!idle || v->heard_ns < idle->heard_ns))
			idle = v;
	}
	if (idle)
		release_stream(s, idle);
}

static bool ensure_stream(struct call_session *s, struct voice *v, int64_t now_ns)
{
	struct audio_engine *e = sound_engine(s->sound);
	if (v->stream)
		return true;
	int rc = audio_engine_stream_add(e, &v->stream, NULL);
	if (rc == ERR_LIMITED) {
		make_room(s, now_ns);
		rc = audio_engine_stream_add(e, &v->stream, NULL);
	}
	if (rc)
		return false;
	float db = gain_of(s, v);
	if (db != 0)
		audio_engine_stream_gain(e, v->stream, db);
	return true;
}

static void on_rtp(void *arg, const struct rtp *r, int64_t arrival_ns)
{
	struct call_session *s = arg;
	struct voice *v = find_voice(s, r->ssrc);
	if (!v || v->pt != r->pt) {
		s->sub.unknown++;
		return;
	}
	if (!r->payload.n || !sound_started(s->sound) || !ensure_stream(s, v, arrival_ns))
		return;
	struct jitter_packet p = {
		.seq = r->seq,
		.timestamp = r->timestamp,
		.arrival_ns = arrival_ns,
		.payload = r->payload,
	};
	v->heard_ns = arrival_ns;
	audio_engine_packet(sound_engine(s->sound), v->stream, &p);
}

/* -- Negotiation ------------------------------------------------------------------- */

static void on_changed(void *arg)
{
	struct call_session *s = arg;
	session_pc_changed(s, s->sub.pc, SIGNAL_REASON_SUBSCRIBER);
}

/* "PA_...|camera" names the person in a=msid. */
static struct span person_of(const struct sdp_media *m)
{
	ptrdiff_t bar = span_find(m->stream, '|');
	return bar < 0 ? m->stream : span_head(m->stream, (size_t)bar);
}

static void take_voice(struct call_session *s, const struct sdp_media *m,
		       const struct sdp_codec *opus, uint32_t ssrc)
{
	struct subscriber *sub = &s->sub;
	struct voice *v = find_voice(s, ssrc);
	if (!v && sub->voices_n == VOICES_MAX) {
		log_warn("call: more than %d voices: some are not heard", VOICES_MAX);
		return;
	}
	if (!v) {
		v = NEW(struct voice);
		v->ssrc = ssrc;
		sub->voices[sub->voices_n++] = v;
	}
	v->kept = true;
	v->pt = opus->pt;
	mem_free(v->track_sid);
	mem_free(v->person_sid);
	v->track_sid = span_dup(m->track);
	v->person_sid = span_dup(person_of(m));
}

static void take_voices(struct call_session *s, const struct sdp *offer)
{
	struct subscriber *sub = &s->sub;
	for (size_t i = 0; i < sub->voices_n; i++)
		sub->voices[i]->kept = false;
	for (size_t i = 0; i < offer->media_n; i++) {
		const struct sdp_media *m = &offer->media[i];
		const struct sdp_codec *opus = sdp_codec(m, "opus", RATE_HZ);
		if (m->kind != SDP_AUDIO || !opus || !(m->direction & SDP_SENDONLY) ||
		    (!m->port && !m->bundle_only))
			continue;
		peer_receive_format(pc_peer(sub->pc), opus->pt, RATE_HZ, opus->nack);
		for (size_t k = 0; k < m->ssrcs_n; k++)
			take_voice(s, m, opus, m->ssrcs[k].ssrc);
	}
	for (size_t i = sub->voices_n; i-- > 0;)
		if (!sub->voices[i]->kept)
			drop_voice(s, i);
}

static int write_answer(struct call_session *s, const struct sdp *offer, struct err *err)
{
	struct subscriber *sub = &s->sub;
	struct sdp answer = {0};
	struct sdp_answer_how how = {
		.candidates_end = true,
		.session_id = 1,
		.session_version = ++sub->version,
	};
	pc_describe(sub->pc, &how.transport, &how.candidates, &how.candidates_n);
	int rc = sdp_answer(offer, &how, &answer, err);
	buf_clear(&sub->answer);
	if (!rc)
		rc = sdp_write(&answer, &sub->answer, err);
	sdp_done(&answer);
	return rc;
}

static int take_offer(struct call_session *s, const struct sdp *offer, struct err *err)
{
	static const struct pc_handler on_pc = {.changed = on_changed, .rtp = on_rtp};
	struct subscriber *sub = &s->sub;
	const struct sdp_transport *t = sdp_transport(offer);
	bool client = false;
	if (!t)
		return err_set(err, ERR_PROTOCOL, _("the server's offer has no transport"));
	if (!sub->pc)
		sub->pc = session_pc(s, false, &on_pc);
	if (!sub->pc)
		return err_set(err, ERR_NETWORK, _("no way to hear others"));
	int rc = peer_dtls_role(t->setup == SDP_ACTIVE ? SDP_PASSIVE : SDP_ACTIVE, t->setup,
				&client, err);
	if (rc)
		return rc;
	sub->restarted |= !span_eq_str(t->ufrag, pc_remote_ufrag(sub->pc));
	rc = pc_set_remote(sub->pc, offer, client, err);
	if (rc)
		return rc;
	take_voices(s, offer);
	return write_answer(s, offer, err);
}

void subscriber_on_offer(struct call_session *s, const struct lk_sdp *o)
{
	struct subscriber *sub = &s->sub;
	struct lk_request r = {.kind = LK_REQ_ANSWER};
	struct sdp offer = {0};
	struct err err = {0};
	int rc = sdp_parse(span_of(o->sdp), &offer, &err);
	if (!rc)
		rc = take_offer(s, &offer, &err);
	sdp_done(&offer);
	if (rc) {
		session_trouble(s, MODE_REJOIN, SIGNAL_REASON_SUBSCRIBER, &err);
		return;
	}
	sub->answer_id = o->id;
	r.answer = (struct lk_sdp){.type = "answer", .sdp = buf_str(&sub->answer), .id = o->id};
	session_send(s, &r);
	session_check(s);
}

bool subscriber_ready(const struct call_session *s)
{
	const struct subscriber *sub = &s->sub;
	if (!sub->pc)
		return !s->subscriber_primary;
	return pc_up(sub->pc);
}

/* Packets that come, but not in time, are lost to the ear: senders protect what they say against
 * that, too. */
static void tell_missed(struct call_session *s, struct voice *v, const struct jitter_stats *j)
{
	int64_t missed = j->lost - v->missed, played = j->played - v->played;
	bool anew = missed < 0 || played < 0;
	v->missed = j->lost;
	v->played = j->played;
	if (!anew)
		peer_further_loss(pc_peer(s->sub.pc), v->ssrc,
				  missed ? (double)missed / (double)(missed + played) : 0);
}

void subscriber_look(struct call_session *s)
{
	struct audio_engine_stream_state state;
	int patience = RTP_NACK_PATIENCE_MS;
	for (size_t i = 0; i < s->sub.voices_n; i++) {
		struct voice *v = s->sub.voices[i];
		if (!v->stream ||
		    !audio_engine_stream_state(sound_engine(s->sound), v->stream, &state))
			continue;
		tell_missed(s, v, &state.jitter);
		/* What is sent again may come as late as is waited for anyway. */
		if (state.jitter.delay_ms > patience)
			patience = state.jitter.delay_ms;
	}
	peer_patience(pc_peer(s->sub.pc), patience);
}

void subscriber_status(struct call_session *s, struct call_status *ret)
{
	struct audio_engine_stream_state state;
	for (size_t i = 0; i < s->sub.voices_n; i++) {
		uint32_t id = s->sub.voices[i]->stream;
		const struct jitter_stats *j = &state.jitter;
		if (!id || !audio_engine_stream_state(sound_engine(s->sound), id, &state))
			continue;
		ret->delay_ms = j->delay_ms > ret->delay_ms ? j->delay_ms : ret->delay_ms;
		ret->missed += j->lost;
		ret->by_fec += j->fec;
		ret->made_up_ms += j->concealed_samples / AUDIO_SAMPLES_PER_MS;
		ret->late += j->late;
	}
}
