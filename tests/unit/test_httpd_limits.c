/*
 * The HTTP front against input it must refuse, peers that are gone, and
 * resources that run out. Slow peers: test_httpd_slow.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/httpd_expect.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: x\r\n"
#define MB ((size_t)1 << 20)

static void still_serves(struct fixture *f)
{
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, "GET /still HTTP/1.1\r\n" HOST "\r\n");
		expect_200(&c, "/still");
		raw_close(&c);
	}
}

static void test_bad_requests(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{"\x16\x03\x01\x02", 400}, /* TLS to the plain port */
		{"GARBAGE\r\n\r\n", 400},
		{"FROB / HTTP/1.1\r\n" HOST "\r\n", 501},
		{"GET / HTTP/1.1\r\n\r\n", 400}, /* no Host */
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
		{"GET / HTTP/0.9\r\n" HOST "\r\n", 505},
		{"GET / HTTP/1.7\r\n" HOST "\r\n", 505},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"GET / a HTTP/1.1\r\n" HOST "\r\n", 400},
		{"GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400},
		{"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST "X: a\r\n folded\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST "X: a\001b\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST "X y: a\r\n\r\n", 400},
		/* Two ways to tell the length: smuggling. */
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n0\r\n\r\n",
		 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: "
		 "5\r\n\r\n0\r\n\r\n",
		 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: "
		 "6\r\n\r\nhello",
		 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5a\r\n\r\nhello", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n", 413},
		{"PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
		{"PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
		{"PUT /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
		{"PUT /echo HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
		 400},
		{"PUT /file HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
		 400},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].text[0] == '\x16') {
			struct raw c = raw_open(f, false);
			raw_puts(&c, rows[i].text);
			expect_refusal(&c, rows[i].status);
			raw_close(&c);
			continue;
		}
		print_message("%.60s\n", rows[i].text);
		expect_refused(f, rows[i].text, rows[i].status);
	}
	still_serves(f);
}

static void test_head_too_large(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 6; i++) {
		struct raw c = raw_open(f, i & 1);
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		if (i < 2) { /* one long target */
			buf_put_str(&b, "GET /");
			while (b.n < 200000)
				buf_put_char(&b, 'a');
		} else if (i < 4) { /* headers without end */
			buf_put_str(&b, "GET / HTTP/1.1\r\n");
			while (b.n < 200000)
				buf_put_str(&b, "A: b\r\n");
		} else { /* white space, which the parser does not report */
			buf_put_str(&b, "GET / HTTP/1.1\r\nA:");
			while (b.n < 200000)
				buf_put_char(&b, ' ');
		}
		raw_send(&c, b.p, b.n);
		expect_refusal(&c, 431);
		buf_done(&b);
		raw_close(&c);
	}
	/* 15 KB fit: LiveKit's join addresses are long. */
	struct raw c = raw_open(f, false);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "GET /echo?");
	while (b.n < 15000)
		buf_put_char(&b, 'a');
	buf_put_str(&b, " HTTP/1.1\r\n" HOST "\r\n");
	raw_send(&c, b.p, b.n);
	expect_200(&c, "");
	buf_done(&b);
	raw_close(&c);
}

static void test_body_too_large(void **state)
{
	struct fixture *f = *state;
	expect_refused(f, "PUT /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\nhello world",
		       413);
	expect_refused(f,
		       "PUT /small HTTP/1.1\r\n" HOST
		       "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n",
		       413);
	expect_refused(f, "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 999999999\r\n\r\nhello",
		       413);
	expect_refused(f, "PUT /none HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 413);
	expect_refused(f,
		       "PUT /none HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
		       413);
	assert_int_equal(f->gone, 10);
	/* A client in the middle of a large body still hears why. */
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		char *p = mem_alloc(4 * MB);
		raw_puts(&c, "PUT /small HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n400000\r\n");
		raw_send(&c, p, 4 * MB);
		expect_refusal(&c, 413);
		mem_free(p);
		raw_close(&c);
	}
}

/* Much framing around no body. */
static void test_chunk_overhead(void **state)
{
	struct fixture *f = *state;
	const char *parts[] = {";x=yyyyyyyyyyyyyyyyyyyyyyyy", "A: b\r\n"};
	for (int i = 0; i < 4; i++) {
		struct raw c = raw_open(f, i & 1);
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		buf_put_str(&b, "PUT /echo HTTP/1.1\r\n" HOST
				"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
		buf_put_str(&b, i < 2 ? "1" : "0\r\n");
		while (b.n < 300000)
			buf_put_str(&b, parts[i / 2]);
		raw_send(&c, b.p, b.n);
		expect_refusal(&c, 400);
		buf_done(&b);
		raw_close(&c);
	}
}

static void test_early_reply(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		struct reply r;
		/* A short body is skipped, the connection lives. */
		raw_puts(&c, "PUT /early HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n");
		raw_reply(&c, &r, false);
		assert_int_equal(r.status, 403);
		reply_done(&r);
		raw_puts(&c, "helloGET /next HTTP/1.1\r\n" HOST "\r\n");
		expect_200(&c, "/next");
		/* A long one is not. */
		char *p = mem_alloc(2 * MB);
		raw_puts(&c, "PUT /early HTTP/1.1\r\n" HOST "Content-Length: 2097152\r\n\r\n");
		raw_send(&c, p, 2 * MB);
		raw_reply(&c, &r, false);
		assert_int_equal(r.status, 403);
		assert_true(span_eq_str(reply_header(&r, "Connection"), "close"));
		reply_done(&r);
		raw_expect_close(&c);
		mem_free(p);
		raw_close(&c);
	}
}

static void test_no_header_injection(void **state)
{
	struct fixture *f = *state;
	struct raw c = raw_open(f, false);
	struct reply r;
	raw_puts(&c, "GET /inject HTTP/1.1\r\n" HOST "\r\n");
	raw_reply(&c, &r, false);
	assert_int_equal(r.status, 500);
	assert_null(strstr(buf_str(&r.head), "X-A"));
	reply_done(&r);
	raw_puts(&c, "GET /next HTTP/1.1\r\n" HOST "\r\n");
	expect_200(&c, "/next");
	raw_close(&c);

	struct buf b = BUF_INIT(200);
	httpd_header_put(&b, "X-B", span_of("a\r\nSet-Cookie: b\x7f"));
	assert_string_equal(buf_str(&b), "X-B: a  Set-Cookie: b \r\n");
	buf_done(&b);
}

static int setup_capped(void **state)
{
	struct httpd_options opt = {.max_unsent_owner = 33 * MB};
	*state = fixture_start(&opt);
	return 0;
}

static int setup_capped_all(void **state)
{
	struct httpd_options opt = {.max_unsent_owner = 33 * MB, .max_unsent = 33 * MB};
	*state = fixture_start(&opt);
	return 0;
}

/* The kernel's buffers take up to 4 MB of a reply: two fit the cap, three never do. */

static struct raw ask_much(struct fixture *f, int owner, bool tls)
{
	char request[200];
	int little = 65536;
	struct raw c = raw_open(f, tls);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	snprintf(request, sizeof(request), "GET /big?%zu HTTP/1.1\r\n" HOST "X-Owner: %d\r\n\r\n",
		 16 * MB, owner);
	raw_puts(&c, request);
	return c;
}

static void until_unread(struct fixture *f, int n)
{
	struct httpd_stats st;
	for (int i = 0; i < 60000; i++) {
		fixture_stats(f, &st);
		if (st.unread == n)
			return;
		usleep(1000);
	}
	fail_msg("%d connections were closed for what waits, not %d", (int)st.unread, n);
}

/* All of a reply of 16 MB is there, or it broke off. */
static bool comes(struct raw *c)
{
	static char p[65536];
	size_t got = 0;
	ssize_t n;
	while (got < 16 * MB && (n = raw_read(c, p, sizeof(p))) > 0)
		got += (size_t)n;
	raw_close(c);
	return got >= 16 * MB;
}

/* Somebody who asks for much on many connections loses the oldest; others lose nothing. */
static void test_unread_of_one(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c[6], other = ask_much(f, 2, tls);
		fixture_until(&f->ready, 7 * tls + 1);
		for (int i = 0; i < 6; i++) {
			c[i] = ask_much(f, 1, tls);
			fixture_until(&f->ready, 7 * tls + i + 2);
		}
		until_unread(f, 4 * (tls + 1));
		fixture_until_open(f, 3);
		for (int i = 0; i < 6; i++)
			assert_int_equal(comes(&c[i]), i >= 4);
		assert_true(comes(&other));
		fixture_until_open(f, 0);
	}
}

/* Many people together: the oldest goes, whosever it is. */
static void test_unread_of_all(void **state)
{
	struct fixture *f = *state;
	struct raw c[6];
	for (int i = 0; i < 6; i++) {
		c[i] = ask_much(f, i + 1, false);
		fixture_until(&f->ready, i + 1);
	}
	until_unread(f, 4);
	fixture_until_open(f, 2);
	for (int i = 0; i < 6; i++)
		assert_int_equal(comes(&c[i]), i >= 4);
}

/* ---- what runs out ---- */

static int setup_few(void **state)
{
	struct httpd_options opt = {.max_connections = 5};
	*state = fixture_start(&opt);
	return 0;
}

static void test_too_many_connections(void **state)
{
	struct fixture *f = *state;
	struct raw c[5];
	for (int i = 0; i < 5; i++) {
		c[i] = raw_open(f, i & 1);
		raw_puts(&c[i], "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	}
	fixture_until(&f->waiting, 5);
	for (int i = 0; i < 100; i++) {
		struct raw more = raw_open(f, false);
		raw_puts(&more, "GET / HTTP/1.1\r\n" HOST "\r\n");
		expect_refusal(&more, 503);
		raw_close(&more);
	}
	assert_int_equal(f->waiting, 5);
	for (int i = 0; i < 5; i++)
		raw_close(&c[i]);
	fixture_until_open(f, 0);
	still_serves(f);
}

/* What others of the process need is not given away: of these, 16 are left. */
static void test_files_kept(void **state)
{
	struct httpd_options opt = {.files_kept = 120};
	struct rlimit old, low;
	struct raw c[16];
	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	low = (struct rlimit){200, old.rlim_max};
	setrlimit(RLIMIT_NOFILE, &low);
	struct fixture *f = fixture_start(&opt);
	setrlimit(RLIMIT_NOFILE, &old);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		c[i] = raw_open(f, false);
		raw_puts(&c[i], "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	}
	fixture_until(&f->waiting, ARRAY_LEN(c));
	struct raw more = raw_open(f, false);
	raw_puts(&more, "GET / HTTP/1.1\r\n" HOST "\r\n");
	expect_refusal(&more, 503);
	raw_close(&more);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		raw_close(&c[i]);
	fixture_stop(f);
}

static int files_in(const char *dir)
{
	int n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += strncmp(e->d_name, "up", 2) == 0;
	closedir(d);
	return n;
}

static void until_no_uploads(struct fixture *f)
{
	for (int i = 0; i < 60000 && files_in(f->dir); i++)
		usleep(1000);
	assert_int_equal(files_in(f->dir), 0);
}

static void test_disk_full(void **state)
{
	struct fixture *f = *state;
	/* A limit on the size of files stands in for the full disk. */
	struct rlimit old, small = {1 << 20, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	char *p = mem_alloc(4 * MB);
	for (int i = 0; i < 4; i++) {
		struct raw c = raw_open(f, i & 1);
		setrlimit(RLIMIT_FSIZE, &small);
		if (i < 2)
			raw_puts(&c,
				 "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n");
		else
			raw_puts(&c, "PUT /file HTTP/1.1\r\n" HOST
				     "Transfer-Encoding: chunked\r\n\r\n400000\r\n");
		raw_send(&c, p, 4 * MB);
		expect_refusal(&c, 507);
		setrlimit(RLIMIT_FSIZE, &old);
		until_no_uploads(f);
		raw_close(&c);
	}
	mem_free(p);
	assert_int_equal(f->gone, 4);
	still_serves(f);
}

static void test_upload_broken_off(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 20; i++) {
		struct raw c = raw_open(f, i & 1);
		raw_puts(&c, "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 5000000\r\n\r\n");
		char *p = mem_alloc(MB);
		raw_send(&c, p, i < 10 ? 10 : MB);
		mem_free(p);
		fixture_until(&f->begun, i + 1);
		raw_close(&c);
		fixture_until(&f->gone, i + 1);
	}
	until_no_uploads(f);
}

/* A file that is there already is neither overwritten nor removed. */
static void test_upload_onto_file(void **state)
{
	struct fixture *f = *state;
	fixture_file(f, "up1", 7);
	expect_refused(f, "PUT /echo HTTP/1.0\r\nExpect: x\r\nContent-Length: 9999999\r\n\r\n",
		       413);
	struct raw c = raw_open(f, false);
	raw_puts(&c, "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	expect_refusal(&c, 500);
	raw_close(&c);
	char path[300];
	snprintf(path, sizeof(path), "%s/up1", f->dir);
	assert_int_equal(access(path, R_OK), 0);
}

static void test_out_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, low;
	getrlimit(RLIMIT_NOFILE, &old);
	/* The highest descriptor in use decides what "low" means. */
	int top = dup(0);
	close(top);
	low = (struct rlimit){(rlim_t)top + 20, old.rlim_max};
	struct raw c[64];
	int n = 0;
	setrlimit(RLIMIT_NOFILE, &low);
	/* Both ends are in this process: its sockets use up what is left. */
	for (; n < 64; n++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0)
			break;
		close(fd);
		c[n] = raw_connect(f->port);
		usleep(2000);
	}
	assert_in_range(n, 5, 63);
	int64_t cpu = os_cpu_us(), took = clock_mono_ms();
	usleep(300000);
	cpu = os_cpu_us() - cpu;
	took = clock_mono_ms() - took;
	setrlimit(RLIMIT_NOFILE, &old);
	for (int i = 0; i < n; i++)
		raw_close(&c[i]);
	if (cpu > took * 500)
		fail_msg("%lld us of CPU in %lld ms: it spins", (long long)cpu, (long long)took);
	still_serves(f);
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

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WITH(setup_of, name) cmocka_unit_test_setup_teardown(name, setup_of, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_bad_requests),
		T(test_head_too_large),
		T(test_body_too_large),
		T(test_chunk_overhead),
		T(test_early_reply),
		T(test_no_header_injection),
		WITH(setup_capped, test_unread_of_one),
		WITH(setup_capped_all, test_unread_of_all),
		WITH(setup_few, test_too_many_connections),
		cmocka_unit_test(test_files_kept),
		T(test_disk_full),
		T(test_upload_broken_off),
		T(test_upload_onto_file),
		T(test_out_of_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
