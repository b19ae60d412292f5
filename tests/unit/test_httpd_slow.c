/* The HTTP front and peers that are slow: to ask, to say what they have to say, to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/httpd_expect.h"
#include "tests/lib/pace.h"

#include <poll.h>
#include <unistd.h>

#define HOST "Host: x\r\n"
#define MB ((size_t)1 << 20)

/* Each of these is in a hurry in one thing only. */

static int setup_slow_head(void **state)
{
	*state = fixture_start(&(struct httpd_options){.head_timeout_ms = 2000});
	return 0;
}

/* All at once: each has its own time from when it came. */
static void test_slow_head(void **state)
{
	struct fixture *f = *state;
	struct raw half[2], mute[2];
	char ch;
	for (int tls = 0; tls < 2; tls++) {
		half[tls] = raw_open(f, tls);
		raw_puts(&half[tls], "GET / HTTP/1.1\r\nHo");
		mute[tls] = raw_open(f, tls);
	}
	/* One that never finishes the TLS handshake. */
	struct raw c = raw_connect(f->tls_port);
	for (int tls = 0; tls < 2; tls++) {
		expect_refusal(&half[tls], 408);
		/* One that says nothing at all is closed without a word. */
		assert_true(raw_read(&mute[tls], &ch, 1) <= 0);
		raw_close(&half[tls]);
		raw_close(&mute[tls]);
	}
	raw_expect_close(&c);
	raw_close(&c);
}

static int setup_slow_body(void **state)
{
	*state = fixture_start(&(struct httpd_options){.body_stall_ms = 500});
	return 0;
}

static void test_slow_body(void **state)
{
	struct fixture *f = *state;
	expect_refused(f, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhell", 408);
	expect_refused(f, "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhell", 408);
	assert_int_equal(f->gone, 4);
}

static int setup_body_rate(void **state)
{
	struct httpd_options opt = {.rate_grace_ms = 400, .min_body_rate = 100000};
	*state = fixture_start(&opt);
	return 0;
}

static bool has_come(const struct raw *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	return poll(&p, 1, 30) > 0;
}

/* Drop by drop: never stalls, yet is too slow. */
static void test_slow_drops(void **state)
{
	struct fixture *f = *state;
	struct raw c = raw_open(f, false);
	raw_puts(&c, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n");
	for (int i = 0; i < 4000 && !has_come(&c); i++)
		raw_puts(&c, "x");
	expect_refusal(&c, 408);
	raw_close(&c);
}

static int setup_keepalive(void **state)
{
	*state = fixture_start(&(struct httpd_options){.keepalive_ms = 400});
	return 0;
}

static void test_idle_connection_ends(void **state)
{
	struct fixture *f = *state;
	struct raw c = raw_open(f, false);
	raw_puts(&c, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	fixture_until(&f->waiting, 1);
	for (int tls = 0; tls < 2; tls++) {
		struct raw idle = raw_open(f, tls);
		raw_puts(&idle, "GET /a HTTP/1.1\r\n" HOST "\r\n");
		expect_200(&idle, "/a");
		raw_expect_close(&idle);
		raw_close(&idle);
	}
	/* But one that waits for its reply does not, and has waited for longer than those. */
	assert_int_equal(f->waiting, 1);
	struct raw w = raw_open(f, false);
	raw_puts(&w, "GET /wake HTTP/1.1\r\n" HOST "\r\n");
	expect_200(&w, "ok");
	expect_200(&c, "woken");
	raw_close(&w);
	raw_close(&c);
}

static int setup_slow_reader(void **state)
{
	*state = fixture_start(&(struct httpd_options){.write_stall_ms = 700});
	return 0;
}

/* Who asks for much and does not read is cut, at flat memory. */
static void test_slow_reader(void **state)
{
	struct fixture *f = *state;
	fixture_file(f, "data", 100 * MB);
	for (int i = 0; i < 4; i++) {
		int64_t before = os_rss_bytes();
		struct raw c = raw_open(f, i & 1);
		raw_puts(&c, i < 2 ? "GET /send/data?0-104857600 HTTP/1.1\r\n" HOST "\r\n"
				   : "GET /big?9000000 HTTP/1.1\r\n" HOST "\r\n"
				     "GET /big?9000000 HTTP/1.1\r\n" HOST "\r\n"
				     "GET /big?9000000 HTTP/1.1\r\n" HOST "\r\n");
		fixture_until(&f->ready, i + 1);
		usleep(100000);
		int64_t grown = os_rss_bytes() - before;
		if (!PACE_SANITIZED && i < 2 && grown > (int64_t)(4 * MB))
			fail_msg("memory grew by %lld KB", (long long)grown / 1024);
		fixture_until_open(f, 0);
		assert_int_equal(f->ready, i + 1); /* pipelined ones were not begun */
		raw_close(&c);
	}
}

/* With so long a stall. False: on this machine the reader itself stood still for so long. */
static bool reads_steadily(int stall_ms)
{
	struct fixture *f = fixture_start(&(struct httpd_options){.write_stall_ms = stall_ms});
	const size_t n = 24 * MB;
	char *p = mem_alloc(MB);
	bool whole = true;
	for (int tls = 0; tls < 2 && whole; tls++) {
		struct raw c = raw_open(f, tls);
		int64_t start = clock_mono_ms();
		size_t got = 0;
		raw_puts(&c, "GET /big?25165824 HTTP/1.1\r\n" HOST "\r\n");
		while (got < n && whole) {
			ssize_t m = raw_read(&c, p, MB / 2);
			whole = m > 0;
			got += whole ? (size_t)m : 0;
			if (clock_mono_ms() - start <
			    (int64_t)(got * (size_t)stall_ms * 13 / 10 / n))
				usleep(20000);
		}
		raw_close(&c);
	}
	mem_free(p);
	fixture_stop(f);
	return whole;
}

/* Slow, yet reading: is served, though the whole takes longer than a stall may. */
static void test_steady_reader(void **state)
{
	int ms = 3000;
	(void)state;
	while (!reads_steadily(ms) && ms < 60000)
		ms *= 3;
	assert_true(ms < 60000);
}

static int teardown(void **state)
{
	fixture_stop(*state);
	return 0;
}

#define WITH(setup_of, name) cmocka_unit_test_setup_teardown(name, setup_of, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(setup_slow_head, test_slow_head),
		WITH(setup_slow_body, test_slow_body),
		WITH(setup_body_rate, test_slow_drops),
		WITH(setup_keepalive, test_idle_connection_ends),
		WITH(setup_slow_reader, test_slow_reader),
		cmocka_unit_test(test_steady_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
