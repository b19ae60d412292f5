#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/httpd_fixture.h"

#define HOST "Host: x\r\n"

/* Send a request on a connection of its own and check status and body. */
static void expect(struct fixture *f, bool tls, const char *request, int status, const char *body)
{
	struct client c = client_open(f, tls);
	struct reply r;
	client_puts(&c, request);
	client_reply(&c, &r, span_starts(span_of(request), "HEAD"));
	assert_int_equal(r.status, status);
	if (body)
		assert_string_equal(buf_str(&r.body), body);
	assert_true(span_eq_str(reply_header(&r, "Access-Control-Allow-Origin"), "*"));
	reply_done(&r);
	client_close(&c);
}

static void both(struct fixture *f, const char *request, int status, const char *body)
{
	expect(f, false, request, status, body);
	expect(f, true, request, status, body);
}

static void test_raw_path(void **state)
{
	struct fixture *f = *state;
	both(f, "GET /state/t/a%2Fb/%2E%2E/c//d?x=%20&y HTTP/1.1\r\n" HOST "\r\n", 200,
	     "/state/t/a%2Fb/%2E%2E/c//d?x=%20&y");
}

static void test_echo(void **state)
{
	struct fixture *f = *state;
	both(f, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 200, "hello");
	both(f,
	     "PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	     "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: z\r\n\r\n",
	     200, "hello");
	both(f, "DELETE /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 200, "{}");
	both(f, "POST /echo HTTP/1.1\r\n" HOST "\r\n", 200, "");
}

static int setup(void **state)
{
	*state = fixture_start(NULL);
	return 0;
}

static int teardown(void **state)
{
	fixture_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_raw_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
