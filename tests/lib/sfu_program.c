#include "tests/lib/sfu_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct sfu_program *q = arg;
	(void)base;
	if (!q->deaf)
		udp_send(q->udp, to, NULL, p, n);
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct sfu_program *q = arg;
	size_t i = 0;
	(void)p;
	(void)now;
	(void)raw;
	while (i < q->sections && q->ssrcs[i] != r->ssrc)
		i++;
	assert_true(i < q->sections); /* only what was answered */
	assert_int_equal(r->pt, q->pt);
	if (!q->packets[i])
		q->first[i] = r->seq;
	if (q->packets[i]++) {
		q->holes[i] += rtp_seq_diff(r->seq, q->newest[i]) != 1;
		q->backwards[i] += (int32_t)(r->timestamp - q->timestamp[i]) <= 0;
	}
	q->newest[i] = r->seq;
	q->timestamp[i] = r->timestamp;
	q->markers[i] += r->marker;
	q->last[i] = (uint8_t)r->payload.p[0];
	assert_int_equal(r->csrc_n, 1);
	assert_int_equal(r->header_n, 16);
	memcpy(q->csrc[i], raw.p + 12, 4);
}

static void on_datagrams(void *arg, const struct udp_packet *p, size_t n)
{
	struct sfu_program *q = arg;
	for (size_t i = 0; i < n && !q->deaf; i++)
		peer_receive(q->peer, clock_mono_ms(), 0, &p[i].from, p[i].data, p[i].n);
}

static void on_told(void *arg, const struct sfu_told *t)
{
	struct sfu_program *q = arg;
	q->told = true;
	q->status = t->status;
	snprintf(q->why, sizeof(q->why), "%s", t->why);
	if (t->session[0])
		snprintf(q->session, sizeof(q->session), "%s", t->session);
	if (t->etag[0])
		snprintf(q->etag, sizeof(q->etag), "%s", t->etag);
	mem_free(q->answer);
	q->answer = span_dup(t->body);
}

static bool was_told(void *arg)
{
	return ((struct sfu_program *)arg)->told;
}

int sfu_program_ask(struct sfu_program *q, enum sfu_asking what, const char *if_match,
		    struct span body)
{
	const struct sfu_ask a = {
		.what = what,
		.speak = q->speaks,
		.room = q->room,
		.identity = q->identity,
		.session = q->session,
		.if_match = span_of(if_match),
		.body = body,
	};
	q->told = false;
	sfu_ask(q->w->sfu, &a, on_told, q);
	SFU_UNTIL(q->w, was_told, q);
	return q->status;
}

void sfu_program_done(struct sfu_program *q)
{
	peer_free(q->peer);
	udp_free(q->udp);
	mem_free(q->answer);
	*q = (struct sfu_program){0};
}

void sfu_program_offer(struct sfu_program *q, size_t sections, struct buf *b)
{
	static const char *const mids[] = {"0", "1", "2", "3"};
	struct sdp_offer_audio audio[SFU_SECTIONS_HEARD] = {0};
	struct sdp made;
	for (size_t i = 0; i < sections; i++) {
		audio[i].mid = span_of(mids[i]);
		audio[i].direction = q->speaks ? SDP_SENDONLY : SDP_RECVONLY;
		if (q->speaks)
			audio[i].send = (struct sdp_send){q->ssrc, SPAN_LIT("c"), SPAN_LIT("s"),
							  SPAN_LIT("t")};
	}
	struct sdp_offer_how how = {.audio = audio, .audio_n = sections, .session_id = 3};
	peer_transport(q->peer, &how.transport);
	assert_int_equal(sdp_offer(&how, &made, NULL), 0);
	for (size_t i = 0; i < sections; i++)
		made.media[i].codecs[0].pt = q->pt;
	assert_int_equal(sdp_write(&made, b, NULL), 0);
	sdp_done(&made);
}

void sfu_program_open(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		      const char *identity)
{
	struct udp_options o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}};
	struct peer_config pc = {
		.controlling = true,
		.cert = w->cert,
		.calls = {.send = on_send, .rtp = on_rtp},
		.arg = q,
	};
	*q = (struct sfu_program){.w = w, .speaks = speaks, .pt = 97, .ssrc = 4242};
	snprintf(q->room, sizeof(q->room), "%s", room);
	snprintf(q->identity, sizeof(q->identity), "%s", identity);
	assert_int_equal(udp_open(w->loop, &o, on_datagrams, q, &q->udp, NULL), 0);
	q->peer = peer_new(&pc, NULL);
	assert_int_equal(peer_add_base(q->peer, clock_mono_ms(), 0, udp_local(q->udp), NULL), 0);
	peer_gather(q->peer, clock_mono_ms());
	if (speaks)
		assert_int_equal(peer_add_sender(q->peer, q->ssrc, 48000, 16, NULL), 0);
}

static void take_answer(struct sfu_program *q)
{
	struct sdp a = {0};
	bool client;
	assert_int_equal(sdp_parse(span_of(q->answer), &a, NULL), 0);
	const struct sdp_transport *t = sdp_transport(&a);
	assert_true(a.lite && t);
	assert_int_equal(peer_dtls_role(SDP_ACTPASS, t->setup, &client, NULL), 0);
	assert_int_equal(peer_set_remote(q->peer, clock_mono_ms(), t, client, NULL), 0);
	for (size_t i = 0; i < a.media_n; i++) {
		const struct sdp_media *m = &a.media[i];
		for (size_t k = 0; k < m->candidates_n; k++)
			peer_add_candidate(q->peer, clock_mono_ms(), m->candidates[k], NULL);
		assert_int_equal(m->direction & (q->speaks ? SDP_SENDONLY : SDP_RECVONLY), 0);
		if (m->ssrcs_n)
			q->ssrcs[q->sections++] = m->ssrcs[0].ssrc;
	}
	peer_add_candidate(q->peer, clock_mono_ms(), SPAN_LIT(""), NULL);
	sdp_done(&a);
}

bool sfu_program_connected(void *arg)
{
	struct sfu_program *q = arg;
	int64_t now = clock_mono_ms();
	if (peer_deadline(q->peer) <= now)
		peer_tick(q->peer, now);
	return peer_state(q->peer) == PEER_CONNECTED;
}

int sfu_program_come(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		     const char *identity, size_t sections)
{
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	sfu_program_open(w, q, speaks, room, identity);
	sfu_program_offer(q, sections, &b);
	return sfu_program_ask(q, SFU_ASK_START, "", buf_span(&b));
}

void sfu_program_join(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		      const char *identity, size_t sections)
{
	if (sfu_program_come(w, q, speaks, room, identity, sections) != 201)
		fail_msg("%d %s", q->status, q->why);
	take_answer(q);
	SFU_UNTIL(q->w, sfu_program_connected, q);
}

/* Each says something until the listener has heard `n` more in this section. */
struct hearing {
	struct sfu_program *q;
	struct sfu_client *who;
	size_t section, from, n;
	unsigned dbov;
	uint8_t byte;
};

static bool heard(void *arg)
{
	struct hearing *h = arg;
	sfu_program_connected(h->q);
	sfu_client_say(h->who, h->dbov, h->byte);
	return h->q->packets[h->section] >= h->from + h->n && h->q->last[h->section] == h->byte;
}

void sfu_program_talk(struct sfu_program *q, struct sfu_client *who, size_t section, unsigned dbov,
		      uint8_t byte, size_t n)
{
	struct hearing h = {q, who, section, q->packets[section], n, dbov, byte};
	SFU_UNTIL(q->w, heard, &h);
}

void sfu_program_whole(const struct sfu_program *q)
{
	for (size_t i = 0; i < q->sections; i++) {
		assert_int_equal(q->holes[i], 0);
		assert_int_equal(q->backwards[i], 0);
	}
}

struct sfu_programs sfu_programs;

int sfu_programs_begin(void **state)
{
	(void)state;
	sfu_programs.w = (struct sfu_world){0};
	sfu_world_open(&sfu_programs.w);
	return 0;
}

int sfu_programs_end(void **state)
{
	(void)state;
	sfu_program_done(&sfu_programs.x);
	sfu_program_done(&sfu_programs.y);
	sfu_world_close(&sfu_programs.w);
	return 0;
}
