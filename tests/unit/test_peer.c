#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/peer.h"
#include "tests/lib/balance.h"
#include "tests/lib/fakenet.h"

#include <string.h>
#include <sys/time.h>

/*
 * OpenSSL reads the clock of its DTLS timer itself, through this function:
 * here it is that of the fake network.
 */
static const int64_t *fake_ms;
int gettimeofday(struct timeval *tv, void *tz)
{
	(void)tz;
	int64_t ms = 1700000000000 + (fake_ms ? *fake_ms : 0);
	tv->tv_sec = ms / 1000;
	tv->tv_usec = ms % 1000 * 1000;
	return 0;
}

struct side {
	struct fakenet *net;
	struct fakenet_node node;
	struct peer *peer;
	struct peer_mux *mux; /* the server's, shared */
	uint32_t ssrc;
	uint16_t seq;
	size_t got, wrong, late, bye, connected;
	uint16_t newest;
	bool heard[2000];
};

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct side *s = arg;
	assert_true(n <= 1400);
	fakenet_send(s->net, &s->node, base, to, p, n);
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct side *s = arg;
	uint64_t ntp;
	bool voice;
	unsigned level;
	(void)p;
	(void)raw;
	assert_true(r->seq < 2000);
	assert_false(s->heard[r->seq]);
	s->heard[r->seq] = true;
	s->got++;
	s->wrong += r->payload.n != 100 || (uint8_t)r->payload.p[99] != (r->seq & 255) ||
		    r->timestamp != r->seq * 960u || !rtp_level(r, 2, &voice, &level) || !voice ||
		    level != 30 || !rtp_capture(r, 3, &ntp) || rtp_ms_of_ntp(ntp) > now;
	s->late += r->seq < s->newest;
	s->newest = r->seq > s->newest ? r->seq : s->newest;
}

static void on_state(void *arg, struct peer *p)
{
	struct side *s = arg;
	s->connected += peer_state(p) == PEER_CONNECTED;
}

static void on_bye(void *arg, struct peer *p, uint32_t ssrc)
{
	(void)p;
	(void)ssrc;
	((struct side *)arg)->bye++;
}

static int64_t on_deadline(void *arg)
{
	return peer_deadline(((struct side *)arg)->peer);
}

static void on_tick(void *arg, int64_t now)
{
	peer_tick(((struct side *)arg)->peer, now);
}

static void on_receive(void *arg, int64_t now, int base, const struct net_addr *from, const void *p,
		       size_t n)
{
	struct side *s = arg;
	if (s->mux)
		peer_mux_receive(s->mux, now, base, from, p, n);
	else
		peer_receive(s->peer, now, base, from, p, n);
}

static void side_make(struct side *s, struct fakenet *net, struct dtls_cert *cert, bool controlling,
		      struct peer_mux *mux, const char *ip)
{
	*s = (struct side){.net = net, .mux = mux, .ssrc = 1000u + net->nodes_n};
	struct peer_config c = {
		.mux = mux,
		.controlling = controlling,
		.cert = cert,
		.calls = {.send = on_send, .rtp = on_rtp, .state = on_state, .bye = on_bye},
		.arg = s,
	};
	s->peer = peer_new(&c, NULL);
	assert_non_null(s->peer);
	s->node = (struct fakenet_node){.arg = s,
					.deadline = on_deadline,
					.tick = on_tick,
					.receive = on_receive,
					.base = {fakenet_addr(ip, 5000)},
					.bases_n = 1};
	fakenet_add(net, &s->node);
	if (!mux) {
		assert_int_equal(peer_add_base(s->peer, net->now, 0, &s->node.base[0], NULL), 0);
		peer_gather(s->peer, net->now);
	}
	assert_int_equal(peer_add_sender(s->peer, s->ssrc, 48000, 256, NULL), 0);
	peer_receive_format(s->peer, 111, 48000, true);
}

struct call {
	struct fakenet net;
	struct dtls_cert *cert_a, *cert_b;
	struct peer_mux *mux;
	struct side a, b;
};

/* `a` is the client and offers; `lite`: `b` is behind a server's port. */
static void call_make(struct call *c, uint64_t seed, bool lite)
{
	memset(c, 0, sizeof(*c));
	fakenet_init(&c->net, seed);
	fake_ms = &c->net.now;
	c->cert_a = dtls_cert_new(NULL);
	c->cert_b = dtls_cert_new(NULL);
	c->mux = lite ? peer_mux_new() : NULL;
	side_make(&c->a, &c->net, c->cert_a, true, NULL, "192.0.2.1");
	side_make(&c->b, &c->net, c->cert_b, false, c->mux, "192.0.2.2");
}

static void trickle(struct side *from, struct side *to)
{
	AUTO(buf_done) struct buf b = BUF_INIT(500);
	struct ice_candidate c = {.foundation = "1",
				  .component = 1,
				  .priority = ice_priority(ICE_HOST, 9),
				  .addr = from->node.nat ? from->node.outside : from->node.base[0]};
	ice_candidate_put(&b, &c);
	assert_int_equal(peer_add_candidate(to->peer, to->net->now, buf_span(&b), NULL), 0);
	assert_int_equal(peer_add_candidate(to->peer, to->net->now, SPAN_LIT(""), NULL), 0);
}

static void call_connect(struct call *c)
{
	struct sdp_transport ta, tb;
	peer_transport(c->a.peer, &ta);
	peer_transport(c->b.peer, &tb);
	assert_int_equal(peer_set_remote(c->b.peer, c->net.now, &ta, true, NULL), 0);
	assert_int_equal(peer_set_remote(c->a.peer, c->net.now, &tb, false, NULL), 0);
	trickle(&c->a, &c->b);
	trickle(&c->b, &c->a);
}

static void call_done(struct call *c)
{
	peer_free(c->a.peer);
	peer_free(c->b.peer);
	peer_mux_free(c->mux);
	dtls_cert_unref(c->cert_a);
	dtls_cert_unref(c->cert_b);
	fakenet_done(&c->net);
	fake_ms = NULL;
}

static bool both_connected(void *arg)
{
	struct call *c = arg;
	return peer_state(c->a.peer) == PEER_CONNECTED && peer_state(c->b.peer) == PEER_CONNECTED;
}

static bool run(struct call *c, int64_t ms, bool (*done)(void *))
{
	return fakenet_run(&c->net, c->net.now + ms, done, c);
}

static void say(struct side *s)
{
	char payload[100];
	struct rtp_ext_out ext[2];
	memset(payload, s->seq & 255, sizeof(payload));
	rtp_ext_level(&ext[0], 2, true, 30);
	rtp_ext_capture(&ext[1], 3, rtp_ntp_of_ms(s->net->now));
	struct rtp_out r = {.pt = 111,
			    .seq = s->seq,
			    .timestamp = s->seq * 960u,
			    .ssrc = s->ssrc,
			    .ext = ext,
			    .ext_n = 2,
			    .payload = {payload, sizeof(payload)}};
	assert_int_equal(peer_send(s->peer, s->net->now, &r), 0);
	s->seq++;
}

/* `n` packets each way, one every 20 ms. */
static void go_on_talking(struct call *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		say(&c->a);
		say(&c->b);
		run(c, 20, NULL);
	}
}

/* The same, and a second for the last ones. */
static void talk(struct call *c, unsigned n)
{
	go_on_talking(c, n);
	run(c, 1000, NULL);
}

static void test_clean_call(void **state)
{
	(void)state;
	for (int lite = 0; lite < 2; lite++) {
		struct call c;
		struct peer_stats s;
		call_make(&c, 1, lite);
		call_connect(&c);
		assert_true(run(&c, 2000, both_connected));
		assert_true(c.net.now < 1300);
		talk(&c, 500);
		assert_int_equal(c.a.got, 500);
		assert_int_equal(c.b.got, 500);
		assert_int_equal(c.a.wrong + c.b.wrong, 0);
		peer_stats(c.a.peer, &s);
		assert_int_equal(s.lost, 0);
		assert_int_equal(s.nacked + s.resent + s.bad_auth + s.replayed + s.malformed, 0);
		assert_in_range(s.rtt_ms, 9, 11);
		assert_true(s.rtcp_sent >= 8 && s.rtcp_received >= 8);
		peer_close(c.a.peer, c.net.now);
		run(&c, 100, NULL);
		assert_int_equal(c.b.bye, 1);
		assert_int_equal(peer_state(c.b.peer), PEER_CLOSED);
		call_done(&c);
	}
}

static void test_lossy_call(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 12; seed++) {
		struct call c;
		struct peer_stats s;
		call_make(&c, seed, seed % 2);
		c.net.loss_percent = 10;
		c.net.delay_ms = 20;
		c.net.jitter_ms = 40;
		call_connect(&c);
		peer_patience(c.a.peer, 250);
		peer_patience(c.b.peer, 250);
		assert_true(run(&c, 20000, both_connected));
		/* The receiver cannot know of the very first and the very last that are lost. */
		c.net.loss_percent = 0;
		go_on_talking(&c, 5);
		c.net.loss_percent = 10;
		go_on_talking(&c, 490);
		c.net.loss_percent = 0;
		talk(&c, 5);
		/* NACKs mend nearly all of it; nothing is heard twice or wrong. */
		assert_in_range(c.a.got, 480, 500);
		assert_in_range(c.b.got, 480, 500);
		assert_int_equal(c.a.wrong + c.b.wrong, 0);
		assert_true(c.a.late > 0);
		peer_stats(c.a.peer, &s);
		assert_true(s.nacked > 10 && s.resent > 10);
		assert_int_equal(s.bad_auth + s.malformed, 0);
		assert_int_equal(500 - (int64_t)c.a.got, s.lost);
		assert_true(s.rtt_ms >= 40 && s.rtt_ms <= 130);
		assert_true(s.jitter_ms > 1 && s.jitter_ms < 60);
		call_done(&c);
	}
}

/* On a long way nothing is asked for that would come too late; what is lost behind us is told. */
static void test_loss_without_repair(void **state)
{
	struct call c;
	struct peer_stats s;
	(void)state;
	call_make(&c, 3, 1);
	c.net.delay_ms = 120;
	call_connect(&c);
	assert_true(run(&c, 20000, both_connected));
	peer_further_loss(c.b.peer, c.a.ssrc, 0.5); /* not heard yet: nothing happens */
	talk(&c, 150);
	peer_stats(c.a.peer, &s);
	assert_true(s.rtt_ms >= 240 && s.rtt_ms <= 250);
	assert_true(s.remote_loss == 0);
	c.net.loss_percent = 10;
	peer_further_loss(c.b.peer, c.a.ssrc, 0.25);
	talk(&c, 300);
	peer_stats(c.a.peer, &s);
	assert_int_equal(s.nacked, 0);
	assert_true(s.lost > 10);
	assert_true(s.remote_loss > 0.24);
	c.net.loss_percent = 0;
	peer_further_loss(c.b.peer, c.a.ssrc, 0);
	talk(&c, 150);
	peer_stats(c.a.peer, &s);
	assert_true(s.remote_loss == 0);
	call_done(&c);
}

/* Few bytes that ask for many again, over and over: what comes of it is bounded. */
static void test_greedy(void **state)
{
	struct call c;
	struct peer_stats before, after;
	uint16_t seq[16];
	uint8_t buf[1000];
	struct rtcp_out o;
	(void)state;
	call_make(&c, 4, true);
	call_connect(&c);
	assert_true(run(&c, 2000, both_connected));
	talk(&c, 100);
	for (size_t i = 0; i < ARRAY_LEN(seq); i++)
		seq[i] = (uint16_t)(c.b.seq - 1 - i);
	peer_stats(c.b.peer, &before);
	for (int i = 0; i < 500; i++) {
		rtcp_out_init(&o, buf, sizeof(buf));
		rtcp_put_rr(&o, 1, NULL, 0);
		rtcp_put_nack(&o, 1, c.b.ssrc, seq, ARRAY_LEN(seq));
		assert_int_equal(peer_send_rtcp(c.a.peer, c.net.now, buf, rtcp_out_end(&o)), 0);
		run(&c, 20, NULL);
	}
	peer_stats(c.b.peer, &after);
	/* Ten seconds: two hundred each, and as many at once before. */
	assert_in_range(after.resent - before.resent, 200, 2300);
	call_done(&c);
}

/* Tracks that come and go without a goodbye, more than can be remembered: all are heard. */
static void test_many_tracks(void **state)
{
	(void)state;
	struct call c;
	struct peer_stats s;
	call_make(&c, 2, false);
	call_connect(&c);
	assert_true(run(&c, 2000, both_connected));
	for (unsigned i = 0; i < 3 * PEER_RECEIVERS_MAX; i++) {
		size_t before = c.b.got;
		say(&c.a);
		say(&c.a);
		run(&c, 20, NULL);
		assert_int_equal(c.b.got, before + 2);
		c.net.cut = true;
		peer_remove_sender(c.a.peer, c.net.now, c.a.ssrc++);
		c.net.cut = false;
		assert_int_equal(peer_add_sender(c.a.peer, c.a.ssrc, 48000, 0, NULL), 0);
	}
	peer_stats(c.b.peer, &s);
	assert_int_equal(s.unexpected, 0);
	peer_remove_receiver(c.b.peer, c.a.ssrc - 1);
	call_done(&c);
}

static bool b_failed(void *arg)
{
	return peer_state(((struct call *)arg)->b.peer) == PEER_FAILED;
}

static bool a_failed(void *arg)
{
	return peer_state(((struct call *)arg)->a.peer) == PEER_FAILED;
}

/* Somebody in the middle with a certificate of his own is refused by either side. */
static void test_wrong_fingerprint(void **state)
{
	(void)state;
	for (int who = 0; who < 4; who++) {
		struct call c;
		struct sdp_transport ta, tb;
		struct dtls_cert *other = dtls_cert_new(NULL);
		call_make(&c, 3, who & 1);
		peer_transport(c.a.peer, &ta);
		peer_transport(c.b.peer, &tb);
		*(who & 2 ? &ta : &tb) =
			(struct sdp_transport){(who & 2 ? ta : tb).ufrag,
					       (who & 2 ? ta : tb).pwd,
					       SPAN_LIT("sha-256"),
					       span_of(dtls_cert_fingerprint(other)),
					       SDP_SETUP_NONE,
					       (who & 1) && !(who & 2),
					       true};
		assert_int_equal(peer_set_remote(c.b.peer, c.net.now, &ta, true, NULL), 0);
		assert_int_equal(peer_set_remote(c.a.peer, c.net.now, &tb, false, NULL), 0);
		trickle(&c.a, &c.b);
		trickle(&c.b, &c.a);
		assert_true(run(&c, 10000, who & 2 ? b_failed : a_failed));
		assert_non_null(strstr(peer_error(who & 2 ? c.b.peer : c.a.peer), "certificate"));
		struct rtp_out r = {.pt = 111, .ssrc = who & 2 ? c.b.ssrc : c.a.ssrc};
		assert_int_equal(peer_send(who & 2 ? c.b.peer : c.a.peer, c.net.now, &r),
				 ERR_PENDING);
		dtls_cert_unref(other);
		call_done(&c);
	}
}

static void test_restart(void **state)
{
	(void)state;
	for (int lite = 0; lite < 2; lite++) {
		struct call c;
		struct sdp_transport ta, tb;
		call_make(&c, 4, lite);
		call_connect(&c);
		assert_true(run(&c, 2000, both_connected));
		talk(&c, 100);
		/* The client offers new credentials; the answer brings the other side's. */
		peer_restart(c.a.peer, c.net.now);
		talk(&c, 50);
		peer_transport(c.a.peer, &ta);
		assert_int_equal(peer_set_remote(c.b.peer, c.net.now, &ta, true, NULL), 0);
		peer_transport(c.b.peer, &tb);
		talk(&c, 50);
		assert_int_equal(peer_set_remote(c.a.peer, c.net.now, &tb, false, NULL), 0);
		trickle(&c.a, &c.b);
		trickle(&c.b, &c.a);
		talk(&c, 800);
		assert_int_equal(c.a.got, 1000);
		assert_int_equal(c.b.got, 1000);
		assert_true(both_connected(&c));
		call_done(&c);
	}
}

/* The client's network is gone: the server sees it within fifteen seconds. */
static void test_killed_client(void **state)
{
	struct call c;
	(void)state;
	call_make(&c, 5, true);
	call_connect(&c);
	assert_true(run(&c, 2000, both_connected));
	talk(&c, 100);
	c.net.cut = true;
	int64_t from = c.net.now;
	assert_true(run(&c, 20000, b_failed));
	assert_true(c.net.now - from <= 15000);
	call_done(&c);
}

/* A NAT that takes another port in the middle of a call. */
static void test_rebound_call(void **state)
{
	struct call c;
	(void)state;
	call_make(&c, 6, true);
	c.a.node.nat = true;
	c.a.node.outside = fakenet_addr("203.0.113.1", 40000);
	call_connect(&c);
	assert_true(run(&c, 2000, both_connected));
	talk(&c, 100);
	fakenet_rebind(&c.net, &c.a.node);
	run(&c, 4000, NULL);
	size_t before = c.a.got;
	talk(&c, 100);
	assert_int_equal(c.a.got - before, 100);
	call_done(&c);
}

/* Junk from the known address and from others changes nothing. */
static void test_junk(void **state)
{
	struct call c;
	struct peer_stats s;
	uint8_t junk[300];
	struct net_addr other = fakenet_addr("198.51.100.66", 6);
	(void)state;
	call_make(&c, 7, true);
	call_connect(&c);
	assert_true(run(&c, 2000, both_connected));
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = fakenet_random(&c.net, sizeof(junk));
		for (size_t k = 0; k < n; k++)
			junk[k] = (uint8_t)fakenet_random(&c.net, 256);
		assert_null(peer_mux_receive(c.mux, c.net.now, 0, &other, junk, n));
		peer_mux_receive(c.mux, c.net.now, 0, &c.a.node.base[0], junk, n);
		peer_receive(c.a.peer, c.net.now, 0, &c.b.node.base[0], junk, n);
	}
	talk(&c, 50);
	assert_int_equal(c.a.got, 50);
	assert_int_equal(c.b.got, 50);
	peer_stats(c.a.peer, &s);
	assert_true(s.bad_auth > 100);
	call_done(&c);
}

static void test_roles(void **state)
{
	bool client;
	(void)state;
	assert_int_equal(peer_dtls_role(SDP_ACTIVE, SDP_ACTPASS, &client, NULL), 0);
	assert_true(client);
	assert_int_equal(peer_dtls_role(SDP_ACTPASS, SDP_ACTIVE, &client, NULL), 0);
	assert_false(client);
	assert_int_equal(peer_dtls_role(SDP_ACTPASS, SDP_PASSIVE, &client, NULL), 0);
	assert_true(client);
	assert_int_equal(peer_dtls_role(SDP_ACTPASS, SDP_ACTPASS, &client, NULL), ERR_PROTOCOL);
	assert_int_equal(peer_dtls_role(SDP_ACTIVE, SDP_ACTIVE, &client, NULL), ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean_call),
		cmocka_unit_test(test_lossy_call),
		cmocka_unit_test(test_loss_without_repair),
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_many_tracks),
		cmocka_unit_test(test_wrong_fingerprint),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_killed_client),
		cmocka_unit_test(test_rebound_call),
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_roles),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
