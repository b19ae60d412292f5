/*
 * The HTTP front over real sockets: what clients may rely on, plain and TLS.
 * Limits and faults: test_httpd_limits.c; WebSocket: test_httpd_ws.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/pace.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: x\r\n"
#define MB ((size_t)1 << 20)

static void check_reply(struct raw *c, bool head, int status, const char *body)
{
	struct reply r;
	raw_reply(c, &r, head);
	if (r.status != status)
		print_message("%s%s\n", buf_str(&r.head), buf_str(&r.body));
	assert_int_equal(r.status, status);
	if (body)
		assert_string_equal(buf_str(&r.body), body);
	assert_true(span_eq_str(reply_header(&r, "Access-Control-Allow-Origin"), "*"));
	assert_int_equal(reply_header(&r, "Date").n, 29);
	reply_done(&r);
}

/* A request on a connection of its own. */
static void expect(struct fixture *f, bool tls, const char *request, int status, const char *body)
{
	struct raw c = raw_open(f, tls);
	raw_puts(&c, request);
	check_reply(&c, span_starts(span_of(request), "HEAD"), status, body);
	raw_close(&c);
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
	both(f, "GET http://x/echo HTTP/1.1\r\n" HOST "\r\n", 200, "");
}

static void test_bodies(void **state)
{
	struct fixture *f = *state;
	both(f, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 200, "hello");
	both(f,
	     "PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	     "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: z\r\n\r\n",
	     200, "hello");
	both(f, "DELETE /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 200, "{}");
	both(f, "POST /echo HTTP/1.1\r\n" HOST "\r\n", 200, "");
	both(f, "POST /none HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "none");
}

/* Every cut of a request into two sends gives the same. */
static void test_split_anywhere(void **state)
{
	struct fixture *f = *state;
	const char *text = "PUT /echo?q HTTP/1.1\r\n" HOST "X-Empty:\r\nX-A: b\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
	struct raw c = raw_open(f, false);
	for (size_t cut = 1; cut < strlen(text); cut++) {
		raw_send(&c, text, cut);
		raw_puts(&c, text + cut);
		check_reply(&c, false, 200, "abc");
	}
	raw_close(&c);
}

static void test_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		const char *text = "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
		for (const char *p = text; *p; p++)
			raw_send(&c, p, 1);
		check_reply(&c, false, 200, "abc");
		raw_close(&c);
	}
}

static void test_headers(void **state)
{
	struct fixture *f = *state;
	both(f, "GET /headers?x-one HTTP/1.1\r\n" HOST "X-Empty:\r\nX-ONE:  a b \t\r\n\r\n", 200,
	     "[a b]");
	both(f, "GET /headers?x-empty HTTP/1.1\r\n" HOST "X-Empty:\r\nX-One: a\r\n\r\n", 200, "[]");
	both(f, "GET /headers?nope HTTP/1.1\r\n" HOST "X-Empty: \r\n\r\n", 200, "[]");
}

static void test_pipelining(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, "GET /a HTTP/1.1\r\n" HOST "\r\n"
			     "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
			     "\r\nGET /wait HTTP/1.1\r\n" HOST "\r\n"
			     "GET /b HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 200, "/a");
		check_reply(&c, false, 200, "hi");
		fixture_until(&f->waiting, 1);
		expect(f, tls, "GET /wake HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
		check_reply(&c, false, 200, "woken");
		check_reply(&c, false, 200, "/b");
		raw_close(&c);
	}
}

/* More pipelined requests than are kept while the first waits. */
static void test_pipelining_much(void **state)
{
	struct fixture *f = *state;
	enum { COUNT = 3000 };
	struct raw c = raw_open(f, false);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < COUNT; i++)
		buf_printf(&b, "GET /n%d HTTP/1.1\r\n" HOST "\r\n", i);
	raw_send(&c, b.p, b.n);
	buf_done(&b);
	fixture_until(&f->waiting, 1);
	expect(f, false, "GET /wake HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
	check_reply(&c, false, 200, "woken");
	for (int i = 0; i < COUNT; i++) {
		char want[20];
		snprintf(want, sizeof(want), "/n%d", i);
		check_reply(&c, false, 200, want);
	}
	raw_close(&c);
}

static void test_http10(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		struct reply r;
		raw_reply(&c, &r, false);
		assert_true(span_eq_str(reply_header(&r, "Connection"), "keep-alive"));
		reply_done(&r);
		raw_puts(&c, "GET /b HTTP/1.0\r\n\r\n");
		raw_reply(&c, &r, false);
		assert_string_equal(buf_str(&r.body), "/b");
		assert_true(span_eq_str(reply_header(&r, "Connection"), "close"));
		reply_done(&r);
		raw_expect_close(&c);
		raw_close(&c);
	}
}

static void test_connection_close(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, "GET /a HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
		check_reply(&c, false, 200, "/a");
		raw_expect_close(&c);
		raw_close(&c);
	}
}

static void test_head(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		raw_puts(&c, "HEAD /big?100 HTTP/1.1\r\n" HOST "\r\n");
		struct reply r;
		raw_reply(&c, &r, true);
		assert_true(span_eq_str(reply_header(&r, "Content-Length"), "100"));
		reply_done(&r);
		raw_puts(&c, "GET /after HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 200, "/after");
		raw_close(&c);
	}
}

static void expect_line(struct raw *c, const char *line)
{
	char p[100] = "";
	size_t n = 0;
	while (n < strlen(line)) {
		ssize_t m = raw_read(c, p + n, strlen(line) - n);
		assert_true(m > 0);
		n += (size_t)m;
	}
	assert_string_equal(p, line);
}

static void test_continue(void **state)
{
	struct fixture *f = *state;
	const char *how[] = {"Content-Length: 5", "Transfer-Encoding: chunked"};
	const char *body[] = {"hello", "5\r\nhello\r\n0\r\n\r\n"};
	for (int i = 0; i < 4; i++) {
		struct raw c = raw_open(f, i & 1);
		char text[200];
		snprintf(text, sizeof(text),
			 "PUT /echo HTTP/1.1\r\n" HOST "%s\r\nExpect: 100-continue\r\n\r\n",
			 how[i / 2]);
		raw_puts(&c, text);
		expect_line(&c, "HTTP/1.1 100 Continue\r\n\r\n");
		raw_puts(&c, body[i / 2]);
		check_reply(&c, false, 200, "hello");
		raw_close(&c);
	}
	/* Refused before the body is sent. */
	both(f,
	     "PUT /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n"
	     "Expect: 100-continue\r\n\r\n",
	     413, NULL);
	both(f, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n", 417,
	     NULL);
}

/* ---- files ---- */

static void check_upload(struct fixture *f, const char *answer, size_t n)
{
	long long size = 0;
	char path[300];
	assert_int_equal(sscanf(answer, "%lld %299s", &size, path), 2);
	assert_int_equal(size, n);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	for (size_t i = 0; i < n; i += 4) {
		uint32_t v;
		assert_int_equal(fread(&v, 1, 4, in), 4);
		if (v != (uint32_t)i)
			fail_msg("byte %zu differs", i);
	}
	assert_int_equal(fgetc(in), EOF);
	fclose(in);
	assert_int_equal(access(path, R_OK), 0);
	unlink(path);
	(void)f;
}

static void send_upload(struct raw *c, size_t n, bool chunked)
{
	char head[200];
	if (chunked)
		snprintf(head, sizeof(head),
			 "PUT /file HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	else
		snprintf(head, sizeof(head),
			 "PUT /file HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", n);
	raw_puts(c, head);
	static uint32_t part[16384];
	for (size_t at = 0; at < n; at += sizeof(part)) {
		for (size_t i = 0; i < 16384; i++)
			part[i] = (uint32_t)(at + i * 4);
		if (chunked)
			raw_puts(c, "10000\r\n");
		raw_send(c, (const char *)part, sizeof(part));
		if (chunked)
			raw_puts(c, "\r\n");
	}
	if (chunked)
		raw_puts(c, "0\r\n\r\n");
}

static void test_upload_50mb(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++) {
		int64_t before = os_rss_bytes();
		struct raw c = raw_open(f, i & 1);
		send_upload(&c, 50 * MB, i & 2);
		struct reply r;
		raw_reply(&c, &r, false);
		assert_int_equal(r.status, 200);
		check_upload(f, buf_str(&r.body), 50 * MB);
		reply_done(&r);
		raw_close(&c);
		int64_t grown = os_rss_bytes() - before;
		if (!PACE_SANITIZED && grown > (int64_t)(4 * MB))
			fail_msg("memory grew by %lld KB", (long long)grown / 1024);
	}
}

static void test_upload_empty(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		struct reply r;
		raw_puts(&c, "PUT /file HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
		raw_reply(&c, &r, false);
		check_upload(f, buf_str(&r.body), 0);
		reply_done(&r);
		raw_close(&c);
	}
}

static void write_file(struct fixture *f, const char *name, size_t n)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	FILE *out = fopen(path, "w");
	for (size_t i = 0; i < n; i++)
		fputc((int)('a' + i % 26), out);
	fclose(out);
}

static void test_send_file(void **state)
{
	struct fixture *f = *state;
	write_file(f, "data", 3 * MB);
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		struct reply r;
		raw_puts(&c, "GET /send/data?0-3145728 HTTP/1.1\r\n" HOST "\r\n");
		raw_reply(&c, &r, false);
		assert_int_equal(r.body.n, 3 * MB);
		for (size_t i = 0; i < r.body.n; i++)
			if (r.body.p[i] != (char)('a' + i % 26))
				fail_msg("byte %zu differs", i);
		reply_done(&r);
		raw_puts(&c, "GET /send/data?27-3 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 200, "bcd");
		raw_puts(&c, "GET /send/data?0-0 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 200, "");
		raw_puts(&c, "HEAD /send/data?0-5 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, true, 200, "");
		raw_puts(&c, "GET /send/missing?0-3 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 404, NULL);
		raw_puts(&c, "GET /send/data?0-3145729 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 500, NULL);
		raw_puts(&c, "GET /send/?0-1 HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 404, NULL);
		raw_puts(&c, "GET /after HTTP/1.1\r\n" HOST "\r\n");
		check_reply(&c, false, 200, "/after");
		raw_close(&c);
	}
}

/* ---- long polls ---- */

static void test_hangup_is_noticed(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++) {
		struct raw c = raw_open(f, i & 1);
		raw_puts(&c, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
		fixture_until(&f->waiting, 1);
		if (i < 2)
			raw_close(&c);
		else
			shutdown(c.fd, SHUT_WR);
		fixture_until(&f->gone, i + 1);
		assert_int_equal(f->waiting, 0);
		if (i >= 2)
			raw_close(&c);
	}
}

static void test_wait_many(void **state)
{
	struct fixture *f = *state;
	enum { COUNT = 400 }; /* plain and TLS, within 1,024 descriptors for both ends */
	static struct raw c[COUNT];
	for (int i = 0; i < COUNT; i++) {
		c[i] = raw_open(f, i % 8 == 0);
		raw_puts(&c[i], "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	}
	fixture_until(&f->waiting, COUNT);
	for (int i = 0; i < COUNT; i += 2)
		raw_close(&c[i]);
	fixture_until(&f->waiting, COUNT / 2);
	expect(f, false, "GET /wake HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
	for (int i = 1; i < COUNT; i += 2) {
		check_reply(&c[i], false, 200, "woken");
		raw_close(&c[i]);
	}
	struct httpd_stats st;
	fixture_stats(f, &st);
	assert_int_equal(st.waiting, 0);
	assert_int_equal(st.requests, COUNT + 1);
}

static void test_abrupt_ends(void **state)
{
	struct fixture *f = *state;
	const char *texts[] = {
		"GET /wa",
		"GET /wait HTTP/1.1\r\n" HOST "\r\n",
		"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 50\r\n\r\nabc",
		"PUT /file HTTP/1.1\r\n" HOST "Content-Length: 500000\r\n\r\nabc",
		"PUT /file HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
		"GET /big?9000000 HTTP/1.1\r\n" HOST "\r\n",
	};
	for (int i = 0; i < 300; i++) {
		struct raw c = raw_open(f, i & 1);
		raw_puts(&c, texts[(size_t)(i / 2) % ARRAY_LEN(texts)]);
		struct linger l = {1, 0};
		if (i % 3 == 0)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		if (i % 3 == 1 && c.ssl) {
			SSL_free(c.ssl); /* no goodbye */
			c.ssl = NULL;
		}
		raw_close(&c);
	}
	expect(f, false, "GET /still HTTP/1.1\r\n" HOST "\r\n", 200, "/still");
}

/* ---- TLS ---- */

static void common_name(struct raw *c, char *ret, int size)
{
	X509 *x = SSL_get1_peer_certificate(c->ssl);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, ret, size);
	X509_free(x);
}

static void test_tls_reload(void **state)
{
	struct fixture *f = *state;
	char name[20];
	struct raw old = raw_open(f, true);
	common_name(&old, name, sizeof(name));
	assert_string_equal(name, "one");
	fixture_new_cert(f, "two");
	assert_int_equal(fixture_reload(f), 0);
	struct raw c = raw_open(f, true);
	common_name(&c, name, sizeof(name));
	assert_string_equal(name, "two");
	raw_close(&c);
	raw_puts(&old, "GET /old HTTP/1.1\r\n" HOST "\r\n");
	check_reply(&old, false, 200, "/old");
	raw_close(&old);
	/* A broken file leaves the good one in use. */
	write_file(f, "cert.pem", 100);
	assert_int_not_equal(fixture_reload(f), 0);
	c = raw_open(f, true);
	common_name(&c, name, sizeof(name));
	assert_string_equal(name, "two");
	raw_close(&c);
}

static void test_tls_versions(void **state)
{
	struct fixture *f = *state;
	for (int v = TLS1_1_VERSION; v <= TLS1_3_VERSION; v++) {
		struct raw c = raw_open(f, false);
		close(c.fd);
		c = raw_connect(f->tls_port);
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0");
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, v);
		SSL *ssl = SSL_new(ctx);
		SSL_set_fd(ssl, c.fd);
		assert_int_equal(SSL_connect(ssl) == 1, v >= TLS1_2_VERSION);
		SSL_free(ssl);
		SSL_CTX_free(ctx);
		raw_close(&c);
	}
	/* Plain HTTP to the TLS port ends, and harms nobody. */
	struct raw c = raw_connect(f->tls_port);
	raw_puts(&c, "GET / HTTP/1.1\r\n\r\n");
	char p[100];
	while (raw_read(&c, p, sizeof(p)) > 0)
		;
	raw_close(&c);
	expect(f, true, "GET /still HTTP/1.1\r\n" HOST "\r\n", 200, "/still");
}

/* ---- the end ---- */

/* What was asked before the end is told gone; what was answered goes out. */
static void test_free_while_busy(void **state)
{
	struct fixture *f = *state;
	struct raw poll = raw_open(f, false), slow = raw_open(f, true);
	raw_puts(&poll, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
	raw_puts(&slow, "GET /big?3000000 HTTP/1.1\r\n" HOST "\r\n");
	fixture_until(&f->waiting, 1);
	fixture_until(&f->ready, 2);
	fixture_end(f);
	fixture_until(&f->gone, 1);
	struct reply r;
	raw_reply(&slow, &r, false);
	assert_int_equal(r.body.n, 3000000);
	reply_done(&r);
	raw_expect_close(&poll);
	raw_close(&poll);
	raw_close(&slow);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_raw_path),	   T(test_bodies),
		T(test_split_anywhere),	   T(test_byte_by_byte),
		T(test_headers),	   T(test_pipelining),
		T(test_pipelining_much),   T(test_http10),
		T(test_connection_close),  T(test_head),
		T(test_continue),	   T(test_upload_50mb),
		T(test_upload_empty),	   T(test_send_file),
		T(test_hangup_is_noticed), T(test_wait_many),
		T(test_abrupt_ends),	   T(test_tls_reload),
		T(test_tls_versions),	   T(test_free_while_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
