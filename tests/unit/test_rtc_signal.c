/* Where LiveKit's clients look for the signalling, and where they must find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/ws.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/token.h"
#include "server/rtc/rtc.h"
#include "server/sfu/sfu.h"
#include "tests/lib/server.h"

#include <stdio.h>
#include <string.h>

static struct test_server t;
static char token[2048];

static int setup(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(sizeof(token));
	struct token g = {
		.expires_ms = clock_wall_ms() + 600000,
		.identity = "ann",
		.room = "a room",
		.join = true,
		.publish = true,
		.subscribe = true,
	};
	test_server_start(&t);
	test_server_stop(&t);
	AUTO_FREE char *conf = fs_join(t.dir, "muster.conf");
	assert_int_equal(fs_write_atomic(conf, SPAN_LIT("calls = true\n"), 0600, NULL), 0);
	test_server_start(&t);
	assert_non_null(t.srv->sfu);
	snprintf(g.key, sizeof(g.key), "%s", t.srv->rtc->key);
	assert_int_equal(token_make(&g, span_of(t.srv->rtc->secret), &b, NULL), 0);
	snprintf(token, sizeof(token), "%s", buf_str(&b));
	buf_done(&b);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_server_done(&t);
	return 0;
}

static int get(const char *path, bool bearer, struct buf *ret)
{
	struct err err = {0};
	struct http_reply reply = {0};
	AUTO_FREE char *url = mem_printf("%s%s", t.url, path);
	struct http_request rq = {.method = "GET",
				  .url = url,
				  .bearer = bearer ? token : NULL,
				  .timeout_ms = 120000};
	buf_clear(ret);
	if (http_perform(t.http, &rq, &reply, ret, &err))
		fail_msg("%s: %s", path, err.msg);
	return reply.status;
}

static void test_validate(void **state)
{
	(void)state;
	static const char *const good[] = {"/rtc/validate", "//rtc/validate", "/sfu/rtc/validate",
					   "/livekit/sfu/rtc/validate"};
	static const char *const nothing[] = {"/rtc/v1/validate", "/rtc/v1", "/sfu/rtc/v1/validate",
					      "/rtc/v0/validate"};
	AUTO(buf_done) struct buf b = BUF_INIT(10000);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(get(good[i], true, &b), 200);
		assert_string_equal(buf_str(&b), "success");
		assert_int_equal(get(good[i], false, &b), 401);
	}
	AUTO_FREE char *query =
		mem_printf("/rtc/validate?access_token=%s&sdk=js&protocol=16", token);
	assert_int_equal(get(query, false, &b), 200);
	/* What makes newer clients step back to /rtc is a 404 that does not name the room. */
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		assert_int_equal(get(nothing[i], true, &b), 404);
		assert_null(strstr(buf_str(&b), "requested room does not exist"));
	}
	assert_int_equal(get("/rtc", true, &b), 400);
}

struct seen {
	struct loop *l;
	struct ws *ws;
	int kind, status;
};

static void on_opened(void *arg)
{
	(void)arg;
}

static void on_message(struct span data, bool binary, void *arg)
{
	struct seen *s = arg;
	struct lk_response r;
	assert_true(binary);
	assert_int_equal(lk_response_decode(data, &r, NULL), 0);
	s->kind = r.kind;
	lk_response_done(&r);
	ws_close(s->ws, 1000);
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct seen *s = arg;
	(void)code;
	s->status = err ? err->http_status : 0;
	ws_free(s->ws);
	loop_stop(s->l);
}

static struct seen join(const char *path)
{
	static const struct ws_handler handler = {on_opened, on_message, on_closed};
	struct seen s = {.l = loop_new()};
	struct ws_client *c = ws_client_new(s.l, NULL);
	AUTO_FREE char *url = mem_printf("ws%s%s", t.url + 4, path);
	struct ws_options o = {.url = url, .bearer = token};
	s.ws = ws_connect(c, &o, &handler, &s);
	loop_run(s.l);
	ws_client_free(c);
	loop_free(s.l);
	return s;
}

static void test_join(void **state)
{
	(void)state;
	static const char *const good[] = {"/rtc", "//rtc", "/a/prefix/rtc?protocol=9"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(join(good[i]).kind, LK_RES_JOIN);
	struct seen s = join("/rtc/v1?join_request=AAAA");
	assert_int_equal(s.kind, 0);
	assert_int_equal(s.status, 404);
}

static void ask(void *arg)
{
	sfu_stats(t.srv->sfu, arg);
}

/* The port is the server's own, and calls end with it. */
static void test_stop(void **state)
{
	(void)state;
	struct sfu_stats s = {0};
	test_server_run(&t, ask, &s);
	assert_int_equal(s.rooms, 1);
	assert_true(s.people <= 1);
	test_server_stop(&t);
	test_server_start(&t);
	test_server_run(&t, ask, &s);
	assert_int_equal(s.rooms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
