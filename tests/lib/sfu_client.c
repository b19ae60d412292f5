#include "tests/lib/sfu_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/demux.h"

#include <string.h>

static const char *const extensions[] = {RTP_URI_AUDIO_LEVEL, RTP_URI_ABS_CAPTURE, NULL};

/* -- Connections ---------------------------------------------------------------- */

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct sfu_client_link *l = arg;
	(void)base;
	if (!l->deaf)
		udp_send(l->udp, to, NULL, p, n);
}

static struct sfu_heard *heard_of(struct sfu_client *c, uint32_t ssrc)
{
	for (size_t i = 0; i < c->heard_n; i++)
		if (c->heard[i]->ssrc == ssrc)
			return c->heard[i];
	return NULL;
}

static void note_number(struct sfu_heard *h, uint16_t seq)
{
	if (!h->packets++) {
		h->first = h->newest = seq;
	} else if (h->seen[seq]) {
		h->repeated++;
	} else if (rtp_seq_diff(seq, h->newest) > 0) {
		h->missing += (size_t)rtp_seq_diff(seq, h->newest) - 1;
		h->newest = seq;
	} else if (rtp_seq_diff(seq, h->first) > 0) {
		h->missing--;
	}
	h->seen[seq] = true;
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct sfu_client_link *l = arg;
	struct sfu_heard *h = heard_of(l->client, r->ssrc);
	(void)p;
	(void)now;
	(void)raw;
	assert_non_null(h); /* only what was offered may arrive */
	note_number(h, r->seq);
	h->markers += r->marker;
	h->timestamp = r->timestamp;
	h->last = (uint8_t)r->payload.p[0];
	h->pt = r->pt;
	h->extensions = r->ext.n ? 1 : 0;
	rtp_capture(r, 3, &h->capture);
}

static void on_datagrams(void *arg, const struct udp_packet *p, size_t n)
{
	struct sfu_client_link *l = arg;
	int64_t now = clock_mono_ms();
	for (size_t i = 0; i < n && !l->deaf; i++) {
		if (l->raw && demux(p[i].data, p[i].n) == DEMUX_RTP) {
			l->raw_n++;
			l->raw_bytes += p[i].n;
		} else {
			peer_receive(l->peer, now, 0, &p[i].from, p[i].data, p[i].n);
		}
	}
}

static void link_open(struct sfu_client *c, struct sfu_client_link *l)
{
	struct udp_options o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}};
	if (c->w->six)
		o.bind = (struct net_addr){.family = 6, .ip = {[15] = 1}};
	struct peer_config pc = {
		.controlling = true,
		.cert = c->w->cert,
		.calls = {.send = on_send, .rtp = on_rtp},
		.arg = l,
	};
	l->client = c;
	assert_int_equal(udp_open(c->w->loop, &o, on_datagrams, l, &l->udp, NULL), 0);
	l->peer = peer_new(&pc, NULL);
	assert_non_null(l->peer);
	assert_int_equal(peer_add_base(l->peer, clock_mono_ms(), 0, udp_local(l->udp), NULL), 0);
	peer_gather(l->peer, clock_mono_ms());
}

static void link_close(struct sfu_client_link *l)
{
	peer_free(l->peer);
	udp_free(l->udp);
	l->peer = NULL;
	l->udp = NULL;
}

static void take_candidates(struct sfu_client_link *l, const struct sdp *s)
{
	int64_t now = clock_mono_ms();
	const struct sfu_world *w = l->client->w;
	if (w->dial) {
		AUTO_FREE char *line = mem_printf("candidate:1 1 udp 2130706431 %s %d typ host",
						  w->dial, sfu_udp_port(w->sfu));
		assert_int_equal(peer_add_candidate(l->peer, now, span_of(line), NULL), 0);
		return;
	}
	for (size_t i = 0; i < s->media_n; i++)
		for (size_t k = 0; k < s->media[i].candidates_n; k++)
			assert_int_equal(peer_add_candidate(l->peer, now, s->media[i].candidates[k],
							    NULL),
					 0);
	assert_int_equal(peer_add_candidate(l->peer, now, SPAN_LIT(""), NULL), 0);
}

static void take_remote(struct sfu_client_link *l, const struct sdp *s, enum sdp_setup ours)
{
	const struct sdp_transport *t = sdp_transport(s);
	struct err err = {0};
	bool client;
	assert_non_null(t);
	assert_true(s->lite);
	assert_int_equal(peer_dtls_role(ours, t->setup, &client, NULL), 0);
	if (peer_set_remote(l->peer, clock_mono_ms(), t, client, &err))
		fail_msg("%s", err.msg);
	take_candidates(l, s);
}

/* -- What the server offers --------------------------------------------------------- */

static void note_tracks(struct sfu_client *c, const struct sdp *s)
{
	c->sections = s->media_n;
	c->active = 0;
	for (size_t i = 0; i < s->media_n; i++) {
		const struct sdp_media *m = &s->media[i];
		struct span stream = m->stream, person;
		if (m->direction != SDP_SENDONLY)
			continue;
		c->active++;
		assert_int_equal(m->ssrcs_n, 1);
		if (heard_of(c, m->ssrcs[0].ssrc))
			continue;
		assert_true(c->heard_n < SFU_HEARD_MAX);
		struct sfu_heard *h = c->heard[c->heard_n++] = NEW(struct sfu_heard);
		h->ssrc = m->ssrcs[0].ssrc;
		assert_true(span_split(&stream, '|', &person));
		snprintf(h->track, sizeof(h->track), "%.*s", SPAN_ARG(m->track));
		snprintf(h->person, sizeof(h->person), "%.*s", SPAN_ARG(person));
	}
}

static void answer(struct sfu_client *c, const struct lk_sdp *offer)
{
	struct sdp theirs = {0}, ours = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	assert_int_equal(sdp_parse(span_of(offer->sdp), &theirs, NULL), 0);
	if (!c->sub.peer)
		link_open(c, &c->sub);
	take_remote(&c->sub, &theirs, SDP_ACTIVE);
	struct sdp_answer_how how = {.session_id = 7,
				     .session_version = offer->id,
				     .uris = extensions};
	peer_transport(c->sub.peer, &how.transport);
	assert_int_equal(sdp_answer(&theirs, &how, &ours, NULL), 0);
	assert_int_equal(sdp_write(&ours, &b, NULL), 0);
	note_tracks(c, &theirs);
	peer_receive_format(c->sub.peer, 111, 48000, true);
	const struct lk_request rq = {.kind = LK_REQ_ANSWER,
				      .answer = {"answer", buf_str(&b), offer->id, NULL, 0}};
	sfu_client_send(c, &rq);
	c->offers++;
	sdp_done(&ours);
	sdp_done(&theirs);
}

/* -- Signalling ----------------------------------------------------------------------- */

static void on_opened(void *arg)
{
	((struct sfu_client *)arg)->open = true;
}

static void on_message(struct span data, bool binary, void *arg)
{
	struct sfu_client *c = arg;
	struct err err = {0};
	assert_true(binary);
	c->got = mem_realloc_array(c->got, c->got_n + 1, sizeof(*c->got));
	struct lk_response *r = &c->got[c->got_n];
	if (lk_response_decode(data, r, &err))
		fail_msg("%s", err.msg);
	c->got_n++;
	if (r->kind == LK_RES_JOIN)
		snprintf(c->sid, sizeof(c->sid), "%s", r->join.participant.sid);
	else if (r->kind == LK_RES_OFFER && !c->quiet)
		answer(c, &r->offer);
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct sfu_client *c = arg;
	if (c->old_socket) {
		c->old_socket = false;
		return;
	}
	c->open = false;
	c->closed = true;
	c->close_code = code;
	c->http_status = err ? err->http_status : 0;
	ws_free(take(&c->ws));
}

static const struct ws_handler handler = {on_opened, on_message, on_closed};

struct sfu_client *sfu_client_new(struct sfu_world *w, const char *room, const char *identity)
{
	struct sfu_client *c = NEW(struct sfu_client);
	c->w = w;
	snprintf(c->room, sizeof(c->room), "%s", room);
	snprintf(c->identity, sizeof(c->identity), "%s", identity);
	c->grant = (struct token){
		.key = SFU_KEY,
		.not_before_ms = clock_wall_ms() - 1000,
		.expires_ms = clock_wall_ms() + 3600000,
		.join = true,
		.publish = true,
		.subscribe = true,
		.data = true,
		.update_metadata = true,
	};
	memcpy(c->grant.room, c->room, sizeof(c->room));
	memcpy(c->grant.identity, c->identity, sizeof(c->identity));
	c->next = w->clients;
	w->clients = c;
	return c;
}

char *sfu_token(const char *room, const char *identity)
{
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t = {.key = SFU_KEY,
			  .join = true,
			  .publish = true,
			  .subscribe = true,
			  .expires_ms = clock_wall_ms() + 600000};
	snprintf(t.room, sizeof(t.room), "%s", room);
	snprintf(t.identity, sizeof(t.identity), "%s", identity);
	assert_int_equal(token_make(&t, SPAN_LIT(SFU_SECRET), &b, NULL), 0);
	return buf_take(&b);
}

static void open_socket(struct sfu_client *c, const char *more)
{
	AUTO(buf_done) struct buf token = BUF_INIT(TOKEN_BYTES_MAX);
	assert_int_equal(token_make(&c->grant, SPAN_LIT(SFU_SECRET), &token, NULL), 0);
	AUTO_FREE char *url = mem_printf("ws://127.0.0.1:%d/rtc?protocol=16%s%s%s", c->w->port,
					 more, c->query ? "&" : "", c->query ? c->query : "");
	struct ws_options o = {.url = url, .bearer = buf_str(&token)};
	c->closed = false;
	c->pinged = clock_mono_ms();
	c->ws = ws_connect(c->w->wsc, &o, &handler, c);
	assert_non_null(c->ws);
}

struct news {
	struct sfu_client *c;
	size_t from;
};

static bool something(void *arg)
{
	const struct news *n = arg;
	return n->c->closed || n->c->got_n > n->from;
}

void sfu_client_enter(struct sfu_client *c)
{
	struct news n = {c, c->got_n};
	open_socket(c, "");
	SFU_UNTIL(c->w, something, &n);
}

struct sfu_client *sfu_client_join(struct sfu_world *w, const char *room, const char *identity)
{
	struct sfu_client *c = sfu_client_new(w, room, identity);
	sfu_client_enter(c);
	if (!sfu_client_got(c, LK_RES_JOIN, 0))
		fail_msg("%s did not come in", identity);
	return c;
}

void sfu_client_resume(struct sfu_client *c)
{
	struct news n = {c, c->got_n};
	AUTO_FREE char *more = mem_printf("&reconnect=1&sid=%s", c->sid);
	if (c->ws)
		ws_free(take(&c->ws));
	open_socket(c, more);
	SFU_UNTIL(c->w, something, &n);
}

void sfu_client_drop(struct sfu_client *c)
{
	ws_free(take(&c->ws));
	c->open = false;
	c->closed = true;
}

void sfu_client_free(struct sfu_client *c)
{
	struct sfu_client **at = &c->w->clients;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	ws_free(c->ws);
	link_close(&c->pub);
	link_close(&c->sub);
	for (size_t i = 0; i < c->got_n; i++)
		lk_response_done(&c->got[i]);
	for (size_t i = 0; i < c->heard_n; i++)
		mem_free(c->heard[i]);
	mem_free(c->got);
	mem_free(c);
}

void sfu_client_send(struct sfu_client *c, const struct lk_request *rq)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_REQUEST_BYTES_MAX);
	struct err err = {0};
	if (lk_request_encode(rq, &b, &err) || ws_send(c->ws, buf_span(&b), true, &err))
		fail_msg("%s: %s", lk_request_name(rq->kind), err.msg);
}

/* -- What a client does ------------------------------------------------------------------ */

static bool connected(void *arg)
{
	const struct sfu_client_link *l = arg;
	return l->peer && peer_state(l->peer) == PEER_CONNECTED;
}

void sfu_client_connect(struct sfu_client *c)
{
	SFU_UNTIL(c->w, connected, &c->sub);
}

static bool is_published(void *arg)
{
	const struct news *n = arg;
	return sfu_client_got(n->c, LK_RES_TRACK_PUBLISHED, n->from);
}

void sfu_client_announce(struct sfu_client *c, const char *cid, bool muted)
{
	struct news n = {c, c->got_n};
	const struct lk_request rq = {
		.kind = LK_REQ_ADD_TRACK,
		.add_track = {.cid = cid,
			      .name = "mic",
			      .muted = muted,
			      .source = LK_MICROPHONE,
			      .encryption = c->encryption},
	};
	snprintf(c->cid, sizeof(c->cid), "%s", cid);
	sfu_client_send(c, &rq);
	SFU_UNTIL(c->w, is_published, &n);
	const struct lk_track_published *p =
		&sfu_client_got(c, LK_RES_TRACK_PUBLISHED, n.from)->track_published;
	assert_string_equal(p->cid, cid);
	assert_true(p->has_track);
	snprintf(c->track, sizeof(c->track), "%s", p->track.sid);
}

static bool is_answered(void *arg)
{
	const struct news *n = arg;
	return sfu_client_got(n->c, LK_RES_ANSWER, n->from);
}

void sfu_client_offer(struct sfu_client *c, bool sending)
{
	struct news n = {c, c->got_n};
	struct sdp made, theirs = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	if (!c->pub.peer)
		link_open(c, &c->pub);
	if (!c->ssrc) {
		crypto_random(&c->ssrc, sizeof(c->ssrc));
		crypto_random(&c->seq, sizeof(c->seq));
		crypto_random(&c->timestamp, sizeof(c->timestamp));
		assert_int_equal(peer_add_sender(c->pub.peer, c->ssrc, 48000, 64, NULL), 0);
	}
	struct sdp_offer_audio audio = {
		.mid = SPAN_LIT("a7"),
		.direction = sending ? SDP_SENDONLY : SDP_INACTIVE,
		.send = {c->ssrc, SPAN_LIT("cname"), SPAN_LIT("stream"), span_of(c->cid)},
	};
	struct sdp_offer_how how = {.audio = &audio,
				    .audio_n = 1,
				    .session_id = 5,
				    .session_version = ++c->offer_id};
	peer_transport(c->pub.peer, &how.transport);
	assert_int_equal(sdp_offer(&how, &made, NULL), 0);
	if (c->without_ssrc)
		made.media[0].ssrcs_n = 0;
	assert_int_equal(sdp_write(&made, &b, NULL), 0);
	const struct lk_request rq = {.kind = LK_REQ_OFFER,
				      .offer = {"offer", buf_str(&b), c->offer_id, NULL, 0}};
	sfu_client_send(c, &rq);
	SFU_UNTIL(c->w, is_answered, &n);
	const struct lk_sdp *a = &sfu_client_got(c, LK_RES_ANSWER, n.from)->answer;
	assert_int_equal(a->id, c->offer_id);
	assert_int_equal(sdp_parse(span_of(a->sdp), &theirs, NULL), 0);
	assert_int_equal(sdp_check_answer(&made, &theirs, NULL), 0);
	take_remote(&c->pub, &theirs, SDP_ACTPASS);
	sdp_done(&made);
	sdp_done(&theirs);
	SFU_UNTIL(c->w, connected, &c->pub);
}

void sfu_client_publish(struct sfu_client *c, const char *cid, bool muted)
{
	sfu_client_announce(c, cid, muted);
	sfu_client_offer(c, true);
}

void sfu_client_skip(struct sfu_client *c)
{
	c->seq++;
	c->timestamp += 960;
}

void sfu_client_say(struct sfu_client *c, unsigned dbov, uint8_t byte)
{
	char payload[60];
	struct rtp_ext_out ext[3];
	memset(payload, byte, sizeof(payload));
	rtp_ext_level(&ext[0], c->without_level ? 0 : 2, dbov < 60, dbov);
	rtp_ext_capture(&ext[1], 3, rtp_ntp_of_ms(clock_wall_ms()));
	rtp_ext_mid(&ext[2], c->without_ssrc ? 1 : 0, SPAN_LIT("a7"));
	const struct rtp_out r = {
		.pt = 111,
		.seq = c->seq,
		.timestamp = c->timestamp,
		.ssrc = c->ssrc,
		.ext = ext,
		.ext_n = ARRAY_LEN(ext),
		.payload = {payload, sizeof(payload)},
	};
	sfu_client_skip(c);
	assert_int_equal(peer_send(c->pub.peer, clock_mono_ms(), &r), 0);
}

void sfu_client_mute(struct sfu_client *c, bool muted)
{
	const struct lk_request rq = {.kind = LK_REQ_MUTE, .mute = {c->track, muted}};
	sfu_client_send(c, &rq);
}

const struct lk_response *sfu_client_got(const struct sfu_client *c, int kind, size_t from)
{
	for (size_t i = c->got_n; i-- > from;)
		if (c->got[i].kind == kind)
			return &c->got[i];
	return NULL;
}

static const struct lk_person *among(const struct lk_person *list, size_t n, const char *identity)
{
	for (size_t i = n; i-- > 0;)
		if (!strcmp(list[i].identity, identity))
			return &list[i];
	return NULL;
}

const struct lk_person *sfu_client_knows(const struct sfu_client *c, const char *identity)
{
	for (size_t i = c->got_n; i-- > 0;) {
		const struct lk_response *r = &c->got[i];
		const struct lk_person *p = NULL;
		if (r->kind == LK_RES_UPDATE)
			p = among(r->update.participants, r->update.participants_n, identity);
		else if (r->kind == LK_RES_JOIN)
			p = among(r->join.other_participants, r->join.other_participants_n,
				  identity);
		if (p)
			return p;
	}
	return NULL;
}

struct sfu_heard *sfu_client_hears(struct sfu_client *c, const char *track)
{
	for (size_t i = c->heard_n; i-- > 0;)
		if (!strcmp(c->heard[i]->track, track))
			return c->heard[i];
	return NULL;
}
