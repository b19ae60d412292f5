/*
 * Ways of the ICE agent beside UDP: connections, and when they are used. A
 * base with a port of its own stands for one: the network drops the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rtc/ice.h"
#include "core/rtc/ice_lite.h"
#include "core/rtc/stun.h"
#include "tests/lib/balance.h"
#include "tests/lib/fakenet.h"

#include <string.h>

#define STREAM_PORT 99

#define STREAM 3 /* number of a base that is a connection */

static bool no_udp; /* what the filter drops: all but what is on the stream's port */

static bool only_stream(void *arg, const struct fakenet_packet *p)
{
	(void)arg;
	return !no_udp || p->from.port == STREAM_PORT || p->to.port == STREAM_PORT;
}

/* A client of a lite server with a second way, which stands for a TCP connection. */
struct detour_net {
	struct fakenet net;
	struct {
		struct fakenet_node node;
		struct ice *ice;
	} a;
	struct {
		struct fakenet_node node;
		struct ice_lite *table;
	} l;
	struct ice_lite_session *session;
};

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct detour_net *d = arg;
	fakenet_send(&d->net, &d->a.node, base, to, p, n);
}

static int64_t on_deadline(void *arg)
{
	return ice_deadline(((struct detour_net *)arg)->a.ice);
}

static void on_tick(void *arg, int64_t now)
{
	ice_tick(((struct detour_net *)arg)->a.ice, now);
}

static void on_receive(void *arg, int64_t now, int base, const struct net_addr *from, const void *p,
		       size_t n)
{
	ice_receive(((struct detour_net *)arg)->a.ice, now, base, from, p, n);
}

static int64_t never(void *arg)
{
	(void)arg;
	return INT64_MAX;
}

static void no_tick(void *arg, int64_t now)
{
	(void)arg;
	(void)now;
}

/* The server hears everything on one base: to it, connections are told apart by their port. */
static void lite_receive(void *arg, int64_t now, int base, const struct net_addr *from,
			 const void *p, size_t n)
{
	struct detour_net *d = arg;
	struct ice_lite_result r;
	ice_lite_receive(d->l.table, now, base, from, p, n, &r);
	if (r.reply_n)
		fakenet_send(&d->net, &d->l.node, base, from, r.reply, r.reply_n);
}

static bool a_connected(void *arg)
{
	return ice_state(((struct detour_net *)arg)->a.ice) == ICE_CONNECTED;
}

static bool wants(void *arg)
{
	return ice_wants_detour(((struct detour_net *)arg)->a.ice);
}

static bool disconnected(void *arg)
{
	return ice_state(((struct detour_net *)arg)->a.ice) == ICE_DISCONNECTED;
}

static bool on_detour(void *arg)
{
	int base;
	return ice_on_detour(((struct detour_net *)arg)->a.ice, &base);
}

static bool on_no_detour(void *arg)
{
	return a_connected(arg) && !on_detour(arg);
}

static struct ice_candidate passive(const struct net_addr *at)
{
	struct ice_candidate c = {.component = 1,
				  .priority = ice_priority_tcp(1),
				  .addr = *at,
				  .foundation = "t",
				  .transport = ICE_TCP_PASSIVE};
	return c;
}

static void detour_make(struct detour_net *d, uint64_t seed)
{
	fakenet_init(&d->net, seed);
	d->net.filter = only_stream;
	d->l.table = ice_lite_new();
	d->l.node = (struct fakenet_node){.arg = d,
					  .deadline = never,
					  .tick = no_tick,
					  .receive = lite_receive};
	d->l.node.base[d->l.node.bases_n++] = fakenet_addr("192.0.2.1", 5000);
	fakenet_add(&d->net, &d->l.node);
	struct ice_lite_session *s = d->session = ice_lite_add(d->l.table, NULL);
	struct ice_config c = {.controlling = true, .tie_breaker = 1, .send = on_send, .arg = d};
	d->a.ice = ice_new(&c);
	d->a.node = (struct fakenet_node){.arg = d,
					  .deadline = on_deadline,
					  .tick = on_tick,
					  .receive = on_receive};
	d->a.node.base[0] = fakenet_addr("10.0.0.1", 1000);
	d->a.node.base[STREAM] = fakenet_addr("10.0.0.1", STREAM_PORT);
	d->a.node.bases_n = STREAM + 1;
	fakenet_add(&d->net, &d->a.node);
	assert_int_equal(ice_add_base(d->a.ice, d->net.now, 0, &d->a.node.base[0], NULL), 0);
	ice_gather(d->a.ice, d->net.now);
	assert_int_equal(ice_set_remote(d->a.ice, d->net.now, span_of(ice_lite_ufrag(s)),
					span_of(ice_lite_pwd(s)), true, NULL),
			 0);
	struct ice_candidate udp = {.component = 1,
				    .priority = ice_priority(ICE_HOST, 1),
				    .addr = d->l.node.base[0],
				    .foundation = "u"};
	struct ice_candidate tcp = passive(&d->l.node.base[0]);
	assert_int_equal(ice_add_remote(d->a.ice, d->net.now, &udp, NULL), 0);
	assert_int_equal(ice_add_remote(d->a.ice, d->net.now, &tcp, NULL), 0);
}

static void open_stream(struct detour_net *d)
{
	assert_int_equal(ice_add_stream(d->a.ice, d->net.now, STREAM, &d->a.node.base[STREAM],
					&d->l.node.base[0], NULL),
			 0);
}

static void detour_done(struct detour_net *d)
{
	no_udp = false;
	ice_free(d->a.ice);
	ice_lite_remove(d->l.table, d->session);
	ice_lite_free(d->l.table);
	fakenet_done(&d->net);
}

static bool drun(struct detour_net *d, int64_t ms, bool (*done)(void *))
{
	return fakenet_run(&d->net, d->net.now + ms, done, d);
}

/* A connection is used where UDP fails, though it was there first; then UDP again, by itself. */
static void test_stream_while_no_udp(void **state)
{
	struct detour_net d;
	struct ice_stats st;
	(void)state;
	detour_make(&d, 1);
	no_udp = true;
	assert_false(drun(&d, 600, a_connected));
	assert_true(ice_wants_detour(d.a.ice));
	open_stream(&d);
	assert_true(drun(&d, 2000, a_connected));
	assert_true(on_detour(&d));
	assert_false(ice_wants_detour(d.a.ice));
	ice_stats(d.a.ice, &st);
	assert_true(st.tcp);
	no_udp = false;
	assert_true(drun(&d, 2 * ICE_BETTER_MS, on_no_detour));
	detour_done(&d);
}

/* UDP that works is taken, whatever else is open. */
static void test_udp_before_stream(void **state)
{
	struct detour_net d;
	(void)state;
	detour_make(&d, 2);
	open_stream(&d);
	assert_true(drun(&d, 5000, a_connected));
	drun(&d, 5000, NULL);
	assert_true(on_no_detour(&d));
	detour_done(&d);
}

/* In mid-call: a path that carries sound is doubted soon, and left when another answers. */
static void test_path_dies(void **state)
{
	struct detour_net d;
	(void)state;
	detour_make(&d, 3);
	assert_true(drun(&d, 5000, a_connected));
	for (int i = 0; i < 100; i++) {
		ice_note_data(d.a.ice, d.net.now, true);
		drun(&d, 20, NULL);
		assert_false(ice_wants_detour(d.a.ice));
	}
	no_udp = true;
	int64_t from = d.net.now;
	assert_true(drun(&d, 10000, wants));
	assert_true(d.net.now - from <= 1500);
	assert_int_equal(ice_state(d.a.ice), ICE_CONNECTED);
	open_stream(&d);
	assert_true(drun(&d, 1000, on_detour));
	/* The connection breaks, UDP is back. */
	no_udp = false;
	ice_remove_base(d.a.ice, d.net.now, STREAM);
	assert_true(drun(&d, 2000, on_no_detour));
	detour_done(&d);
}

/* Loss alone moves nothing for good. */
static void test_doubt_passes(void **state)
{
	struct detour_net d;
	(void)state;
	detour_make(&d, 4);
	assert_true(drun(&d, 5000, a_connected));
	d.net.loss_percent = 30;
	for (int i = 0; i < 3000; i++) {
		ice_note_data(d.a.ice, d.net.now, i % 10 == 0);
		drun(&d, 20, NULL);
	}
	d.net.loss_percent = 0;
	drun(&d, 3000, NULL);
	assert_true(on_no_detour(&d));
	assert_false(ice_wants_detour(d.a.ice));
	detour_done(&d);
}

/* The process was stopped for a while, as on a busy machine: nothing is wrong with the path. */
static void test_held_up(void **state)
{
	struct detour_net d;
	int64_t now;
	(void)state;
	detour_make(&d, 6);
	assert_true(drun(&d, 5000, a_connected));
	for (int i = 0; i < 20; i++) {
		drun(&d, 4000 + 300 * i, NULL);
		d.net.now += ICE_DISCONNECT_MS + 1000 * i;
		now = d.net.now;
		while (d.net.now < now + 1000) {
			drun(&d, 1, NULL);
			assert_int_equal(ice_state(d.a.ice), ICE_CONNECTED);
		}
	}
	/* What is really silent is told of in time. */
	now = d.net.now;
	d.net.cut = true;
	assert_true(drun(&d, 20000, disconnected));
	assert_in_range(d.net.now - now, ICE_DISCONNECT_MS - ICE_CONSENT_MS * 2, ICE_DISCONNECT_MS);
	detour_done(&d);
}

/* Connections come and go more often than there are places for bases. */
static void test_many_streams(void **state)
{
	struct detour_net d;
	(void)state;
	detour_make(&d, 5);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(ice_add_stream(d.a.ice, d.net.now, 100 + i, &d.a.node.base[STREAM],
						&d.l.node.base[0], NULL),
				 0);
		ice_remove_base(d.a.ice, d.net.now, 100 + i);
	}
	assert_true(drun(&d, 5000, a_connected));
	assert_true(on_no_detour(&d));
	detour_done(&d);
}

/* -- What is told of a relay -------------------------------------------------- */

struct told {
	struct ice_candidate relay;
	size_t relays;
	uint8_t query[STUN_MESSAGE_MAX]; /* the newest */
	size_t query_n;
};

static void keep_query(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct told *t = arg;
	(void)base;
	(void)to;
	memcpy(t->query, p, n);
	t->query_n = n;
}

static void keep_relay(void *arg, const struct ice_event *e)
{
	struct told *t = arg;
	if (e->kind != ICE_EVENT_CANDIDATE || e->candidate->type != ICE_RELAY)
		return;
	t->relay = *e->candidate;
	t->relays++;
}

static struct ice *told_ice(struct told *t)
{
	struct ice_config c = {.tie_breaker = 1, .send = keep_query, .event = keep_relay, .arg = t};
	*t = (struct told){0};
	return ice_new(&c);
}

/* What others hear is whole: with the address that the TURN server sees of us. */
static void test_relay_told(void **state)
{
	struct net_addr relayed = fakenet_addr("203.0.113.9", 5000),
			mapped = fakenet_addr("198.51.100.7", 4000);
	struct told t;
	struct ice *ice = told_ice(&t);
	(void)state;
	assert_int_equal(ice_add_relay(ice, 0, 100, &relayed, &mapped, 1, NULL), 0);
	assert_int_equal(t.relays, 1);
	assert_true(net_addr_eq(&t.relay.addr, &relayed));
	assert_true(net_addr_eq(&t.relay.related, &mapped));
	ice_free(ice);
}

/* No room for its candidate: those of others stay as they are. */
static void test_relay_without_room(void **state)
{
	struct net_addr relayed = fakenet_addr("203.0.113.9", 5000),
			mapped = fakenet_addr("198.51.100.7", 4000),
			server = fakenet_addr("192.0.2.1", 3478), base;
	struct told t;
	struct ice *ice = told_ice(&t);
	struct stun m;
	uint8_t out[STUN_MESSAGE_MAX];
	(void)state;
	for (int i = 0; i < ICE_LOCAL_MAX - 1; i++) {
		base = fakenet_addr("10.0.0.1", (uint16_t)(1000 + i));
		assert_int_equal(ice_add_base(ice, 0, i, &base, NULL), 0);
	}
	/* The first base, asked alone so far, has one of the server's: that makes it full. */
	base = fakenet_addr("10.0.0.1", 1000);
	assert_int_equal(ice_add_server(ice, &server, NULL), 0);
	ice_gather(ice, 0);
	ice_tick(ice, 0);
	assert_true(stun_parse(t.query, t.query_n, &m));
	struct stun_out r = {.cls = STUN_SUCCESS,
			     .method = m.method,
			     .tid = m.tid,
			     .mapped = mapped};
	ice_receive(ice, 1, 0, &server, out, stun_write(&r, out));
	assert_int_equal(ice_local_count(ice), ICE_LOCAL_MAX);
	const struct ice_candidate *last = ice_local(ice, ICE_LOCAL_MAX - 1);
	assert_int_equal(last->type, ICE_SRFLX);
	assert_int_equal(ice_add_relay(ice, 2, 100, &relayed, &relayed, 1, NULL), 0);
	assert_true(net_addr_eq(&last->related, &base));
	assert_int_equal(t.relays, 0);
	ice_free(ice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BALANCED(test_stream_while_no_udp), BALANCED(test_udp_before_stream),
		BALANCED(test_path_dies),	    BALANCED(test_doubt_passes),
		BALANCED(test_many_streams),	    BALANCED(test_held_up),
		BALANCED(test_relay_told),	    BALANCED(test_relay_without_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
