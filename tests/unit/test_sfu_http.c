/*
 * WHEP and WHIP on the SFU itself: who listens hears the loudest in sections
 * that never change, who speaks is heard by LiveKit's people, and both are
 * gone when their connection is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/lib/sfu_world.h"

#include <string.h>

#define ROOM "r"
#define SECTIONS_MAX 4

static struct sfu_world w;

/* Somebody without signalling. */
struct program {
	bool speaks, told;
	char identity[32];
	struct peer *peer;
	struct udp *udp;
	bool deaf;
	int status;
	char session[64], etag[64], why[256];
	char *answer;
	/* What comes, by section. */
	uint32_t ssrcs[SECTIONS_MAX];
	size_t sections, packets[SECTIONS_MAX], holes[SECTIONS_MAX], markers[SECTIONS_MAX];
	size_t backwards[SECTIONS_MAX];
	uint16_t newest[SECTIONS_MAX];
	uint32_t timestamp[SECTIONS_MAX];
	uint8_t last[SECTIONS_MAX], pt, csrc[SECTIONS_MAX][4];
	uint32_t ssrc; /* its own */
	uint16_t seq;
};

static struct program x, y; /* of the test that runs */

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct program *q = arg;
	(void)base;
	if (!q->deaf)
		udp_send(q->udp, to, NULL, p, n);
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct program *q = arg;
	size_t i = 0;
	(void)p;
	(void)now;
	(void)raw;
	while (i < q->sections && q->ssrcs[i] != r->ssrc)
		i++;
	assert_true(i < q->sections); /* only what was answered */
	assert_int_equal(r->pt, q->pt);
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
	struct program *q = arg;
	for (size_t i = 0; i < n && !q->deaf; i++)
		peer_receive(q->peer, clock_mono_ms(), 0, &p[i].from, p[i].data, p[i].n);
}

static void on_told(void *arg, const struct sfu_told *t)
{
	struct program *q = arg;
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
	return ((struct program *)arg)->told;
}

static int ask(struct program *q, enum sfu_asking what, const char *if_match, struct span body)
{
	const struct sfu_ask a = {
		.what = what,
		.speak = q->speaks,
		.room = ROOM,
		.identity = q->identity,
		.session = q->session,
		.if_match = span_of(if_match),
		.body = body,
	};
	q->told = false;
	sfu_ask(w.sfu, &a, on_told, q);
	SFU_UNTIL(&w, was_told, q);
	return q->status;
}

static void program_done(struct program *q)
{
	peer_free(q->peer);
	udp_free(q->udp);
	mem_free(q->answer);
	*q = (struct program){0};
}

static void put_offer(struct program *q, size_t sections, struct buf *b)
{
	static const char *const mids[] = {"0", "1", "2", "3"};
	struct sdp_offer_audio audio[SECTIONS_MAX] = {0};
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

static void open_peer(struct program *q, bool speaks, const char *identity)
{
	struct udp_options o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}};
	struct peer_config pc = {
		.controlling = true,
		.cert = w.cert,
		.calls = {.send = on_send, .rtp = on_rtp},
		.arg = q,
	};
	*q = (struct program){.speaks = speaks, .pt = 97, .ssrc = 4242};
	snprintf(q->identity, sizeof(q->identity), "%s", identity);
	assert_int_equal(udp_open(w.loop, &o, on_datagrams, q, &q->udp, NULL), 0);
	q->peer = peer_new(&pc, NULL);
	assert_int_equal(peer_add_base(q->peer, clock_mono_ms(), 0, udp_local(q->udp), NULL), 0);
	peer_gather(q->peer, clock_mono_ms());
	if (speaks)
		assert_int_equal(peer_add_sender(q->peer, q->ssrc, 48000, 16, NULL), 0);
}

static void take_answer(struct program *q)
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

static bool connected(void *arg)
{
	struct program *q = arg;
	int64_t now = clock_mono_ms();
	if (peer_deadline(q->peer) <= now)
		peer_tick(q->peer, now);
	return peer_state(q->peer) == PEER_CONNECTED;
}

static int come(struct program *q, bool speaks, const char *identity, size_t sections)
{
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	open_peer(q, speaks, identity);
	put_offer(q, sections, &b);
	return ask(q, SFU_ASK_START, "", buf_span(&b));
}

static void join(struct program *q, bool speaks, const char *identity, size_t sections)
{
	if (come(q, speaks, identity, sections) != 201)
		fail_msg("%d %s", q->status, q->why);
	take_answer(q);
	SFU_UNTIL(&w, connected, q);
}

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	program_done(&x);
	program_done(&y);
	sfu_world_close(&w);
	return 0;
}

static bool is_present(void *arg)
{
	return strcmp(sfu_presence_of(&w, arg), "present") == 0;
}

static bool is_gone(void *arg)
{
	return strcmp(sfu_presence_of(&w, arg), "left") == 0;
}

/* Each says something until the listener has heard `n` more in this section. */
struct hearing {
	struct program *q;
	struct sfu_client *who;
	size_t section, from, n;
	unsigned dbov;
	uint8_t byte;
};

static bool heard(void *arg)
{
	struct hearing *h = arg;
	connected(h->q);
	sfu_client_say(h->who, h->dbov, h->byte);
	return h->q->packets[h->section] >= h->from + h->n && h->q->last[h->section] == h->byte;
}

static void talk(struct program *q, struct sfu_client *who, size_t section, unsigned dbov,
		 uint8_t byte, size_t n)
{
	struct hearing h = {q, who, section, q->packets[section], n, dbov, byte};
	SFU_UNTIL(&w, heard, &h);
}

static size_t section_of(const struct program *q, uint8_t byte)
{
	for (size_t i = 0; i < q->sections; i++)
		if (q->packets[i] && q->last[i] == byte)
			return i;
	return SECTIONS_MAX;
}

struct search {
	struct program *q;
	struct sfu_client *who;
	uint8_t byte;
};

static bool found(void *arg)
{
	struct search *s = arg;
	connected(s->q);
	sfu_client_say(s->who, 20, s->byte);
	return section_of(s->q, s->byte) < SECTIONS_MAX;
}

static void assert_whole(const struct program *q)
{
	for (size_t i = 0; i < q->sections; i++) {
		assert_int_equal(q->holes[i], 0);
		assert_int_equal(q->backwards[i], 0);
	}
}

/* Three sections: each of the three loudest has one, under a number that stays. */
static void test_three_sections(void **state)
{
	struct sfu_client *c[3];
	static const char *const names[] = {"a", "b", "c"};
	(void)state;
	for (int i = 0; i < 3; i++) {
		c[i] = sfu_client_join(&w, ROOM, names[i]);
		sfu_client_publish(c[i], "mic", false);
	}
	join(&x, false, "@l:hs:DEV", 3);
	assert_int_equal(x.sections, 3);
	SFU_UNTIL(&w, is_present, x.identity);
	for (int i = 0; i < 3; i++) {
		struct search s = {&x, c[i], (uint8_t)('A' + i)};
		SFU_UNTIL(&w, found, &s);
	}
	for (int i = 0; i < 3; i++)
		talk(&x, c[i], section_of(&x, (uint8_t)('A' + i)), 20, (uint8_t)('A' + i), 20);
	/* Others hear of them as of everybody. */
	const struct lk_person *p = sfu_client_knows(c[0], x.identity);
	assert_non_null(p);
	assert_int_equal(p->tracks_n, 0);
	/* Who is muted makes way; somebody else speaks there, without a hole. */
	size_t there = section_of(&x, 'B');
	struct sfu_client *d = sfu_client_join(&w, ROOM, "d");
	sfu_client_publish(d, "mic", false);
	sfu_client_mute(c[1], true);
	talk(&x, d, there, 20, 'D', 20);
	assert_whole(&x);
	assert_int_equal(ask(&x, SFU_ASK_END, "", SPAN_LIT("")), 200);
	SFU_UNTIL(&w, is_gone, x.identity);
	assert_int_equal(ask(&x, SFU_ASK_END, "", SPAN_LIT("")), 404);
	program_done(&x);
}

/* One section: the loudest of all; another comes in after a pause, at once. */
static void test_one_section(void **state)
{
	struct sfu_client *a, *b;
	(void)state;
	a = sfu_client_join(&w, ROOM, "a");
	sfu_client_publish(a, "mic", false);
	b = sfu_client_join(&w, ROOM, "b");
	sfu_client_publish(b, "mic", false);
	join(&x, false, "@l:hs:DEV", 1);
	assert_int_equal(x.sections, 1);
	talk(&x, a, 0, 20, 'A', 30);
	/* FNV-1a of "a", as every table of it has. */
	assert_memory_equal(x.csrc[0], "\xe4\x0c\x29\x2c", 4);
	talk(&x, b, 0, 20, 'B', 30); /* `a` is silent, which it must be for a while first */
	assert_memory_equal(x.csrc[0], "\xe7\x0c\x2d\xe5", 4);
	talk(&x, a, 0, 20, 'A', 30);
	assert_whole(&x);
	assert_true(x.markers[0] >= 3);
	program_done(&x);
}

struct outgoing {
	struct program *q;
	struct sfu_client *to;
};

static bool arrived(void *arg)
{
	struct outgoing *o = arg;
	char payload[40];
	memset(payload, 'W', sizeof(payload));
	const struct rtp_out r = {.pt = o->q->pt,
				  .seq = o->q->seq,
				  .timestamp = o->q->seq * 960u,
				  .ssrc = o->q->ssrc,
				  .payload = {payload, sizeof(payload)}};
	connected(o->q);
	o->q->seq++;
	peer_send(o->q->peer, clock_mono_ms(), &r);
	for (size_t i = 0; i < o->to->heard_n; i++)
		if (o->to->heard[i]->packets > 20 && o->to->heard[i]->last == 'W')
			return true;
	return false;
}

/* A program that speaks: an ordinary person with a track; silenced, it stays and is not heard. */
static void test_speaks(void **state)
{
	struct sfu_client *l = sfu_client_join(&w, ROOM, "l");
	(void)state;
	sfu_client_connect(l);
	join(&x, true, "@t:hs:OBS", 1);
	SFU_UNTIL(&w, is_present, x.identity);
	struct outgoing o = {&x, l};
	SFU_UNTIL(&w, arrived, &o);
	const struct lk_person *p = sfu_client_knows(l, x.identity);
	assert_non_null(p);
	assert_int_equal(p->tracks_n, 1);
	assert_false(p->tracks[0].muted);
	sfu_permit(w.sfu, ROOM, x.identity, false, false);
	for (int i = 0; i < 1000 && !sfu_client_knows(l, x.identity)->tracks[0].muted; i++)
		sfu_pass(&w, 10);
	assert_true(sfu_client_knows(l, x.identity)->tracks[0].muted);
	sfu_permit(w.sfu, ROOM, x.identity, true, false);
	for (int i = 0; i < 1000 && sfu_client_knows(l, x.identity)->tracks[0].muted; i++)
		sfu_pass(&w, 10);
	assert_false(sfu_client_knows(l, x.identity)->tracks[0].muted);
	/* Again with the same name: it takes the older one's place, and was never gone. */
	join(&y, true, "@t:hs:OBS", 1);
	assert_int_equal(ask(&x, SFU_ASK_END, "", SPAN_LIT("")), 404);
	assert_string_equal(sfu_presence_of(&w, y.identity), "present");
	assert_true(sfu_remove(w.sfu, ROOM, y.identity));
	sfu_pass(&w, 100);
	assert_string_equal(sfu_presence_of(&w, y.identity), "removed");
	program_done(&x);
	program_done(&y);
}

static bool is_lost(void *arg)
{
	return strcmp(sfu_presence_of(&w, arg), "lost") == 0;
}

/* Without consent it is over; who never connected was never there. */
static void test_ends(void **state)
{
	(void)state;
	join(&x, false, "@l:hs:DEV", 1);
	SFU_UNTIL(&w, is_present, x.identity);
	assert_int_equal(come(&y, false, "@m:hs:DEV", 1), 201);
	struct sfu_stats st;
	sfu_stats(w.sfu, &st);
	assert_int_equal(st.people, 2);
	x.deaf = true;
	sfu_world_jump(&w, 400);
	SFU_UNTIL(&w, is_lost, x.identity);
	for (int i = 0; i < 200; i++) {
		sfu_stats(w.sfu, &st);
		if (!st.people)
			break;
		sfu_pass(&w, 1000);
	}
	assert_int_equal(st.people, 0);
	assert_string_equal(sfu_presence_of(&w, "@m:hs:DEV"), "");
	program_done(&x);
	program_done(&y);
}

static void put_fragment(struct buf *b, const char *ufrag, const char *pwd)
{
	buf_printf(b,
		   "a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\n"
		   "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=end-of-candidates\r\n",
		   ufrag, pwd);
}

/* New credentials on both sides, and sound goes on. */
static void test_restart(void **state)
{
	struct sfu_client *a = sfu_client_join(&w, ROOM, "a");
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	struct sdp f = {0};
	struct sdp_transport t;
	char before[64];
	(void)state;
	sfu_client_publish(a, "mic", false);
	join(&x, false, "@l:hs:DEV", 1);
	talk(&x, a, 0, 20, 'A', 10);
	peer_transport(x.peer, &t);
	AUTO_FREE char *ufrag = span_dup(t.ufrag), *pwd = span_dup(t.pwd);
	put_fragment(&b, ufrag, pwd);
	memcpy(before, x.etag, sizeof(before));
	assert_int_equal(ask(&x, SFU_ASK_PATCH, "", buf_span(&b)), 428);
	assert_int_equal(ask(&x, SFU_ASK_PATCH, "\"other\"", buf_span(&b)), 412);
	assert_int_equal(ask(&x, SFU_ASK_PATCH, x.etag, SPAN_LIT("nonsense")), 400);
	assert_int_equal(ask(&x, SFU_ASK_PATCH, x.etag, buf_span(&b)), 204);
	assert_string_equal(x.etag, before);
	peer_restart(x.peer, clock_mono_ms());
	peer_transport(x.peer, &t);
	AUTO_FREE char *ufrag2 = span_dup(t.ufrag), *pwd2 = span_dup(t.pwd);
	buf_clear(&b);
	put_fragment(&b, ufrag2, pwd2);
	assert_int_equal(ask(&x, SFU_ASK_PATCH, "*", buf_span(&b)), 200);
	assert_string_not_equal(x.etag, before);
	AUTO_FREE char *whole = mem_printf("v=0\r\n%s", x.answer);
	assert_int_equal(sdp_parse(span_of(whole), &f, NULL), 0);
	struct sdp_transport theirs = f.media[0].transport;
	assert_true(theirs.ufrag.n && theirs.pwd.n && f.media[0].candidates_n);
	/* A program keeps what was agreed on before. */
	theirs.fingerprint_hash = SPAN_LIT("sha-256");
	theirs.fingerprint = (struct span){NULL, 0};
	assert_int_equal(ice_set_remote(peer_ice(x.peer), clock_mono_ms(), theirs.ufrag, theirs.pwd,
					true, NULL),
			 0);
	for (size_t i = 0; i < f.media[0].candidates_n; i++)
		peer_add_candidate(x.peer, clock_mono_ms(), f.media[0].candidates[i], NULL);
	sdp_done(&f);
	SFU_UNTIL(&w, connected, &x);
	talk(&x, a, 0, 20, 'B', 30);
	assert_whole(&x);
	program_done(&x);
}

static void test_refused(void **state)
{
	struct sfu_client *a = sfu_client_join(&w, ROOM, "a");
	(void)state;
	(void)a;
	/* The wrong way round. */
	open_peer(&x, false, "@l:hs:DEV");
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	x.speaks = true;
	put_offer(&x, 1, &b);
	x.speaks = false;
	assert_int_equal(ask(&x, SFU_ASK_START, "", buf_span(&b)), 422);
	x.speaks = true;
	assert_int_equal(ask(&x, SFU_ASK_START, "", SPAN_LIT("v=0\r\n")), 400);
	program_done(&x);
	assert_int_equal(come(&x, true, "@l:hs:DEV", 2), 422); /* two sounds */
	program_done(&x);
	/* A device that has signalling, too. */
	assert_int_equal(come(&x, false, "a", 1), 409);
	program_done(&x);
	/* Who comes and goes all the time; counted are only those who were there. */
	int last = 0;
	for (int i = 0; i < 20 && last != 429; i++) {
		last = come(&y, false, "@n:hs:DEV", 1);
		if (last == 201)
			assert_int_equal(ask(&y, SFU_ASK_END, "", SPAN_LIT("")), 200);
		program_done(&y);
	}
	assert_int_equal(last, 429);
	w.refuse = true;
	assert_int_equal(come(&x, false, "@o:hs:DEV", 1), 403);
	program_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_three_sections, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_section, setup, teardown),
		cmocka_unit_test_setup_teardown(test_speaks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
