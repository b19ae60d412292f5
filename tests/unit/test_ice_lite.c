/* ICE as a server with one port does it, and full agents who come to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/ice_lite.h"
#include "core/rtc/stun.h"
#include "tests/lib/balance.h"
#include "tests/lib/ice_agent.h"

#include <string.h>

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
		cmocka_unit_test(test_lite),
		cmocka_unit_test(test_lite_refuses),
		cmocka_unit_test(test_many_sessions),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
