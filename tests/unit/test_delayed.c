/*
 * Delayed events (MSC4140) over HTTP: scheduling, actions, lists, limits, and
 * what happens when their time comes or the server was away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "tests/lib/asking.h"

#include <poll.h>
#include <string.h>

#define UNSTABLE "/_matrix/client/unstable/org.matrix.msc4140/"
#define DELAY "?org.matrix.msc4140.delay="
#define MEMBER "org.matrix.msc3401.call.member"
#define LATER "3600000"

static struct test_server t;
static char *alice, *alice2, *bob;
static char *room;

static char *make_room(const char *token)
{
	return text_of(test_json(&t, 200, "POST", V3 "createRoom", token, "%s",
				 "{\"preset\":\"public_chat\",\"power_level_content_override\":"
				 "{\"events\":{\"" MEMBER "\":0}}}"),
		       "room_id");
}

static char *later(const char *where, const char *token, const char *body)
{
	json_t *j = test_json(&t, 200, "PUT", where, token, "%s", body);
	assert_int_equal(json_object_size(j), 1);
	return text_of(j, "delay_id");
}

static void act(const char *id, const char *action)
{
	json_decref(test_json(&t, 200, "POST", at(UNSTABLE "delayed_events/%s/%s", id, action),
			      NULL, "{}"));
}

static void gone(const char *id, const char *action)
{
	test_error(&t, 404, "M_NOT_FOUND", "POST", at(UNSTABLE "delayed_events/%s/%s", id, action),
		   NULL, "{}");
}

/* The event of that delay id, as /sync tells `token`, waiting until it comes. */
static json_t *await(const char *token, const char *delay_id)
{
	char *since = NULL;
	json_t *found = NULL;
	int64_t end = clock_mono_ms() + 120000;
	while (!found && clock_mono_ms() < end) {
		json_t *j = test_json(&t, 200, "GET",
				      at(V3 "sync?timeout=5000%s%s", since ? "&since=" : "",
					 since ? since : ""),
				      token, NULL);
		json_t *joined = json_get_object(json_get_object(j, "rooms"), "join");
		json_t *r = json_get_object(joined, room);
		json_t *events = json_get_array(json_get_object(r, "timeline"), "events");
		for (size_t i = 0; i < json_array_size(events); i++) {
			json_t *e = json_array_get(events, i);
			const char *id = json_get_str(json_get_object(e, "unsigned"),
						      "org.matrix.msc4140.delay_id");
			if (id && strcmp(id, delay_id) == 0)
				found = json_incref(e);
		}
		mem_free(since);
		since = mem_strdup(json_get_str(j, "next_batch"));
		json_decref(j);
	}
	mem_free(since);
	assert_non_null(found);
	return found;
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	test_add_user(&t, "alice", false);
	test_add_user(&t, "bob", false);
	alice = test_login(&t, "alice", "A");
	alice2 = test_login(&t, "alice", "A2");
	bob = test_login(&t, "bob", "B");
	room = make_room(alice);
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), bob, "{}"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(alice);
	mem_free(alice2);
	mem_free(bob);
	mem_free(room);
	test_server_done(&t);
	return 0;
}

static void test_advertised(void **state)
{
	(void)state;
	json_t *j = test_json(&t, 200, "GET", "/_matrix/client/versions", NULL, NULL);
	assert_true(
		json_get_bool(json_get_object(j, "unstable_features"), "org.matrix.msc4140", 0));
	json_decref(j);
	j = test_json(&t, 200, "GET", V3 "capabilities", alice, NULL);
	const json_t *c = json_get_object(json_get_object(j, "capabilities"),
					  "org.matrix.msc4140.delayed_events");
	assert_int_equal(json_get_i64(c, "max_delay_ms", 0), LIMIT_DELAY_MS);
	assert_int_equal(json_get_i64(c, "max_scheduled", 0), LIMIT_DELAYED_EVENTS);
	json_decref(j);
}

/* Its time comes, not before; only its sender sees the id. */
static void test_in_time(void **state)
{
	(void)state;
	int64_t asked = clock_wall_ms();
	AUTO_FREE char *id = later(at(V3 "rooms/%s/send/m.room.message/in1" DELAY "300", room),
				   alice, "{\"msgtype\":\"m.text\",\"body\":\"later\"}");
	json_t *e = await(alice, id);
	int64_t ts = json_get_i64(e, "origin_server_ts", 0);
	assert_true(ts >= asked + 300);
	assert_string_equal(json_get_str(json_get_object(e, "content"), "body"), "later");
	AUTO_FREE char *event = text_of(e, "event_id");
	json_t *seen =
		test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, event), bob, NULL);
	assert_null(
		json_object_get(json_get_object(seen, "unsigned"), "org.matrix.msc4140.delay_id"));
	json_decref(seen);
	seen = test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, event), alice, NULL);
	assert_string_equal(json_get_str(json_get_object(seen, "unsigned"),
					 "org.matrix.msc4140.delay_id"),
			    id);
	json_decref(seen);
	json_t *one = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", id), alice, NULL);
	assert_string_equal(json_get_str(one, "event_id"), event);
	assert_true(json_get_i64(one, "finalised_ts", 0) >= asked + 300);
	json_decref(one);
	act(id, "send");
	gone(id, "restart");
	gone(id, "cancel");
}

/* Many due in a mixed order come in the order of their times. */
static void test_order(void **state)
{
	(void)state;
	static const int delays[] = {1300, 900, 1100, 1000, 1200};
	int64_t due[5];
	char *ids[5];
	for (int i = 0; i < 5; i++) {
		char body[32], delay[20];
		snprintf(body, sizeof(body), "{\"n\":%d}", i);
		snprintf(delay, sizeof(delay), "%d", delays[i]);
		ids[i] = later(at(V3 "rooms/%s/send/org.example.order/o%d" DELAY "%s", room, i,
				  delay),
			       alice, body);
	}
	for (int i = 0; i < 5; i++) {
		json_decref(await(alice, ids[i]));
		/* How long the requests took decides, too. */
		json_t *one = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", ids[i]),
					alice, NULL);
		due[i] = json_get_i64(one, "running_since", 0) + delays[i];
		json_decref(one);
		mem_free(ids[i]);
	}
	json_t *j = test_json(&t, 200, "GET",
			      at(V3 "rooms/%s/messages?dir=b&limit=5&filter=%s", room,
				 "%7B%22types%22%3A%5B%22org.example.order%22%5D%7D"),
			      alice, NULL);
	const json_t *chunk = json_get_array(j, "chunk");
	assert_int_equal(json_array_size(chunk), 5);
	int64_t sooner = INT64_MAX;
	for (size_t i = 0; i < 5; i++) {
		const json_t *content = json_get_object(json_array_get(chunk, i), "content");
		int64_t n = json_get_i64(content, "n", -1);
		assert_in_range(n, 0, 4);
		assert_true(due[n] > 1000000 && due[n] <= sooner);
		sooner = due[n];
	}
	json_decref(j);
}

static void test_actions(void **state)
{
	(void)state;
	const char *body = "{\"msgtype\":\"m.text\",\"body\":\"x\"}";
	AUTO_FREE char *a =
		later(at(V3 "rooms/%s/send/m.room.message/a1" DELAY LATER, room), alice, body);
	AUTO_FREE char *b =
		later(at(V3 "rooms/%s/send/m.room.message/a2" DELAY LATER, room), alice, body);
	assert_string_not_equal(a, b);
	act(a, "send");
	json_decref(await(alice, a));
	act(a, "send");
	act(b, "cancel");
	act(b, "cancel");
	gone(b, "send");
	gone(b, "restart");
	gone("msd_unknown", "send");
	gone("msd_unknown", "cancel");
	gone("msd_unknown", "restart");
	/* The older form; a token, even a bad one, changes nothing. */
	AUTO_FREE char *c =
		later(at(V3 "rooms/%s/send/m.room.message/a3" DELAY LATER, room), alice, body);
	const char *where = at(UNSTABLE "delayed_events/%s", c);
	json_decref(test_json(&t, 200, "POST", where, bob, "{\"action\":\"restart\"}"));
	json_decref(test_json(&t, 200, "POST", where, "nonsense", "{\"action\":\"restart\"}"));
	test_error(&t, 400, "M_MISSING_PARAM", "POST", where, NULL, "{}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", where, NULL, "{\"action\":\"explode\"}");
	json_decref(test_json(&t, 200, "POST", where, NULL, "{\"action\":\"cancel\"}"));
	test_error(&t, 404, "M_NOT_FOUND", "POST", where, NULL, "{\"action\":\"send\"}");
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", at(UNSTABLE "delayed_events/%s/explode", c),
		   NULL, "{}");
}

/* One round with a beat of so long; false: it was over before this machine could restart it. */
static bool restart_within(int ms)
{
	char delay[20], sooner[20], soon[20];
	snprintf(delay, sizeof(delay), "%d", ms);
	snprintf(sooner, sizeof(sooner), "%d", ms / 5 * 4);
	snprintf(soon, sizeof(soon), "%d", ms / 3 * 2);
	AUTO_FREE char *beat =
		later(at(V3 "rooms/%s/send/m.room.message/r1-%d" DELAY "%s", room, ms, delay),
		      alice, "{\"a\":1}");
	AUTO_FREE char *clock1 =
		later(at(V3 "rooms/%s/send/m.room.message/r2-%d" DELAY "%s", room, ms, sooner),
		      alice, "{\"a\":2}");
	json_decref(await(alice, clock1));
	int64_t restarted = clock_wall_ms();
	if (test_call(&t, "POST", at(UNSTABLE "delayed_events/%s/restart", beat), NULL, "{}",
		      NULL) != 200)
		return false;
	AUTO_FREE char *clock2 =
		later(at(V3 "rooms/%s/send/m.room.message/r3-%d" DELAY "%s", room, ms, soon), alice,
		      "{\"a\":3}");
	json_decref(await(alice, clock2));
	json_t *j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", beat), alice, NULL);
	if (clock_wall_ms() < restarted + ms)
		assert_null(json_object_get(j, "finalised_ts"));
	json_decref(j);
	json_t *e = await(alice, beat);
	assert_true(json_get_i64(e, "origin_server_ts", 0) >= restarted + ms);
	json_decref(e);
	return true;
}

/* A heartbeat: as long as it is restarted it does not come. */
static void test_restart(void **state)
{
	(void)state;
	int ms = 1500;
	while (!restart_within(ms) && ms < 60000)
		ms *= 2;
	assert_true(ms < 60000);
}

static void test_transactions(void **state)
{
	(void)state;
	AUTO_FREE char *where =
		mem_strdup(at(V3 "rooms/%s/send/m.room.message/txn" DELAY LATER, room));
	AUTO_FREE char *a = later(where, alice, "{}"), *same = later(where, alice, "{\"x\":1}");
	AUTO_FREE char *other = later(where, alice2, "{}");
	assert_string_equal(a, same);
	assert_string_not_equal(a, other);
	act(a, "cancel");
	AUTO_FREE char *again = later(where, alice, "{}");
	assert_string_equal(a, again);
	act(other, "cancel");
	const char *newer = at(UNSTABLE "rooms/%s/delayed_event/org.example.n/txn", room);
	AUTO_FREE char *n1 = later(newer, alice, "{\"delay_ms\":3600000,\"content\":{}}");
	AUTO_FREE char *n2 = later(newer, alice, "{\"delay_ms\":3600000,\"content\":{}}");
	assert_string_equal(n1, n2);
	act(n1, "cancel");
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "0", "-5", "x", "1.5", "99999999999999999999"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		test_error(&t, 400, "M_INVALID_PARAM", "PUT",
			   at(V3 "rooms/%s/send/m.room.message/b" DELAY "%s", room, bad[i]), alice,
			   "{}");
	json_t *j = test_json(&t, 400, "PUT",
			      at(V3 "rooms/%s/state/" MEMBER "/k" DELAY "%lld", room,
				 (long long)LIMIT_DELAY_MS + 1),
			      alice, "{}");
	assert_string_equal(json_get_str(j, "errcode"), "M_UNKNOWN");
	assert_string_equal(json_get_str(j, "org.matrix.msc4140.errcode"), "M_MAX_DELAY_EXCEEDED");
	assert_int_equal(json_get_i64(j, "org.matrix.msc4140.max_delay", 0), LIMIT_DELAY_MS);
	json_decref(j);
	test_error(&t, 403, "M_FORBIDDEN", "PUT",
		   at(V3 "rooms/!nowhere:localhost/send/m.room.message/c" DELAY "%d", 5), alice,
		   "{}");
	AUTO_FREE char *closed = make_room(alice);
	test_error(&t, 403, "M_FORBIDDEN", "PUT",
		   at(V3 "rooms/%s/send/m.room.message/c" DELAY "5", closed), bob, "{}");
	test_error(&t, 400, "M_BAD_JSON", "PUT",
		   at(V3 "rooms/%s/send/m.room.message/d" DELAY "5", room), alice, "{\"a\":1.5}");
	test_error(&t, 401, "M_MISSING_TOKEN", "PUT",
		   at(V3 "rooms/%s/send/m.room.message/e" DELAY "5", room), NULL, "{}");
	const char *newer = at(UNSTABLE "rooms/%s/delayed_event/m.room.message/z", room);
	test_error(&t, 400, "M_BAD_JSON", "PUT", newer, alice, "{\"content\":{}}");
	test_error(&t, 400, "M_BAD_JSON", "PUT", newer, alice, "{\"delay_ms\":5}");
	test_error(&t, 400, "M_BAD_JSON", "PUT", newer, alice,
		   "{\"delay_ms\":5,\"content\":{},\"state_key\":1}");
	test_error(&t, 403, "M_FORBIDDEN", "PUT", newer, alice,
		   "{\"delay_ms\":999999999999,\"content\":{}}");
	test_error(&t, 401, "M_MISSING_TOKEN", "GET", UNSTABLE "delayed_events", NULL, NULL);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", UNSTABLE "delayed_events?status=odd", alice,
		   NULL);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", UNSTABLE "delayed_events?from=odd", alice,
		   NULL);
}

/* What may be sent is seen when it is sent. */
static void test_rights(void **state)
{
	(void)state;
	AUTO_FREE char *id =
		later(at(V3 "rooms/%s/state/m.room.topic" DELAY "300", room), bob, "{}");
	AUTO_FREE char *held =
		later(at(V3 "rooms/%s/state/m.room.topic/" DELAY LATER, room), bob, "{}");
	/* Asked for now it is refused, and still waits. */
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(UNSTABLE "delayed_events/%s/send", held),
		   NULL, "{}");
	json_t *j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", held), bob, NULL);
	assert_null(json_object_get(j, "finalised_ts"));
	json_decref(j);
	/* Due, it is dropped, and its sender can see why. Wait for something later. */
	AUTO_FREE char *clock = later(at(V3 "rooms/%s/send/m.room.message/clock" DELAY "600", room),
				      bob, "{\"a\":1}");
	json_decref(await(bob, clock));
	j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", id), bob, NULL);
	assert_string_equal(json_get_str(json_get_object(j, "error"), "errcode"), "M_FORBIDDEN");
	assert_null(json_object_get(j, "event_id"));
	json_decref(j);
	test_error(&t, 404, "M_NOT_FOUND", "GET", at(UNSTABLE "delayed_events/%s", id), alice,
		   NULL);
	act(held, "cancel");
}

/* A call's leave outlives one's own join, but not what somebody else says. */
static void test_displaced(void **state)
{
	(void)state;
	const char *where = at(V3 "rooms/%s/state/" MEMBER "/_key" DELAY LATER, room);
	AUTO_FREE char *id = later(where, alice, "{}");
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/" MEMBER "/_key", room), alice,
			      "{\"a\":1}"));
	act(id, "restart");
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/" MEMBER "/_other", room), bob,
			      "{\"a\":1}"));
	act(id, "restart");
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/" MEMBER "/_key", room), bob,
			      "{\"a\":2}"));
	gone(id, "restart");
	AUTO_FREE char *leave =
		later(at(V3 "rooms/%s/state/" MEMBER "/_key" DELAY "100", room), alice, "{}");
	json_decref(await(alice, leave));
	json_t *j =
		test_json(&t, 200, "GET", at(V3 "rooms/%s/state/" MEMBER "/_key", room), bob, NULL);
	assert_int_equal(json_object_size(j), 0);
	json_decref(j);
}

static size_t count(const char *token, const char *query, const char *key, char **next)
{
	json_t *j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events%s", query), token, NULL);
	size_t n = json_array_size(json_get_array(j, key));
	if (next) {
		mem_free(*next);
		*next = mem_strdup(json_get_str(j, "next_batch"));
	}
	json_decref(j);
	return n;
}

static void test_lists(void **state)
{
	(void)state;
	AUTO_FREE char *carl = (test_add_user(&t, "carl", false), test_login(&t, "carl", "C"));
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), carl, "{}"));
	AUTO_FREE char *key = later(at(V3 "rooms/%s/state/org.example.l/k" DELAY LATER, room), carl,
				    "{\"deep\":[1,{\"a\":\"ü\"}]}");
	json_t *j = test_json(&t, 200, "GET", UNSTABLE "delayed_events", carl, NULL);
	const json_t *e = json_array_get(json_get_array(j, "scheduled"), 0);
	assert_true(
		json_equal(json_object_get(j, "scheduled"), json_object_get(j, "delayed_events")));
	assert_string_equal(json_get_str(e, "delay_id"), key);
	assert_string_equal(json_get_str(e, "room_id"), room);
	assert_string_equal(json_get_str(e, "type"), "org.example.l");
	assert_string_equal(json_get_str(e, "state_key"), "k");
	assert_int_equal(json_get_i64(e, "delay", 0), 3600000);
	assert_int_equal(json_get_i64(e, "delay_ms", 0), 3600000);
	int64_t since = json_get_i64(e, "running_since", 0);
	assert_true(since > clock_wall_ms() - 60000 && since <= clock_wall_ms());
	AUTO_FREE char *content = json_text(json_object_get(e, "content"));
	assert_string_equal(content, "{\"deep\":[1,{\"a\":\"ü\"}]}");
	json_decref(j);
	/* Full: the error says so, and cancelling makes room. */
	for (int i = 1; i < LIMIT_DELAYED_EVENTS; i++)
		mem_free(later(at(V3 "rooms/%s/send/m.room.message/l%d" DELAY LATER, room, i), carl,
			       "{}"));
	j = test_json(&t, 429, "PUT", at(V3 "rooms/%s/send/m.room.message/over" DELAY LATER, room),
		      carl, "{}");
	assert_string_equal(json_get_str(j, "errcode"), "M_LIMIT_EXCEEDED");
	assert_string_equal(json_get_str(j, "org.matrix.msc4140.errcode"),
			    "M_MAX_DELAYED_EVENTS_EXCEEDED");
	int64_t wait = json_get_i64(j, "retry_after_ms", 0);
	assert_true(wait > 3000000 && wait <= 3600000);
	json_decref(j);
	char *next = NULL;
	assert_int_equal(count(carl, "", "delayed_events", &next), 50);
	assert_non_null(next);
	char query[128];
	snprintf(query, sizeof(query), "?status=scheduled&from=%s", next);
	assert_int_equal(count(carl, query, "scheduled", &next), 50);
	assert_null(next);
	act(key, "cancel");
	assert_int_equal(count(carl, "?status=finalised", "finalised", NULL), 1);
	snprintf(query, sizeof(query), "?status=finalised&delay_id=%s", key);
	j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events%s", query), carl, NULL);
	e = json_array_get(json_get_array(j, "finalised"), 0);
	assert_string_equal(json_get_str(e, "outcome"), "cancel");
	assert_string_equal(json_get_str(e, "reason"), "action");
	assert_string_equal(json_get_str(json_get_object(e, "delayed_event"), "delay_id"), key);
	json_decref(j);
	mem_free(later(at(V3 "rooms/%s/send/m.room.message/fits" DELAY LATER, room), carl, "{}"));
}

/* Who closed their account says nothing any more, not even in rooms that anybody may enter. */
static void test_closed_account(void **state)
{
	(void)state;
	AUTO_FREE char *dora = (test_add_user(&t, "dora", false), test_login(&t, "dora", "D"));
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), dora, "{}"));
	AUTO_FREE char *id =
		later(at(V3 "rooms/%s/send/m.room.message/d1" DELAY LATER, room), dora, "{}");
	act(id, "restart");
	json_decref(test_json(&t, 200, "POST", V3 "account/deactivate", dora, "%s",
			      "{\"auth\":{\"type\":\"m.login.password\",\"identifier\":{\"type\":"
			      "\"m.id.user\",\"user\":\"dora\"},\"password\":\"password of "
			      "dora\"}}"));
	gone(id, "restart");
	gone(id, "send");
}

/* What became due while the server was away comes at its start, the rest in time. */
static void test_restarted_server(void **state)
{
	(void)state;
	AUTO_FREE char *soon =
		later(at(V3 "rooms/%s/send/m.room.message/s1" DELAY "1", room), alice, "{\"s\":1}");
	AUTO_FREE char *first = later(at(V3 "rooms/%s/send/m.room.message/s2" DELAY "1500", room),
				      alice, "{\"s\":2}");
	AUTO_FREE char *second = later(at(V3 "rooms/%s/state/org.example.s/x" DELAY "1600", room),
				       alice, "{\"s\":3}");
	AUTO_FREE char *far = later(at(V3 "rooms/%s/send/m.room.message/s3" DELAY LATER, room),
				    alice, "{\"s\":4}");
	int64_t due = clock_wall_ms() + 1600;
	json_decref(await(alice, soon));
	test_server_stop(&t);
	bool in_time = clock_wall_ms() < due - 100;
	while (clock_wall_ms() < due)
		poll(NULL, 0, 20); /* its time passes with nobody there */
	test_server_start(&t);
	json_t *a = await(alice, first), *b = await(alice, second);
	if (in_time)
		assert_true(json_get_i64(a, "origin_server_ts", 0) >= due);
	json_decref(a);
	json_decref(b);
	json_t *j = test_json(&t, 200, "GET", at(UNSTABLE "delayed_events/%s", far), alice, NULL);
	assert_null(json_object_get(j, "finalised_ts"));
	json_decref(j);
	act(far, "send");
	json_decref(await(alice, far));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advertised),     cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_order),	       cmocka_unit_test(test_actions),
		cmocka_unit_test(test_restart),	       cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_refused),	       cmocka_unit_test(test_rights),
		cmocka_unit_test(test_displaced),      cmocka_unit_test(test_lists),
		cmocka_unit_test(test_closed_account), cmocka_unit_test(test_restarted_server),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
