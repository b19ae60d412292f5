/*
 * WHEP and WHIP as HTTP: who may, what is answered to what cannot be, and the
 * tokens for programs that may do nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "tests/lib/asking.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

#define LIVE "/_muster/live/v1/rooms/"
#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"

static struct test_server t;
static char *alice, *bob, *room, *secret_room;

static int setup(void **state)
{
	(void)state;
	tmpdir_make(t.dir);
	AUTO_FREE char *conf = fs_join(t.dir, "muster.conf");
	fs_write_atomic(conf, SPAN_LIT("encryption = true\nudp_addr = 127.0.0.1\n"), 0600, NULL);
	test_server_start(&t);
	test_add_user(&t, "alice", false);
	test_add_user(&t, "bob", false);
	alice = test_login(&t, "alice", "A");
	bob = test_login(&t, "bob", "B");
	room = text_of(test_json(&t, 200, "POST", V3 "createRoom", alice, "{}"), "room_id");
	secret_room = text_of(test_json(&t, 200, "POST", V3 "createRoom", alice,
					"{\"initial_state\":[{\"type\":\"m.room.encryption\","
					"\"state_key\":\"\","
					"\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\"}}]}"),
			      "room_id");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(alice);
	mem_free(bob);
	mem_free(room);
	mem_free(secret_room);
	test_server_done(&t);
	return 0;
}

/* One request with any body; `more`: header lines. */
static int ask(const char *method, const char *path, const char *token, const char *type,
	       const char *more, struct span body, struct reply *ret)
{
	struct raw c = raw_connect(t.srv->port);
	struct buf b = BUF_INIT(1 << 20);
	struct reply unused;
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n%s", method, path,
		   body.n, more);
	if (token)
		buf_printf(&b, "Authorization: Bearer %s\r\n", token);
	if (type)
		buf_printf(&b, "Content-Type: %s\r\n", type);
	buf_put_str(&b, "\r\n");
	buf_put_span(&b, body);
	raw_send(&c, b.p, b.n);
	buf_done(&b);
	struct reply *r = ret ? ret : &unused;
	raw_reply(&c, r, strcmp(method, "HEAD") == 0);
	int status = r->status;
	raw_close(&c);
	if (!ret)
		reply_done(r);
	return status;
}

static char *path_of(const char *room_id, const char *rest)
{
	return mem_printf(LIVE "%s/%s", room_id, rest);
}

static const char head[] =
	"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
	"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n";
static const char print[] = "a=fingerprint:sha-256 "
			    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:"
			    "77:88:99:AA:BB:CC:DD:EE:FF\r\n";
static const char audio[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\n"
			    "a=rtpmap:111 opus/48000/2\r\na=";

static char *offer_of(const char *direction)
{
	return mem_printf("%s%s%s%s\r\n", head, print, audio, direction);
}

static int post(const char *path, const char *token, const char *sdp)
{
	return ask("POST", path, token, SDP, "", span_of(sdp), NULL);
}

static void test_offers(void **state)
{
	AUTO_FREE char *whep = path_of(room, "whep"), *whip = path_of(room, "whip");
	AUTO_FREE char *hears = offer_of("recvonly"), *speaks = offer_of("sendonly");
	AUTO_FREE char *both = offer_of("sendrecv"), *none = offer_of("inactive");
	AUTO_FREE char *no_print = mem_printf("%s%srecvonly\r\n", head, audio);
	AUTO_FREE char *no_opus = mem_printf("%s%sm=audio 9 UDP/TLS/RTP/SAVPF "
					     "0\r\na=mid:0\r\na=rtcp-mux\r\na=recvonly\r\n",
					     head, print);
	AUTO_FREE char *video = mem_printf("%s%sm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
					   "a=rtpmap:96 VP8/90000\r\na=recvonly\r\n",
					   head, print);
	AUTO_FREE char *huge = mem_alloc(70001);
	/* Who comes and goes too often is told to wait: two devices. */
	AUTO_FREE char *other = test_login(&t, "alice", "A2");
	(void)state;
	memset(huge, 'a', 70000);
	huge[70000] = '\0';
	assert_int_equal(post(whep, alice, hears), 201);
	assert_int_equal(post(whep, alice, both), 201);
	assert_int_equal(post(whep, alice, speaks), 422);
	assert_int_equal(post(whep, alice, none), 422);
	assert_int_equal(post(whep, alice, video), 422);
	assert_int_equal(post(whep, alice, no_opus), 422);
	assert_int_equal(post(whep, alice, no_print), 400);
	assert_int_equal(post(whep, alice, "not SDP"), 400);
	assert_int_equal(post(whep, alice, ""), 400);
	assert_int_equal(post(whep, alice, huge), 413);
	assert_int_equal(post(whip, bob, speaks), 403);
	assert_int_equal(post(whip, other, hears), 422);
	assert_int_equal(post(whip, other, no_print), 400);
	assert_int_equal(ask("POST", whep, alice, "text/plain", "", span_of(hears), NULL), 415);
	assert_int_equal(ask("POST", whep, alice, NULL, "", span_of(hears), NULL), 415);
	assert_int_equal(ask("POST", whep, other, SDP "; charset=utf-8", "", span_of(hears), NULL),
			 201);
}

static void test_who(void **state)
{
	AUTO_FREE char *whep = path_of(room, "whep"), *hidden = path_of(secret_room, "whep");
	AUTO_FREE char *unknown = path_of("!x:localhost", "whep"), *hears = offer_of("recvonly");
	(void)state;
	assert_int_equal(post(whep, NULL, hears), 401);
	assert_int_equal(post(whep, "nonsense", hears), 401);
	assert_int_equal(post(whep, bob, hears), 403);
	assert_int_equal(post(unknown, bob, hears), 403);
	assert_int_equal(post(hidden, alice, hears), 403);
	/* A whole token is good for many rooms. */
	assert_int_equal(post("/whep", alice, hears), 404);
}

static bool has(const struct reply *r, const char *name, const char *value)
{
	return span_eq_str(reply_header(r, name), value);
}

static void test_http(void **state)
{
	AUTO_FREE char *whep = path_of(room, "whep");
	struct reply r;
	(void)state;
	assert_int_equal(ask("HEAD", whep, NULL, NULL, "", SPAN_LIT(""), &r), 200);
	assert_true(has(&r, "Content-Type", SDP));
	reply_done(&r);
	assert_int_equal(ask("GET", whep, NULL, NULL, "", SPAN_LIT(""), NULL), 200);
	assert_int_equal(ask("OPTIONS", whep, NULL, NULL,
			     "Origin: http://x\r\nAccess-Control-Request-Method: POST\r\n",
			     SPAN_LIT(""), &r),
			 200);
	assert_true(has(&r, "Accept-Post", SDP));
	assert_true(has(&r, "Access-Control-Allow-Origin", "*"));
	AUTO_FREE char *methods = span_dup(reply_header(&r, "Access-Control-Allow-Methods"));
	assert_non_null(strstr(methods, "PATCH"));
	reply_done(&r);
}

static void test_session(void **state)
{
	static const char same[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
				   "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
	static const char other[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
				    "a=ice-ufrag:wxyz\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
	AUTO_FREE char *whep = path_of(room, "whep"), *hears = offer_of("recvonly");
	struct reply r;
	struct sdp a = {0};
	AUTO_FREE char *own = test_login(&t, "alice", "A3");
	(void)state;
	assert_int_equal(ask("POST", whep, own, SDP, "", span_of(hears), &r), 201);
	assert_true(has(&r, "Content-Type", SDP));
	AUTO_FREE char *location = span_dup(reply_header(&r, "Location"));
	AUTO_FREE char *etag = span_dup(reply_header(&r, "ETag"));
	assert_int_equal(etag[0], '"');
	AUTO_FREE char *begin = mem_printf("http://h%s/", whep);
	assert_true(span_starts(span_of(location), begin));
	const char *path = location + strlen("http://h");
	assert_int_equal(sdp_parse(buf_span(&r.body), &a, NULL), 0);
	assert_int_equal(a.media_n, 1);
	assert_int_equal(a.media[0].direction, SDP_SENDONLY);
	assert_true(a.lite && a.media[0].candidates_n && a.media[0].candidates_end);
	assert_int_equal(a.media[0].codecs[0].pt, 111);
	sdp_done(&a);
	reply_done(&r);
	AUTO_FREE char *match = mem_printf("If-Match: %s\r\n", etag);
	assert_int_equal(ask("GET", path, NULL, NULL, "", SPAN_LIT(""), NULL), 204);
	assert_int_equal(ask("PATCH", path, own, FRAGMENT, "", SPAN_LIT(same), NULL), 428);
	assert_int_equal(ask("PATCH", path, own, FRAGMENT, "If-Match: \"x\"\r\n", SPAN_LIT(same),
			     NULL),
			 412);
	assert_int_equal(ask("PATCH", path, own, SDP, match, SPAN_LIT(same), NULL), 415);
	assert_int_equal(ask("PATCH", path, own, FRAGMENT, match, SPAN_LIT("?"), NULL), 400);
	assert_int_equal(ask("PATCH", path, NULL, FRAGMENT, match, SPAN_LIT(same), NULL), 401);
	assert_int_equal(ask("PATCH", path, own, FRAGMENT, match, SPAN_LIT(same), &r), 204);
	assert_int_equal(reply_header(&r, "ETag").n, 0);
	reply_done(&r);
	assert_int_equal(ask("PATCH", path, own, FRAGMENT, "If-Match: *\r\n", SPAN_LIT(other), &r),
			 200);
	assert_true(has(&r, "Content-Type", FRAGMENT));
	assert_true(reply_header(&r, "ETag").n && !has(&r, "ETag", etag));
	assert_non_null(strstr(buf_str(&r.body), "a=ice-lite\r\n"));
	assert_non_null(strstr(buf_str(&r.body), "a=ice-ufrag:"));
	assert_non_null(strstr(buf_str(&r.body), "a=candidate:"));
	reply_done(&r);
	assert_int_equal(ask("DELETE", path, NULL, NULL, "", SPAN_LIT(""), NULL), 401);
	assert_int_equal(ask("DELETE", path, bob, NULL, "", SPAN_LIT(""), NULL), 403);
	assert_int_equal(ask("DELETE", path, own, NULL, match, SPAN_LIT(""), NULL), 200);
	assert_int_equal(ask("DELETE", path, own, NULL, "", SPAN_LIT(""), NULL), 404);
}

static void test_tokens(void **state)
{
	AUTO_FREE char *tokens = path_of(room, "tokens"), *whip = path_of(room, "whip");
	AUTO_FREE char *whep = path_of(room, "whep"), *elsewhere = path_of(secret_room, "whip");
	AUTO_FREE char *hears = offer_of("recvonly"), *speaks = offer_of("sendonly");
	(void)state;
	test_error(&t, 403, "M_FORBIDDEN", "POST", tokens, bob, "{}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", tokens, alice, "{\"for\":\"all\"}");
	json_t *j = test_json(&t, 200, "POST", tokens, alice, "{\"name\":\"OBS\"}");
	AUTO_FREE char *device = mem_strdup(json_get_str(j, "device_id"));
	AUTO_FREE char *url = mem_printf("%s/whip", t.url);
	assert_string_equal(json_get_str(j, "whip"), url);
	AUTO_FREE char *speaker = text_of(j, "token");
	AUTO_FREE char *listener =
		text_of(test_json(&t, 200, "POST", tokens, alice, "{\"for\":\"listen\"}"), "token");
	/* Nothing else. */
	test_error(&t, 403, "M_FORBIDDEN", "GET", V3 "sync", speaker, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "GET", V3 "account/whoami", listener, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", tokens, speaker, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "logout/all", speaker, "{}");
	assert_int_equal(post("/whip", speaker, speaks), 201);
	assert_int_equal(post(whip, speaker, speaks), 201);
	assert_int_equal(post("/whep", speaker, hears), 403);
	assert_int_equal(post(elsewhere, speaker, speaks), 403);
	assert_int_equal(post("/whep", listener, hears), 201);
	assert_int_equal(post(whep, listener, hears), 201);
	assert_int_equal(post("/whip", listener, speaks), 403);
	j = test_json(&t, 200, "GET", tokens, alice, NULL);
	const json_t *list = json_object_get(j, "tokens");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_get_str(json_array_get(list, 0), "name"), "OBS");
	assert_string_equal(json_get_str(json_array_get(list, 0), "for"), "speak");
	assert_string_equal(json_get_str(json_array_get(list, 1), "for"), "listen");
	json_decref(j);
	AUTO_FREE char *one = mem_printf("%s/%s", tokens, device);
	assert_int_equal(test_call(&t, "DELETE", one, alice, NULL, NULL), 200);
	assert_int_equal(test_call(&t, "DELETE", one, alice, NULL, NULL), 404);
	assert_int_equal(post("/whip", speaker, speaks), 401);
	/* One's own device is not removed this way. */
	AUTO_FREE char *own = mem_printf("%s/A", tokens);
	assert_int_equal(test_call(&t, "DELETE", own, alice, NULL, NULL), 404);
	int n = 0;
	while (n < 100 && test_call(&t, "POST", tokens, alice, "{}", NULL) == 200)
		n++;
	assert_int_equal(n, 19);
	/* A new log-in of all devices ends them. */
	assert_int_equal(test_call(&t, "POST", V3 "logout/all", alice, "{}", NULL), 200);
	assert_int_equal(post("/whep", listener, hears), 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers), cmocka_unit_test(test_who),
		cmocka_unit_test(test_http),   cmocka_unit_test(test_session),
		cmocka_unit_test(test_tokens), /* last: it logs out */
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
