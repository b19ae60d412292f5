/*
 * POST /search against a whole server: what is found, what is not told, pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define V3 "/_matrix/client/v3/"

static struct test_server t;
static struct chatter alice, bob;

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	chatter_new(&t, "alice", &alice);
	chatter_new(&t, "bob", &bob);
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

/* `more`: further members of room_events, each with a comma before it. Owned. */
static json_t *search(struct chatter *p, const char *term, const char *more, const char *next)
{
	AUTO_FREE char *path =
		mem_printf(V3 "search%s%s", next ? "?next_batch=" : "", next ? next : "");
	json_t *j =
		test_json(&t, 200, "POST", path, p->token,
			  "{\"search_categories\":{\"room_events\":{\"search_term\":\"%s\"%s}}}",
			  term, more);
	json_t *found = json_incref(
		json_get_object(json_get_object(j, "search_categories"), "room_events"));
	json_decref(j);
	return found;
}

static const json_t *result(const json_t *found, size_t at)
{
	const json_t *list = json_get_array(found, "results");
	return json_get_object(json_array_get(list, at), "result");
}

static void finds(struct chatter *p, const char *term, int n)
{
	JSON_AUTO json_t *found = search(p, term, "", NULL);
	assert_int_equal(json_get_i64(found, "count", -1), n);
	assert_int_equal(json_array_size(json_get_array(found, "results")), n);
}

/* Neither results nor their number tell of what somebody may not read. */
static void test_hidden(void **state)
{
	char room[LIMIT_ID_BYTES + 1], id[64];
	(void)state;
	chatter_create(&alice,
		       "{'preset':'public_chat','initial_state':[{'type':"
		       "'m.room.history_visibility','content':{'history_visibility':'joined'}}]}",
		       room);
	chatter_say(&alice, room, "zebra before", NULL);
	chatter_say(&alice, room, "zebra before that, too", NULL);
	finds(&alice, "zebra", 2);
	finds(&bob, "zebra", 0);
	chatter_room(&bob, room, "join", "{}");
	finds(&bob, "zebra", 0);
	chatter_say(&alice, room, "zebra while", id);
	finds(&bob, "zebra", 1);
	chatter_room(&bob, room, "leave", "{}");
	chatter_say(&alice, room, "zebra behind", NULL);
	finds(&bob, "zebra", 1);
	finds(&alice, "zebra", 4);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/send/m.room.message/edit", room);
	json_decref(test_json(&t, 200, "PUT", path, alice.token,
			      "{\"msgtype\":\"m.text\",\"body\":\"* okapi\",\"m.new_content\":{"
			      "\"msgtype\":\"m.text\",\"body\":\"okapi\"},\"m.relates_to\":{"
			      "\"rel_type\":\"m.replace\",\"event_id\":\"%s\"}}",
			      id));
	finds(&alice, "okapi", 1);
	finds(&bob, "okapi", 0);
}

/* Every message once, in the order that was asked for, page by page. */
static void pages(const char *order, int want)
{
	AUTO_FREE char *more =
		mem_printf(",\"order_by\":\"%s\",\"filter\":{\"limit\":10},\"event_context\":{},"
			   "\"include_state\":true,\"groupings\":{\"group_by\":[{\"key\":\"room_"
			   "id\"}]}",
			   order);
	AUTO_FREE char *next = NULL;
	JSON_AUTO json_t *seen = json_object();
	int n = 0;
	do {
		JSON_AUTO json_t *found = search(&alice, "giraffe", more, next);
		const json_t *list = json_get_array(found, "results");
		n += (int)json_array_size(list);
		for (size_t i = 0; i < json_array_size(list); i++) {
			const char *id = json_get_str(result(found, i), "event_id");
			assert_null(json_object_get(seen, id));
			json_object_set_new(seen, id, json_true());
			assert_non_null(json_get_object(json_array_get(list, i), "context"));
		}
		assert_int_equal(json_object_size(json_get_object(found, "state")), 1);
		assert_non_null(json_get_object(json_get_object(found, "groups"), "room_id"));
		mem_free(next);
		next = mem_strdup(json_get_str(found, "next_batch"));
	} while (next && n <= want);
	assert_int_equal(n, want);
}

static void test_pages(void **state)
{
	char room[LIMIT_ID_BYTES + 1];
	(void)state;
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	for (int i = 0; i < 25; i++) {
		AUTO_FREE char *text = mem_printf("giraffe %d", i);
		chatter_say(&alice, room, text, NULL);
	}
	pages("recent", 25);
	pages("rank", 25);
	JSON_AUTO json_t *newest = search(&alice, "giraffe", ",\"order_by\":\"recent\"", NULL);
	assert_string_equal(json_get_str(json_get_object(result(newest, 0), "content"), "body"),
			    "giraffe 24");
	JSON_AUTO json_t *none =
		search(&alice, "nothing", ",\"include_state\":true,\"filter\":{}", NULL);
	assert_int_equal(json_object_size(json_get_object(none, "state")), 0);
	assert_non_null(json_object_get(none, "state"));
	test_error(&t, 400, "M_INVALID_PARAM", "POST", V3 "search?next_batch=x", alice.token,
		   "{\"search_categories\":{\"room_events\":{\"search_term\":\"giraffe\"}}}");
}

/* Who may see little of what was found goes on where the newest hits end. */
static void test_far_back(void **state)
{
	char shut[LIMIT_ID_BYTES + 1], open[LIMIT_ID_BYTES + 1];
	(void)state;
	chatter_create(&alice, "{'preset':'public_chat'}", open);
	chatter_say(&alice, open, "walrus", NULL);
	chatter_create(&alice, "{'preset':'private_chat'}", shut);
	for (int i = 0; i < 30; i++)
		chatter_say(&alice, shut, "walrus", NULL);
	chatter_room(&bob, open, "join", "{}");
	finds(&bob, "walrus", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_far_back),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
