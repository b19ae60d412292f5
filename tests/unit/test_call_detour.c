/*
 * Calls where UDP does not get through, from the start or from some moment on:
 * a session of ours on an SFU of ours, all on one loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/balance.h"
#include "tests/lib/sfu_caller.h"

static struct sfu_caller c;

static void begin(enum pc_block from_the_start)
{
	sfu_caller_open(&c, (struct sfu_options){.bind_ip = "127.0.0.1"});
	c.block = from_the_start;
	sfu_caller_add_ear(&c);
	sfu_caller_begin(&c, sfu_caller_options());
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_heard(&c, 20);
}

static void end(void)
{
	assert_int_equal(c.ended.code, 0);
	sfu_caller_close(&c);
}

static void test_udp_is_preferred(void **state)
{
	(void)state;
	begin(PC_BLOCK_NOTHING);
	assert_int_equal(sfu_caller_way(&c), CALL_WAY_UDP);
	end();
}

static void test_never_udp(void **state)
{
	(void)state;
	begin(PC_BLOCK_UDP);
	assert_int_equal(sfu_caller_way(&c), CALL_WAY_TCP);
	assert_int_equal(c.joined, 1);
	end();
}

/* The session itself does not even notice. */
static void test_udp_ends(void **state)
{
	struct call_status st;
	(void)state;
	begin(PC_BLOCK_NOTHING);
	c.block = PC_BLOCK_UDP;
	sfu_caller_until_way(&c, CALL_WAY_TCP);
	sfu_caller_until_heard(&c, 100);
	session_status(c.session, &st);
	assert_int_equal(st.reconnects, 0);
	assert_int_equal(c.state, CALL_JOINED);
	end();
}

/* Somebody speaks to who listens by TCP. */
static bool has_some(void *arg)
{
	struct call_status st;
	sfu_client_say(c.ear, 30, 7);
	session_status(c.session, &st);
	return st.packets_in >= *(int64_t *)arg;
}

static void test_hears_by_tcp(void **state)
{
	int64_t some = 30;
	(void)state;
	begin(PC_BLOCK_UDP);
	sfu_client_publish(c.ear, "mic", false);
	SFU_UNTIL(&c.w, has_some, &some);
	assert_int_equal(sfu_caller_way(&c), CALL_WAY_TCP);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BALANCED(test_udp_is_preferred),
		BALANCED(test_never_udp),
		BALANCED(test_udp_ends),
		BALANCED(test_hears_by_tcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
