/*
 * Who was present in a call: what the SFU says becomes events of the server's
 * own user, told once, not flapping, and right again after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/rtc_member.h"
#include "core/rtc/token.h"
#include "server/rtc/presence.h"
#include "server/rtc/rtc.h"
#include "tests/lib/asking.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/told.h"

#include <poll.h>
#include <string.h>

#define OWN "@_muster:localhost"

static struct test_server t;
static char *admin, *alice, *bob, *room, *openid;

static char *make_room(void)
{
	return text_of(test_json(&t, 200, "POST", V3 "createRoom", alice, "%s",
				 "{\"preset\":\"public_chat\"}"),
		       "room_id");
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	test_add_user(&t, "root", true);
	test_add_user(&t, "alice", false);
	test_add_user(&t, "bob", false);
	admin = test_login(&t, "root", "R");
	alice = test_login(&t, "alice", "A");
	bob = test_login(&t, "bob", "B");
	room = make_room();
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), bob, "{}"));
	openid = openid_of(&t, "alice", alice);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(admin);
	mem_free(alice);
	mem_free(bob);
	mem_free(room);
	mem_free(openid);
	test_server_done(&t);
	return 0;
}

/* --- the SFU's part --- */

static struct token token_of(json_t *steal)
{
	struct token g;
	assert_int_equal(token_verify(span_of(json_get_str(steal, "jwt")),
				      span_of(t.srv->rtc->secret), clock_wall_ms(), &g, NULL),
			 0);
	json_decref(steal);
	return g;
}

static struct token legacy(const char *where, const char *device)
{
	return token_of(test_json(&t, 200, "POST", RTC_PATH "/sfu/get", NULL,
				  "{\"room\":\"%s\",\"device_id\":\"%s\",\"openid_token\":%s}",
				  where, device, openid));
}

static void on_loop(void *arg)
{
	presence_heard(t.srv->rtc->presence, arg);
}

static void set_settle(void *arg)
{
	presence_set_settle(t.srv->rtc->presence, *(const int *)arg);
}

static void settle_in(int ms)
{
	test_server_run(&t, set_settle, &ms);
}

static void came(const struct token *g, int64_t ms)
{
	struct sfu_presence p = {.room = g->room,
				 .identity = g->identity,
				 .present = true,
				 .at_ms = ms,
				 .reason = ""};
	test_server_run(&t, on_loop, &p);
}

static void went(const struct token *g, int64_t ms, const char *reason)
{
	struct sfu_presence p = {.room = g->room,
				 .identity = g->identity,
				 .at_ms = ms,
				 .reason = reason};
	test_server_run(&t, on_loop, &p);
}

/* --- what the room says --- */

static json_t *await(const char *where, size_t n)
{
	return told_await(&t, where, alice, n);
}

static void check(const json_t *chunk, size_t i, const char *state, int64_t ms, const char *reason)
{
	const json_t *c = told_content(chunk, i);
	assert_string_equal(json_get_str(c, "state"), state);
	assert_int_equal(json_get_i64(c, "at", 0), ms);
	if (reason)
		assert_string_equal(json_get_str(c, "reason"), reason);
	else
		assert_null(json_object_get(c, "reason"));
}

static const char *session_at(const json_t *chunk, size_t i)
{
	return json_get_str(told_content(chunk, i), "session_id");
}

static bool has_left(const char *where, int key)
{
	json_t *j =
		test_json(&t, 200, "GET", at(V3 "rooms/%s/state/org.example.here/k%d", where, key),
			  alice, NULL);
	bool empty = json_object_size(j) == 0;
	json_decref(j);
	return empty;
}

static void await_left(const char *where, int key)
{
	int64_t end = clock_mono_ms() + 120000;
	while (!has_left(where, key) && clock_mono_ms() < end)
		poll(NULL, 0, 10);
	assert_true(has_left(where, key));
}

/* --- the tests --- */

static void test_own_user(void **state)
{
	(void)state;
	test_error(&t, 400, "M_INVALID_USERNAME", "GET", V3 "register/available?username=_muster",
		   NULL, NULL);
	test_error(&t, 400, "M_INVALID_USERNAME", "GET", V3 "register/available?username=_x", NULL,
		   NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "login", NULL, "%s",
		   "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\","
		   "\"user\":\"_muster\"},\"password\":\"\"}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/invite", room), alice,
		   "{\"user_id\":\"" OWN "\"}");
	test_error(&t, 409, "M_USER_DEACTIVATED", "POST", "/_muster/admin/v1/user.role", admin,
		   "%s", "{\"user\":\"_muster\",\"admin\":true}");
	json_t *j = test_json(&t, 200, "POST", "/_muster/admin/v1/user.list", admin, "{}");
	assert_int_equal(json_array_size(json_get_array(j, "users")), 3);
	json_decref(j);
}

/* Clients may ask who it is that says these things. */
static void test_known(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	struct token a = legacy(where, "A");
	came(&a, 1000);
	json_t *chunk = await(where, 1);
	const char *event = json_get_str(json_array_get(chunk, 0), "event_id");
	json_t *j = test_json(&t, 200, "GET",
			      V3 "sync?filter=%7B%22room%22%3A%7B%22state%22%3A%7B%22lazy_load_"
				 "members%22%3Atrue%7D%7D%7D",
			      alice, NULL);
	json_t *r = json_get_object(json_get_object(json_get_object(j, "rooms"), "join"), where);
	assert_true(json_array_size(json_get_array(json_get_object(r, "timeline"), "events")) > 0);
	json_decref(j);
	json_decref(test_json(&t, 200, "GET",
			      at(V3 "rooms/%s/context/%s?filter=%%7B%%22lazy_load_members%%22%%3A"
				    "true%%7D",
				 where, event),
			      alice, NULL));
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "profile/" OWN, alice, NULL);
	j = test_json(&t, 200, "GET", at(V3 "rooms/%s/joined_members", where), alice, NULL);
	assert_int_equal(json_object_size(json_get_object(j, "joined")), 1);
	json_decref(j);
	json_decref(chunk);
	went(&a, 2000, "left");
}

static void test_told(void **state)
{
	(void)state;
	settle_in(200);
	AUTO_FREE char *where = make_room();
	struct token a = legacy(where, "A"), b = legacy(where, "A2");
	struct token m = token_of(
		test_json(&t, 200, "POST", RTC_PATH "/get_token", NULL,
			  "{\"room_id\":\"%s\",\"slot_id\":\"m.call#ROOM\",\"openid_token\":%s,"
			  "\"member\":{\"id\":\"m1\",\"claimed_user_id\":\"@alice:localhost\","
			  "\"claimed_device_id\":\"A\"}}",
			  where, openid));
	came(&a, 1000);
	came(&a, 1000);
	json_decref(await(where, 1));
	came(&b, 2000);
	json_decref(await(where, 2));
	went(&a, 3000, "left");
	json_decref(await(where, 3));
	came(&m, 4000);
	json_decref(await(where, 4));
	went(&b, 5000, "lost");
	went(&m, 6000, "removed");
	json_decref(await(where, 6));
	came(&a, 9000);
	json_t *chunk = await(where, 7);
	check(chunk, 0, "joined", 1000, NULL);
	check(chunk, 1, "joined", 2000, NULL);
	check(chunk, 2, "left", 3000, "left");
	check(chunk, 3, "joined", 4000, NULL);
	check(chunk, 6, "joined", 9000, NULL);
	const json_t *first = told_content(chunk, 0), *newer = told_content(chunk, 3);
	assert_string_equal(json_get_str(first, "user_id"), "@alice:localhost");
	assert_string_equal(json_get_str(first, "device_id"), "A");
	assert_string_equal(json_get_str(first, "slot_id"), "m.call#ROOM");
	assert_null(json_object_get(first, "member_id"));
	assert_string_equal(json_get_str(newer, "member_id"), "m1");
	assert_string_equal(json_get_str(newer, "slot_id"), "m.call#ROOM");
	for (size_t i = 1; i < 6; i++)
		assert_string_equal(session_at(chunk, 0), session_at(chunk, i));
	assert_string_not_equal(session_at(chunk, 0), session_at(chunk, 6));
	json_decref(chunk);
	/* Whoever has a token that is not ours is nobody we could name. */
	struct token alien = a;
	snprintf(alien.identity, sizeof(alien.identity), "somebody");
	came(&alien, 9500);
	went(&a, 10000, "left");
	chunk = await(where, 8);
	check(chunk, 7, "left", 10000, "left");
	json_decref(chunk);
}

/* It counts for nobody as unread, not even for whom every message of the room counts. */
static void test_unread(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", where), bob, "{}"));
	json_decref(test_json(&t, 200, "PUT", at(V3 "pushrules/global/room/%s", where), bob,
			      "{\"actions\":[\"notify\"]}"));
	struct token a = legacy(where, "A");
	came(&a, 1000);
	json_decref(await(where, 1));
	json_t *j = test_json(&t, 200, "GET", V3 "sync", bob, NULL);
	json_t *r = json_get_object(json_get_object(json_get_object(j, "rooms"), "join"), where);
	json_t *n = json_get_object(r, "unread_notifications");
	assert_int_equal(json_get_i64(n, "notification_count", -1), 0);
	json_decref(j);
	/* Anybody may say such a thing: it is theirs, and counts as such. */
	json_decref(test_json(&t, 200, "PUT",
			      at(V3 "rooms/%s/send/" PRESENCE_TYPE "/forged", where), alice,
			      "{\"user_id\":\"@bob:localhost\",\"state\":\"left\",\"at\":5}"));
	json_t *chunk = told(&t, where, bob);
	assert_int_equal(json_array_size(chunk), 2);
	assert_string_equal(json_get_str(json_array_get(chunk, 1), "sender"), "@alice:localhost");
	json_decref(chunk);
	j = test_json(&t, 200, "GET", V3 "sync", bob, NULL);
	r = json_get_object(json_get_object(json_get_object(j, "rooms"), "join"), where);
	n = json_get_object(r, "unread_notifications");
	assert_int_equal(json_get_i64(n, "notification_count", -1), 1);
	json_decref(j);
	went(&a, 2000, "left");
	json_decref(await(where, 3));
}

/* Who comes to the room later sees of it what its history shows. */
static void test_history(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	json_decref(test_json(&t, 200, "PUT",
			      at(V3 "rooms/%s/state/m.room.history_visibility/", where), alice,
			      "{\"history_visibility\":\"joined\"}"));
	struct token a = legacy(where, "A");
	came(&a, 1000);
	json_decref(await(where, 1));
	test_error(&t, 403, "M_FORBIDDEN", "GET", at(V3 "rooms/%s/messages?dir=b", where), bob,
		   NULL);
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", where), bob, "{}"));
	went(&a, 2000, "left");
	json_decref(await(where, 2));
	json_t *chunk = told(&t, where, bob);
	assert_int_equal(json_array_size(chunk), 1);
	check(chunk, 0, "left", 2000, "left");
	json_decref(chunk);
}

static void say(const struct token *g, bool here, int64_t ms, const char *reason)
{
	const struct sfu_presence p = {.room = g->room,
				       .identity = g->identity,
				       .present = here,
				       .at_ms = ms,
				       .reason = reason};
	presence_heard(t.srv->rtc->presence, &p);
}

/* On the server's thread, so that no time passes there between the first and the last of it. */
static void flap(void *arg)
{
	const struct token *g = arg;
	for (int k = 0; k < 3; k++)
		say(&g[k], true, 1000, "");
	for (int i = 1; i < 20; i++)
		for (int k = 0; k < 2; k++) {
			say(&g[k], false, 1000 + i * 100, "lost");
			say(&g[k], true, 1050 + i * 100, "");
		}
	say(&g[1], false, 9000, "left");
}

/* A connection that comes and goes is told twice at most until it settles. */
static void test_flapping(void **state)
{
	(void)state;
	settle_in(500);
	AUTO_FREE char *where = make_room();
	struct token all[3] = {legacy(where, "A"), legacy(where, "B"), legacy(where, "C")};
	test_server_run(&t, flap, all);
	/* B's end is told when the time is over; A was hardly away, and nothing is said. */
	json_t *chunk = await(where, 4);
	check(chunk, 3, "left", 9000, "left");
	assert_string_equal(json_get_str(told_content(chunk, 3), "device_id"), "B");
	json_decref(chunk);
	/* Long at rest: the next change is told at once. */
	went(&all[2], 9500, "left");
	went(&all[0], 9600, "left");
	json_decref(await(where, 6));
}

static void came_by(const struct token *g, enum sfu_way way)
{
	struct sfu_presence p = {.room = g->room,
				 .identity = g->identity,
				 .present = true,
				 .way = way,
				 .at_ms = 1000,
				 .reason = ""};
	test_server_run(&t, on_loop, &p);
}

/* Member events of calls in a room that say something. */
static size_t shown_in(const char *where)
{
	json_t *all = test_json(&t, 200, "GET", at(V3 "rooms/%s/state", where), alice, NULL), *e;
	size_t i, n = 0;
	json_array_foreach (all, i, e)
		n += !strcmp(json_get_str(e, "type"), RTC_MEMBER_TYPE) &&
		     json_object_size(json_object_get(e, "content")) > 0;
	json_decref(all);
	return n;
}

static void await_shown(const char *where, size_t n)
{
	for (int tries = 0; shown_in(where) != n; tries++) {
		assert_true(tries < 4000);
		poll(NULL, 0, 25);
	}
}

static int offer_nonsense(const char *where)
{
	struct raw c = raw_connect(t.srv->port);
	struct buf b = BUF_INIT(4096);
	struct reply r;
	buf_printf(&b,
		   "POST /_muster/live/v1/rooms/%s/whip HTTP/1.1\r\nHost: h\r\nContent-Length: "
		   "1\r\n"
		   "Authorization: Bearer %s\r\nContent-Type: application/sdp\r\n\r\n.",
		   where, alice);
	raw_send(&c, b.p, b.n);
	buf_done(&b);
	raw_reply(&c, &r, false);
	int status = r.status;
	reply_done(&r);
	raw_close(&c);
	return status;
}

/* Who speaks by WHIP is shown by the server, for as long as that is how they are there. */
static void test_way(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	struct token a = legacy(where, "A"), b = legacy(where, "B");
	settle_in(1);
	came_by(&a, SFU_BY_WHIP);
	await_shown(where, 1);
	/* Nobody is told that they left: the room sees them come once. */
	came_by(&a, SFU_BY_WHEP);
	await_shown(where, 0);
	came_by(&a, SFU_BY_WHIP);
	await_shown(where, 1);
	json_decref(await(where, 1));
	went(&a, 2000, "left");
	await_shown(where, 0);
	/* A request that comes to nothing changes nothing. */
	assert_int_equal(offer_nonsense(where), 400);
	came_by(&a, SFU_BY_SIGNAL);
	came_by(&b, SFU_BY_WHIP);
	await_shown(where, 1);
	json_decref(await(where, 4));
	assert_int_equal(shown_in(where), 1);
}

/* A delayed leave that was handed over is sent when they are gone, not when the server stops. */
static void test_leave(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	char *leave[2];
	struct token a[2];
	settle_in(300);
	for (int i = 0; i < 2; i++) {
		leave[i] = text_of(test_json(&t, 200, "PUT",
					     at(V3 "rooms/%s/state/org.example.here/k%d"
						   "?org.matrix.msc4140.delay=3600000",
						where, i),
					     alice, "{}"),
				   "delay_id");
		a[i] = token_of(test_json(&t, 200, "POST", RTC_PATH "/sfu/get", NULL,
					  "{\"room\":\"%s\",\"device_id\":\"D%d\","
					  "\"openid_token\":%s,\"delay_id\":\"%s\","
					  "\"delay_timeout\":10000}",
					  where, i, openid, leave[i]));
		json_decref(test_json(&t, 200, "PUT",
				      at(V3 "rooms/%s/state/org.example.here/k%d", where, i), alice,
				      "{\"in\":true}"));
		came(&a[i], 1000);
	}
	json_decref(await(where, 2));
	went(&a[0], 2000, "lost");
	json_decref(await(where, 3));
	await_left(where, 0);
	test_server_stop(&t);
	test_server_start(&t);
	/* The other may come back for a while; then its leave is sent, too. */
	assert_false(has_left(where, 1));
	came(&a[1], 3000);
	json_decref(await(where, 5));
	went(&a[1], 4000, "left");
	await_left(where, 1);
	for (int i = 0; i < 2; i++)
		mem_free(leave[i]);
}

/* A stop says so for everybody; a run that ended without a word is made up for. */
static void test_restart(void **state)
{
	(void)state;
	AUTO_FREE char *where = make_room();
	struct token a = legacy(where, "A"), b = legacy(where, "B");
	came(&a, 1000);
	came(&b, 1000);
	json_decref(await(where, 2));
	test_server_stop(&t); /* no SFU says anything */
	int64_t before = clock_wall_ms();
	test_server_start(&t);
	json_t *chunk = await(where, 4);
	for (size_t i = 2; i < 4; i++) {
		const json_t *c = told_content(chunk, i);
		assert_string_equal(json_get_str(c, "reason"), "restarted");
		assert_in_range(json_get_i64(c, "at", 0), before - 600000, before);
	}
	assert_string_equal(session_at(chunk, 0), session_at(chunk, 3));
	json_decref(chunk);
	came(&a, 5000);
	chunk = await(where, 5);
	assert_string_not_equal(session_at(chunk, 0), session_at(chunk, 4));
	json_decref(chunk);
	/* Not told yet, as it settles: a stop tells it. */
	went(&a, 6000, "left");
	test_server_stop(&t);
	test_server_start(&t);
	chunk = await(where, 6);
	check(chunk, 5, "left", 6000, "left");
	json_decref(chunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_user), cmocka_unit_test(test_known),
		cmocka_unit_test(test_told),	 cmocka_unit_test(test_unread),
		cmocka_unit_test(test_history),	 cmocka_unit_test(test_flapping),
		cmocka_unit_test(test_way),	 cmocka_unit_test(test_leave),
		cmocka_unit_test(test_restart),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
