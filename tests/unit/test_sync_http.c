/* /sync and its long polls over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/hub.h"
#include "tests/lib/syncing.h"

#include <string.h>

static struct test_server t;
static struct chatter anna, bert, carl;
static char room[LIMIT_ID_BYTES + 1];

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	test_server_start(&t);
	chatter_new(&t, "anna", &anna);
	chatter_new(&t, "bert", &bert);
	chatter_new(&t, "carl", &carl);
	chatter_create(&anna, "{'preset':'public_chat','name':'Class'}", room);
	chatter_room(&bert, room, "join", "{}");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	chatter_done(&anna);
	chatter_done(&bert);
	chatter_done(&carl);
	test_server_done(&t);
	return 0;
}

static void test_initial(void **state)
{
	(void)state;
	char id[64];
	chatter_say(&anna, room, "hello", id);
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *r = sync_room(j, "join", room);
	assert_non_null(r);
	json_t *timeline = synced_events(r, "timeline");
	json_t *last = json_array_get(timeline, json_array_size(timeline) - 1);
	assert_string_equal(json_get_str(last, "event_id"), id);
	assert_null(json_object_get(last, "room_id"));
	assert_string_equal(json_get_str(last, "sender"), anna.id);
	json_t *u = json_object_get(last, "unsigned");
	assert_true(json_get_i64(u, "age", -1) >= 0);
	assert_string_equal(json_get_str(u, "membership"), "join");
	/* Sent with a transaction id by another device. */
	assert_null(json_object_get(u, "transaction_id"));
	json_t *summary = json_object_get(r, "summary");
	assert_int_equal(json_get_i64(summary, "m.joined_member_count", 0), 2);
	json_t *unread = json_object_get(r, "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", -1), 1);
	assert_int_equal(json_get_i64(unread, "highlight_count", -1), 0);
	json_t *data = json_object_get(json_object_get(j, "account_data"), "events");
	assert_non_null(event_of_type(data, "m.push_rules"));
	assert_non_null(json_object_get(j, "device_one_time_keys_count"));
	assert_non_null(json_object_get(j, "device_lists"));

	JSON_AUTO json_t *own = chatter_sync(&anna, "");
	timeline = synced_events(sync_room(own, "join", room), "timeline");
	last = json_array_get(timeline, json_array_size(timeline) - 1);
	assert_non_null(json_get_str(json_object_get(last, "unsigned"), "transaction_id"));
}

static void test_incremental(void **state)
{
	(void)state;
	json_decref(chatter_sync(&bert, ""));
	JSON_AUTO json_t *none = chatter_sync(&bert, "");
	assert_null(json_object_get(none, "rooms"));
	chatter_say(&anna, room, "one", NULL);
	chatter_say(&anna, room, "two", NULL);
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *r = sync_room(j, "join", room);
	json_t *events = synced_events(r, "timeline");
	assert_int_equal(json_array_size(events), 2);
	assert_string_equal(body_at(events, 0), "one");
	assert_string_equal(body_at(events, 1), "two");
	assert_true(json_is_false(json_object_get(json_object_get(r, "timeline"), "limited")));
	assert_int_equal(json_array_size(synced_events(r, "state")), 0);
	assert_null(json_object_get(r, "summary"));
}

static void test_state_in_gap(void **state)
{
	(void)state;
	json_decref(chatter_sync(&bert, ""));
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'old'}");
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'new'}");
	for (int i = 0; i < 4; i++)
		chatter_say(&anna, room, "x", NULL);
	JSON_AUTO json_t *j =
		chatter_sync(&bert,
			     "&filter=%7B%22room%22:%7B%22timeline%22:%7B%22limit%22:3%7D%7D%7D");
	json_t *r = sync_room(j, "join", room);
	assert_int_equal(json_array_size(synced_events(r, "timeline")), 3);
	assert_true(json_is_true(json_object_get(json_object_get(r, "timeline"), "limited")));
	json_t *st = synced_events(r, "state");
	assert_int_equal(json_array_size(st), 1);
	json_t *topic = event_of_type(st, "m.room.topic");
	assert_string_equal(json_get_str(json_object_get(topic, "content"), "topic"), "new");
	/* A state event in the timeline tells what it replaced. */
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'newer'}");
	JSON_AUTO json_t *k = chatter_sync(&bert, "");
	topic = event_of_type(synced_events(sync_room(k, "join", room), "timeline"),
			      "m.room.topic");
	json_t *prev = json_object_get(json_object_get(topic, "unsigned"), "prev_content");
	assert_string_equal(json_get_str(prev, "topic"), "new");
}

static void test_state_hidden_by_filter(void **state)
{
	(void)state;
	static const char filter[] = "&filter=%7B%22room%22:%7B%22timeline%22:%7B%22types%22:[%22m."
				     "room.message%22]%7D%7D%7D";
	json_decref(chatter_sync(&bert, ""));
	chatter_say(&anna, room, "before", NULL);
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'hidden'}");
	chatter_say(&anna, room, "after", NULL);
	JSON_AUTO json_t *j = chatter_sync(&bert, filter);
	json_t *r = sync_room(j, "join", room);
	assert_int_equal(json_array_size(synced_events(r, "timeline")), 2);
	assert_non_null(event_of_type(synced_events(r, "state"), "m.room.topic"));
}

static void test_state_after(void **state)
{
	(void)state;
	json_decref(chatter_sync(&bert, ""));
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'after'}");
	JSON_AUTO json_t *j = chatter_sync(&bert, "&use_state_after=true");
	json_t *r = sync_room(j, "join", room);
	assert_non_null(event_of_type(synced_events(r, "timeline"), "m.room.topic"));
	assert_non_null(event_of_type(synced_events(r, "state_after"), "m.room.topic"));
	assert_null(json_object_get(r, "state"));
	chatter_say(&anna, room, "x", NULL);
	JSON_AUTO json_t *k = chatter_sync(&bert, "&org.matrix.msc4222.use_state_after=true");
	assert_non_null(
		json_object_get(sync_room(k, "join", room), "org.matrix.msc4222.state_after"));
}

static void test_woken_by_message(void **state)
{
	(void)state;
	int ms;
	json_decref(chatter_sync(&bert, ""));
	struct poll *w = poll_start(&bert, "&timeout=120000");
	polls_waiting(&t, 1);
	chatter_say(&anna, room, "wake", NULL);
	JSON_AUTO json_t *j = poll_end(w, &ms);
	assert_string_equal(body_at(synced_events(sync_room(j, "join", room), "timeline"), 0),
			    "wake");
	assert_true(ms < 120000);
	polls_waiting(&t, 0);
}

static void test_timeout(void **state)
{
	(void)state;
	int ms;
	json_decref(chatter_sync(&bert, ""));
	struct poll *w = poll_start(&bert, "&timeout=300");
	JSON_AUTO json_t *j = poll_end(w, &ms);
	assert_null(json_object_get(j, "rooms"));
	assert_true(ms >= 290);
	chatter_say(&anna, room, "later", NULL);
	JSON_AUTO json_t *k = chatter_sync(&bert, "");
	assert_int_equal(json_array_size(synced_events(sync_room(k, "join", room), "timeline")), 1);
}

static json_t *receipt_of(const json_t *sync, const char *event_id, const char *kind)
{
	json_t *e = event_of_type(synced_events(sync_room(sync, "join", room), "ephemeral"),
				  "m.receipt");
	return json_object_get(json_object_get(json_object_get(e, "content"), event_id), kind);
}

static void post_receipt(struct chatter *p, const char *kind, const char *id, const char *body)
{
	AUTO_FREE char *what = mem_printf("receipt/%s/%s", kind, id);
	chatter_room(p, room, what, body);
}

static void test_receipts(void **state)
{
	(void)state;
	char id[64];
	chatter_say(&anna, room, "read me", id);
	json_decref(chatter_sync(&anna, ""));
	json_decref(chatter_sync(&bert, ""));
	struct poll *w = poll_start(&anna, "&timeout=120000");
	polls_waiting(&t, 1);
	post_receipt(&bert, "m.read", id, "{}");
	JSON_AUTO json_t *j = poll_end(w, NULL);
	json_t *mine = json_object_get(receipt_of(j, id, "m.read"), bert.id);
	assert_true(json_get_i64(mine, "ts", 0) > 0);
	assert_null(json_object_get(mine, "thread_id"));
	JSON_AUTO json_t *own = chatter_sync(&bert, "");
	assert_int_equal(json_get_i64(json_object_get(sync_room(own, "join", room),
						      "unread_notifications"),
				      "notification_count", -1),
			 0);
	/* An initial sync tells it too. */
	struct chatter again = anna;
	again.since[0] = '\0';
	JSON_AUTO json_t *first = chatter_sync(&again, "");
	assert_non_null(json_object_get(receipt_of(first, id, "m.read"), bert.id));
}

static void test_private_receipt(void **state)
{
	(void)state;
	char id[64];
	chatter_say(&anna, room, "quietly", id);
	json_decref(chatter_sync(&anna, ""));
	json_decref(chatter_sync(&bert, ""));
	post_receipt(&bert, "m.read.private", id, "{'thread_id':'main'}");
	JSON_AUTO json_t *j = chatter_sync(&anna, "");
	assert_null(sync_room(j, "join", room));
	JSON_AUTO json_t *own = chatter_sync(&bert, "");
	json_t *mine = json_object_get(receipt_of(own, id, "m.read.private"), bert.id);
	assert_string_equal(json_get_str(mine, "thread_id"), "main");
	struct chatter again = anna;
	again.since[0] = '\0';
	JSON_AUTO json_t *first = chatter_sync(&again, "");
	assert_null(receipt_of(first, id, "m.read.private"));
}

static void put_typing(struct chatter *p, const char *body)
{
	AUTO_FREE char *path = mem_printf("/_matrix/client/v3/rooms/%s/typing/%s", room, p->id);
	json_decref(test_json(&t, 200, "PUT", path, p->token, "%s", body));
}

static size_t typists(const json_t *sync)
{
	json_t *e = event_of_type(synced_events(sync_room(sync, "join", room), "ephemeral"),
				  "m.typing");
	assert_non_null(e);
	return json_array_size(json_object_get(json_object_get(e, "content"), "user_ids"));
}

/* False: it was over before anna was told of it. */
static bool is_told_while_typing(int ms)
{
	struct poll *w = poll_start(&anna, "&timeout=120000");
	polls_waiting(&t, 1);
	AUTO_FREE char *body = mem_printf("{\"typing\":true,\"timeout\":%d}", ms);
	put_typing(&bert, body);
	JSON_AUTO json_t *j = poll_end(w, NULL);
	return typists(j) == 1;
}

static void test_typing(void **state)
{
	int ms = 300;
	(void)state;
	json_decref(chatter_sync(&anna, ""));
	while (!is_told_while_typing(ms) && ms < 60000)
		ms *= 3;
	assert_true(ms < 60000);
	/* It ends by itself. */
	struct poll *w = poll_start(&anna, "&timeout=120000");
	JSON_AUTO json_t *k = poll_end(w, NULL);
	assert_int_equal(typists(k), 0);
	/* A message ends it too, and both come in one reply. */
	put_typing(&bert, "{\"typing\":true}");
	JSON_AUTO json_t *again = chatter_sync(&anna, "");
	assert_int_equal(typists(again), 1);
	w = poll_start(&anna, "&timeout=120000");
	polls_waiting(&t, 1);
	chatter_say(&bert, room, "typed", NULL);
	JSON_AUTO json_t *l = poll_end(w, NULL);
	assert_int_equal(typists(l), 0);
	assert_string_equal(body_at(synced_events(sync_room(l, "join", room), "timeline"), 0),
			    "typed");
}

static void test_invite_and_account_data(void **state)
{
	(void)state;
	char secret[LIMIT_ID_BYTES + 1];
	chatter_create(&anna, "{'preset':'private_chat','name':'Staff'}", secret);
	json_decref(chatter_sync(&carl, ""));
	struct poll *w = poll_start(&carl, "&timeout=120000");
	polls_waiting(&t, 1);
	AUTO_FREE char *body = mem_printf("{'user_id':'%s'}", carl.id);
	chatter_room(&anna, secret, "invite", body);
	JSON_AUTO json_t *j = poll_end(w, NULL);
	json_t *events =
		json_object_get(json_object_get(sync_room(j, "invite", secret), "invite_state"),
				"events");
	assert_non_null(event_of_type(events, "m.room.create"));
	assert_non_null(event_of_type(events, "m.room.join_rules"));
	json_t *name = event_of_type(events, "m.room.name");
	assert_string_equal(json_get_str(json_object_get(name, "content"), "name"), "Staff");
	assert_null(json_object_get(name, "event_id"));
	size_t own = 0;
	for (size_t i = 0; i < json_array_size(events); i++)
		own += json_get_str(json_array_get(events, i), "state_key") &&
		       !strcmp(json_get_str(json_array_get(events, i), "state_key"), carl.id);
	assert_int_equal(own, 1);
	/* Refused: it turns up as left, without the room's history. */
	chatter_room(&carl, secret, "leave", "{}");
	JSON_AUTO json_t *k = chatter_sync(&carl, "");
	json_t *left = sync_room(k, "leave", secret);
	assert_int_equal(json_array_size(synced_events(left, "timeline")), 0);
	assert_int_equal(json_array_size(synced_events(left, "state")), 1);

	w = poll_start(&carl, "&timeout=120000");
	polls_waiting(&t, 1);
	AUTO_FREE char *path =
		mem_printf("/_matrix/client/v3/user/%s/account_data/org.muster.test", carl.id);
	json_decref(test_json(&t, 200, "PUT", path, carl.token, "{\"a\":1}"));
	JSON_AUTO json_t *l = poll_end(w, NULL);
	json_t *data = event_of_type(json_object_get(json_object_get(l, "account_data"), "events"),
				     "org.muster.test");
	assert_int_equal(json_get_i64(json_object_get(data, "content"), "a", 0), 1);
}

static void test_redaction_while_cached(void **state)
{
	(void)state;
	char id[64];
	json_decref(chatter_sync(&bert, ""));
	chatter_say(&anna, room, "regret", id);
	AUTO_FREE char *path = mem_printf("/_matrix/client/v3/rooms/%s/redact/%s/r1", room, id);
	json_decref(test_json(&t, 200, "PUT", path, anna.token, "{\"reason\":\"typo\"}"));
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *events = synced_events(sync_room(j, "join", room), "timeline");
	assert_int_equal(json_array_size(events), 2);
	json_t *gone = json_array_get(events, 0);
	assert_null(json_object_get(json_object_get(gone, "content"), "body"));
	assert_null(json_object_get(gone, "room_id"));
	json_t *because = json_object_get(json_object_get(gone, "unsigned"), "redacted_because");
	assert_string_equal(json_get_str(because, "type"), "m.room.redaction");
	assert_int_equal(json_get_i64(json_object_get(sync_room(j, "join", room),
						      "unread_notifications"),
				      "highlight_count", -1),
			 0);
}

static void test_killed_waiters(void **state)
{
	(void)state;
	struct poll *w[20];
	json_decref(chatter_sync(&bert, ""));
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		w[i] = poll_start(&bert, "&timeout=120000");
	polls_waiting(&t, 20);
	for (size_t i = 0; i < ARRAY_LEN(w); i += 2)
		poll_kill(w[i]);
	polls_waiting(&t, 10);
	chatter_say(&anna, room, "who is left?", NULL);
	for (size_t i = 1; i < ARRAY_LEN(w); i += 2)
		json_decref(poll_end(w[i], NULL));
	polls_waiting(&t, 0);
}

#define CROWD 300

static void read_waiting(void *arg)
{
	*(int *)arg = t.srv->hub->waiting;
}

static int waiting_now(void)
{
	int n;
	test_server_run(&t, read_waiting, &n);
	return n;
}

struct crowd {
	struct loop *loop;
	struct loop_timer *late;
	int answered, told;
};

static void on_crowd(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct crowd *c = arg;
	JSON_AUTO json_t *j = NULL;
	if (err)
		return;
	json_parse(reply->body, &j, NULL);
	c->told += !strcmp(body_at(synced_events(sync_room(j, "join", room), "timeline"), 0),
			   "to all of you");
	if (++c->answered == CROWD)
		loop_stop(c->loop);
}

static void on_crowd_late(void *arg)
{
	loop_stop(((struct crowd *)arg)->loop);
}

/* One message answers 300 waiting syncs. */
static void test_crowd(void **state)
{
	(void)state;
	struct crowd c = {.loop = loop_new()};
	struct http *http = http_new(c.loop, &(struct http_options){.max_per_host = CROWD});
	char *tokens[CROWD / 50];
	/* At most 64 syncs of one person wait at once. */
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		char name[16];
		AUTO_FREE char *join = mem_printf("/_matrix/client/v3/rooms/%s/join", room);
		snprintf(name, sizeof(name), "crowd%zu", i);
		test_add_user(&t, name, false);
		tokens[i] = test_login(&t, name, NULL);
		json_decref(test_json(&t, 200, "POST", join, tokens[i], "{}"));
	}
	json_decref(chatter_sync(&bert, ""));
	for (int i = 0; i < CROWD; i++) {
		AUTO_FREE char *url =
			mem_printf("%s/_matrix/client/v3/sync?timeout=120000&since=%s", t.url,
				   bert.since);
		http_start(http,
			   &(struct http_request){.method = "GET",
						  .url = url,
						  .bearer = tokens[i / 50],
						  .timeout_ms = 120000},
			   on_crowd, &c);
	}
	c.late = loop_timer_new(c.loop, on_crowd_late, &c);
	/* All requests are out when the server says that all wait. */
	for (int tries = 0; tries < 2400 && waiting_now() < CROWD; tries++) {
		loop_timer_start(c.late, 50, 0);
		loop_run(c.loop);
	}
	assert_int_equal(waiting_now(), CROWD);
	chatter_say(&anna, room, "to all of you", NULL);
	loop_timer_start(c.late, 120000, 0);
	loop_run(c.loop);
	assert_int_equal(c.answered, CROWD);
	assert_int_equal(c.told, CROWD);
	polls_waiting(&t, 0);
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		mem_free(tokens[i]);
	loop_timer_free(c.late);
	http_free(http);
	loop_free(c.loop);
}

static void test_restart(void **state)
{
	(void)state;
	json_decref(chatter_sync(&bert, ""));
	chatter_say(&anna, room, "before the restart", NULL);
	test_server_stop(&t);
	test_server_start(&t);
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *events = synced_events(sync_room(j, "join", room), "timeline");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(body_at(events, 0), "before the restart");
	JSON_AUTO json_t *k = chatter_sync(&bert, "");
	assert_null(json_object_get(k, "rooms"));
}

static void test_bad_tokens(void **state)
{
	(void)state;
	static const char *const bad[] = {"x",	    "m",   "s123",	"m1_-1_2_3",
					  "m1_2_3", "%00", "m1_2_3_4_5"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE char *path = mem_printf("/_matrix/client/v3/sync?since=%s", bad[i]);
		json_t *j = NULL;
		assert_int_equal(test_call(&t, "GET", path, bert.token, NULL, &j), 400);
		assert_non_null(json_get_str(j, "errcode"));
		json_decref(j);
	}
	/* Of another life of the store: everything anew, nothing passes for contiguous. */
	struct chatter odd = bert;
	snprintf(odd.since, sizeof(odd.since), "m1_99999_2_3");
	JSON_AUTO json_t *j = chatter_sync(&odd, "&timeout=1000");
	json_t *r = sync_room(j, "join", room);
	assert_non_null(r);
	assert_true(json_is_true(json_object_get(json_object_get(r, "timeline"), "limited")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_incremental),
		cmocka_unit_test(test_state_in_gap),
		cmocka_unit_test(test_state_hidden_by_filter),
		cmocka_unit_test(test_state_after),
		cmocka_unit_test(test_woken_by_message),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_receipts),
		cmocka_unit_test(test_private_receipt),
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_invite_and_account_data),
		cmocka_unit_test(test_redaction_while_cached),
		cmocka_unit_test(test_killed_waiters),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_bad_tokens),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
