#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/ice.h"
#include "core/rtc/ice_lite.h"
#include "core/rtc/stun.h"
#include "tests/lib/balance.h"
#include "tests/lib/fakenet.h"

#include <string.h>

struct agent {
	struct fakenet *net;
	struct fakenet_node node;
	struct ice *ice;
	struct agent *peer; /* candidates trickle to it */
	int states[8];
	size_t paths, gathered;
	bool hide_host; /* tells server-reflexive candidates only */
};

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct agent *a = arg;
	fakenet_send(a->net, &a->node, base, to, p, n);
}

static void on_event(void *arg, const struct ice_event *e)
{
	struct agent *a = arg;
	AUTO(buf_done) struct buf b = BUF_INIT(500);
	struct ice_candidate c;
	if (e->kind == ICE_EVENT_STATE)
		a->states[ice_state(a->ice)]++;
	a->paths += e->kind == ICE_EVENT_PATH;
	a->gathered += e->kind == ICE_EVENT_GATHERED;
	if (e->kind != ICE_EVENT_CANDIDATE || !a->peer ||
	    (a->hide_host && e->candidate->type == ICE_HOST))
		return;
	ice_candidate_put(&b, e->candidate);
	assert_int_equal(ice_candidate_parse(buf_span(&b), &c, NULL), 0);
	assert_int_equal(ice_add_remote(a->peer->ice, a->net->now, &c, NULL), 0);
}

static int64_t on_deadline(void *arg)
{
	return ice_deadline(((struct agent *)arg)->ice);
}

static void on_tick(void *arg, int64_t now)
{
	ice_tick(((struct agent *)arg)->ice, now);
}

static void on_receive(void *arg, int64_t now, int base, const struct net_addr *from, const void *p,
		       size_t n)
{
	ice_receive(((struct agent *)arg)->ice, now, base, from, p, n);
}

static void agent_make(struct agent *a, struct fakenet *net, bool controlling, uint64_t tie_breaker)
{
	*a = (struct agent){.net = net};
	struct ice_config c = {.controlling = controlling,
			       .tie_breaker = tie_breaker,
			       .send = on_send,
			       .event = on_event,
			       .arg = a};
	a->ice = ice_new(&c);
	a->node = (struct fakenet_node){.arg = a,
					.deadline = on_deadline,
					.tick = on_tick,
					.receive = on_receive};
	fakenet_add(net, &a->node);
}

static void agent_base(struct agent *a, const char *ip, uint16_t port)
{
	a->node.base[a->node.bases_n++] = fakenet_addr(ip, port);
}

static void agent_start(struct agent *a)
{
	for (size_t i = 0; i < a->node.bases_n; i++)
		assert_int_equal(ice_add_base(a->ice, a->net->now, (int)i, &a->node.base[i], NULL),
				 0);
	if (a->net->stun.family)
		ice_add_server(a->ice, &a->net->stun, NULL);
	ice_gather(a->ice, a->net->now);
}

static void introduce(struct agent *to, struct agent *of)
{
	assert_int_equal(ice_set_remote(to->ice, to->net->now, span_of(ice_ufrag(of->ice)),
					span_of(ice_pwd(of->ice)), false, NULL),
			 0);
}

static void tell_all(struct agent *from, struct agent *to)
{
	for (size_t i = 0; i < ice_local_count(from->ice); i++)
		ice_add_remote(to->ice, to->net->now, ice_local(from->ice, i), NULL);
}

struct pair {
	struct fakenet net;
	struct agent a, b;
};

static void pair_make(struct pair *t, uint64_t seed, bool both_controlling)
{
	fakenet_init(&t->net, seed);
	agent_make(&t->a, &t->net, true, 100);
	agent_make(&t->b, &t->net, both_controlling, 50);
}

static void pair_start(struct pair *t)
{
	t->a.peer = &t->b;
	t->b.peer = &t->a;
	introduce(&t->a, &t->b);
	introduce(&t->b, &t->a);
	agent_start(&t->a);
	agent_start(&t->b);
}

static void pair_done(struct pair *t)
{
	ice_free(t->a.ice);
	ice_free(t->b.ice);
	fakenet_done(&t->net);
}

static bool both_connected(void *arg)
{
	struct pair *t = arg;
	return ice_state(t->a.ice) == ICE_CONNECTED && ice_state(t->b.ice) == ICE_CONNECTED;
}

static bool run(struct pair *t, int64_t ms, bool (*done)(void *))
{
	return fakenet_run(&t->net, t->net.now + ms, done, t);
}

/* Each sends where the other listens, seen through NATs. */
static void assert_paths_meet(struct pair *t)
{
	int base;
	struct net_addr to;
	assert_true(ice_path(t->a.ice, &base, &to));
	struct net_addr b_at = t->b.node.nat ? t->b.node.outside : t->b.node.base[0];
	assert_true(net_addr_same_ip(&to, &b_at) || t->b.node.bases_n > 1);
	assert_true(ice_path(t->b.ice, &base, &to));
	assert_true(ice_knows(t->b.ice, base, &to));
}

static void test_two_agents(void **state)
{
	struct pair t;
	(void)state;
	pair_make(&t, 1, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "192.0.2.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 1000, both_connected));
	assert_true(t.net.now < 1200);
	assert_paths_meet(&t);
	assert_true(ice_controlling(t.a.ice) && !ice_controlling(t.b.ice));
	assert_int_equal(t.a.paths, 1);
	pair_done(&t);
}

static void test_ipv6_preferred(void **state)
{
	struct pair t;
	int base;
	struct net_addr to;
	(void)state;
	pair_make(&t, 2, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.a, "2001:db8::1", 1001);
	agent_base(&t.b, "192.0.2.2", 2000);
	agent_base(&t.b, "2001:db8::2", 2001);
	pair_start(&t);
	assert_true(run(&t, 2000, both_connected));
	assert_true(ice_path(t.a.ice, &base, &to));
	assert_int_equal(to.family, 6);
	assert_int_equal(base, 1);
	pair_done(&t);
}

static void test_lossy(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 40; seed++) {
		struct pair t;
		pair_make(&t, seed, false);
		t.net.loss_percent = 30;
		t.net.delay_ms = 30;
		t.net.jitter_ms = 100;
		agent_base(&t.a, "192.0.2.1", 1000);
		agent_base(&t.a, "198.51.100.1", 1000);
		agent_base(&t.b, "192.0.2.2", 2000);
		agent_base(&t.b, "2001:db8::2", 2000);
		pair_start(&t);
		assert_true(run(&t, 20000, both_connected));
		/* Consent survives the loss. */
		run(&t, 30000, NULL);
		assert_int_equal(t.a.states[ICE_FAILED], 0);
		assert_true(ice_state(t.a.ice) == ICE_CONNECTED ||
			    ice_state(t.a.ice) == ICE_DISCONNECTED);
		pair_done(&t);
	}
}

static void test_role_conflict(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 10; seed++) {
		struct pair t;
		pair_make(&t, seed, true);
		t.net.jitter_ms = 40;
		agent_base(&t.a, "192.0.2.1", 1000);
		agent_base(&t.b, "192.0.2.2", 2000);
		pair_start(&t);
		assert_true(run(&t, 3000, both_connected));
		/* The larger tie-breaker controls. */
		assert_true(ice_controlling(t.a.ice));
		assert_false(ice_controlling(t.b.ice));
		pair_done(&t);
	}
}

static void nat_pair(struct pair *t, uint64_t seed)
{
	pair_make(t, seed, false);
	t->net.stun = fakenet_addr("203.0.113.99", 3478);
	agent_base(&t->a, "192.168.1.10", 1000);
	t->a.node.nat = true;
	t->a.node.outside = fakenet_addr("203.0.113.1", 40000);
	agent_base(&t->b, "10.0.0.5", 2000);
	t->b.node.nat = true;
	t->b.node.outside = fakenet_addr("203.0.113.2", 50000);
}

static void test_two_nats(void **state)
{
	struct pair t;
	struct ice_stats s;
	(void)state;
	nat_pair(&t, 3);
	pair_start(&t);
	assert_true(run(&t, 5000, both_connected));
	assert_int_equal(t.a.gathered, 1);
	assert_int_equal(ice_local_count(t.a.ice), 2);
	assert_int_equal(ice_local(t.a.ice, 1)->type, ICE_SRFLX);
	ice_stats(t.a.ice, &s);
	assert_true(s.rtt_ms == 10);
	assert_paths_meet(&t);
	pair_done(&t);
}

static void test_peer_reflexive(void **state)
{
	struct pair t;
	struct ice_stats s;
	(void)state;
	pair_make(&t, 4, false);
	agent_base(&t.a, "192.168.1.10", 1000);
	t.a.node.nat = true;
	t.a.node.outside = fakenet_addr("203.0.113.1", 40000);
	agent_base(&t.b, "203.0.113.7", 2000);
	pair_start(&t);
	assert_true(run(&t, 5000, both_connected));
	ice_stats(t.b.ice, &s);
	assert_int_equal(s.remote_type, ICE_PRFLX);
	pair_done(&t);
}

static bool b_follows(void *arg)
{
	struct pair *t = arg;
	int base;
	struct net_addr to;
	return ice_path(t->b.ice, &base, &to) && net_addr_eq(&to, &t->a.node.outside) &&
	       both_connected(t);
}

static bool a_follows(void *arg)
{
	struct pair *t = arg;
	int base;
	struct net_addr to;
	return ice_path(t->a.ice, &base, &to) && net_addr_eq(&to, &t->b.node.outside) &&
	       both_connected(t);
}

static void test_rebinding(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 10; seed++) {
		struct pair t;
		pair_make(&t, seed, false);
		t.net.loss_percent = 5;
		agent_base(&t.a, "192.168.1.10", 1000);
		t.a.node.nat = true;
		t.a.node.outside = fakenet_addr("203.0.113.1", 40000);
		agent_base(&t.b, "203.0.113.7", 2000);
		pair_start(&t);
		assert_true(run(&t, 5000, both_connected));
		run(&t, 10000, NULL);
		fakenet_rebind(&t.net, &t.a.node);
		assert_true(run(&t, 20000, b_follows));
		pair_done(&t);
		/* The same behind the controlled side. */
		pair_make(&t, seed, false);
		agent_base(&t.a, "203.0.113.7", 1000);
		agent_base(&t.b, "192.168.1.10", 2000);
		t.b.node.nat = true;
		t.b.node.outside = fakenet_addr("203.0.113.1", 40000);
		pair_start(&t);
		assert_true(run(&t, 5000, both_connected));
		run(&t, 10000, NULL);
		fakenet_rebind(&t.net, &t.b.node);
		assert_true(run(&t, 20000, a_follows));
		pair_done(&t);
	}
}

static bool a_disconnected(void *arg)
{
	return ice_state(((struct pair *)arg)->a.ice) == ICE_DISCONNECTED;
}

static bool both_failed(void *arg)
{
	struct pair *t = arg;
	return ice_state(t->a.ice) == ICE_FAILED && ice_state(t->b.ice) == ICE_FAILED;
}

static void test_consent(void **state)
{
	struct pair t;
	int base;
	struct net_addr to;
	(void)state;
	pair_make(&t, 5, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "192.0.2.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 1000, both_connected));
	t.net.cut = true;
	assert_true(run(&t, 12000, a_disconnected));
	assert_true(ice_path(t.a.ice, &base, &to));
	t.net.cut = false;
	assert_true(run(&t, 6000, both_connected));
	t.net.cut = true;
	int64_t from = t.net.now;
	assert_true(run(&t, 40000, both_failed));
	assert_in_range(t.net.now - from, 25000, 33000);
	assert_false(ice_path(t.a.ice, &base, &to));
	pair_done(&t);
}

static void test_restart(void **state)
{
	struct pair t;
	int base;
	struct net_addr to;
	(void)state;
	pair_make(&t, 6, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "192.0.2.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 1000, both_connected));
	AUTO_FREE char *before = mem_strdup(ice_ufrag(t.a.ice));
	ice_restart(t.a.ice, t.net.now);
	assert_string_not_equal(before, ice_ufrag(t.a.ice));
	assert_true(ice_path(t.a.ice, &base, &to));
	run(&t, 2000, NULL);
	/* The other side learns of it by the new credentials. */
	introduce(&t.b, &t.a);
	assert_true(ice_path(t.b.ice, &base, &to));
	introduce(&t.a, &t.b);
	tell_all(&t.a, &t.b);
	tell_all(&t.b, &t.a);
	assert_true(run(&t, 2000, both_connected));
	assert_int_equal(t.a.states[ICE_FAILED], 0);
	run(&t, 60000, NULL);
	assert_true(both_connected(&t));
	pair_done(&t);
}

static void test_moves_to_other_base(void **state)
{
	struct pair t;
	int base;
	struct net_addr to;
	(void)state;
	pair_make(&t, 7, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.a, "198.51.100.1", 1000);
	agent_base(&t.b, "203.0.113.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 1000, both_connected));
	assert_true(ice_path(t.a.ice, &base, &to));
	ice_remove_base(t.a.ice, t.net.now, base);
	assert_int_equal(ice_state(t.a.ice), ICE_CHECKING);
	assert_true(run(&t, 12000, both_connected));
	int other;
	assert_true(ice_path(t.a.ice, &other, &to));
	assert_int_not_equal(base, other);
	pair_done(&t);
}

/* Interfaces come and go for hours: nothing of those that are gone is kept. */
static void test_many_networks(void **state)
{
	struct pair t;
	int base = 0, now;
	struct net_addr to;
	(void)state;
	pair_make(&t, 9, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "203.0.113.2", 2000);
	pair_start(&t);
	agent_base(&t.a, "198.51.100.1", 1000);
	assert_true(run(&t, 1000, both_connected));
	for (int i = 0; i < 3 * ICE_LOCAL_MAX; i++) {
		ice_remove_base(t.a.ice, t.net.now, base);
		base = 1 - base;
		assert_int_equal(ice_add_base(t.a.ice, t.net.now, base, &t.a.node.base[base], NULL),
				 0);
		ice_restart(t.a.ice, t.net.now);
		ice_restart(t.b.ice, t.net.now);
		assert_int_equal(ice_local_count(t.a.ice), 1);
		assert_true(net_addr_eq(&ice_local(t.a.ice, 0)->addr, &t.a.node.base[base]));
		introduce(&t.a, &t.b);
		introduce(&t.b, &t.a);
		tell_all(&t.a, &t.b);
		tell_all(&t.b, &t.a);
		assert_true(run(&t, 5000, both_connected));
		assert_true(ice_path(t.a.ice, &now, &to));
		assert_int_equal(now, base);
	}
	pair_done(&t);
}

static bool wrong_path(void *arg, const struct fakenet_packet *p)
{
	(void)arg;
	return p->to.family != 6;
}

static void test_dead_best_pair(void **state)
{
	struct pair t;
	int base;
	struct net_addr to;
	(void)state;
	pair_make(&t, 8, false);
	t.net.filter = wrong_path;
	agent_base(&t.a, "2001:db8::1", 1000);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "2001:db8::2", 2000);
	agent_base(&t.b, "192.0.2.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 1500, both_connected));
	assert_true(ice_path(t.a.ice, &base, &to));
	assert_int_equal(to.family, 4);
	pair_done(&t);
}

static void test_nobody_there(void **state)
{
	struct pair t;
	(void)state;
	pair_make(&t, 9, false);
	t.net.cut = true;
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "192.0.2.2", 2000);
	pair_start(&t);
	assert_true(run(&t, 60000, both_failed));
	pair_done(&t);
}

static void test_wrong_password(void **state)
{
	struct pair t;
	struct ice_stats s;
	(void)state;
	pair_make(&t, 10, false);
	agent_base(&t.a, "192.0.2.1", 1000);
	agent_base(&t.b, "192.0.2.2", 2000);
	t.a.peer = &t.b;
	t.b.peer = &t.a;
	assert_int_equal(ice_set_remote(t.a.ice, 0, span_of(ice_ufrag(t.b.ice)),
					SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaa"), false, NULL),
			 0);
	agent_start(&t.a);
	agent_start(&t.b);
	assert_false(run(&t, 20000, both_connected));
	ice_stats(t.b.ice, &s);
	assert_true(s.bad_integrity > 3);
	assert_int_equal(s.checks_received, 0);
	pair_done(&t);
}

static void test_candidate_text(void **state)
{
	struct ice_candidate c;
	(void)state;
	assert_int_equal(ice_candidate_parse(SPAN_LIT("candidate:842163049 1 udp 1677729535 "
						      "203.0.113.5 "
						      "46154 typ srflx raddr 10.0.0.5 rport 46154 "
						      "generation 0 ufrag abcd network-cost 999"),
					     &c, NULL),
			 0);
	assert_int_equal(c.type, ICE_SRFLX);
	assert_int_equal(c.related.port, 46154);
	AUTO(buf_done) struct buf b = BUF_INIT(500);
	const char *line = "candidate:4 1 tcp 1518280447 192.0.2.1 8009 typ host tcptype passive";
	assert_int_equal(ice_candidate_parse(span_of(line), &c, NULL), 0);
	assert_int_equal(c.transport, ICE_TCP_PASSIVE);
	ice_candidate_put(&b, &c);
	assert_string_equal(buf_str(&b), line);
	assert_int_equal(ice_candidate_parse(SPAN_LIT("candidate:1 1 tcp 1518280447 192.0.2.1 9 "
						      "typ host tcptype active"),
					     &c, NULL),
			 0);
	assert_int_equal(c.transport, ICE_TCP_ACTIVE);
	const char *skipped[] = {
		"candidate:1 1 sctp 1518280447 192.0.2.1 9 typ host",
		"candidate:1 2 udp 2130706430 192.0.2.1 5000 typ host",
		"candidate:1 1 udp 2130706431 4f2a-11.local 5000 typ host",
	};
	for (size_t i = 0; i < ARRAY_LEN(skipped); i++)
		assert_int_equal(ice_candidate_parse(span_of(skipped[i]), &c, NULL),
				 ERR_UNSUPPORTED);
	const char *bad[] = {"",
			     "candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host",
			     "candidate:",
			     "candidate:1 1 udp 99999999999 192.0.2.1 5000 typ host",
			     "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
			     "candidate:1 1 udp 1 192.0.2.1 5000 typ",
			     "candidate:1 1 udp 1 192.0.2.1 5000 typ other"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(ice_candidate_parse(span_of(bad[i]), &c, NULL), ERR_INVALID);
}

/* A lite server with one port, and full clients. */
struct lite {
	struct fakenet *net;
	struct fakenet_node node;
	struct ice_lite *table;
	size_t moved, first, ignored;
};

static int64_t never(void *arg)
{
	(void)arg;
	return INT64_MAX;
}

static void lite_receive(void *arg, int64_t now, int base, const struct net_addr *from,
			 const void *p, size_t n)
{
	struct lite *l = arg;
	struct ice_lite_result r;
	ice_lite_receive(l->table, now, base, from, p, n, &r);
	l->moved += r.moved;
	l->first += r.first;
	l->ignored += !r.session;
	if (r.reply_n)
		fakenet_send(l->net, &l->node, base, from, r.reply, r.reply_n);
}

static bool all_connected(void *arg)
{
	struct agent *a = arg;
	for (int i = 0; i < 8; i++)
		if (ice_state(a[i].ice) != ICE_CONNECTED)
			return false;
	return true;
}

static void test_lite(void **state)
{
	struct fakenet net;
	struct lite l = {.net = &net};
	struct agent a[8];
	struct ice_lite_session *s[8];
	struct ice_stats before, after;
	int base;
	struct net_addr to;
	(void)state;
	fakenet_init(&net, 11);
	net.loss_percent = 10;
	net.jitter_ms = 30;
	l.table = ice_lite_new();
	l.node = (struct fakenet_node){.arg = &l,
				       .deadline = never,
				       .receive = lite_receive,
				       .base = {fakenet_addr("203.0.113.5", 40000)},
				       .bases_n = 1};
	fakenet_add(&net, &l.node);
	struct ice_candidate c = {.component = 1,
				  .foundation = "1",
				  .priority = ice_priority(ICE_HOST, 1),
				  .addr = l.node.base[0]};
	for (unsigned i = 0; i < 8; i++) {
		/* Some believe that they are controlled and are told otherwise. */
		agent_make(&a[i], &net, i % 2, i + 1);
		agent_base(&a[i], "192.168.1.10", (uint16_t)(1000 + i));
		a[i].node.nat = true;
		a[i].node.outside = fakenet_addr("198.51.100.1", (uint16_t)(20000 + 10 * i));
		s[i] = ice_lite_add(l.table, &a[i]);
		assert_true(ice_lite_set_remote(s[i], span_of(ice_ufrag(a[i].ice))));
		ice_set_remote(a[i].ice, net.now, span_of(ice_lite_ufrag(s[i])),
			       span_of(ice_lite_pwd(s[i])), i != 2, NULL);
		ice_add_remote(a[i].ice, net.now, &c, NULL);
		agent_start(&a[i]);
	}
	assert_true(fakenet_run(&net, net.now + 10000, all_connected, a));
	for (unsigned i = 0; i < 8; i++) {
		assert_true(ice_lite_path(s[i], &base, &to));
		assert_true(net_addr_eq(&to, &a[i].node.outside));
		assert_ptr_equal(ice_lite_find(l.table, 0, &to), s[i]);
		assert_ptr_equal(ice_lite_arg(s[i]), &a[i]);
	}
	assert_int_equal(l.first, 8);
	/* A NAT gives another port: the next check moves it. */
	fakenet_rebind(&net, &a[3].node);
	fakenet_run(&net, net.now + 12000, NULL, NULL);
	assert_true(ice_lite_path(s[3], &base, &to));
	assert_true(net_addr_eq(&to, &a[3].node.outside));
	/* With such loss somebody may be unanswered for a while; they come back by themselves. */
	assert_true(fakenet_run(&net, net.now + 20000, all_connected, a));
	/* After a restart the old credentials serve until the new ones were used. */
	AUTO_FREE char *old = mem_strdup(ice_lite_ufrag(s[4]));
	ice_lite_restart(l.table, s[4]);
	assert_string_not_equal(old, ice_lite_ufrag(s[4]));
	ice_stats(a[4].ice, &before);
	fakenet_run(&net, net.now + 10000, NULL, NULL);
	ice_stats(a[4].ice, &after);
	assert_true(after.consents > before.consents);
	ice_set_remote(a[4].ice, net.now, span_of(ice_lite_ufrag(s[4])),
		       span_of(ice_lite_pwd(s[4])), true, NULL);
	ice_add_remote(a[4].ice, net.now, &c, NULL);
	fakenet_run(&net, net.now + 12000, NULL, NULL);
	assert_true(fakenet_run(&net, net.now + 20000, all_connected, a));
	for (unsigned i = 0; i < 8; i++) {
		ice_lite_remove(l.table, s[i]);
		ice_free(a[i].ice);
	}
	assert_int_equal(ice_lite_count(l.table), 0);
	ice_lite_free(l.table);
	fakenet_done(&net);
}

/* What is not authentic neither gets an answer nor moves anything. */
static void test_lite_refuses(void **state)
{
	struct ice_lite *t = ice_lite_new();
	struct ice_lite_session *s = ice_lite_add(t, NULL);
	struct ice_lite_result r;
	struct net_addr from = fakenet_addr("192.0.2.9", 9);
	char name[64];
	uint8_t out[STUN_MESSAGE_MAX];
	int base;
	(void)state;
	snprintf(name, sizeof(name), "%s:peer", ice_lite_ufrag(s));
	struct stun_out w = {.cls = STUN_REQUEST,
			     .tid = stun_tid_new(),
			     .username = span_of(name),
			     .controlling = true,
			     .password = SPAN_LIT("wrong")};
	size_t n = stun_write(&w, out);
	ice_lite_receive(t, 1, 0, &from, out, n, &r);
	assert_null(r.session);
	assert_int_equal(r.reply_n, 0);
	w.password = span_of(ice_lite_pwd(s));
	ice_lite_set_remote(s, SPAN_LIT("another"));
	n = stun_write(&w, out);
	ice_lite_receive(t, 1, 0, &from, out, n, &r);
	assert_null(r.session);
	ice_lite_set_remote(s, SPAN_LIT("peer"));
	/* Many addresses: the table stays bounded and the path stays. */
	for (uint16_t port = 1; port < 100; port++) {
		from.port = port;
		ice_lite_receive(t, port, 0, &from, out, n, &r);
		assert_ptr_equal(r.session, s);
		assert_true(r.reply_n > 0);
	}
	assert_true(ice_lite_path(s, &base, &from));
	assert_int_equal(from.port, 1);
	size_t known = 0;
	for (uint16_t port = 1; port < 100; port++) {
		from.port = port;
		known += ice_lite_find(t, 0, &from) == s;
	}
	assert_int_equal(known, ICE_LITE_ADDRS);
	/* An address from which checks come is nobody else's, whatever they prove: who sends can
	 * forge it. One that was silent becomes theirs. */
	struct ice_lite_session *s2 = ice_lite_add(t, NULL);
	snprintf(name, sizeof(name), "%s:x", ice_lite_ufrag(s2));
	w.password = span_of(ice_lite_pwd(s2));
	n = stun_write(&w, out);
	from.port = 1;
	ice_lite_receive(t, ICE_LITE_HELD_MS, 0, &from, out, n, &r);
	assert_null(r.session);
	assert_int_equal(r.reply_n, 0);
	assert_ptr_equal(ice_lite_find(t, 0, &from), s);
	assert_true(ice_lite_path(s, &base, &from));
	ice_lite_receive(t, ICE_LITE_HELD_MS + 1, 0, &from, out, n, &r);
	assert_ptr_equal(r.session, s2);
	assert_ptr_equal(ice_lite_find(t, 0, &from), s2);
	assert_false(ice_lite_path(s, &base, &from));
	ice_lite_remove(t, s);
	ice_lite_remove(t, s2);
	ice_lite_free(t);
}

static void test_many_sessions(void **state)
{
	struct ice_lite *t = ice_lite_new();
	static struct ice_lite_session *s[2000];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = ice_lite_add(t, NULL);
	assert_int_equal(ice_lite_count(t), ARRAY_LEN(s));
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		ice_lite_remove(t, s[i]);
	ice_lite_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_agents),
		cmocka_unit_test(test_ipv6_preferred),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_role_conflict),
		cmocka_unit_test(test_two_nats),
		cmocka_unit_test(test_peer_reflexive),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_consent),
		cmocka_unit_test(test_many_networks),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_moves_to_other_base),
		cmocka_unit_test(test_dead_best_pair),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_wrong_password),
		cmocka_unit_test(test_candidate_text),
		cmocka_unit_test(test_lite),
		cmocka_unit_test(test_lite_refuses),
		cmocka_unit_test(test_many_sessions),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
