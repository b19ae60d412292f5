/*
 * The addresses that a call's sound takes: a session of ours on an SFU of
 * ours, all on one loop, where addresses come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/balance.h"
#include "tests/lib/sfu_caller.h"

#include <string.h>

static struct sfu_caller c;
static struct net_addr addresses[3];

static void session_begin(const struct net_addr *list)
{
	struct session_options o = sfu_caller_options();
	o.call.addresses = list;
	/* Soon enough for a test. */
	o.times.look = 50;
	sfu_caller_begin(&c, o);
}

static void set_address(size_t i, const char *ip)
{
	addresses[i] = (struct net_addr){0};
	if (ip)
		assert_true(net_addr_parse(span_of(ip), 0, &addresses[i]));
}

static bool is_mending(void *arg)
{
	(void)arg;
	return c.state == CALL_RECONNECTING;
}

static void open_world(const char *sfu_ip)
{
	sfu_caller_open(&c, (struct sfu_options){.bind_ip = sfu_ip});
	memset(addresses, 0, sizeof(addresses));
}

static bool has_ipv6(void)
{
	struct net_addr all[NET_INTERFACES_MAX], one;
	size_t n = net_interfaces(all, NET_INTERFACES_MAX, true);
	bool found = false;
	assert_true(net_addr_parse(SPAN_LIT("::1"), 0, &one));
	for (size_t i = 0; i < n; i++)
		found = found || net_addr_eq(&all[i], &one);
	return found;
}

/* Whatever this host has: the server is on it, so loopback counts. */
static void test_interfaces(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	sfu_caller_add_ear(&c);
	session_begin(NULL);
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_heard(&c, 20);
	sfu_caller_close(&c);
}

static void test_ipv6(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	open_world("::1");
	set_address(0, "::1");
	session_begin(addresses);
	sfu_caller_until_joined(&c, 1);
	sfu_caller_close(&c);
}

/* The address that sound goes from disappears; another is there, or comes. */
static void test_address_goes(void **state)
{
	(void)state;
	struct call_status st;
	open_world("127.0.0.1");
	sfu_caller_add_ear(&c);
	set_address(0, "127.0.0.3");
	session_begin(addresses);
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_heard(&c, 20);
	for (int i = 0; i < 4; i++) {
		set_address(0, i % 2 ? "127.0.0.3" : "127.0.0.4");
		sfu_caller_until_joined(&c, 2 + i);
		sfu_caller_until_heard(&c, 20);
	}
	/* One more address changes nothing. */
	set_address(1, "127.0.0.5");
	sfu_caller_until_heard(&c, 20);
	session_status(c.session, &st);
	assert_int_equal(st.reconnects, 4);
	assert_int_equal(c.state, CALL_JOINED);
	/* Nor does its going. */
	set_address(1, NULL);
	sfu_caller_until_heard(&c, 20);
	assert_int_equal(c.joined, 5);
	sfu_caller_close(&c);
}

/* No address at all for a while. On this host TCP, which needs none of ours, would lead on. */
static void test_network_away(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	c.block = PC_BLOCK_TCP;
	sfu_caller_add_ear(&c);
	set_address(0, "127.0.0.3");
	session_begin(addresses);
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_heard(&c, 20);
	set_address(0, NULL);
	SFU_UNTIL(&c.w, is_mending, NULL);
	sfu_pass(&c.w, 500);
	assert_int_equal(c.state, CALL_RECONNECTING);
	set_address(0, "127.0.0.4");
	sfu_caller_until_joined(&c, 2);
	sfu_caller_until_heard(&c, 20);
	sfu_caller_close(&c);
}

static void test_no_address(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	session_begin(addresses);
	assert_int_equal(sfu_caller_until_ended(&c), ERR_NETWORK);
	sfu_caller_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BALANCED(test_interfaces),   BALANCED(test_ipv6),	BALANCED(test_address_goes),
		BALANCED(test_network_away), BALANCED(test_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
