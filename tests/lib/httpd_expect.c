#include "tests/lib/httpd_expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"

#include <fcntl.h>
#include <unistd.h>

void expect_refusal(struct raw *c, int status)
{
	char want[80];
	struct reply r;
	raw_reply(c, &r, false);
	if (r.status != status)
		print_message("%s%s\n", buf_str(&r.head), buf_str(&r.body));
	assert_int_equal(r.status, status);
	snprintf(want, sizeof(want), "{\"errcode\":\"M_TEST\",\"error\":\"status %d\"}", status);
	assert_string_equal(buf_str(&r.body), want);
	assert_true(span_eq_str(reply_header(&r, "Access-Control-Allow-Origin"), "*"));
	assert_true(span_eq_str(reply_header(&r, "Content-Type"), "application/json"));
	assert_true(span_eq_str(reply_header(&r, "Connection"), "close"));
	reply_done(&r);
	raw_expect_close(c);
}

void expect_refused(struct fixture *f, const char *request, int status)
{
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, request);
		expect_refusal(&c, status);
		raw_close(&c);
	}
}

void expect_200(struct raw *c, const char *body)
{
	struct reply r;
	raw_reply(c, &r, false);
	assert_int_equal(r.status, 200);
	if (body)
		assert_string_equal(buf_str(&r.body), body);
	reply_done(&r);
}

void fixture_until_open(struct fixture *f, int n)
{
	struct httpd_stats st;
	for (int i = 0; i < 60000; i++) {
		fixture_stats(f, &st);
		if (st.open == n)
			return;
		usleep(1000);
	}
	fail_msg("%d connections are open, not %d", st.open, n);
}

void fixture_file(struct fixture *f, const char *name, size_t n)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	close(fd);
}
