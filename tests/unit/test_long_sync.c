/*
 * Syncs over many rooms, built in steps: the same text as at once, whatever
 * happens between the steps, and nothing is lost with the next one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/long_sync.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define ROOMS (LONG_SYNC_ROOMS + 10)

static struct test_server t;
static struct chatter alice, bob;
static char rooms[ROOMS][LIMIT_ID_BYTES + 1];

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	chatter_new(&t, "alice", &alice);
	chatter_new(&t, "bob", &bob);
	for (int i = 0; i < ROOMS; i++) {
		chatter_create(&alice, "{'preset':'public_chat','name':'many'}", rooms[i]);
		chatter_say(&alice, rooms[i], "hello", NULL);
		if (i < ROOMS - 3)
			chatter_room(&bob, rooms[i], "join", "{}");
	}
	chatter_room(&alice, rooms[ROOMS - 3], "invite", "{'user_id':'@bob:localhost'}");
	chatter_room(&bob, rooms[1], "leave", "{}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chatter_done(&alice);
	chatter_done(&bob);
	test_server_done(&t);
	return 0;
}

struct stepping {
	struct sync_work *work;
	struct buf text;
	int steps;
};

static struct sync_query query(void)
{
	struct sql_stmt *s = SQL(db_reader(t.srv->db), "SELECT nid FROM users WHERE user_id=?1");
	sql_bind_str(s, 1, bob.id);
	return (struct sync_query){.user = hub_user(t.srv->hub, sql_get_i64(s, 0)),
				   .initial = true};
}

static void begin(void *arg)
{
	struct stepping *s = arg;
	struct sync_query q = query();
	assert_true(long_sync_is(t.srv->hub, &q));
	s->work = sync_work_new(t.srv->hub, &q);
}

static void some_steps(void *arg)
{
	struct stepping *s = arg;
	for (int i = 0; i < 7; i++, s->steps++)
		assert_false(sync_work_step(s->work, 1));
}

static void finish(void *arg)
{
	struct stepping *s = arg;
	struct sync_query q;
	while (!sync_work_step(s->work, 1))
		s->steps++;
	assert_true(sync_work_end(s->work, true, &s->text, &q));
}

static void at_once(void *arg)
{
	struct stepping *s = arg;
	struct sync_query q = query();
	s->text = BUF_INIT(BUF_CAP_OWN);
	assert_true(sync_build(t.srv->hub, &q, true, &s->text));
}

/* Parsed, but for the ages of events, which depend on the moment. */
static json_t *without_ages(struct buf *b)
{
	JSON_AUTO json_t *j = NULL;
	AUTO_FREE char *text = buf_take(b);
	for (char *p = text; (p = strstr(p, "\"age\":")); p += 7) {
		memset(p + 6, ' ', strspn(p + 6, "0123456789"));
		p[6] = '0';
	}
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return json_incref(j);
}

static void test_same(void **state)
{
	(void)state;
	struct stepping stepped = {0}, whole = {0};
	test_server_run(&t, begin, &stepped);
	test_server_run(&t, some_steps, &stepped);
	test_server_run(&t, finish, &stepped);
	test_server_run(&t, at_once, &whole);
	assert_true(stepped.steps >= ROOMS - 1);
	JSON_AUTO json_t *a = without_ages(&stepped.text);
	JSON_AUTO json_t *b = without_ages(&whole.text);
	assert_true(json_equal(a, b));
	json_t *parts = json_object_get(a, "rooms");
	assert_int_equal(json_object_size(json_object_get(parts, "join")), ROOMS - 4);
	assert_int_equal(json_object_size(json_object_get(parts, "invite")), 1);
}

/* Whatever happens meanwhile is told by this sync or by the next one. */
static void test_meanwhile(void **state)
{
	(void)state;
	struct stepping s = {0};
	test_server_run(&t, begin, &s);
	test_server_run(&t, some_steps, &s);
	for (int i = 2; i < ROOMS - 3; i++)
		chatter_say(&alice, rooms[i], "meanwhile", NULL);
	chatter_room(&bob, rooms[2], "leave", "{}");
	chatter_room(&bob, rooms[ROOMS - 3], "join", "{}");
	chatter_room(&bob, rooms[1], "join", "{}");
	test_server_run(&t, finish, &s);
	JSON_AUTO json_t *first = without_ages(&s.text);
	for (int i = 3; i < ROOMS - 3; i++) {
		const json_t *events =
			synced_events(sync_room(first, "join", rooms[i]), "timeline");
		assert_non_null(events);
		assert_string_not_equal(body_at(events, json_array_size(events) - 1), "meanwhile");
	}
	snprintf(bob.since, sizeof(bob.since), "%s", json_get_str(first, "next_batch"));
	JSON_AUTO json_t *next = chatter_sync(&bob, "&timeout=0");
	for (int i = 3; i < ROOMS - 3; i++) {
		const json_t *events = synced_events(sync_room(next, "join", rooms[i]), "timeline");
		assert_int_equal(json_array_size(events), 1);
		assert_string_equal(body_at(events, 0), "meanwhile");
	}
	assert_non_null(sync_room(next, "leave", rooms[2]));
	assert_non_null(event_of_type(synced_events(sync_room(next, "join", rooms[1]), "timeline"),
				      "m.room.create"));
	assert_non_null(sync_room(next, "join", rooms[ROOMS - 3]));
}

/* Over HTTP: answered, given up, and finished by the server's end. */
static void test_http(void **state)
{
	(void)state;
	bob.since[0] = '\0';
	JSON_AUTO json_t *j = chatter_sync(&bob, "");
	assert_true(json_object_size(json_object_get(json_object_get(j, "rooms"), "join")) > 20);
	for (int i = 0; i < 20; i++) {
		bob.since[0] = '\0';
		poll_kill(poll_start(&bob, "&timeout=120000"));
	}
	struct poll *w[5];
	for (int i = 0; i < 5; i++)
		w[i] = poll_start(&bob, "&timeout=120000");
	for (int i = 0; i < 5; i++)
		json_decref(poll_end(w[i], NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_http),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
