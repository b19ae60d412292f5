#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/reply.h"
#include "core/matrix/sync.h"

#include <string.h>

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return j;
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *body;
		int code, retry;
		const char *word;
	} rows[] = {
		{403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"You are not invited\"}", ERR_AUTH,
		 0, "You are not invited"},
		{401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}", ERR_AUTH, 0, "log-in"},
		{404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"No such room\"}", ERR_NOT_FOUND, 0,
		 "No such room"},
		{429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1500}", ERR_LIMITED,
		 1500, "slow down"},
		{429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1e300}", ERR_LIMITED,
		 INT32_MAX, "slow down"},
		{429, "", ERR_LIMITED, 777, "slow down"},
		{413, "<html>", ERR_TOO_LARGE, 777, "larger"},
		{502, "<html>Bad Gateway</html>", ERR_NETWORK, 777, "502"},
		{500, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"x\"}", ERR_NETWORK, 777, "x"},
		{404, "{\"errcode\":\"M_UNRECOGNIZED\"}", ERR_UNSUPPORTED, 777, "cannot"},
		{400, "{\"errcode\":\"M_USER_IN_USE\"}", ERR_CONFLICT, 777, "taken"},
		{400, "{\"errcode\":7,\"error\":[]}", ERR_FAILED, 777, "400"},
		{301, "", ERR_PROTOCOL, 777, "301"},
		{418, "{\"errcode\":\"X\",\"error\":\"  teapot \"}", ERR_FAILED, 777, "teapot"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = {0};
		int header = i < 5 ? 0 : 777;
		assert_int_equal(mx_reply_error(rows[i].status, span_of(rows[i].body), header, &e),
				 rows[i].code);
		assert_int_equal(e.code, rows[i].code);
		assert_int_equal(e.http_status, rows[i].status);
		assert_int_equal(e.retry_after_ms, rows[i].retry);
		if (!strstr(e.msg, rows[i].word))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, rows[i].word);
	}
	assert_int_equal(mx_reply_error(403, span_of(""), 0, NULL), ERR_AUTH);
}

static void test_error_text(void **state)
{
	(void)state;
	struct err e;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"a");
	for (int i = 0; i < 5000; i++)
		buf_put_str(&b, "é");
	buf_put_str(&b, "\"}");
	mx_reply_error(403, buf_span(&b), 0, &e);
	assert_string_equal(e.errcode, "M_FORBIDDEN");
	assert_true(strlen(e.msg) < 400);
	assert_int_equal((unsigned char)e.msg[strlen(e.msg) - 1], 0xa9);
	buf_done(&b);
}

static void test_login(void **state)
{
	(void)state;
	long before = mem_live();
	struct login_reply r;
	struct err e;
	JSON_AUTO json_t *j =
		parse("{\"user_id\":\"@a:hs\",\"device_id\":\"D\",\"access_token\":\"t\","
		      "\"refresh_token\":\"r\",\"expires_in_ms\":60000,"
		      "\"well_known\":{\"m.homeserver\":{\"base_url\":\"https://x\"}}}");
	assert_int_equal(login_reply_read(j, &r, &e), 0);
	assert_string_equal(r.user_id, "@a:hs");
	assert_string_equal(r.refresh_token, "r");
	assert_int_equal(r.expires_in_ms, 60000);
	assert_string_equal(r.base_url, "https://x");
	login_reply_done(&r);
	json_object_del(j, "device_id");
	assert_int_equal(login_reply_read(j, &r, &e), ERR_PROTOCOL);
	assert_non_null(strstr(e.msg, "device_id"));
	assert_int_equal(refresh_reply_read(j, &r, &e), 0);
	login_reply_done(&r);
	json_object_set_new(j, "access_token", json_integer(1));
	assert_int_equal(refresh_reply_read(j, &r, &e), ERR_PROTOCOL);
	assert_int_equal(mem_live(), before);
}

static void test_uia(void **state)
{
	(void)state;
	static const char *const known[] = {"m.login.dummy", "m.login.registration_token",
					    "m.login.terms", NULL};
	struct uia_reply u;
	JSON_AUTO json_t *j =
		parse("{\"session\":\"s\",\"flows\":[{\"stages\":[\"m.login.recaptcha\"]},"
		      "{\"stages\":[\"m.login.registration_token\",\"m.login.dummy\"]}]}");
	assert_true(uia_reply_read(j, &u));
	assert_string_equal(u.session, "s");
	assert_string_equal(uia_next_stage(&u, known), "m.login.registration_token");
	json_object_set_new(j, "completed", json_pack("[s]", "m.login.registration_token"));
	assert_true(uia_reply_read(j, &u));
	assert_string_equal(uia_next_stage(&u, known), "m.login.dummy");
	assert_null(uia_next_stage(&u, known + 3));
	JSON_AUTO json_t *odd = parse("{\"flows\":[7,{\"stages\":{}},{\"stages\":[7]}]}");
	assert_true(uia_reply_read(odd, &u));
	assert_null(uia_next_stage(&u, known));
	JSON_AUTO json_t *none = parse("{\"errcode\":\"M_UNKNOWN_TOKEN\"}");
	assert_false(uia_reply_read(none, &u));
	JSON_AUTO json_t *flows = parse("{\"flows\":[{\"type\":\"m.login.password\"},{},7]}");
	assert_true(login_flows_has(flows, "m.login.password"));
	assert_false(login_flows_has(flows, "m.login.sso"));
}

static void test_small(void **state)
{
	(void)state;
	const char *id = NULL;
	JSON_AUTO json_t *j =
		parse("{\"event_id\":\"$e\",\"room_id\":\"x\","
		      "\"content_uri\":\"mxc://hs/a\","
		      "\"versions\":[\"r0.6.1\",\"v1.2\",\"v1.11\",\"v1.9\",7,\"vx\"],"
		      "\"unstable_features\":{\"a\":true,\"b\":1}}");
	assert_int_equal(reply_event_id(j, &id, NULL), 0);
	assert_string_equal(id, "$e");
	assert_int_equal(reply_room_id(j, &id, NULL), ERR_PROTOCOL);
	assert_int_equal(reply_content_uri(j, &id, NULL), 0);
	assert_true(versions_has_unstable(j, "a"));
	assert_false(versions_has_unstable(j, "b"));
}

static void test_page(void **state)
{
	(void)state;
	struct page_reply p;
	struct slice s;
	struct sync_event ev;
	struct err e;
	assert_int_equal(page_reply_read(span_of("{\"start\":\"a\",\"end\":\"b\",\"chunk\":[1,"
						 "{\"event_id\":\"$e\",\"x\":1e999}]}"),
					 &p, &e),
			 0);
	assert_string_equal(p.start, "a");
	assert_string_equal(p.end, "b");
	assert_int_equal(sync_events(&s, p.chunk, &e), 0);
	assert_int_equal(sync_next_event(&s, EVENT_ROOM, &ev, &e), 1);
	assert_int_equal(sync_next_event(&s, EVENT_ROOM, &ev, &e), 1);
	assert_false(ev.ok);
	assert_string_equal(ev.rest.event_id, "$e");
	assert_int_equal(sync_next_event(&s, EVENT_ROOM, &ev, &e), 0);
	assert_int_equal(page_reply_read(span_of("{\"event\":{},\"events_before\":[1],"
						 "\"events_after\":[],\"end\":null}"),
					 &p, &e),
			 0);
	assert_true(span_eq_str(p.before, "[1]"));
	assert_string_equal(p.end, "");
	assert_int_equal(page_reply_read(span_of("{\"chunk\":[],\"next_batch\":\"n\"}"), &p, &e),
			 0);
	assert_string_equal(p.end, "n");
	assert_int_equal(page_reply_read(span_of("{}"), &p, &e), ERR_PROTOCOL);
	assert_int_equal(page_reply_read(span_of("{\"chunk\":[]"), &p, &e), ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors), cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_login),  cmocka_unit_test(test_uia),
		cmocka_unit_test(test_small),  cmocka_unit_test(test_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
