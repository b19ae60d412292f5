/* Who connects to the SFU by TCP without being anybody, and the framing of what is sent there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/tcp.h"
#include "core/rtc/framing.h"
#include "core/rtc/sdp.h"
#include "core/rtc/stun.h"
#include "tests/lib/sfu_wait.h"

#include <string.h>

#define FEW 12 /* places by TCP */
#define EACH 8 /* ... that one has: SFU_TCP_EACH_MAX */

static struct sfu_world w;

struct caller {
	struct tcp *tcp;
	bool open, closed;
};

static void on_opened(void *arg)
{
	((struct caller *)arg)->open = true;
}

static void on_received(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	fail_msg("an answer to nothing");
}

static void on_closed(void *arg, const struct err *why)
{
	struct caller *c = arg;
	(void)why;
	c->closed = true;
	tcp_free(take(&c->tcp));
}

static bool is_open(void *arg)
{
	return ((struct caller *)arg)->open;
}

static bool is_closed(void *arg)
{
	return ((struct caller *)arg)->closed;
}

static void dial(struct caller *c)
{
	static const struct tcp_handler told = {on_opened, on_received, on_closed};
	struct tcp_options o = {.to = net_addr_make(4, "\x7f\0\0\1", 0)};
	o.to.port = (uint16_t)sfu_udp_port(w.sfu);
	*c = (struct caller){0};
	assert_int_equal(tcp_connect(w.loop, &o, &told, c, &c->tcp, NULL), 0);
}

static void call(struct caller *c)
{
	dial(c);
	SFU_UNTIL(&w, is_open, c);
}

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){.opt.bind_ip = "127.0.0.1"};
	sfu_world_open(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return 0;
}

/* Silence, and what is no check, is not listened to for ever. */
static void test_strangers(void **state)
{
	struct caller silent, talker;
	uint8_t frame[FRAMING_HEAD + 100] = {0};
	(void)state;
	call(&silent);
	call(&talker);
	framing_head(frame, 100);
	assert_true(tcp_send(talker.tcp, frame, sizeof(frame)));
	SFU_UNTIL(&w, is_closed, &silent);
	SFU_UNTIL(&w, is_closed, &talker);
}

static void test_too_long(void **state)
{
	struct caller c;
	uint8_t head[FRAMING_HEAD];
	(void)state;
	call(&c);
	framing_head(head, FRAMING_MAX + 1);
	assert_true(tcp_send(c.tcp, head, sizeof(head)));
	SFU_UNTIL(&w, is_closed, &c);
}

/* Nobody keeps others out by filling the room for strangers. */
static void test_many_strangers(void **state)
{
	static struct caller all[600];
	struct sfu_client *ann;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		dial(&all[i]);
	SFU_UNTIL(&w, is_closed, &all[0]);
	ann = sfu_client_join(&w, "room", "ann");
	sfu_client_connect(ann);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		tcp_free(take(&all[i].tcp));
}

static void nobody(void *arg, struct tcp *t)
{
	(void)arg;
	tcp_free(t);
}

/* -- One who is somebody ------------------------------------------------------------------- */

struct prover {
	struct tcp *tcp;
	bool open, closed;
	size_t answers;
};

static void on_prover_opened(void *arg)
{
	((struct prover *)arg)->open = true;
}

static void on_answer(void *arg, const uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	((struct prover *)arg)->answers++;
}

static void on_prover_closed(void *arg, const struct err *why)
{
	struct prover *c = arg;
	(void)why;
	c->closed = true;
	tcp_free(take(&c->tcp));
}

static bool is_prover_open(void *arg)
{
	return ((struct prover *)arg)->open;
}

static bool is_answered(void *arg)
{
	const struct prover *c = arg;
	assert_false(c->closed);
	return c->answers > 0;
}

static void dial_prover(struct prover *c)
{
	static const struct tcp_handler told = {on_prover_opened, on_answer, on_prover_closed};
	struct tcp_options o = {.to = net_addr_make(4, "\x7f\0\0\1", 0)};
	o.to.port = (uint16_t)sfu_udp_port(w.sfu);
	*c = (struct prover){0};
	assert_int_equal(tcp_connect(w.loop, &o, &told, c, &c->tcp, NULL), 0);
	SFU_UNTIL(&w, is_prover_open, c);
}

/* A check with the credentials of an offer, and its answer. */
static void prove(struct prover *c, const struct sdp_transport *t)
{
	uint8_t frame[FRAMING_HEAD + STUN_MESSAGE_MAX];
	AUTO_FREE char *name = mem_printf("%.*s:abcd", SPAN_ARG(t->ufrag));
	const struct stun_out m = {
		.cls = STUN_REQUEST,
		.tid = stun_tid_new(),
		.username = span_of(name),
		.priority = 1,
		.controlling = true,
		.password = t->pwd,
	};
	size_t n = stun_write(&m, frame + FRAMING_HEAD);
	framing_head(frame, n);
	c->answers = 0;
	assert_false(c->closed);
	assert_true(tcp_send(c->tcp, frame, FRAMING_HEAD + n));
	SFU_UNTIL(&w, is_answered, c);
}

/* Somebody who is told where to send to, and has not answered yet. */
static const struct sdp_transport *offered(const char *identity, struct sdp *ret)
{
	struct sfu_client *c = sfu_client_new(&w, "room", identity);
	c->quiet = true;
	sfu_client_enter(c);
	const char *text = sfu_until_got(c, LK_RES_OFFER, 0)->offer.sdp;
	assert_int_equal(sdp_parse(span_of(text), ret, NULL), 0);
	return sdp_transport(ret);
}

static int setup_few(void **state)
{
	(void)state;
	w = (struct sfu_world){.opt.bind_ip = "127.0.0.1", .opt.tcp_max = FEW};
	sfu_world_open(&w);
	return 0;
}

struct crowd {
	struct prover of[2 * FEW];
	size_t n;
};

static bool has_few(void *arg)
{
	const struct crowd *c = arg;
	size_t open = 0;
	for (size_t i = 0; i < c->n; i++)
		open += !c->of[i].closed;
	return open <= EACH;
}

/* Whoever opens one after the other loses the oldest: there is room for others. */
static void test_one_takes_all(void **state)
{
	static struct crowd ann;
	struct prover bob;
	struct sdp a = {0}, b = {0};
	const struct sdp_transport *anns = offered("ann", &a), *bobs = offered("bob", &b);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ann.of); i++) {
		dial_prover(&ann.of[i]);
		prove(&ann.of[i], anns);
		ann.n = i + 1;
		SFU_UNTIL(&w, has_few, &ann);
		/* The newest is good. */
		prove(&ann.of[i], anns);
	}
	dial_prover(&bob);
	prove(&bob, bobs);
	tcp_free(bob.tcp);
	for (size_t i = 0; i < ann.n; i++)
		tcp_free(take(&ann.of[i].tcp));
	sdp_done(&a);
	sdp_done(&b);
}

/* Strangers in every place make way. */
static void test_few_places(void **state)
{
	struct caller all[2 * FEW];
	struct prover bob;
	struct sdp b = {0};
	const struct sdp_transport *bobs = offered("bob", &b);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		dial(&all[i]);
	dial_prover(&bob);
	prove(&bob, bobs);
	tcp_free(bob.tcp);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		tcp_free(all[i].tcp);
	sdp_done(&b);
}

/* Somebody else listens by TCP on the number of the calls: then there is UDP alone. */
static void test_port_taken(void **state)
{
	struct loop *l = loop_new();
	struct tcp_listener *other = NULL;
	struct net_addr a = net_addr_make(4, "\x7f\0\0\1", 0);
	struct sfu_client *ann;
	(void)state;
	/* A number that is free by UDP: another SFU has just had it; and by TCP, too. */
	for (int tries = 0; !other; tries++) {
		w = (struct sfu_world){.opt.bind_ip = "127.0.0.1"};
		sfu_world_open(&w);
		a.port = (uint16_t)sfu_udp_port(w.sfu);
		sfu_world_close(&w);
		assert_true(tries < 20);
		tcp_listen(l, &a, nobody, NULL, &other, NULL);
	}
	w = (struct sfu_world){.opt.bind_ip = "127.0.0.1", .opt.udp_port = a.port};
	sfu_world_open(&w);
	ann = sfu_client_join(&w, "room", "ann");
	const struct lk_response *offer = sfu_until_got(ann, LK_RES_OFFER, 0);
	assert_non_null(strstr(offer->offer.sdp, "a=candidate:"));
	assert_null(strstr(offer->offer.sdp, "tcptype"));
	sfu_client_connect(ann);
	sfu_world_close(&w);
	tcp_listener_free(other);
	loop_free(l);
}

/* What people are told: UDP first. */
static void test_candidates(void **state)
{
	struct sfu_client *ann;
	char tcp[100];
	(void)state;
	ann = sfu_client_join(&w, "room", "ann");
	const char *sdp = sfu_until_got(ann, LK_RES_OFFER, 0)->offer.sdp;
	snprintf(tcp, sizeof(tcp), " 127.0.0.1 %d typ host tcptype passive", sfu_udp_port(w.sfu));
	assert_non_null(strstr(sdp, tcp));
	assert_non_null(strstr(sdp, " udp "));
	assert_true(strstr(sdp, " udp ") < strstr(sdp, tcp));
}

/* -- Framing ------------------------------------------------------------------------- */

struct frames {
	size_t n, bytes;
	uint8_t last[FRAMING_MAX + 4];
	size_t last_n;
};

static bool on_frame(void *arg, const uint8_t *p, size_t n)
{
	struct frames *f = arg;
	f->n++;
	f->bytes += n;
	memcpy(f->last, p, n);
	f->last_n = n;
	return true;
}

/* However a stream is cut, the same comes out. */
static void test_cuts(void **state)
{
	static const size_t sizes[] = {1, 4, 1600, 0, 20, 1599};
	static uint8_t stream[8192];
	size_t n = 0, bytes = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		framing_head(stream + n, sizes[i]);
		memset(stream + n + FRAMING_HEAD, (int)i + 1, sizes[i]);
		n += FRAMING_HEAD + sizes[i];
		bytes += sizes[i];
	}
	for (size_t cut = 1; cut <= n; cut++) {
		struct framing f;
		struct frames got = {0};
		framing_init(&f, FRAMING_RFC4571);
		for (size_t at = 0; at < n; at += cut)
			assert_true(framing_feed(&f, stream + at, n - at < cut ? n - at : cut,
						 on_frame, &got));
		assert_int_equal(got.n, 5);
		assert_int_equal(got.bytes, bytes);
		assert_int_equal(got.last[0], 6);
		assert_null(f.part);
		framing_done(&f);
	}
}

static void test_turn_frames(void **state)
{
	/* A STUN header without attributes, ChannelData of five bytes, padded, a header again. */
	static const uint8_t stream[] = {0x01, 0x01, 0,	   0,	 0x21, 0x12, 0xa4, 0x42, 1,
					 2,    3,    4,	   5,	 6,    7,    8,	   9,	 10,
					 11,   12,   0x40, 0x01, 0,    5,    'h',  'e',	 'l',
					 'l',  'o',  0,	   0,	 0,    0x01, 0x01, 0,	 0,
					 0x21, 0x12, 0xa4, 0x42, 1,    2,    3,	   4,	 5,
					 6,    7,    8,	   9,	 10,   11,   12};
	(void)state;
	for (size_t cut = 1; cut <= sizeof(stream); cut++) {
		struct framing f;
		struct frames got = {0};
		framing_init(&f, FRAMING_TURN);
		for (size_t at = 0; at < sizeof(stream); at += cut)
			assert_true(
				framing_feed(&f, stream + at,
					     sizeof(stream) - at < cut ? sizeof(stream) - at : cut,
					     on_frame, &got));
		assert_int_equal(got.n, 3);
		assert_int_equal(got.bytes, 20 + 9 + 20);
		framing_done(&f);
	}
	struct framing f;
	struct frames got = {0};
	framing_init(&f, FRAMING_TURN);
	assert_false(framing_feed(&f, (const uint8_t *)"GET / HTTP/1.1", 14, on_frame, &got));
	framing_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_takes_all, setup_few, teardown),
		cmocka_unit_test_setup_teardown(test_few_places, setup_few, teardown),
		cmocka_unit_test(test_port_taken),
		cmocka_unit_test_setup_teardown(test_candidates, setup, teardown),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_turn_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
