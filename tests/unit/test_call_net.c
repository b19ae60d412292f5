/*
 * The addresses that a call's sound takes: a session of ours on an SFU of
 * ours, all on one loop, where addresses come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/call/pc.h"
#include "core/call/session.h"
#include "tests/lib/sfu_world.h"

#include <string.h>

static struct sfu_world w;
static struct call_session *session;
static struct net_addr addresses[3];
static enum pc_block block;
static enum call_state state_now;
static int joined;
static struct err ended;
static struct sfu_client *ear; /* somebody who hears the session */

static void on_state(void *arg, enum call_state now)
{
	(void)arg;
	state_now = now;
	joined += now == CALL_JOINED;
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	(void)arg;
	(void)why;
	if (err)
		ended = *err;
}

static bool has_joined(void *arg)
{
	return state_now == CALL_ENDED || (joined >= *(int *)arg && state_now == CALL_JOINED);
}

static void until_joined(int times)
{
	sfu_until(&w, has_joined, &times, "joined");
	if (state_now == CALL_ENDED)
		fail_msg("the call ended: %s", ended.msg);
}

static bool has_ended(void *arg)
{
	(void)arg;
	return state_now == CALL_ENDED;
}

static bool is_mending(void *arg)
{
	(void)arg;
	return state_now == CALL_RECONNECTING;
}

static bool hears(void *arg)
{
	size_t *more = arg;
	return ear->heard_n && ear->heard[ear->heard_n - 1]->packets >= *more;
}

static void until_heard(size_t more)
{
	if (ear->heard_n)
		more += ear->heard[ear->heard_n - 1]->packets;
	sfu_until(&w, hears, &more, "heard");
}

static char *token_of(const char *identity)
{
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t = {.key = SFU_KEY,
			  .room = "room",
			  .join = true,
			  .publish = true,
			  .subscribe = true,
			  .expires_ms = clock_wall_ms() + 600000};
	snprintf(t.identity, sizeof(t.identity), "%s", identity);
	assert_int_equal(token_make(&t, SPAN_LIT(SFU_SECRET), &b, NULL), 0);
	return buf_take(&b);
}

static void session_begin(const struct net_addr *list)
{
	static const struct call_handler told = {.state = on_state, .ended = on_ended};
	char url[100];
	AUTO_FREE char *token = token_of("ann");
	struct session_options o = {
		.loop = w.loop,
		.ws = w.wsc,
		.times = session_times_default,
		.block = &block,
		.call = {.url = url,
			 .token = token,
			 .addresses = list,
			 .sound = {.input = "tone:440", .opus = {.complexity = 1}}},
	};
	struct err err = {0};
	/* Soon enough for a test. */
	o.times.look = 50;
	/* On a slow machine, too. */
	o.times.attempt = o.times.publish = 100000;
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", w.port);
	if (session_open(&o, &told, NULL, &session, &err))
		fail_msg("%s", err.msg);
}

static void set_address(size_t i, const char *ip)
{
	addresses[i] = (struct net_addr){0};
	if (ip)
		assert_true(net_addr_parse(span_of(ip), 0, &addresses[i]));
}

static void open_world(const char *sfu_ip)
{
	w = (struct sfu_world){.opt.bind_ip = sfu_ip};
	sfu_world_open(&w);
	session = NULL;
	block = PC_BLOCK_NOTHING;
	joined = 0;
	state_now = CALL_CONNECTING;
	ended = (struct err){0};
	memset(addresses, 0, sizeof(addresses));
}

static void close_world(void)
{
	session_close(session);
	sfu_world_close(&w);
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

static void add_ear(void)
{
	ear = sfu_client_join(&w, "room", "ear");
	sfu_client_connect(ear);
}

/* Whatever this host has: the server is on it, so loopback counts. */
static void test_interfaces(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	add_ear();
	session_begin(NULL);
	until_joined(1);
	until_heard(20);
	close_world();
}

static void test_ipv6(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	open_world("::1");
	set_address(0, "::1");
	session_begin(addresses);
	until_joined(1);
	close_world();
}

/* The address that sound goes from disappears; another is there, or comes. */
static void test_address_goes(void **state)
{
	(void)state;
	struct call_status st;
	open_world("127.0.0.1");
	add_ear();
	set_address(0, "127.0.0.3");
	session_begin(addresses);
	until_joined(1);
	until_heard(20);
	for (int i = 0; i < 4; i++) {
		set_address(0, i % 2 ? "127.0.0.3" : "127.0.0.4");
		until_joined(2 + i);
		until_heard(20);
	}
	/* One more address changes nothing. */
	set_address(1, "127.0.0.5");
	until_heard(20);
	session_status(session, &st);
	assert_int_equal(st.reconnects, 4);
	assert_int_equal(state_now, CALL_JOINED);
	/* Nor does its going. */
	set_address(1, NULL);
	until_heard(20);
	assert_int_equal(joined, 5);
	close_world();
}

/* No address at all for a while. On this host TCP, which needs none of ours, would lead on. */
static void test_network_away(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	block = PC_BLOCK_TCP;
	add_ear();
	set_address(0, "127.0.0.3");
	session_begin(addresses);
	until_joined(1);
	until_heard(20);
	set_address(0, NULL);
	SFU_UNTIL(&w, is_mending, NULL);
	sfu_pass(&w, 500);
	assert_int_equal(state_now, CALL_RECONNECTING);
	set_address(0, "127.0.0.4");
	until_joined(2);
	until_heard(20);
	close_world();
}

static void test_no_address(void **state)
{
	(void)state;
	open_world("127.0.0.1");
	session_begin(addresses);
	SFU_UNTIL(&w, has_ended, NULL);
	assert_int_equal(ended.code, ERR_NETWORK);
	close_world();
}

static long live;

static int start(void **state)
{
	(void)state;
	live = mem_live();
	return 0;
}

static int balanced(void **state)
{
	(void)state;
	return mem_live() == live ? 0 : -1;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, balanced)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_interfaces),	 TEST(test_ipv6),	TEST(test_address_goes),
		TEST(test_network_away), TEST(test_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
