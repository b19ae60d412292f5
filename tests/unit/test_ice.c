#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/stun.h"
#include "tests/lib/balance.h"
#include "tests/lib/ice_agent.h"

#include <string.h>

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
	agent_introduce(&t->a, &t->b);
	agent_introduce(&t->b, &t->a);
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
	agent_introduce(&t.b, &t.a);
	assert_true(ice_path(t.b.ice, &base, &to));
	agent_introduce(&t.a, &t.b);
	agent_tell_all(&t.a, &t.b);
	agent_tell_all(&t.b, &t.a);
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
		agent_introduce(&t.a, &t.b);
		agent_introduce(&t.b, &t.a);
		agent_tell_all(&t.a, &t.b);
		agent_tell_all(&t.b, &t.a);
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
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
