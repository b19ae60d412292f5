/*
 * What calls need of the server before any media: transports, access tokens
 * by both ways, and leaves that are handed over to the SFU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/rtc/token.h"
#include "server/rtc/people.h"
#include "server/rtc/rtc.h"
#include "server/rtc/rtc_leave.h"
#include "tests/lib/asking.h"
#include "tests/lib/tmpdir.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#define TRANSPORTS "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"
#define DELAYED "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/"

static struct test_server t;
static char *alice, *bob, *room, *openid;

static void start(bool calls)
{
	AUTO_FREE char *conf = fs_join(t.dir, "muster.conf");
	assert_int_equal(fs_write_atomic(conf,
					 calls ? SPAN_LIT("encryption = true\n")
					       : SPAN_LIT("calls = false\n"),
					 0600, NULL),
			 0);
	test_server_start(&t);
}

static int setup(void **state)
{
	(void)state;
	tmpdir_make(t.dir);
	start(false);
	test_add_user(&t, "alice", false);
	test_add_user(&t, "bob", false);
	alice = test_login(&t, "alice", "DEV");
	bob = test_login(&t, "bob", "B");
	room = text_of(test_json(&t, 200, "POST", V3 "createRoom", alice, "%s",
				 "{\"preset\":\"public_chat\"}"),
		       "room_id");
	openid = openid_of(&t, "alice", alice);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(alice);
	mem_free(bob);
	mem_free(room);
	mem_free(openid);
	test_server_done(&t);
	return 0;
}

/* Runs first: as long as the server carries no calls nobody is told of any. */
static void test_off(void **state)
{
	(void)state;
	test_error(&t, 404, "M_UNRECOGNIZED", "GET", TRANSPORTS, alice, NULL);
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", RTC_PATH "/sfu/get", NULL, "{}");
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", RTC_PATH "/get_token", NULL, "{}");
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", RTC_PATH "/delegate_delayed_leave", NULL,
		   "{}");
	test_error(&t, 404, "M_UNRECOGNIZED", "GET", RTC_PATH "/healthz", NULL, NULL);
	json_t *j = test_json(&t, 200, "GET", "/.well-known/matrix/client", NULL, NULL);
	assert_null(json_object_get(j, "org.matrix.msc4143.rtc_foci"));
	json_decref(j);
	test_error(&t, 404, "M_UNRECOGNIZED", "GET", "/rtc/validate", NULL, NULL);
	j = test_json(&t, 200, "GET", "/_matrix/client/versions", NULL, NULL);
	assert_false(
		json_get_bool(json_get_object(j, "unstable_features"), "org.matrix.msc4143", 1));
	json_decref(j);
	test_server_stop(&t);
	start(true);
}

static void test_transports(void **state)
{
	(void)state;
	char want[512];
	snprintf(want, sizeof(want),
		 "{\"rtc_transports\":[{\"type\":\"livekit\",\"livekit_service_url\":\"%s%s\"}]}",
		 t.url, RTC_PATH);
	json_t *a = test_json(&t, 200, "GET", TRANSPORTS, alice, NULL);
	json_t *b = test_json(&t, 200, "GET", TRANSPORTS, bob, NULL);
	AUTO_FREE char *text = json_text(a), *other = json_text(b);
	assert_string_equal(text, want);
	assert_string_equal(other, want);
	json_t *known = test_json(&t, 200, "GET", "/.well-known/matrix/client", NULL, NULL);
	assert_true(json_equal(json_object_get(known, "org.matrix.msc4143.rtc_foci"),
			       json_object_get(a, "rtc_transports")));
	json_decref(a);
	json_decref(b);
	json_decref(known);
	a = test_json(&t, 200, "GET", "/_matrix/client/versions", NULL, NULL);
	assert_true(
		json_get_bool(json_get_object(a, "unstable_features"), "org.matrix.msc4143", 0));
	json_decref(a);
	test_error(&t, 401, "M_MISSING_TOKEN", "GET", TRANSPORTS, NULL, NULL);
	assert_int_equal(test_call(&t, "GET", RTC_PATH "/healthz", NULL, NULL, NULL), 200);
}

static void check_reply(json_t *steal, const char *identity)
{
	struct token g;
	struct err err = {0};
	const struct rtc *r = t.srv->rtc;
	const char *jwt = json_get_str(steal, "jwt"), *url = json_get_str(steal, "url");
	assert_int_equal(json_object_size(steal), 2);
	assert_memory_equal(url, "ws://", 5);
	assert_string_equal(url + 2, t.url + 4);
	if (token_verify(span_of(jwt), span_of(r->secret), clock_wall_ms(), &g, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(g.key, r->key);
	assert_true(g.join && g.publish && g.subscribe && g.update_metadata);
	/* Who made the room leads its calls. */
	assert_true(g.admin && g.rules);
	assert_false(g.create || g.hidden);
	assert_in_range(g.expires_ms - clock_wall_ms(), 3500000, 3600000);
	if (identity)
		assert_string_equal(g.identity, identity);
	json_decref(steal);
}

static void test_tokens(void **state)
{
	(void)state;
	check_reply(test_json(&t, 200, "POST", RTC_PATH "/sfu/get", NULL,
			      "{\"room\":\"%s\",\"device_id\":\"DEV\",\"openid_token\":%s}", room,
			      openid),
		    "@alice:localhost:DEV");
	check_reply(test_json(&t, 200, "POST", RTC_PATH "/get_token", NULL,
			      "{\"room_id\":\"%s\",\"slot_id\":\"m.call#ROOM\",\"openid_token\":%s,"
			      "\"member\":{\"id\":\"m\",\"claimed_user_id\":\"@alice:localhost\","
			      "\"claimed_device_id\":\"DEV\"}}",
			      room, openid),
		    /* sha256 of ["@alice:localhost","DEV","m"], by Python */
		    "Iq207eKgPREF2PVwNojlJPKCFJL9KISlMEK6oWgNdW8");
}

static void test_refusals(void **state)
{
	(void)state;
	const char *get = RTC_PATH "/sfu/get", *token = RTC_PATH "/get_token";
	AUTO_FREE char *bobs = openid_of(&t, "bob", bob);
	test_error(&t, 400, "M_BAD_JSON", "POST", get, NULL, "{}");
	test_error(&t, 400, "M_BAD_JSON", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\"}", room);
	test_error(&t, 400, "M_BAD_JSON", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":%s,\"delay_id\":\"x\"}",
		   room, openid);
	test_error(&t, 401, "M_UNAUTHORIZED", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":{\"access_token\":\"x\","
		   "\"matrix_server_name\":\"localhost\"}}",
		   room);
	/* A session's own token is none for services; other servers' people are not ours. */
	test_error(&t, 401, "M_UNAUTHORIZED", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":{\"access_token\":\"%s\","
		   "\"matrix_server_name\":\"localhost\"}}",
		   room, alice);
	AUTO_FREE char *foreign = mem_strdup(openid);
	memcpy(strstr(foreign, "localhost"), "elsewhere", 9);
	test_error(&t, 401, "M_UNAUTHORIZED", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":%s}", room, foreign);
	/* Bob is not in the room, and cannot say that he is Alice. */
	test_error(&t, 403, "M_FORBIDDEN", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":%s}", room, bobs);
	test_error(&t, 401, "M_UNAUTHORIZED", "POST", token, NULL,
		   "{\"room_id\":\"%s\",\"slot_id\":\"s\",\"openid_token\":%s,\"member\":{\"id\":"
		   "\"m\",\"claimed_user_id\":\"@alice:localhost\",\"claimed_device_id\":\"D\"}}",
		   room, bobs);
	test_error(&t, 400, "M_BAD_JSON", "POST", token, NULL,
		   "{\"room_id\":\"%s\",\"slot_id\":\"s\",\"openid_token\":%s}", room, openid);
	test_error(&t, 400, "M_BAD_JSON", "POST", RTC_PATH "/delegate_delayed_leave", NULL,
		   "{\"room_id\":\"%s\",\"slot_id\":\"s\",\"openid_token\":%s,\"member\":{\"id\":"
		   "\"m\",\"claimed_user_id\":\"@alice:localhost\",\"claimed_device_id\":\"D\"}}",
		   room, openid);
	test_error(&t, 405, "M_UNRECOGNIZED", "GET", get, NULL, NULL);
}

/* A call in an encrypted room is encrypted by its people, who need the server's way all the same. */
static void test_encrypted(void **state)
{
	(void)state;
	AUTO_FREE char *secret =
		text_of(test_json(&t, 200, "POST", V3 "createRoom", alice, "%s",
				  "{\"initial_state\":[{\"type\":\"m.room.encryption\",\"content\":"
				  "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}}]}"),
			"room_id");
	check_reply(test_json(&t, 200, "POST", RTC_PATH "/sfu/get", NULL,
			      "{\"room\":\"%s\",\"device_id\":\"DEV\",\"openid_token\":%s}", secret,
			      openid),
		    "@alice:localhost:DEV");
}

static json_t *slot_token(int status, const char *id, int slot, int member)
{
	return test_json(&t, status, "POST", RTC_PATH "/get_token", NULL,
			 "{\"room_id\":\"%s\",\"slot_id\":\"m.call#%d\",\"openid_token\":%s,"
			 "\"member\":{\"id\":\"m%d\",\"claimed_user_id\":\"@carl:localhost\","
			 "\"claimed_device_id\":\"C\"}}",
			 room, slot, id, member);
}

/* Names that one person is given are counted; the same ones again are not. */
static void test_too_many(void **state)
{
	(void)state;
	AUTO_FREE char *carl = (test_add_user(&t, "carl", false), test_login(&t, "carl", "C"));
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), carl, "{}"));
	AUTO_FREE char *id = openid_of(&t, "carl", carl);
	const char *get = RTC_PATH "/sfu/get";
	for (int i = 0; i < PEOPLE_CALL_TOKENS_MAX; i++)
		json_decref(test_json(&t, 200, "POST", get, NULL,
				      "{\"room\":\"%s\",\"device_id\":\"X%d\",\"openid_token\":%s}",
				      room, i, id));
	json_t *j =
		test_json(&t, 429, "POST", get, NULL,
			  "{\"room\":\"%s\",\"device_id\":\"more\",\"openid_token\":%s}", room, id);
	assert_string_equal(json_get_str(j, "errcode"), "M_LIMIT_EXCEEDED");
	assert_in_range(json_get_i64(j, "retry_after_ms", 0), 1000, PEOPLE_TOKENS_MS);
	json_decref(j);
	json_decref(test_json(&t, 200, "POST", get, NULL,
			      "{\"room\":\"%s\",\"device_id\":\"X7\",\"openid_token\":%s}", room,
			      id));
	/* Of this call; then of all of them. */
	for (int i = PEOPLE_CALL_TOKENS_MAX; i < PEOPLE_TOKENS_MAX; i++)
		json_decref(slot_token(200, id, i / 10, i));
	json_decref(slot_token(429, id, 0, PEOPLE_TOKENS_MAX));
	test_error(&t, 400, "M_BAD_JSON", "POST", get, NULL,
		   "{\"room\":\"%s\",\"device_id\":\"%0300d\",\"openid_token\":%s}", room, 1, id);
}

/* What the SFU will do, on the server's thread. */
struct word {
	const char *identity;
	bool here;
};

static char call_room[TOKEN_NAME_MAX + 1];

static void say(void *arg)
{
	const struct word *w = arg;
	struct rtc_leave *l = t.srv->rtc->leave;
	if (w->here)
		rtc_leave_present(l, call_room, w->identity);
	else
		rtc_leave_gone(l, call_room, w->identity);
}

static void sfu(const char *identity, bool here)
{
	struct word w = {identity, here};
	test_server_run(&t, say, &w);
}

static char *leave_in(int ms)
{
	return text_of(test_json(&t, 200, "PUT",
				 at(V3 "rooms/%s/send/org.example.left/%lld?org.matrix.msc4140"
				       ".delay=%d",
				    room, (long long)clock_mono_ns(), ms),
				 alice, "{}"),
		       "delay_id");
}

/* False: its time was over before. */
static bool delegate(const char *device, const char *delay_id)
{
	struct token g;
	json_t *j = NULL;
	AUTO_FREE char *body =
		mem_printf("{\"room\":\"%s\",\"device_id\":\"%s\",\"openid_token\":%s,"
			   "\"delay_id\":\"%s\",\"delay_timeout\":1000}",
			   room, device, openid, delay_id);
	int status = test_call(&t, "POST", RTC_PATH "/sfu/get", NULL, body, &j);
	if (status == 404) {
		json_decref(j);
		return false;
	}
	assert_int_equal(status, 200);
	assert_int_equal(token_verify(span_of(json_get_str(j, "jwt")), span_of(t.srv->rtc->secret),
				      clock_wall_ms(), &g, NULL),
			 0);
	snprintf(call_room, sizeof(call_room), "%s", g.room);
	json_decref(j);
	return true;
}

static bool is_over(const char *delay_id)
{
	json_t *j = test_json(&t, 200, "GET", at(DELAYED "%s", delay_id), alice, NULL);
	bool over = json_object_get(j, "event_id") != NULL;
	json_decref(j);
	return over;
}

/* The SFU's word has no reply to wait for: look until it shows. */
static bool ends(const char *delay_id)
{
	int64_t end = clock_mono_ms() + 120000;
	while (!is_over(delay_id))
		if (clock_mono_ms() > end)
			return false;
		else
			poll(NULL, 0, 10);
	return true;
}

/* One in `ms`, or in as much more as this machine needs to hand it over before it is due. */
static char *delegated(const char *device, int *ms)
{
	for (;; *ms *= 3) {
		char *id = leave_in(*ms);
		if (delegate(device, id))
			return id;
		mem_free(id);
		assert_true(*ms < 100000);
	}
}

/* The same, and its sender is in the call before it is due. */
static char *held_back(const char *device, int *ms)
{
	AUTO_FREE char *identity = mem_printf("@alice:localhost:%s", device);
	for (;; *ms *= 3) {
		char *id = delegated(device, ms);
		sfu(identity, true);
		/* What is written is written in turn: after this one, the SFU's word was. */
		mem_free(leave_in(3600000));
		if (!is_over(id))
			return id;
		sfu(identity, false);
		mem_free(id);
		assert_true(*ms < 100000);
	}
}

static void test_leave(void **state)
{
	int ms = 400, soon = 200;
	(void)state;
	/* Handed over, and held back while present though its time is long over. */
	AUTO_FREE char *held = held_back("L1", &ms);
	AUTO_FREE char *clock1 = leave_in(2 * ms);
	assert_true(ends(clock1));
	assert_false(is_over(held));
	json_decref(test_json(&t, 200, "POST", at(DELAYED "%s/restart", held), NULL, "{}"));
	sfu("@alice:localhost:L1", false);
	assert_true(ends(held));
	sfu("@alice:localhost:L1", false);
	/* Handed over when in the call already; gone at once, hours before its time. */
	sfu("@alice:localhost:L2", true);
	AUTO_FREE char *late = leave_in(3600000);
	assert_true(delegate("L2", late));
	AUTO_FREE char *newer = leave_in(3600000);
	assert_true(delegate("L2", newer));
	sfu("@alice:localhost:L2", false);
	assert_true(ends(newer));
	assert_false(is_over(late));
	json_decref(test_json(&t, 200, "POST", at(DELAYED "%s/cancel", late), NULL, "{}"));
	/* Who never comes leaves by the clock. */
	AUTO_FREE char *never = delegated("L3", &soon);
	assert_true(ends(never));
	test_error(&t, 404, "M_NOT_FOUND", "POST", RTC_PATH "/sfu/get", NULL,
		   "{\"room\":\"%s\",\"device_id\":\"D\",\"openid_token\":%s,\"delay_id\":"
		   "\"msd_x\",\"delay_timeout\":5}",
		   room, openid);
}

static void test_delegate(void **state)
{
	(void)state;
	AUTO_FREE char *id = leave_in(3600000);
	json_t *j = test_json(
		&t, 200, "POST", RTC_PATH "/delegate_delayed_leave", NULL,
		"{\"room_id\":\"%s\",\"slot_id\":\"m.call#ROOM\",\"openid_token\":%s,\"delay_id\":"
		"\"%s\",\"delay_timeout\":10,\"member\":{\"id\":\"m\",\"claimed_user_id\":"
		"\"@alice:localhost\",\"claimed_device_id\":\"DEV\"}}",
		room, openid, id);
	assert_int_equal(json_object_size(j), 0);
	json_decref(j);
	sfu("Iq207eKgPREF2PVwNojlJPKCFJL9KISlMEK6oWgNdW8", true);
	sfu("Iq207eKgPREF2PVwNojlJPKCFJL9KISlMEK6oWgNdW8", false);
	assert_true(ends(id));
}

/* After a restart, also without calls, what was held runs again; the key stays. */
static void test_restart(void **state)
{
	(void)state;
	AUTO_FREE char *file = fs_join(t.dir, "rtc.key"), *key = mem_strdup(t.srv->rtc->key),
		       *secret = mem_strdup(t.srv->rtc->secret);
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	int ms = 500;
	AUTO_FREE char *held = held_back("R1", &ms);
	AUTO_FREE char *clock1 = leave_in(ms + ms / 2);
	assert_true(ends(clock1));
	assert_false(is_over(held));
	test_server_stop(&t);
	start(false);
	assert_string_equal(t.srv->rtc->key, key);
	assert_string_equal(t.srv->rtc->secret, secret);
	assert_true(ends(held));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),	  cmocka_unit_test(test_transports),
		cmocka_unit_test(test_tokens),	  cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_encrypted), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_leave),	  cmocka_unit_test(test_delegate),
		cmocka_unit_test(test_restart),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
