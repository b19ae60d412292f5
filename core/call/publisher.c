/* Our own sound on its way out: the track, its connection, its packets. */
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/call/session_priv.h"
#include "core/rtc/rtp_history.h"

#include <string.h>

#define RATE_HZ 48000

static void new_names(struct publisher *p)
{
	uint8_t raw[8];
	crypto_random(raw, sizeof(raw));
	memcpy(p->cid, "mic-", 4);
	hex_put(p->cid + 4, raw, sizeof(raw));
	crypto_random(&p->ssrc, sizeof(p->ssrc));
	p->ssrc |= 1; /* not 0 */
	crypto_random(&p->seq, sizeof(p->seq));
	/* Far from its wrap: who misses the first packets counts rounds as we do (RFC 3711 3.3.1). */
	p->seq &= 0x7fff;
}

static void new_cname(struct publisher *p)
{
	uint8_t raw[8];
	crypto_random(raw, sizeof(raw));
	hex_put(p->cname, raw, sizeof(raw));
}

static void on_timeout(void *arg);

void publisher_init(struct call_session *s)
{
	buf_init(&s->pub.offer, LK_SDP_MAX);
	s->pub.timeout = loop_timer_new(s->loop, on_timeout, s);
	s->pub.pack_due = loop_timer_new(s->loop, publisher_on_pack_due, s);
	new_names(&s->pub);
	new_cname(&s->pub);
}

void publisher_reset(struct call_session *s)
{
	struct publisher *p = &s->pub;
	pc_free(take(&p->pc));
	mem_free(take(&p->sid));
	buf_clear(&p->offer);
	loop_timer_stop(p->timeout);
	loop_timer_stop(p->pack_due);
	p->pack.n = p->pack.bytes = 0;
	p->state = PUBLISH_NOT;
	p->section = 0;
	p->offer_id = 0;
	p->answered = false;
	p->subscribed = false;
	new_names(p);
}

void publisher_done(struct call_session *s)
{
	pc_free(s->pub.pc);
	mem_free(s->pub.sid);
	buf_done(&s->pub.offer);
	loop_timer_free(s->pub.timeout);
	loop_timer_free(s->pub.pack_due);
}

/* -- Negotiation ------------------------------------------------------------------ */

static void add_track_of(const struct call_session *s, struct lk_add_track *ret)
{
	*ret = (struct lk_add_track){
		.cid = s->pub.cid,
		.name = "microphone",
		.type = LK_AUDIO,
		.source = LK_MICROPHONE,
		.muted = s->muted,
		.disable_red = true,
	};
}

void publisher_allowed(struct call_session *s)
{
	if (s->pub.state == PUBLISH_REFUSED) {
		s->pub.state = PUBLISH_NOT;
		loop_timer_stop(s->pub.timeout);
	}
	publisher_begin(s);
}

static void warn_refused(struct call_session *s)
{
	session_warn(s, ERR_AUTH, _("speaking is not allowed in this call: only listening"));
}

void publisher_begin(struct call_session *s)
{
	struct publisher *p = &s->pub;
	struct lk_request r = {.kind = LK_REQ_ADD_TRACK};
	bool wanted = s->can_speak && !(s->o.call.publish_late && s->muted);
	if (!wanted || !s->greeted || p->state != PUBLISH_NOT)
		return;
	if (!s->can_publish) {
		p->state = PUBLISH_REFUSED;
		/* Who was given leave to speak just now may hear of it before the server does. */
		if (s->o.call.publish_late)
			loop_timer_start(p->timeout, (uint64_t)s->t.publish, 0);
		else
			warn_refused(s);
		return;
	}
	add_track_of(s, &r.add_track);
	p->told_muted = s->muted;
	p->state = PUBLISH_ASKED;
	loop_timer_start(p->timeout, (uint64_t)s->t.publish, 0);
	session_send(s, &r);
}

static void on_changed(void *arg)
{
	struct call_session *s = arg;
	session_pc_changed(s, s->pub.pc, SIGNAL_REASON_PUBLISHER);
}

/* One that the server knows, and that has a section of the offer. */
static bool has_track(const struct publisher *p)
{
	return p->state == PUBLISH_OFFERED || p->state == PUBLISH_DONE;
}

static bool ensure_sender(struct call_session *s)
{
	static const struct pc_handler on_pc = {.changed = on_changed};
	struct publisher *p = &s->pub;
	if (!p->pc)
		p->pc = session_pc(s, true, &on_pc);
	return p->pc &&
	       peer_add_sender(pc_peer(p->pc), p->ssrc, RATE_HZ, RTP_HISTORY_DEFAULT, NULL) == 0;
}

static int write_offer(struct call_session *s, struct err *err)
{
	static const char *const digits = "0123456789";
	struct publisher *p = &s->pub;
	struct sdp sdp = {0};
	char mids[SECTIONS_MAX][2];
	struct sdp_offer_audio audio[SECTIONS_MAX] = {0};
	bool track = has_track(p);
	struct sdp_offer_how how = {
		.candidates_end = true,
		.audio = audio,
		.audio_n = p->section + (track || p->section + 1 == SECTIONS_MAX),
		.session_id = p->ssrc,
		.session_version = p->offer_id,
	};
	for (unsigned i = 0; i < how.audio_n; i++) {
		mids[i][0] = digits[i / 10];
		mids[i][1] = digits[i % 10];
		audio[i].mid = i < 10 ? (struct span){&mids[i][1], 1} : (struct span){mids[i], 2};
		audio[i].direction = SDP_INACTIVE;
	}
	if (track) {
		audio[p->section].direction = SDP_SENDONLY;
		audio[p->section].send = (struct sdp_send){p->ssrc, span_of(p->cname),
							   span_of(p->cname), span_of(p->cid)};
	}
	pc_describe(p->pc, &how.transport, &how.candidates, &how.candidates_n);
	int rc = sdp_offer(&how, &sdp, err);
	buf_clear(&p->offer);
	if (!rc)
		rc = sdp_write(&sdp, &p->offer, err);
	sdp_done(&sdp);
	return rc;
}

static void send_offer(struct call_session *s)
{
	struct publisher *p = &s->pub;
	struct lk_request r = {.kind = LK_REQ_OFFER};
	struct err err;
	p->offer_id++;
	p->answered = false;
	if (write_offer(s, &err)) {
		session_warn(s, err.code, "%s", err.msg);
		return;
	}
	r.offer = (struct lk_sdp){.type = "offer", .sdp = buf_str(&p->offer), .id = p->offer_id};
	session_send(s, &r);
}

void publisher_on_published(struct call_session *s, const struct lk_track_published *t)
{
	struct publisher *p = &s->pub;
	if (p->state != PUBLISH_ASKED || strcmp(t->cid, p->cid) != 0 || !t->has_track)
		return;
	mem_free(p->sid);
	p->sid = mem_strdup(t->track.sid);
	p->state = PUBLISH_OFFERED;
	if (ensure_sender(s))
		send_offer(s);
	publisher_tell_mute(s);
}

/* The connection stays; the next track has names, and a section of the offer, of its own. */
static void end_track(struct call_session *s)
{
	struct publisher *p = &s->pub;
	if (p->pc)
		peer_remove_sender(pc_peer(p->pc), clock_mono_ms(), p->ssrc);
	if (p->pc && p->section + 1 < SECTIONS_MAX)
		p->section++;
	mem_free(take(&p->sid));
	loop_timer_stop(p->timeout);
	p->state = PUBLISH_NOT;
	p->subscribed = false;
	/* What still comes for the offer that had it is for nothing. */
	p->answered = true;
	new_names(p);
}

static void on_timeout(void *arg)
{
	struct call_session *s = arg;
	if (s->pub.state == PUBLISH_REFUSED && !s->muted)
		warn_refused(s);
	if (s->pub.state != PUBLISH_ASKED && s->pub.state != PUBLISH_OFFERED)
		return;
	end_track(s);
	session_warn(s, ERR_NETWORK, _("the server did not take our sound: nobody hears us"));
	/* Listening is better than nothing. */
	session_check(s);
}

void publisher_on_unpublished(struct call_session *s, const char *sid)
{
	struct publisher *p = &s->pub;
	if (!p->sid || strcmp(p->sid, sid) != 0)
		return;
	end_track(s);
	session_warn(s, ERR_AUTH, _("the server ended our sound"));
	session_set_muted(s, true, true);
	session_check(s);
}

static void refused(struct call_session *s, const char *why)
{
	s->pub.state = PUBLISH_REFUSED;
	loop_timer_stop(s->pub.timeout);
	session_warn(s, ERR_AUTH, _("the server does not take our sound: %s"), why);
	session_check(s);
}

void publisher_on_result(struct call_session *s, const struct lk_request_response *r)
{
	if (r->reason == LK_RESULT_OK || r->reason == LK_RESULT_QUEUED ||
	    r->request != LK_REPEATED_ADD_TRACK || s->pub.state != PUBLISH_ASKED ||
	    strcmp(r->add_track.cid, s->pub.cid) != 0)
		return;
	refused(s, r->message[0]			   ? r->message
		   : r->reason == LK_RESULT_NOT_ALLOWED	   ? _("speaking is not allowed")
		   : r->reason == LK_RESULT_LIMIT_EXCEEDED ? _("too many people speak")
							   : _("it gives no reason"));
}

/* Where our track goes, by the answer. */
static int take_section(struct publisher *p, const struct sdp_media *m, struct err *err)
{
	const struct sdp_codec *opus = m->port ? sdp_codec(m, "opus", RATE_HZ) : NULL;
	if (!opus)
		return err_set(err, ERR_UNSUPPORTED, _("the server refuses Opus"));
	p->pt = opus->pt;
	p->level_id = sdp_ext_id(m, RTP_URI_AUDIO_LEVEL);
	p->capture_id = sdp_ext_id(m, RTP_URI_ABS_CAPTURE);
	return 0;
}

static int take_answer(struct call_session *s, const struct lk_sdp *a, struct err *err)
{
	struct publisher *p = &s->pub;
	struct sdp offer = {0}, answer = {0};
	bool client = false;
	int rc = sdp_parse(buf_span(&p->offer), &offer, err);
	if (!rc)
		rc = sdp_parse(span_of(a->sdp), &answer, err);
	if (!rc)
		rc = sdp_check_answer(&offer, &answer, err);
	if (!rc && has_track(p))
		rc = take_section(p, &answer.media[p->section], err);
	if (!rc)
		rc = peer_dtls_role(SDP_ACTPASS, sdp_transport(&answer)->setup, &client, err);
	if (!rc)
		rc = pc_set_remote(p->pc, &answer, client, err);
	sdp_done(&offer);
	sdp_done(&answer);
	return rc;
}

void publisher_on_answer(struct call_session *s, const struct lk_sdp *a)
{
	struct publisher *p = &s->pub;
	struct err err = {0};
	if (!p->pc || p->answered || (a->id && a->id != p->offer_id)) {
		log_debug("call: an answer to nothing (id %u)", a->id);
		return;
	}
	if (take_answer(s, a, &err)) {
		session_trouble(s, MODE_REJOIN, SIGNAL_REASON_PUBLISHER, &err);
		return;
	}
	p->answered = true;
	if (p->state == PUBLISH_OFFERED) {
		p->state = PUBLISH_DONE;
		loop_timer_stop(p->timeout);
	}
	session_check(s);
}

bool publisher_ready(const struct call_session *s)
{
	const struct publisher *p = &s->pub;
	if (p->state == PUBLISH_NOT || p->state == PUBLISH_REFUSED)
		return true;
	return p->state == PUBLISH_DONE && p->answered && p->pc && pc_up(p->pc);
}

void publisher_restart(struct call_session *s)
{
	struct publisher *p = &s->pub;
	if (p->pc) {
		pc_restart(p->pc);
		send_offer(s);
	}
	if (p->state == PUBLISH_ASKED) {
		/* What we asked for went down with the connection. */
		p->state = PUBLISH_NOT;
		publisher_begin(s);
	}
}

void publisher_sync(struct call_session *s, struct lk_sync_state *ret,
		    struct lk_track_published *track)
{
	struct publisher *p = &s->pub;
	if (!p->sid)
		return;
	*track = (struct lk_track_published){
		.cid = p->cid,
		.has_track = true,
		.track = {.sid = p->sid,
			  .type = LK_AUDIO,
			  .name = "microphone",
			  .muted = s->muted,
			  .source = LK_MICROPHONE,
			  .disable_red = true},
	};
	ret->publish_tracks = track;
	ret->publish_tracks_n = 1;
	ret->has_offer = p->offer.n > 0;
	ret->offer = (struct lk_sdp){.type = "offer", .sdp = buf_str(&p->offer), .id = p->offer_id};
}

/* -- Sending ------------------------------------------------------------------------ */

void publisher_tell_mute(struct call_session *s)
{
	struct publisher *p = &s->pub;
	struct lk_request r = {.kind = LK_REQ_MUTE};
	if (!p->sid || p->told_muted == s->muted || !s->greeted)
		return;
	r.mute = (struct lk_mute){p->sid, s->muted};
	p->told_muted = s->muted;
	session_send(s, &r);
}
