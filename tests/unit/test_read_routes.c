/* Routes that read rooms, over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/classroom.h"

#include <string.h>

static void test_messages(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[200];
	class_room(room, 12);
	class_page_all(&bert, room, "dir=b&limit=5", got, sizeof(got));
	assert_string_equal(got, "11 10 9 8 7 6 5 4 3 2 1 0 ");
	class_page_all(&bert, room, "dir=f&limit=1", got, sizeof(got));
	assert_string_equal(got, "0 1 2 3 4 5 6 7 8 9 10 11 ");
	class_page_all(&bert, room, "dir=b&limit=4&filter=%7B%22types%22:[%22m.room.message%22]%7D",
		       got, sizeof(got));
	assert_string_equal(got, "11 10 9 8 7 6 5 4 3 2 1 0 ");
	class_page_all(&bert, room, "dir=b&filter=%7B%22types%22:[%22no.such%22]%7D", got,
		       sizeof(got));
	assert_string_equal(got, "");
	/* From one point to another, both ways. */
	JSON_AUTO json_t *a = class_get(&bert, V3 "rooms/%s/messages?dir=b&limit=3", room);
	JSON_AUTO json_t *b = class_get(&bert, V3 "rooms/%s/messages?dir=b&limit=3&from=%s", room,
					json_get_str(a, "end"));
	JSON_AUTO json_t *back =
		class_get(&bert, V3 "rooms/%s/messages?dir=f&limit=50&from=%s&to=%s", room,
			  json_get_str(b, "end"), json_get_str(a, "end"));
	json_t *chunk = json_object_get(back, "chunk");
	assert_int_equal(json_array_size(chunk), 3);
	assert_string_equal(body_at(chunk, 0), "6");
	assert_string_equal(body_at(chunk, 2), "8");
	assert_null(json_object_get(back, "end"));
	/* Outside /sync events name their room. */
	assert_string_equal(json_get_str(json_array_get(chunk, 0), "room_id"), room);
	/* A sync's token is a place too. */
	json_decref(chatter_sync(&bert, ""));
	chatter_say(&anna, room, "new", NULL);
	JSON_AUTO json_t *fresh =
		class_get(&bert, V3 "rooms/%s/messages?dir=f&from=%s", room, bert.since);
	assert_int_equal(json_array_size(json_object_get(fresh, "chunk")), 1);
	JSON_AUTO json_t *lazy =
		class_get(&bert,
			  V3 "rooms/%s/"
			     "messages?dir=b&limit=3&filter=%%7B%%22lazy_load_members%%22:true%%7D",
			  room);
	json_t *members = json_object_get(lazy, "state");
	assert_int_equal(json_array_size(members), 1);
	assert_string_equal(json_get_str(json_array_get(members, 0), "state_key"), anna.id);
	class_refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages", room);
	class_refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=up", room);
	class_refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=b&from=zz", room);
	class_refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=b&limit=x", room);
	class_refused(&bert, 400, "M_NOT_JSON", V3 "rooms/%s/messages?dir=b&filter=x", room);
	class_refused(&bert, 400, "M_BAD_JSON",
		      V3 "rooms/%s/messages?dir=b&filter=%%7B%%22types%%22:1%%7D", room);
}

/* Nobody outside reads anything, and a room that is not there looks the same. */
static void test_outside(void **state)
{
	(void)state;
	static const char *const what[] = {
		"messages?dir=b", "state",	    "state/m.room.name", "state/m.room.name/",
		"members",	  "joined_members", "event/$x",		 "context/$x",
	};
	char room[LIMIT_ID_BYTES + 1], id[64];
	class_room(room, 1);
	chatter_say(&anna, room, "secret", id);
	const char *rooms[] = {room, "!nowhere:localhost", "nonsense"};
	for (size_t r = 0; r < ARRAY_LEN(rooms); r++) {
		for (size_t i = 0; i < ARRAY_LEN(what); i++)
			class_refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/%s", rooms[r],
				      what[i]);
		class_refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/event/%s", rooms[r], id);
		class_refused(&eve, 403, "M_FORBIDDEN", "/_matrix/client/v1/rooms/%s/relations/%s",
			      rooms[r], id);
		class_refused(&eve, 403, "M_FORBIDDEN", "/_matrix/client/v1/rooms/%s/threads",
			      rooms[r]);
		class_refused(&eve, 403, "M_FORBIDDEN",
			      "/_matrix/client/v1/rooms/%s/timestamp_to_event?ts=0&dir=f",
			      rooms[r]);
	}
	/* An event of another room is not read through one's own. */
	char mine[LIMIT_ID_BYTES + 1];
	chatter_create(&eve, "{}", mine);
	class_refused(&eve, 404, "M_NOT_FOUND", V3 "rooms/%s/event/%s", mine, id);
	class_refused(&eve, 404, "M_NOT_FOUND", V3 "rooms/%s/context/%s", mine, id);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/typing/%s", room, eve.id);
	test_error(&class_server, 403, "M_FORBIDDEN", "PUT", path, eve.token, "{\"typing\":true}");
	AUTO_FREE char *receipt = mem_printf(V3 "rooms/%s/receipt/m.read/%s", room, id);
	test_error(&class_server, 403, "M_FORBIDDEN", "POST", receipt, eve.token, "{}");
	AUTO_FREE char *other = mem_printf(V3 "user/%s/account_data/x", anna.id);
	test_error(&class_server, 403, "M_FORBIDDEN", "PUT", other, eve.token, "{}");
	AUTO_FREE char *filter = mem_printf(V3 "user/%s/filter", anna.id);
	test_error(&class_server, 403, "M_FORBIDDEN", "POST", filter, eve.token, "{}");
	class_refused(&eve, 403, "M_FORBIDDEN", V3 "presence/%s/status", anna.id);
}

static void test_peeking(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[100];
	class_room(room, 1);
	chatter_state(&anna, room, "m.room.history_visibility", "",
		      "{'history_visibility':'world_readable'}");
	chatter_say(&anna, room, "open", NULL);
	class_page_all(&eve, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "open ");
	json_decref(chatter_get(&eve, room, "state"));
	class_refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/joined_members", room);
}

static void test_after_leaving(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[100];
	class_room(room, 2);
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'then'}");
	json_decref(chatter_sync(&bert, ""));
	chatter_room(&bert, room, "leave", "{}");
	chatter_say(&anna, room, "unseen", NULL);
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'now'}");
	class_page_all(&bert, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "1 0 ");
	JSON_AUTO json_t *topic = chatter_get(&bert, room, "state/m.room.topic/");
	assert_string_equal(json_get_str(topic, "topic"), "then");
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *left = sync_room(j, "leave", room);
	json_t *events = synced_events(left, "timeline");
	json_t *last = json_array_get(events, json_array_size(events) - 1);
	assert_string_equal(json_get_str(last, "state_key"), bert.id);
	JSON_AUTO json_t *next = chatter_sync(&bert, "");
	assert_null(sync_room(next, "leave", room));
	/* An initial sync names left rooms only when asked. */
	struct chatter again = bert;
	again.since[0] = '\0';
	JSON_AUTO json_t *first = chatter_sync(&again, "");
	assert_null(sync_room(first, "leave", room));
	again.since[0] = '\0';
	JSON_AUTO json_t *all =
		chatter_sync(&again, "&filter=%7B%22room%22:%7B%22include_leave%22:true%7D%7D");
	left = sync_room(all, "leave", room);
	assert_non_null(left);
	json_t *shown = event_of_type(synced_events(left, "timeline"), "m.room.topic");
	if (!shown)
		shown = event_of_type(synced_events(left, "state"), "m.room.topic");
	assert_string_equal(json_get_str(json_object_get(shown, "content"), "topic"), "then");
	/* Forgotten: closed for good. */
	chatter_room(&bert, room, "forget", "{}");
	class_refused(&bert, 403, "M_FORBIDDEN", V3 "rooms/%s/messages?dir=b", room);
	again.since[0] = '\0';
	JSON_AUTO json_t *gone =
		chatter_sync(&again, "&filter=%7B%22room%22:%7B%22include_leave%22:true%7D%7D");
	assert_null(sync_room(gone, "leave", room));
}

static void test_context(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	class_room(room, 4);
	chatter_say(&anna, room, "middle", id);
	for (int i = 5; i < 9; i++)
		chatter_say(&bert, room, "after", NULL);
	JSON_AUTO json_t *j = class_get(&bert, V3 "rooms/%s/context/%s?limit=4", room, id);
	assert_string_equal(json_get_str(json_object_get(j, "event"), "event_id"), id);
	json_t *before = json_object_get(j, "events_before");
	assert_int_equal(json_array_size(before), 2);
	assert_string_equal(body_at(before, 0), "3");
	assert_string_equal(body_at(before, 1), "2");
	assert_int_equal(json_array_size(json_object_get(j, "events_after")), 2);
	assert_non_null(event_of_type(json_object_get(j, "state"), "m.room.create"));
	/* Its tokens go on in both directions. */
	JSON_AUTO json_t *older = class_get(&bert, V3 "rooms/%s/messages?dir=b&limit=1&from=%s",
					    room, json_get_str(j, "start"));
	assert_string_equal(body_at(json_object_get(older, "chunk"), 0), "1");
	JSON_AUTO json_t *newer = class_get(&bert, V3 "rooms/%s/messages?dir=f&limit=9&from=%s",
					    room, json_get_str(j, "end"));
	assert_int_equal(json_array_size(json_object_get(newer, "chunk")), 2);
	JSON_AUTO json_t *bare =
		class_get(&bert,
			  V3 "rooms/%s/context/"
			     "%s?limit=1&filter=%%7B%%22lazy_load_members%%22:true%%7D",
			  room, id);
	assert_int_equal(json_array_size(json_object_get(bare, "events_before")), 0);
}

static void test_members_and_state(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	chatter_room(&eve, room, "join", "{}");
	chatter_room(&bert, room, "leave", "{}");
	JSON_AUTO json_t *all = chatter_get(&anna, room, "members");
	assert_int_equal(json_array_size(json_object_get(all, "chunk")), 3);
	JSON_AUTO json_t *joined = chatter_get(&anna, room, "members?membership=join");
	assert_int_equal(json_array_size(json_object_get(joined, "chunk")), 2);
	JSON_AUTO json_t *rest = chatter_get(&anna, room, "members?not_membership=join");
	assert_int_equal(json_array_size(json_object_get(rest, "chunk")), 1);
	/* As it was when anna synced. */
	AUTO_FREE char *at = mem_printf("members?membership=join&at=%s", anna.since);
	JSON_AUTO json_t *then = chatter_get(&anna, room, at);
	json_t *chunk = json_object_get(then, "chunk");
	assert_int_equal(json_array_size(chunk), 2);
	assert_string_equal(json_get_str(json_array_get(chunk, 1), "state_key"), bert.id);
	class_refused(&anna, 400, "M_INVALID_PARAM", V3 "rooms/%s/members?membership=maybe", room);
	JSON_AUTO json_t *now = chatter_get(&anna, room, "joined_members");
	assert_int_equal(json_object_size(json_object_get(now, "joined")), 2);
	json_t *shown = json_object_get(json_object_get(now, "joined"), eve.id);
	assert_true(json_is_null(json_object_get(shown, "display_name")));
	JSON_AUTO json_t *rooms = class_get(&eve, V3 "joined_rooms");
	bool found = false;
	json_t *list = json_object_get(rooms, "joined_rooms"), *v;
	size_t i;
	json_array_foreach (list, i, v)
		found |= !strcmp(json_string_value(v), room);
	assert_true(found);

	JSON_AUTO json_t *whole = chatter_get(&anna, room, "state");
	assert_non_null(event_of_type(whole, "m.room.power_levels"));
	JSON_AUTO json_t *name = chatter_get(&anna, room, "state/m.room.name");
	assert_string_equal(json_get_str(name, "name"), "Class");
	JSON_AUTO json_t *event = chatter_get(&anna, room, "state/m.room.name/?format=event");
	assert_string_equal(json_get_str(event, "type"), "m.room.name");
	AUTO_FREE char *own = mem_printf("state/m.room.member/%s", anna.id);
	JSON_AUTO json_t *me = chatter_get(&anna, room, own);
	assert_string_equal(json_get_str(me, "membership"), "join");
	chatter_state(&anna, room, "org.muster.slash", "a%2Fb", "{'x':1}");
	JSON_AUTO json_t *slash = chatter_get(&anna, room, "state/org.muster.slash/a%2Fb");
	assert_int_equal(json_get_i64(slash, "x", 0), 1);
	class_refused(&anna, 404, "M_NOT_FOUND", V3 "rooms/%s/state/org.muster.slash/", room);
	class_refused(&anna, 400, "M_INVALID_PARAM", V3 "rooms/%s/state/m.room.name?format=xml",
		      room);
}

static void test_relations(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], root[64], id[64], edit[64], reply[64];
	class_room(room, 0);
	chatter_say(&anna, room, "root", root);
	class_send(&anna, room, "m.room.message", edit,
		   "{\"msgtype\":\"m.text\",\"body\":\"* "
		   "one\",\"m.new_content\":{\"body\":\"one\"}," RELATES "}",
		   "m.replace", root);
	/* Of edits in one millisecond the larger event id counts, as the spec says: avoid that. */
	for (int64_t now = clock_wall_ms(); clock_wall_ms() == now;)
		;
	class_send(&anna, room, "m.room.message", edit,
		   "{\"msgtype\":\"m.text\",\"body\":\"* "
		   "two\",\"m.new_content\":{\"body\":\"two\"}," RELATES "}",
		   "m.replace", root);
	/* Somebody else's "edit" counts for nothing. */
	class_send(&bert, room, "m.room.message", id,
		   "{\"msgtype\":\"m.text\",\"body\":\"* "
		   "x\",\"m.new_content\":{\"body\":\"x\"}," RELATES "}",
		   "m.replace", root);
	for (int i = 0; i < 3; i++)
		class_send(&bert, room, "m.room.message", reply,
			   "{\"msgtype\":\"m.text\",\"body\":\"re %d\"," RELATES "}", i, "m.thread",
			   root);
	class_send(&bert, room, "m.reaction", id,
		   "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"%s\",\"key\":"
		   "\"+"
		   "\"}}",
		   root);
	JSON_AUTO json_t *e = class_get(&anna, V3 "rooms/%s/event/%s", room, root);
	json_t *bundle = json_object_get(json_object_get(e, "unsigned"), "m.relations");
	assert_string_equal(json_get_str(json_object_get(bundle, "m.replace"), "event_id"), edit);
	json_t *thread = json_object_get(bundle, "m.thread");
	assert_int_equal(json_get_i64(thread, "count", 0), 3);
	assert_string_equal(json_get_str(json_object_get(thread, "latest_event"), "event_id"),
			    reply);
	assert_true(json_get_bool(thread, "current_user_participated", false));
	assert_null(json_object_get(bundle, "m.annotation"));
	JSON_AUTO json_t *foreign = class_get(&bert, V3 "rooms/%s/event/%s", room, edit);
	assert_null(json_object_get(json_object_get(foreign, "unsigned"), "m.relations"));

#define RELATIONS "/_matrix/client/v1/rooms/%s/relations/%s"
	JSON_AUTO json_t *all = class_get(&anna, RELATIONS, room, root);
	assert_int_equal(json_array_size(json_object_get(all, "chunk")), 7);
	assert_null(json_object_get(all, "next_batch"));
	JSON_AUTO json_t *some = class_get(&anna, RELATIONS "/m.thread?limit=2", room, root);
	json_t *chunk = json_object_get(some, "chunk");
	assert_int_equal(json_array_size(chunk), 2);
	assert_string_equal(body_at(chunk, 0), "re 2");
	JSON_AUTO json_t *more = class_get(&anna, RELATIONS "/m.thread?limit=2&from=%s", room, root,
					   json_get_str(some, "next_batch"));
	chunk = json_object_get(more, "chunk");
	assert_int_equal(json_array_size(chunk), 1);
	assert_string_equal(body_at(chunk, 0), "re 0");
	assert_null(json_object_get(more, "next_batch"));
	JSON_AUTO json_t *forward =
		class_get(&anna, RELATIONS "/m.thread?dir=f&limit=1", room, root);
	assert_string_equal(body_at(json_object_get(forward, "chunk"), 0), "re 0");
	JSON_AUTO json_t *typed =
		class_get(&anna, RELATIONS "/m.annotation/m.reaction", room, root);
	assert_int_equal(json_array_size(json_object_get(typed, "chunk")), 1);
	JSON_AUTO json_t *none =
		class_get(&anna, RELATIONS "/m.annotation/m.room.message", room, root);
	assert_int_equal(json_array_size(json_object_get(none, "chunk")), 0);
	class_send(&anna, room, "m.reaction", id,
		   "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"%s\",\"key\":"
		   "\"+"
		   "\"}}",
		   reply);
	JSON_AUTO json_t *deep = class_get(&anna, RELATIONS "?recurse=true", room, root);
	assert_int_equal(json_array_size(json_object_get(deep, "chunk")), 8);
	class_refused(&anna, 404, "M_NOT_FOUND", RELATIONS, room, "$nothing");

	JSON_AUTO json_t *threads = class_get(&anna, "/_matrix/client/v1/rooms/%s/threads", room);
	chunk = json_object_get(threads, "chunk");
	assert_int_equal(json_array_size(chunk), 1);
	assert_string_equal(json_get_str(json_array_get(chunk, 0), "event_id"), root);
	JSON_AUTO json_t *mine =
		class_get(&anna, "/_matrix/client/v1/rooms/%s/threads?include=participated", room);
	assert_int_equal(json_array_size(json_object_get(mine, "chunk")), 1);

	/* Redacted, the edit is bundled no more. */
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/redact/%s/rr", room, root);
	json_decref(test_json(&class_server, 200, "PUT", path, anna.token, "{}"));
	JSON_AUTO json_t *gone = class_get(&anna, V3 "rooms/%s/event/%s", room, root);
	bundle = json_object_get(json_object_get(gone, "unsigned"), "m.relations");
	assert_null(json_object_get(bundle, "m.replace"));
	assert_non_null(json_object_get(bundle, "m.thread"));
}

static void test_timestamps(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	class_room(room, 3);
	chatter_say(&anna, room, "last", id);
#define AT "/_matrix/client/v1/rooms/%s/timestamp_to_event?ts=%lld&dir=%s"
	JSON_AUTO json_t *first = class_get(&anna, AT, room, 0LL, "f");
	JSON_AUTO json_t *e =
		class_get(&anna, V3 "rooms/%s/event/%s", room, json_get_str(first, "event_id"));
	assert_string_equal(json_get_str(e, "type"), "m.room.create");
	long long late = (long long)clock_wall_ms() + 1000;
	JSON_AUTO json_t *last = class_get(&anna, AT, room, late, "b");
	assert_string_equal(json_get_str(last, "event_id"), id);
	JSON_AUTO json_t *exact =
		class_get(&anna, AT, room, (long long)json_get_i64(last, "origin_server_ts", 0),
			  "b");
	assert_string_equal(json_get_str(exact, "event_id"), id);
	class_refused(&anna, 404, "M_NOT_FOUND", AT, room, late, "f");
	class_refused(&anna, 404, "M_NOT_FOUND", AT, room, 1LL, "b");
	class_refused(&anna, 400, "M_INVALID_PARAM", AT, room, -5LL, "b");
}

static void test_heroes(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	AUTO_FREE char *body = mem_printf("{'preset':'private_chat','invite':['%s']}", bert.id);
	chatter_create(&anna, body, room);
	JSON_AUTO json_t *j = chatter_sync(&anna, "");
	json_t *summary = json_object_get(sync_room(j, "join", room), "summary");
	json_t *heroes = json_object_get(summary, "m.heroes");
	assert_int_equal(json_array_size(heroes), 1);
	assert_string_equal(json_string_value(json_array_get(heroes, 0)), bert.id);
	assert_int_equal(json_get_i64(summary, "m.invited_member_count", 0), 1);
	chatter_room(&bert, room, "join", "{}");
	JSON_AUTO json_t *k = chatter_sync(&anna, "");
	summary = json_object_get(sync_room(k, "join", room), "summary");
	assert_int_equal(json_get_i64(summary, "m.invited_member_count", 9), 0);
	assert_int_equal(json_get_i64(summary, "m.joined_member_count", 0), 2);
	/* With a name of its own it needs none. */
	chatter_state(&anna, room, "m.room.name", "", "{'name':'Two'}");
	JSON_AUTO json_t *l = chatter_sync(&anna, "&full_state=true");
	assert_null(json_object_get(json_object_get(sync_room(l, "join", room), "summary"),
				    "m.heroes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),  cmocka_unit_test(test_outside),
		cmocka_unit_test(test_peeking),	  cmocka_unit_test(test_after_leaving),
		cmocka_unit_test(test_context),	  cmocka_unit_test(test_members_and_state),
		cmocka_unit_test(test_relations), cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_heroes),
	};
	return cmocka_run_group_tests(tests, class_start, class_stop);
}
