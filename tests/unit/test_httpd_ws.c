/*
 * WebSocket on the HTTP port: raw frames, plain and TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "tests/lib/httpd_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

#define HELLO                                                   \
	"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\n" \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION_13 "Sec-WebSocket-Version: 13\r\n\r\n"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static void put_frame(struct buf *b, int first, const char *p, size_t n, bool masked)
{
	static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
	uint8_t bit = masked ? 0x80 : 0;
	buf_put_char(b, (char)first);
	if (n < 126) {
		buf_put_char(b, (char)(bit | n));
	} else if (n < 65536) {
		buf_put_char(b, (char)(bit | 126));
		buf_put_char(b, (char)(n >> 8));
		buf_put_char(b, (char)n);
	} else {
		buf_put_char(b, (char)(bit | 127));
		for (int i = 56; i >= 0; i -= 8)
			buf_put_char(b, (char)((uint64_t)n >> i));
	}
	if (masked)
		buf_put(b, mask, 4);
	char *to = buf_reserve(b, n);
	for (size_t i = 0; i < n; i++)
		to[i] = masked ? (char)(p[i] ^ (char)mask[i % 4]) : p[i];
	buf_added(b, n);
}

static void send_frame(struct raw *c, int opcode, const char *p, size_t n)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_frame(&b, 0x80 | opcode, p, n, true);
	raw_send(c, b.p, b.n);
	buf_done(&b);
}

static void send_text(struct raw *c, const char *s)
{
	send_frame(c, TEXT, s, strlen(s));
}

static void read_exactly(struct raw *c, void *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t m = raw_read(c, (char *)p + at, n - at);
		if (m <= 0)
			fail_msg("the connection ended in a frame");
		at += (size_t)m;
	}
}

/* A whole message; returns its opcode. */
static int read_frame(struct raw *c, struct buf *ret)
{
	uint8_t h[2], ext[8];
	read_exactly(c, h, 2);
	assert_true(h[0] & 0x80);
	assert_false(h[1] & 0x80);
	uint64_t n = h[1];
	size_t more = n == 126 ? 2 : n == 127 ? 8 : 0;
	read_exactly(c, ext, more);
	for (size_t i = 0; i < more; i++)
		n = (i ? n << 8 : 0) | ext[i];
	buf_clear(ret);
	char *p = buf_reserve(ret, n);
	read_exactly(c, p, n);
	buf_added(ret, n);
	return h[0] & 0x0f;
}

static void expect_text(struct raw *c, const char *s)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	assert_int_equal(read_frame(c, &b), TEXT);
	assert_string_equal(buf_str(&b), s);
	buf_done(&b);
}

/* A close frame with that code, then the end of the stream. */
static void expect_closed(struct raw *c, int code)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	assert_int_equal(read_frame(c, &b), CLOSE);
	int got = b.n >= 2 ? (uint8_t)b.p[0] << 8 | (uint8_t)b.p[1] : 1005;
	assert_int_equal(got, code);
	buf_done(&b);
	raw_expect_close(c);
}

static struct raw ws_open(struct fixture *f, bool tls)
{
	struct raw c = raw_open(f, tls);
	int before = f->ws_open;
	raw_puts(&c, HELLO VERSION_13);
	struct reply r;
	raw_reply(&c, &r, true);
	assert_int_equal(r.status, 101);
	assert_true(span_eq_str(reply_header(&r, "Sec-WebSocket-Accept"),
				"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	assert_true(span_eq_str(reply_header(&r, "Sec-WebSocket-Protocol"), "test"));
	reply_done(&r);
	fixture_until(&f->ws_open, before + 1);
	return c;
}

static void test_echo(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = ws_open(f, tls);
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		send_text(&c, "hëllo");
		expect_text(&c, "hëllo");
		for (size_t n = 0; n <= 1 << 20; n = n * 5 + 125) {
			char *p = mem_alloc(n + 1);
			for (size_t i = 0; i < n; i++)
				p[i] = (char)(i * 7);
			send_frame(&c, BINARY, p, n);
			assert_int_equal(read_frame(&c, &b), BINARY);
			assert_int_equal(b.n, n);
			assert_memory_equal(buf_str(&b), p, n);
			mem_free(p);
		}
		buf_done(&b);
		send_frame(&c, CLOSE, "\x03\xe8", 2);
		expect_closed(&c, 1000);
		fixture_until(&f->ws_open, 0);
		assert_int_equal(f->ws_code, 1000);
		raw_close(&c);
	}
}

static void test_fragments(void **state)
{
	struct fixture *f = *state;
	struct raw c = ws_open(f, false);
	struct buf b = BUF_INIT(BUF_CAP_OWN), in = BUF_INIT(BUF_CAP_OWN);
	put_frame(&b, TEXT, "ab", 2, true);
	put_frame(&b, 0x80 | PING, "now", 3, true); /* control frames may come between */
	put_frame(&b, 0, "cd", 2, true);
	put_frame(&b, 0x80, "ef", 2, true);
	for (size_t i = 0; i < b.n; i++)
		raw_send(&c, b.p + i, 1);
	assert_int_equal(read_frame(&c, &in), PONG);
	assert_string_equal(buf_str(&in), "now");
	expect_text(&c, "abcdef");
	buf_done(&b);
	buf_done(&in);
	raw_close(&c);
	fixture_until(&f->ws_open, 0);
	assert_int_equal(f->ws_code, 1006);
}

/* Frames sent in one go with the request are not lost. */
static void test_frames_with_request(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		struct reply r;
		buf_put_str(&b, HELLO VERSION_13);
		put_frame(&b, 0x80 | TEXT, "early", 5, true);
		raw_send(&c, b.p, b.n);
		raw_reply(&c, &r, true);
		assert_int_equal(r.status, 101);
		expect_text(&c, "early");
		reply_done(&r);
		buf_done(&b);
		raw_close(&c);
		fixture_until(&f->ws_open, 0);
	}
}

static void refused(struct fixture *f, const char *request, int status)
{
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = raw_open(f, tls);
		struct reply r;
		raw_puts(&c, request);
		raw_reply(&c, &r, false);
		assert_int_equal(r.status, status);
		if (status == 426)
			assert_true(span_eq_str(reply_header(&r, "Sec-WebSocket-Version"), "13"));
		reply_done(&r);
		raw_close(&c);
	}
	assert_int_equal(f->ws_open, 0);
}

static void test_handshake_refused(void **state)
{
	struct fixture *f = *state;
	refused(f, HELLO "Sec-WebSocket-Version: 8\r\n\r\n", 426);
	refused(f, HELLO "\r\n", 426);
	refused(f,
		"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
		"Sec-WebSocket-Key: c2hvcnQ=\r\n" VERSION_13,
		400);
	refused(f,
		"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
		"upgrade\r\n" VERSION_13,
		400);
	/* Not asked for, or for something else: an ordinary request. */
	refused(f, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 200);
	refused(f,
		"GET /raw HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, "
		"HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
		200);
	refused(f, "CONNECT raw:443 HTTP/1.1\r\nHost: x\r\n\r\n", 200);
	refused(f,
		"PUT /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Content-Length: 2\r\n\r\nhi",
		200);
}

static void bad_frame(struct fixture *f, const char *p, size_t n, int code)
{
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = ws_open(f, tls);
		raw_send(&c, p, n);
		expect_closed(&c, code);
		fixture_until(&f->ws_open, 0);
		assert_int_equal(f->ws_code, code);
		raw_close(&c);
	}
}

static void test_bad_frames(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_frame(&b, 0x80 | TEXT, "naked", 5, false);
	bad_frame(f, b.p, b.n, 1002);
	buf_clear(&b);
	put_frame(&b, 0x80 | TEXT, "\xff\xfe", 2, true);
	bad_frame(f, b.p, b.n, 1007);
	buf_clear(&b);
	put_frame(&b, 0xc0 | TEXT, "rsv", 3, true);
	bad_frame(f, b.p, b.n, 1002);
	buf_clear(&b);
	put_frame(&b, 0x83, "opcode", 6, true);
	bad_frame(f, b.p, b.n, 1002);
	buf_clear(&b);
	put_frame(&b, 0x80, "continues nothing", 17, true);
	bad_frame(f, b.p, b.n, 1002);
	buf_clear(&b);
	put_frame(&b, PING, "fragmented ping", 15, true);
	bad_frame(f, b.p, b.n, 1002);
	buf_done(&b);
}

static void test_message_too_big(void **state)
{
	struct fixture *f = *state;
	size_t n = LIMIT_WS_MESSAGE;
	char *p = mem_alloc(n + 1);
	struct buf in = BUF_INIT(BUF_CAP_OWN);
	struct raw c = ws_open(f, false);
	send_frame(&c, BINARY, p, n);
	assert_int_equal(read_frame(&c, &in), BINARY);
	assert_int_equal(in.n, n);
	send_frame(&c, BINARY, p, n + 1);
	expect_closed(&c, 1009);
	fixture_until(&f->ws_open, 0);
	assert_int_equal(f->ws_code, 1009);
	raw_close(&c);
	mem_free(p);
	buf_done(&in);
}

static void test_server_closes(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = ws_open(f, tls);
		struct buf b = BUF_INIT(100);
		send_text(&c, "close 4001");
		assert_int_equal(read_frame(&c, &b), CLOSE);
		assert_int_equal(f->ws_open, 1); /* waits for the peer's answer */
		send_frame(&c, CLOSE, b.p, b.n);
		raw_expect_close(&c);
		fixture_until(&f->ws_open, 0);
		assert_int_equal(f->ws_code, 4001);
		buf_done(&b);
		raw_close(&c);
	}
}

/* A reader that does not read is refused more, at bounded memory. */
static void test_flood(void **state)
{
	struct fixture *f = *state;
	for (int tls = 0; tls < 2; tls++) {
		struct raw c = ws_open(f, tls);
		f->ws_refused = 0;
		send_text(&c, "flood 1000"); /* 64 MB */
		for (int i = 0; i < 60000 && !f->ws_refused; i++)
			usleep(1000);
		struct httpd_stats after;
		fixture_stats(f, &after); /* by the loop, when it is done with the flood */
		assert_true(f->ws_refused > 500);
		/* What was taken arrives whole. */
		int taken = 1000 - f->ws_refused;
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		for (int i = 0; i < taken; i++) {
			assert_int_equal(read_frame(&c, &b), BINARY);
			assert_int_equal(b.n, 65536);
		}
		send_text(&c, "still here");
		expect_text(&c, "still here");
		buf_done(&b);
		raw_close(&c);
		fixture_until(&f->ws_open, 0);
	}
}

/* Pings without end from one who does not read the answers. */
static void test_ping_flood(void **state)
{
	struct fixture *f = *state;
	struct raw c = ws_open(f, false);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	char payload[125] = {0};
	while (b.n < 1 << 20)
		put_frame(&b, 0x80 | PING, payload, sizeof(payload), true);
	struct timeval tv = {0, 200000};
	setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	/* The server stops reading, or ends it; it does not collect pongs. */
	size_t sent = 0;
	for (; sent < (size_t)200 << 20; sent += b.n)
		if (send(c.fd, b.p, b.n, 0) < (ssize_t)b.n)
			break;
	assert_true(sent < (size_t)200 << 20);
	buf_done(&b);
	raw_close(&c);
	fixture_until(&f->ws_open, 0);
}

static void test_hangup(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 100; i++) {
		struct raw c = ws_open(f, i & 1);
		struct linger l = {1, 0};
		if (i % 3 == 0)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		if (i % 2)
			send_text(&c, "flood 20");
		raw_close(&c);
		fixture_until(&f->ws_open, 0);
		assert_int_equal(f->ws_code, 1006);
	}
}

static void test_end_of_server(void **state)
{
	struct fixture *f = *state;
	struct raw c = ws_open(f, false), t = ws_open(f, true);
	fixture_end(f);
	fixture_until(&f->ws_open, 0);
	expect_closed(&c, 1001);
	expect_closed(&t, 1001);
	raw_close(&c);
	raw_close(&t);
}

static void test_ping(void **state)
{
	struct fixture *f = *state;
	struct raw c = ws_open(f, false);
	struct buf b = BUF_INIT(100);
	assert_int_equal(read_frame(&c, &b), PING);
	send_frame(&c, PONG, b.p, b.n);
	/* It was heard: there is another one. No answer any more. */
	assert_int_equal(read_frame(&c, &b), PING);
	fixture_until(&f->ws_open, 0);
	assert_int_equal(f->ws_code, 1006);
	buf_done(&b);
	raw_close(&c);
}

static int setup(void **state)
{
	*state = fixture_start(NULL);
	return 0;
}

static int setup_ping(void **state)
{
	struct httpd_options opt = {.ws_ping_ms = 3000};
	*state = fixture_start(&opt);
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
		T(test_echo),
		T(test_fragments),
		T(test_frames_with_request),
		T(test_handshake_refused),
		T(test_bad_frames),
		T(test_message_too_big),
		T(test_server_closes),
		T(test_flood),
		T(test_ping_flood),
		T(test_hangup),
		T(test_end_of_server),
		cmocka_unit_test_setup_teardown(test_ping, setup_ping, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
