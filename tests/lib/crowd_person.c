#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/token.h"
#include "tests/lib/crowd_priv.h"

#include <string.h>

#define OPUS_PT 111
#define MID "0"
#define HISTORY 64
#define PING_MS 5000

static const char *const extensions[] = {RTP_URI_AUDIO_LEVEL, RTP_URI_ABS_CAPTURE, NULL};

static void say(struct crowd_person *p, const struct lk_request *rq)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_REQUEST_BYTES_MAX);
	struct err err;
	if (lk_request_encode(rq, &b, &err) || ws_send(p->ws, buf_span(&b), true, &err))
		crowd_fail(p->crowd, "%s: %s: %s", p->identity, lk_request_name(rq->kind), err.msg);
}

/* -- What the server offers to be heard ------------------------------------------- */

static int answer(struct crowd_person *p, const struct lk_sdp *offer, struct err *err)
{
	AUTO(sdp_done) struct sdp theirs = {0};
	AUTO(sdp_done) struct sdp ours = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	AUTO(buf_done) struct buf line = BUF_INIT(256);
	struct sdp_answer_how how = {.session_id = 7, .session_version = offer->id};
	int rc = sdp_parse(span_of(offer->sdp), &theirs, err);
	if (rc)
		return rc;
	if (!p->sub.peer && !crowd_link_open(&p->sub, p, false))
		return err_set(err, ERR_FAILED, "no socket");
	rc = crowd_link_remote(&p->sub, &theirs, SDP_ACTIVE, err);
	if (rc)
		return rc;
	crowd_link_formats(&p->sub, &theirs);
	ice_candidate_put(&line, ice_local(peer_ice(p->sub.peer), 0));
	const struct span at[1] = {buf_span(&line)};
	how.candidates = at;
	how.candidates_n = 1;
	how.candidates_end = true;
	how.uris = extensions;
	peer_transport(p->sub.peer, &how.transport);
	rc = sdp_answer(&theirs, &how, &ours, err);
	if (!rc)
		rc = sdp_write(&ours, &b, err);
	if (rc)
		return rc;
	const struct lk_request rq = {.kind = LK_REQ_ANSWER,
				      .answer = {"answer", buf_str(&b), offer->id, NULL, 0}};
	say(p, &rq);
	return 0;
}

/* -- What they publish --------------------------------------------------------------- */

static void announce(struct crowd_person *p)
{
	const struct lk_request rq = {
		.kind = LK_REQ_ADD_TRACK,
		.add_track = {.cid = p->cid,
			      .name = "microphone",
			      .source = LK_MICROPHONE,
			      .disable_red = true,
			      .stream = ""},
	};
	say(p, &rq);
}

static int offer(struct crowd_person *p, struct err *err)
{
	AUTO(sdp_done) struct sdp made = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	AUTO(buf_done) struct buf line = BUF_INIT(256);
	if (!crowd_link_open(&p->pub, p, true))
		return err_set(err, ERR_FAILED, "no socket");
	crypto_random(&p->ssrc, sizeof(p->ssrc));
	crypto_random(&p->timestamp, sizeof(p->timestamp));
	p->ssrc |= 1;
	int rc = peer_add_sender(p->pub.peer, p->ssrc, 48000, HISTORY, err);
	if (rc)
		return rc;
	const struct sdp_offer_audio audio = {
		.mid = SPAN_LIT(MID),
		.direction = SDP_SENDONLY,
		.send = {p->ssrc, SPAN_LIT("cname"), SPAN_LIT("stream"), span_of(p->cid)},
	};
	ice_candidate_put(&line, ice_local(peer_ice(p->pub.peer), 0));
	const struct span at[1] = {buf_span(&line)};
	struct sdp_offer_how how = {.candidates = at,
				    .candidates_n = 1,
				    .candidates_end = true,
				    .audio = &audio,
				    .audio_n = 1,
				    .session_id = 5,
				    .session_version = ++p->offer_id};
	peer_transport(p->pub.peer, &how.transport);
	rc = sdp_offer(&how, &made, err);
	if (!rc)
		rc = sdp_write(&made, &b, err);
	if (rc)
		return rc;
	const struct lk_request rq = {.kind = LK_REQ_OFFER,
				      .offer = {"offer", buf_str(&b), p->offer_id, NULL, 0}};
	say(p, &rq);
	return 0;
}

static int take_answer(struct crowd_person *p, const struct lk_sdp *a, struct err *err)
{
	AUTO(sdp_done) struct sdp theirs = {0};
	int rc = sdp_parse(span_of(a->sdp), &theirs, err);
	return rc ? rc : crowd_link_remote(&p->pub, &theirs, SDP_ACTPASS, err);
}

void crowd_person_say(struct crowd_person *p, int64_t now)
{
	struct crowd *c = p->crowd;
	struct crowd_frame *f =
		p->speaks ? &c->sounds.speech[p->number_next % CROWD_FRAMES] : &c->sounds.silence;
	const struct crowd_tag tag = {p->number, p->number_next, crowd_us()};
	struct rtp_ext_out ext[2];
	crowd_tag_put(f, &tag);
	rtp_ext_level(&ext[0], SDP_OFFER_LEVEL, p->speaks, p->speaks ? 25 : 90);
	rtp_ext_mid(&ext[1], SDP_OFFER_MID, SPAN_LIT(MID));
	const struct rtp_out r = {
		.pt = OPUS_PT,
		.marker = !p->number_next,
		.seq = p->seq++,
		.timestamp = p->timestamp,
		.ssrc = p->ssrc,
		.ext = ext,
		.ext_n = ARRAY_LEN(ext),
		.payload = {(const char *)f->p, f->n},
	};
	p->number_next++;
	p->timestamp += CROWD_FRAME_MS * 48;
	if (peer_send(p->pub.peer, now, &r))
		crowd_fail(c, "%s could not send", p->identity);
}

/* -- What they hear -------------------------------------------------------------------- */

void crowd_person_hear(struct crowd_person *p, const struct rtp *r)
{
	struct crowd *c = p->crowd;
	struct crowd_tag t;
	int64_t now = crowd_us();
	if (!crowd_tag_get(r->payload, &t) || t.voice >= c->o.speak || t.voice == p->number) {
		c->others++;
		return;
	}
	struct crowd_heard *h = &p->heard[t.voice];
	const struct crowd_person *from = &c->people[t.voice];
	if (!p->media_us)
		p->media_us = now;
	if (!c->counting && p->publishes)
		crowd_times_add(&c->storm, now - t.sent_us);
	bool counts = c->counting && t.number >= from->from && t.number < from->to;
	if (counts) {
		uint32_t i = t.number - from->from;
		uint8_t bit = (uint8_t)(1 << (i & 7));
		if (h->seen[i >> 3] & bit) {
			c->repeated[t.voice]++;
			return;
		}
		h->seen[i >> 3] |= bit;
		h->in_window++;
		c->reordered[t.voice] += h->arrived_us && t.number < h->newest;
		crowd_times_add(&c->delay, now - t.sent_us);
		if (h->arrived_us)
			crowd_times_add(&c->gap, now - h->arrived_us);
	}
	h->arrived_us = now;
	if (t.number > h->newest)
		h->newest = t.number;
}

/* -- Signalling ---------------------------------------------------------------------------- */

static int on_response(struct crowd_person *p, const struct lk_response *r, struct err *err)
{
	switch (r->kind) {
	case LK_RES_JOIN:
		if (p->publishes)
			announce(p);
		return 0;
	case LK_RES_OFFER:
		return answer(p, &r->offer, err);
	case LK_RES_TRACK_PUBLISHED:
		return p->pub.peer ? 0 : offer(p, err);
	case LK_RES_ANSWER:
		return take_answer(p, &r->answer, err);
	case LK_RES_TRICKLE: {
		struct crowd_link *l = r->trickle.target == LK_PUBLISHER ? &p->pub : &p->sub;
		crowd_link_trickle(l, r->trickle.candidate_init);
		return 0;
	}
	case LK_RES_LEAVE:
		return err_set(err, ERR_FAILED, "was sent away (%d)", r->leave.reason);
	case LK_RES_REQUEST_RESPONSE:
		return err_set(err, ERR_FAILED, "was refused: %s", r->request_response.message);
	default:
		return 0;
	}
}

static void on_opened(void *arg)
{
	((struct crowd_person *)arg)->open = true;
}

static void on_message(struct span data, bool binary, void *arg)
{
	struct crowd_person *p = arg;
	struct lk_response r;
	struct err err = {0};
	p->crowd->signals++;
	p->crowd->signal_bytes += data.n;
	if (!binary)
		return;
	int rc = lk_response_decode(data, &r, &err);
	if (!rc) {
		rc = on_response(p, &r, &err);
		lk_response_done(&r);
	}
	if (rc)
		crowd_fail(p->crowd, "%s: %s", p->identity, err.msg);
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct crowd_person *p = arg;
	p->open = false;
	p->closed = true;
	crowd_fail(p->crowd, "%s: the WebSocket ended (%d): %s", p->identity, code,
		   err ? err->msg : "closed");
	ws_free(take(&p->ws));
}

void crowd_person_enter(struct crowd_person *p)
{
	static const struct ws_handler handler = {on_opened, on_message, on_closed};
	AUTO(buf_done) struct buf token = BUF_INIT(TOKEN_BYTES_MAX);
	const struct crowd_options *o = &p->crowd->o;
	struct err err;
	struct token t = {
		.not_before_ms = clock_wall_ms() - 1000,
		.expires_ms = clock_wall_ms() + 3600000,
		.join = true,
		.publish = true,
		.subscribe = true,
		.data = true,
	};
	snprintf(t.key, sizeof(t.key), "%s", o->key);
	snprintf(t.room, sizeof(t.room), "%s", o->room);
	snprintf(t.identity, sizeof(t.identity), "%s", p->identity);
	if (token_make(&t, span_of(o->secret), &token, &err)) {
		crowd_fail(p->crowd, "%s", err.msg);
		return;
	}
	AUTO_FREE char *url =
		mem_printf("%s/rtc?protocol=%d&auto_subscribe=1", o->url, LK_PROTOCOL);
	const struct ws_options w = {.url = url,
				     .bearer = buf_str(&token),
				     .connect_timeout_ms = 60000};
	p->began_us = crowd_us();
	p->pinged_ms = clock_mono_ms();
	p->ws = ws_connect(p->crowd->wsc, &w, &handler, p);
}

static void tick_link(struct crowd_link *l, int64_t now)
{
	if (l->peer && peer_deadline(l->peer) <= now)
		peer_tick(l->peer, now);
}

void crowd_person_tick(struct crowd_person *p, int64_t now)
{
	tick_link(&p->pub, now);
	tick_link(&p->sub, now);
	p->published = crowd_link_up(&p->pub);
	if (!p->connected_us && crowd_link_up(&p->sub)) {
		p->connected_us = crowd_us();
		p->crowd->all_in_us = p->connected_us;
	}
	if (p->open && now - p->pinged_ms >= PING_MS) {
		const struct lk_request ping = {.kind = LK_REQ_PING_REQ,
						.ping_req = {.timestamp = clock_wall_ms()}};
		p->pinged_ms = now;
		say(p, &ping);
	}
}

void crowd_person_again(struct crowd_person *p)
{
	ws_free(take(&p->ws));
	crowd_link_close(&p->pub);
	crowd_link_close(&p->sub);
	p->pub.person = p->sub.person = p;
	p->open = p->closed = p->published = false;
	p->connected_us = p->media_us = 0;
	p->moved = true;
	crowd_person_enter(p);
}

void crowd_person_done(struct crowd_person *p)
{
	ws_free(take(&p->ws));
	crowd_link_close(&p->pub);
	crowd_link_close(&p->sub);
	for (int i = 0; i < CROWD_SPEAKERS_MAX; i++)
		mem_free(p->heard[i].seen);
}
