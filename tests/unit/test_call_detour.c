/*
 * Calls where UDP does not get through, from the start or from some moment on:
 * a session of ours on an SFU of ours, all on one loop.
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
	return joined >= *(int *)arg && state_now == CALL_JOINED;
}

static void until_joined(int times)
{
	sfu_until(&w, has_joined, &times, "joined");
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

static void session_begin(void)
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
			 .sound = {.input = "tone:440", .opus = {.complexity = 1}}},
	};
	struct err err = {0};
	/* On a slow machine, too. */
	o.times.attempt = 100000;
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", w.port);
	if (session_open(&o, &told, NULL, &session, &err))
		fail_msg("%s", err.msg);
}

static void begin(enum pc_block from_the_start)
{
	w = (struct sfu_world){.opt.bind_ip = "127.0.0.1"};
	sfu_world_open(&w);
	session = NULL;
	joined = 0;
	block = from_the_start;
	state_now = CALL_CONNECTING;
	ended = (struct err){0};
	ear = sfu_client_join(&w, "room", "ear");
	sfu_client_connect(ear);
	session_begin();
	until_joined(1);
	until_heard(20);
}

static void end(void)
{
	assert_int_equal(ended.code, 0);
	session_close(session);
	sfu_world_close(&w);
}

static enum call_way way(void)
{
	struct call_status st;
	session_status(session, &st);
	return st.way;
}

static bool goes_by(void *arg)
{
	return way() == *(enum call_way *)arg;
}

static void until_way(enum call_way wanted)
{
	sfu_until(&w, goes_by, &wanted, "way");
}

static void test_udp_is_preferred(void **state)
{
	(void)state;
	begin(PC_BLOCK_NOTHING);
	assert_int_equal(way(), CALL_WAY_UDP);
	end();
}

static void test_never_udp(void **state)
{
	(void)state;
	begin(PC_BLOCK_UDP);
	assert_int_equal(way(), CALL_WAY_TCP);
	assert_int_equal(joined, 1);
	end();
}

/* The session itself does not even notice. */
static void test_udp_ends(void **state)
{
	struct call_status st;
	(void)state;
	begin(PC_BLOCK_NOTHING);
	block = PC_BLOCK_UDP;
	until_way(CALL_WAY_TCP);
	until_heard(100);
	session_status(session, &st);
	assert_int_equal(st.reconnects, 0);
	assert_int_equal(state_now, CALL_JOINED);
	end();
}

/* Somebody speaks to who listens by TCP. */
static bool has_some(void *arg)
{
	struct call_status st;
	sfu_client_say(ear, 30, 7);
	session_status(session, &st);
	return st.packets_in >= *(int64_t *)arg;
}

static void test_hears_by_tcp(void **state)
{
	int64_t some = 30;
	(void)state;
	begin(PC_BLOCK_UDP);
	sfu_client_publish(ear, "mic", false);
	SFU_UNTIL(&w, has_some, &some);
	assert_int_equal(way(), CALL_WAY_TCP);
	end();
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
		TEST(test_udp_is_preferred),
		TEST(test_never_udp),
		TEST(test_udp_ends),
		TEST(test_hears_by_tcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
