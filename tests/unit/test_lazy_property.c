/*
 * Lazy loading on a random history: whoever reads with it knows, at each event,
 * its sender's member event as it was then; in syncs, pages and contexts, and
 * although people change their names, leave and come again. MUSTER_TEST_SEED
 * repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/syncing.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE 8
#define STEPS 300
#define LAZY "%%7B%%22lazy_load_members%%22:true%%7D" /* in a format */

static struct test_server t;
static struct chatter people[PEOPLE], watcher;
static bool in[PEOPLE];
static char room[LIMIT_ID_BYTES + 1];
static json_t *known; /* user id -> event id of the member event that the watcher has */

static int pick(int n)
{
	return (int)(random() % n);
}

/* Event id -> event id of its sender's member event just before or at it; from the database. */
static void load_truth(void *arg)
{
	json_t *truth = arg;
	JSON_AUTO json_t *members = json_object();
	struct sql_stmt *s = SQL(db_reader(t.srv->db), "SELECT text FROM events WHERE room_nid="
						       "(SELECT nid FROM rooms WHERE room_id=?1)"
						       " ORDER BY pos");
	sql_bind_str(s, 1, room);
	while (sql_row(s)) {
		JSON_AUTO json_t *e = NULL;
		json_parse(sql_col_text(s, 0), &e, NULL);
		const char *key = json_get_str(e, "state_key");
		if (key && !strcmp(json_get_str(e, "type"), "m.room.member"))
			json_object_set(members, key, json_object_get(e, "event_id"));
		json_object_set(truth, json_get_str(e, "event_id"),
				json_object_get(members, json_get_str(e, "sender")));
	}
}

static void learn(const json_t *e)
{
	const char *key = json_get_str(e, "state_key");
	if (key && !strcmp(json_get_str(e, "type"), "m.room.member"))
		json_object_set(known, key, json_object_get(e, "event_id"));
}

static void expect_known(const json_t *truth, const json_t *e)
{
	const char *id = json_get_str(e, "event_id"), *sender = json_get_str(e, "sender");
	const json_t *want = json_object_get(truth, id), *have = json_object_get(known, sender);
	if (want && !json_equal(have, want))
		fail_msg("at %s the member event of %s is %s instead of %s", id, sender,
			 json_string_value(have), json_string_value(want));
}

static void sync_and_check(void)
{
	AUTO_FREE char *query =
		mem_printf("&timeout=0&filter=%%7B%%22room%%22:%%7B%%22state%%22:" LAZY
			   ",%%22timeline%%22:%%7B%%22limit%%22:%d%%7D%%7D%%7D%s",
			   1 + pick(6), pick(8) ? "" : "&full_state=true");
	JSON_AUTO json_t *truth = json_object();
	if (!pick(10)) {
		watcher.since[0] = '\0';
		json_object_clear(known);
	}
	JSON_AUTO json_t *j = chatter_sync(&watcher, query);
	test_server_run(&t, load_truth, truth);
	const json_t *r = sync_room(j, "join", room);
	const json_t *state = synced_events(r, "state"), *timeline = synced_events(r, "timeline");
	for (size_t i = 0; i < json_array_size(state); i++)
		learn(json_array_get(state, i));
	for (size_t i = 0; i < json_array_size(timeline); i++) {
		learn(json_array_get(timeline, i));
		expect_known(truth, json_array_get(timeline, i));
	}
}

static void expect_senders(const json_t *reply, const char *list)
{
	const json_t *events = json_get_array(reply, list), *state = json_get_array(reply, "state");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const char *sender = json_get_str(json_array_get(events, i), "sender");
		bool found = false;
		for (size_t k = 0; k < json_array_size(state); k++) {
			const char *key = json_get_str(json_array_get(state, k), "state_key");
			found |= key && !strcmp(key, sender);
		}
		if (!found &&
		    strcmp(json_get_str(json_array_get(events, i), "type"), "m.room.create") != 0)
			fail_msg("%s: the member event of %s is missing", list, sender);
	}
	/* And of nobody else. */
	for (size_t k = 0; !strcmp(list, "chunk") && k < json_array_size(state); k++) {
		bool sends = false;
		const char *key = json_get_str(json_array_get(state, k), "state_key");
		for (size_t i = 0; i < json_array_size(events); i++)
			sends |= !strcmp(json_get_str(json_array_get(events, i), "sender"), key);
		assert_true(sends);
	}
}

static void read_and_check(void)
{
	AUTO_FREE char *page = mem_printf("messages?dir=b&limit=%d&filter=" LAZY, 1 + pick(12));
	JSON_AUTO json_t *j = chatter_get(&watcher, room, page);
	expect_senders(j, "chunk");
	const json_t *chunk = json_get_array(j, "chunk");
	const json_t *e = json_array_get(chunk, (size_t)pick((int)json_array_size(chunk)));
	AUTO_FREE char *around = mem_printf("context/%s?limit=%d&filter=" LAZY,
					    json_get_str(e, "event_id"), 1 + pick(8));
	JSON_AUTO json_t *c = chatter_get(&watcher, room, around);
	expect_senders(c, "events_before");
	expect_senders(c, "events_after");
}

static void step(int i)
{
	int who = 1 + pick(PEOPLE - 1);
	struct chatter *p = &people[who];
	AUTO_FREE char *name = mem_printf("{'membership':'join','displayname':'name %d'}", i);
	switch (pick(8)) {
	case 0:
		chatter_room(p, room, in[who] ? "leave" : "join", "{}");
		in[who] = !in[who];
		break;
	case 1:
		if (in[who])
			chatter_state(p, room, "m.room.member", p->id, name);
		break;
	case 2:
	case 3:
		sync_and_check();
		break;
	case 4:
		read_and_check();
		break;
	default:
		chatter_say(in[who] ? p : &people[0], room, "text", NULL);
	}
}

static void test_history(void **state)
{
	(void)state;
	const char *given = getenv("MUSTER_TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_mono_ns();
	srandom(seed);
	print_message("MUSTER_TEST_SEED=%u\n", seed);
	test_server_start(&t);
	known = json_object();
	for (int i = 0; i < PEOPLE; i++) {
		char name[16];
		snprintf(name, sizeof(name), "p%d", i);
		chatter_new(&t, name, &people[i]);
	}
	chatter_new(&t, "watcher", &watcher);
	chatter_create(&people[0], "{'preset':'public_chat'}", room);
	chatter_room(&watcher, room, "join", "{}");
	for (int i = 0; i < STEPS; i++) {
		step(i);
		if (i == STEPS / 2) {
			test_server_stop(&t);
			test_server_start(&t);
		}
	}
	sync_and_check();
	for (int i = 0; i < PEOPLE; i++)
		chatter_done(&people[i]);
	chatter_done(&watcher);
	json_decref(known);
	test_server_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_history)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
