/*
 * Receipts and typing told together: who hears at once, who waits, and that
 * nothing is lost on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/held.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define V3 "/_matrix/client/v3/"
#define CROWD 1000 /* makes a room that holds back for as long as it may */

static struct test_server t;
static struct chatter alice, bob, carol, phone;
static char room[LIMIT_ID_BYTES + 1], event[64];

static struct hub_room *the_room(void)
{
	int64_t nid = 0;
	assert_int_equal(room_find(db_reader(t.srv->db), span_of(room), &nid, NULL), 0);
	return hub_room(t.srv->hub, nid);
}

static void crowd_in(void *arg)
{
	(void)arg;
	the_room()->joined += CROWD;
}

static void crowd_out(void *arg)
{
	(void)arg;
	the_room()->joined -= CROWD;
}

/* From now on only the test lets time pass. */
static void stop_clock(void *arg)
{
	(void)arg;
	assert_true(the_room()->held_until_ms > 0);
	loop_timer_stop(t.srv->hub->held_timer);
}

static void let_time_pass(void *arg)
{
	(void)arg;
	the_room()->held_until_ms = 1;
	held_due(t.srv->hub);
	assert_int_equal(the_room()->held_until_ms, 0);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	chatter_new(&t, "alice", &alice);
	chatter_new(&t, "bob", &bob);
	chatter_new(&t, "carol", &carol);
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	phone = bob;
	phone.token = test_login(&t, "bob", "PHONE");
	phone.since[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(phone.token);
	chatter_done(&alice);
	chatter_done(&bob);
	chatter_done(&carol);
	test_server_done(&t);
	return 0;
}

static void read_by(struct chatter *p)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/receipt/m.read/%s", room, event);
	json_decref(test_json(&t, 200, "POST", path, p->token, "{}"));
}

static void type(struct chatter *p)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/typing/%s", room, p->id);
	json_decref(test_json(&t, 200, "PUT", path, p->token, "{\"typing\":true}"));
}

static bool tells_receipt(const json_t *sync, const struct chatter *who)
{
	const json_t *e = event_of_type(synced_events(sync_room(sync, "join", room), "ephemeral"),
					"m.receipt");
	const json_t *at = json_get_object(json_get_object(e, "content"), event);
	return json_get_object(json_get_object(at, "m.read"), who->id);
}

static bool tells_typing(const json_t *sync)
{
	return event_of_type(synced_events(sync_room(sync, "join", room), "ephemeral"), "m.typing");
}

static void all_caught_up(void)
{
	chatter_say(&alice, room, "read this", event);
	json_decref(chatter_sync(&alice, "&timeout=0"));
	json_decref(chatter_sync(&bob, "&timeout=0"));
	json_decref(chatter_sync(&phone, "&timeout=0"));
}

/* Between two people nothing waits. */
static void test_two(void **state)
{
	(void)state;
	all_caught_up();
	struct poll *w = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 1);
	read_by(&bob);
	JSON_AUTO json_t *j = poll_end(w, NULL);
	assert_true(tells_receipt(j, &bob));
}

static void test_held_back(void **state)
{
	(void)state;
	chatter_room(&carol, room, "join", "{}");
	test_server_run(&t, crowd_in, NULL);
	all_caught_up();
	struct poll *reader = poll_start(&phone, "&timeout=120000");
	struct poll *other = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 2);
	read_by(&bob);
	test_server_run(&t, stop_clock, NULL);
	/* His other device hears at once, the rest of the room does not. */
	JSON_AUTO json_t *own = poll_end(reader, NULL);
	assert_true(tells_receipt(own, &bob));
	polls_waiting(&t, 1);
	json_decref(chatter_sync(&bob, "&timeout=0"));
	read_by(&carol);
	type(&carol);
	/* A sync that comes now waits as well. */
	struct poll *late = poll_start(&bob, "&timeout=120000");
	polls_waiting(&t, 2);
	test_server_run(&t, let_time_pass, NULL);
	JSON_AUTO json_t *all = poll_end(other, NULL);
	assert_true(tells_receipt(all, &bob) && tells_receipt(all, &carol) && tells_typing(all));
	JSON_AUTO json_t *too = poll_end(late, NULL);
	assert_true(tells_receipt(too, &carol) && tells_typing(too));
	/* And nobody is told twice. */
	JSON_AUTO json_t *again = chatter_sync(&alice, "&timeout=0");
	assert_null(sync_room(again, "join", room));
	test_server_run(&t, crowd_out, NULL);
}

/* A message, or news of another room, takes along what is held back. */
static void test_taken_along(void **state)
{
	(void)state;
	char other_room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice, "{}", other_room);
	test_server_run(&t, crowd_in, NULL);
	all_caught_up();
	struct poll *w = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 1);
	read_by(&bob);
	test_server_run(&t, stop_clock, NULL);
	chatter_say(&alice, other_room, "elsewhere", NULL);
	JSON_AUTO json_t *j = poll_end(w, NULL);
	assert_non_null(sync_room(j, "join", other_room));
	assert_true(tells_receipt(j, &bob));
	w = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 1);
	chatter_say(&carol, room, "here", event);
	JSON_AUTO json_t *message = poll_end(w, NULL);
	assert_non_null(sync_room(message, "join", room));
	read_by(&bob);
	JSON_AUTO json_t *asked = chatter_sync(&alice, "&timeout=0");
	assert_true(tells_receipt(asked, &bob));
	test_server_run(&t, crowd_out, NULL);
}

/* Without anybody's help what is held back comes by itself. */
static void test_in_time(void **state)
{
	(void)state;
	all_caught_up();
	struct poll *w = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 1);
	read_by(&bob);
	JSON_AUTO json_t *j = poll_end(w, NULL);
	assert_true(tells_receipt(j, &bob));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_taken_along),
		cmocka_unit_test(test_in_time),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
