/* Routes that read rooms and keep what belongs to one person, over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define V3 "/_matrix/client/v3/"

static struct test_server t;
static struct chatter anna, bert, eve;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	test_server_start(&t);
	chatter_new(&t, "anna", &anna);
	chatter_new(&t, "bert", &bert);
	chatter_new(&t, "eve", &eve);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	chatter_done(&anna);
	chatter_done(&bert);
	chatter_done(&eve);
	test_server_done(&t);
	return 0;
}

/* A room of anna and bert, with `n` messages "0", "1", ... by anna. */
static void make_room(char room[LIMIT_ID_BYTES + 1], int n)
{
	char text[16];
	chatter_create(&anna, "{'preset':'public_chat','name':'Class'}", room);
	chatter_room(&bert, room, "join", "{}");
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		chatter_say(&anna, room, text, NULL);
	}
}

static json_t *get(struct chatter *c, const char *fmt, ...)
{
	va_list ap;
	struct buf path = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	json_t *j = test_json(&t, 200, "GET", buf_str(&path), c->token, NULL);
	buf_done(&path);
	return j;
}

static void refused(struct chatter *c, int status, const char *errcode, const char *fmt, ...)
{
	va_list ap;
	struct buf path = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	test_error(&t, status, errcode, "GET", buf_str(&path), c->token, NULL);
	buf_done(&path);
}

/* Pages through everything; bodies of the messages joined by blanks. */
static void page_all(struct chatter *c, const char *room, const char *how, char *ret, size_t size)
{
	char from[100] = "";
	ret[0] = '\0';
	for (int pages = 0; pages < 200; pages++) {
		JSON_AUTO json_t *j = get(c, V3 "rooms/%s/messages?%s%s%s", room, how,
					  *from ? "&from=" : "", from);
		json_t *chunk = json_object_get(j, "chunk");
		assert_non_null(json_get_str(j, "start"));
		for (size_t i = 0; i < json_array_size(chunk); i++) {
			const char *body = body_at(chunk, i);
			size_t n = strlen(ret);
			if (*body)
				snprintf(ret + n, size - n, "%s ", body);
		}
		const char *end = json_get_str(j, "end");
		if (!end)
			return;
		snprintf(from, sizeof(from), "%s", end);
	}
	fail_msg("paging does not end");
}

static void test_messages(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[200];
	make_room(room, 12);
	page_all(&bert, room, "dir=b&limit=5", got, sizeof(got));
	assert_string_equal(got, "11 10 9 8 7 6 5 4 3 2 1 0 ");
	page_all(&bert, room, "dir=f&limit=1", got, sizeof(got));
	assert_string_equal(got, "0 1 2 3 4 5 6 7 8 9 10 11 ");
	page_all(&bert, room, "dir=b&limit=4&filter=%7B%22types%22:[%22m.room.message%22]%7D", got,
		 sizeof(got));
	assert_string_equal(got, "11 10 9 8 7 6 5 4 3 2 1 0 ");
	page_all(&bert, room, "dir=b&filter=%7B%22types%22:[%22no.such%22]%7D", got, sizeof(got));
	assert_string_equal(got, "");
	/* From one point to another, both ways. */
	JSON_AUTO json_t *a = get(&bert, V3 "rooms/%s/messages?dir=b&limit=3", room);
	JSON_AUTO json_t *b = get(&bert, V3 "rooms/%s/messages?dir=b&limit=3&from=%s", room,
				  json_get_str(a, "end"));
	JSON_AUTO json_t *back = get(&bert, V3 "rooms/%s/messages?dir=f&limit=50&from=%s&to=%s",
				     room, json_get_str(b, "end"), json_get_str(a, "end"));
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
		get(&bert, V3 "rooms/%s/messages?dir=f&from=%s", room, bert.since);
	assert_int_equal(json_array_size(json_object_get(fresh, "chunk")), 1);
	JSON_AUTO json_t *lazy =
		get(&bert,
		    V3
		    "rooms/%s/messages?dir=b&limit=3&filter=%%7B%%22lazy_load_members%%22:true%%7D",
		    room);
	json_t *members = json_object_get(lazy, "state");
	assert_int_equal(json_array_size(members), 1);
	assert_string_equal(json_get_str(json_array_get(members, 0), "state_key"), anna.id);
	refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages", room);
	refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=up", room);
	refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=b&from=zz", room);
	refused(&bert, 400, "M_INVALID_PARAM", V3 "rooms/%s/messages?dir=b&limit=x", room);
	refused(&bert, 400, "M_NOT_JSON", V3 "rooms/%s/messages?dir=b&filter=x", room);
	refused(&bert, 400, "M_BAD_JSON",
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
	make_room(room, 1);
	chatter_say(&anna, room, "secret", id);
	const char *rooms[] = {room, "!nowhere:localhost", "nonsense"};
	for (size_t r = 0; r < ARRAY_LEN(rooms); r++) {
		for (size_t i = 0; i < ARRAY_LEN(what); i++)
			refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/%s", rooms[r], what[i]);
		refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/event/%s", rooms[r], id);
		refused(&eve, 403, "M_FORBIDDEN", "/_matrix/client/v1/rooms/%s/relations/%s",
			rooms[r], id);
		refused(&eve, 403, "M_FORBIDDEN", "/_matrix/client/v1/rooms/%s/threads", rooms[r]);
		refused(&eve, 403, "M_FORBIDDEN",
			"/_matrix/client/v1/rooms/%s/timestamp_to_event?ts=0&dir=f", rooms[r]);
	}
	/* An event of another room is not read through one's own. */
	char mine[LIMIT_ID_BYTES + 1];
	chatter_create(&eve, "{}", mine);
	refused(&eve, 404, "M_NOT_FOUND", V3 "rooms/%s/event/%s", mine, id);
	refused(&eve, 404, "M_NOT_FOUND", V3 "rooms/%s/context/%s", mine, id);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/typing/%s", room, eve.id);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", path, eve.token, "{\"typing\":true}");
	AUTO_FREE char *receipt = mem_printf(V3 "rooms/%s/receipt/m.read/%s", room, id);
	test_error(&t, 403, "M_FORBIDDEN", "POST", receipt, eve.token, "{}");
	AUTO_FREE char *other = mem_printf(V3 "user/%s/account_data/x", anna.id);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", other, eve.token, "{}");
	AUTO_FREE char *filter = mem_printf(V3 "user/%s/filter", anna.id);
	test_error(&t, 403, "M_FORBIDDEN", "POST", filter, eve.token, "{}");
	refused(&eve, 403, "M_FORBIDDEN", V3 "presence/%s/status", anna.id);
}

static void test_peeking(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[100];
	make_room(room, 1);
	chatter_state(&anna, room, "m.room.history_visibility", "",
		      "{'history_visibility':'world_readable'}");
	chatter_say(&anna, room, "open", NULL);
	page_all(&eve, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "open ");
	json_decref(chatter_get(&eve, room, "state"));
	refused(&eve, 403, "M_FORBIDDEN", V3 "rooms/%s/joined_members", room);
}

static void test_after_leaving(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], got[100];
	make_room(room, 2);
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'then'}");
	json_decref(chatter_sync(&bert, ""));
	chatter_room(&bert, room, "leave", "{}");
	chatter_say(&anna, room, "unseen", NULL);
	chatter_state(&anna, room, "m.room.topic", "", "{'topic':'now'}");
	page_all(&bert, room, "dir=b", got, sizeof(got));
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
	refused(&bert, 403, "M_FORBIDDEN", V3 "rooms/%s/messages?dir=b", room);
	again.since[0] = '\0';
	JSON_AUTO json_t *gone =
		chatter_sync(&again, "&filter=%7B%22room%22:%7B%22include_leave%22:true%7D%7D");
	assert_null(sync_room(gone, "leave", room));
}

static void test_context(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	make_room(room, 4);
	chatter_say(&anna, room, "middle", id);
	for (int i = 5; i < 9; i++)
		chatter_say(&bert, room, "after", NULL);
	JSON_AUTO json_t *j = get(&bert, V3 "rooms/%s/context/%s?limit=4", room, id);
	assert_string_equal(json_get_str(json_object_get(j, "event"), "event_id"), id);
	json_t *before = json_object_get(j, "events_before");
	assert_int_equal(json_array_size(before), 2);
	assert_string_equal(body_at(before, 0), "3");
	assert_string_equal(body_at(before, 1), "2");
	assert_int_equal(json_array_size(json_object_get(j, "events_after")), 2);
	assert_non_null(event_of_type(json_object_get(j, "state"), "m.room.create"));
	/* Its tokens go on in both directions. */
	JSON_AUTO json_t *older = get(&bert, V3 "rooms/%s/messages?dir=b&limit=1&from=%s", room,
				      json_get_str(j, "start"));
	assert_string_equal(body_at(json_object_get(older, "chunk"), 0), "1");
	JSON_AUTO json_t *newer = get(&bert, V3 "rooms/%s/messages?dir=f&limit=9&from=%s", room,
				      json_get_str(j, "end"));
	assert_int_equal(json_array_size(json_object_get(newer, "chunk")), 2);
	JSON_AUTO json_t *bare =
		get(&bert,
		    V3 "rooms/%s/context/%s?limit=1&filter=%%7B%%22lazy_load_members%%22:true%%7D",
		    room, id);
	assert_int_equal(json_array_size(json_object_get(bare, "events_before")), 0);
}

static void test_members_and_state(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	make_room(room, 0);
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
	refused(&anna, 400, "M_INVALID_PARAM", V3 "rooms/%s/members?membership=maybe", room);
	JSON_AUTO json_t *now = chatter_get(&anna, room, "joined_members");
	assert_int_equal(json_object_size(json_object_get(now, "joined")), 2);
	assert_non_null(json_object_get(json_object_get(now, "joined"), eve.id));
	JSON_AUTO json_t *rooms = get(&eve, V3 "joined_rooms");
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
	refused(&anna, 404, "M_NOT_FOUND", V3 "rooms/%s/state/org.muster.slash/", room);
	refused(&anna, 400, "M_INVALID_PARAM", V3 "rooms/%s/state/m.room.name?format=xml", room);
}

static void send_raw(struct chatter *c, const char *room, const char *type, char ret[64],
		     const char *fmt, ...)
{
	static int txn;
	va_list ap;
	struct buf body = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&body, fmt, ap);
	va_end(ap);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/send/%s/raw%d", room, type, ++txn);
	JSON_AUTO json_t *j = test_json(&t, 200, "PUT", path, c->token, "%s", buf_str(&body));
	snprintf(ret, 64, "%s", json_get_str(j, "event_id"));
	buf_done(&body);
}

#define RELATES "\"m.relates_to\":{\"rel_type\":\"%s\",\"event_id\":\"%s\"}"

static void test_relations(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], root[64], id[64], edit[64], reply[64];
	make_room(room, 0);
	chatter_say(&anna, room, "root", root);
	send_raw(&anna, room, "m.room.message", edit,
		 "{\"msgtype\":\"m.text\",\"body\":\"* "
		 "one\",\"m.new_content\":{\"body\":\"one\"}," RELATES "}",
		 "m.replace", root);
	send_raw(&anna, room, "m.room.message", edit,
		 "{\"msgtype\":\"m.text\",\"body\":\"* "
		 "two\",\"m.new_content\":{\"body\":\"two\"}," RELATES "}",
		 "m.replace", root);
	/* Somebody else's "edit" counts for nothing. */
	send_raw(&bert, room, "m.room.message", id,
		 "{\"msgtype\":\"m.text\",\"body\":\"* "
		 "x\",\"m.new_content\":{\"body\":\"x\"}," RELATES "}",
		 "m.replace", root);
	for (int i = 0; i < 3; i++)
		send_raw(&bert, room, "m.room.message", reply,
			 "{\"msgtype\":\"m.text\",\"body\":\"re %d\"," RELATES "}", i, "m.thread",
			 root);
	send_raw(&bert, room, "m.reaction", id,
		 "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"%s\",\"key\":\"+"
		 "\"}}",
		 root);
	JSON_AUTO json_t *e = get(&anna, V3 "rooms/%s/event/%s", room, root);
	json_t *bundle = json_object_get(json_object_get(e, "unsigned"), "m.relations");
	assert_string_equal(json_get_str(json_object_get(bundle, "m.replace"), "event_id"), edit);
	json_t *thread = json_object_get(bundle, "m.thread");
	assert_int_equal(json_get_i64(thread, "count", 0), 3);
	assert_string_equal(json_get_str(json_object_get(thread, "latest_event"), "event_id"),
			    reply);
	assert_true(json_get_bool(thread, "current_user_participated", false));
	assert_null(json_object_get(bundle, "m.annotation"));
	JSON_AUTO json_t *foreign = get(&bert, V3 "rooms/%s/event/%s", room, edit);
	assert_null(json_object_get(json_object_get(foreign, "unsigned"), "m.relations"));

#define RELATIONS "/_matrix/client/v1/rooms/%s/relations/%s"
	JSON_AUTO json_t *all = get(&anna, RELATIONS, room, root);
	assert_int_equal(json_array_size(json_object_get(all, "chunk")), 7);
	assert_null(json_object_get(all, "next_batch"));
	JSON_AUTO json_t *some = get(&anna, RELATIONS "/m.thread?limit=2", room, root);
	json_t *chunk = json_object_get(some, "chunk");
	assert_int_equal(json_array_size(chunk), 2);
	assert_string_equal(body_at(chunk, 0), "re 2");
	JSON_AUTO json_t *more = get(&anna, RELATIONS "/m.thread?limit=2&from=%s", room, root,
				     json_get_str(some, "next_batch"));
	chunk = json_object_get(more, "chunk");
	assert_int_equal(json_array_size(chunk), 1);
	assert_string_equal(body_at(chunk, 0), "re 0");
	assert_null(json_object_get(more, "next_batch"));
	JSON_AUTO json_t *forward = get(&anna, RELATIONS "/m.thread?dir=f&limit=1", room, root);
	assert_string_equal(body_at(json_object_get(forward, "chunk"), 0), "re 0");
	JSON_AUTO json_t *typed = get(&anna, RELATIONS "/m.annotation/m.reaction", room, root);
	assert_int_equal(json_array_size(json_object_get(typed, "chunk")), 1);
	JSON_AUTO json_t *none = get(&anna, RELATIONS "/m.annotation/m.room.message", room, root);
	assert_int_equal(json_array_size(json_object_get(none, "chunk")), 0);
	send_raw(&anna, room, "m.reaction", id,
		 "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"%s\",\"key\":\"+"
		 "\"}}",
		 reply);
	JSON_AUTO json_t *deep = get(&anna, RELATIONS "?recurse=true", room, root);
	assert_int_equal(json_array_size(json_object_get(deep, "chunk")), 8);
	refused(&anna, 404, "M_NOT_FOUND", RELATIONS, room, "$nothing");

	JSON_AUTO json_t *threads = get(&anna, "/_matrix/client/v1/rooms/%s/threads", room);
	chunk = json_object_get(threads, "chunk");
	assert_int_equal(json_array_size(chunk), 1);
	assert_string_equal(json_get_str(json_array_get(chunk, 0), "event_id"), root);
	JSON_AUTO json_t *mine =
		get(&anna, "/_matrix/client/v1/rooms/%s/threads?include=participated", room);
	assert_int_equal(json_array_size(json_object_get(mine, "chunk")), 1);

	/* Redacted, the edit is bundled no more. */
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/redact/%s/rr", room, root);
	json_decref(test_json(&t, 200, "PUT", path, anna.token, "{}"));
	JSON_AUTO json_t *gone = get(&anna, V3 "rooms/%s/event/%s", room, root);
	bundle = json_object_get(json_object_get(gone, "unsigned"), "m.relations");
	assert_null(json_object_get(bundle, "m.replace"));
	assert_non_null(json_object_get(bundle, "m.thread"));
}

static void test_timestamps(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	make_room(room, 3);
	chatter_say(&anna, room, "last", id);
#define AT "/_matrix/client/v1/rooms/%s/timestamp_to_event?ts=%lld&dir=%s"
	JSON_AUTO json_t *first = get(&anna, AT, room, 0LL, "f");
	JSON_AUTO json_t *e =
		get(&anna, V3 "rooms/%s/event/%s", room, json_get_str(first, "event_id"));
	assert_string_equal(json_get_str(e, "type"), "m.room.create");
	long long late = (long long)clock_wall_ms() + 1000;
	JSON_AUTO json_t *last = get(&anna, AT, room, late, "b");
	assert_string_equal(json_get_str(last, "event_id"), id);
	JSON_AUTO json_t *exact =
		get(&anna, AT, room, (long long)json_get_i64(last, "origin_server_ts", 0), "b");
	assert_string_equal(json_get_str(exact, "event_id"), id);
	refused(&anna, 404, "M_NOT_FOUND", AT, room, late, "f");
	refused(&anna, 404, "M_NOT_FOUND", AT, room, 1LL, "b");
	refused(&anna, 400, "M_INVALID_PARAM", AT, room, -5LL, "b");
}

static void test_receipts_and_markers(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], one[64], two[64];
	make_room(room, 0);
	chatter_say(&anna, room, "1", one);
	chatter_say(&anna, room, "2", two);
	AUTO_FREE char *markers = mem_printf(V3 "rooms/%s/read_markers", room);
	json_decref(test_json(&t, 200, "POST", markers, bert.token,
			      "{\"m.fully_read\":\"%s\",\"m.read\":\"%s\"}", one, two));
	JSON_AUTO json_t *j = chatter_sync(&bert, "&full_state=true");
	json_t *r = sync_room(j, "join", room);
	json_t *fully = event_of_type(synced_events(r, "account_data"), "m.fully_read");
	assert_string_equal(json_get_str(json_object_get(fully, "content"), "event_id"), one);
	/* Going back changes nothing. */
	AUTO_FREE char *back = mem_printf(V3 "rooms/%s/receipt/m.read/%s", room, one);
	json_decref(test_json(&t, 200, "POST", back, bert.token, "{}"));
	JSON_AUTO json_t *none = chatter_sync(&bert, "");
	assert_null(json_object_get(none, "rooms"));
	test_error(&t, 404, "M_NOT_FOUND", "POST", markers, bert.token, "{\"m.read\":\"$none\"}");
	test_error(&t, 400, "M_BAD_JSON", "POST", markers, bert.token, "{\"m.read\":7}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", back, bert.token, "{\"thread_id\":\"\"}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", back, bert.token, "{\"thread_id\":5}");
	AUTO_FREE char *odd = mem_printf(V3 "rooms/%s/receipt/m.seen/%s", room, one);
	test_error(&t, 400, "M_INVALID_PARAM", "POST", odd, bert.token, "{}");
	AUTO_FREE char *fully_path = mem_printf(V3 "rooms/%s/receipt/m.fully_read/%s", room, two);
	json_decref(test_json(&t, 200, "POST", fully_path, bert.token, "{}"));
	JSON_AUTO json_t *moved = chatter_sync(&bert, "");
	fully = event_of_type(synced_events(sync_room(moved, "join", room), "account_data"),
			      "m.fully_read");
	assert_string_equal(json_get_str(json_object_get(fully, "content"), "event_id"), two);
}

static void test_account_data(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	make_room(room, 0);
	AUTO_FREE char *global = mem_printf(V3 "user/%s/account_data/m.direct", anna.id);
	test_error(&t, 404, "M_NOT_FOUND", "GET", global, anna.token, NULL);
	json_decref(test_json(&t, 200, "PUT", global, anna.token, "{\"@b:x\":[\"!r\"]}"));
	JSON_AUTO json_t *j = test_json(&t, 200, "GET", global, anna.token, NULL);
	assert_non_null(json_object_get(j, "@b:x"));
	AUTO_FREE char *local = mem_printf(V3 "user/%s/rooms/%s/account_data/org.x", anna.id, room);
	json_decref(test_json(&t, 200, "PUT", local, anna.token, "{\"a\":1}"));
	AUTO_FREE char *fully =
		mem_printf(V3 "user/%s/rooms/%s/account_data/m.fully_read", anna.id, room);
	test_error(&t, 405, "M_BAD_JSON", "PUT", fully, anna.token, "{}");
	AUTO_FREE char *rules = mem_printf(V3 "user/%s/account_data/m.push_rules", anna.id);
	test_error(&t, 405, "M_BAD_JSON", "PUT", rules, anna.token, "{}");
	json_decref(test_json(&t, 200, "GET", rules, anna.token, NULL));
	AUTO_FREE char *nowhere =
		mem_printf(V3 "user/%s/rooms/!none:localhost/account_data/org.x", anna.id);
	test_error(&t, 404, "M_NOT_FOUND", "PUT", nowhere, anna.token, "{}");
	/* Tags. */
	AUTO_FREE char *tags = mem_printf(V3 "user/%s/rooms/%s/tags", anna.id, room);
	AUTO_FREE char *work = mem_printf("%s/u.work", tags);
	AUTO_FREE char *fav = mem_printf("%s/m.favourite", tags);
	json_decref(test_json(&t, 200, "PUT", work, anna.token, "{\"order\":0.5}"));
	json_decref(test_json(&t, 200, "PUT", fav, anna.token, "{}"));
	test_error(&t, 400, "M_INVALID_PARAM", "PUT", fav, anna.token, "{\"order\":\"first\"}");
	json_decref(test_json(&t, 200, "DELETE", fav, anna.token, NULL));
	JSON_AUTO json_t *left = test_json(&t, 200, "GET", tags, anna.token, NULL);
	assert_int_equal(json_object_size(json_object_get(left, "tags")), 1);
	struct chatter again = anna;
	again.since[0] = '\0';
	JSON_AUTO json_t *sync = chatter_sync(&again, "");
	json_t *data = synced_events(sync_room(sync, "join", room), "account_data");
	assert_non_null(event_of_type(data, "org.x"));
	json_t *tag = json_object_get(event_of_type(data, "m.tag"), "content");
	assert_non_null(json_object_get(json_object_get(tag, "tags"), "u.work"));
	assert_non_null(
		event_of_type(json_object_get(json_object_get(sync, "account_data"), "events"),
			      "m.direct"));
}

static void test_pushrules(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	make_room(room, 0);
	JSON_AUTO json_t *set = get(&bert, V3 "pushrules/");
	json_t *override = json_object_get(json_object_get(set, "global"), "override");
	assert_string_equal(json_get_str(json_array_get(override, 0), "rule_id"), ".m.rule.master");
	JSON_AUTO json_t *global = get(&bert, V3 "pushrules/global/");
	assert_non_null(json_object_get(global, "underride"));
	JSON_AUTO json_t *master = get(&bert, V3 "pushrules/global/override/.m.rule.master");
	assert_false(json_get_bool(master, "enabled", true));
	refused(&bert, 404, "M_NOT_FOUND", V3 "pushrules/global/override/none");
	refused(&bert, 400, "M_INVALID_PARAM", V3 "pushrules/global/sideways/none");

	json_decref(chatter_sync(&bert, ""));
	json_decref(test_json(&t, 200, "PUT", V3 "pushrules/global/content/cake", bert.token,
			      "{\"pattern\":\"cake\",\"actions\":[\"notify\",{\"set_tweak\":"
			      "\"highlight\"}]}"));
	JSON_AUTO json_t *told = chatter_sync(&bert, "");
	json_t *data = json_object_get(json_object_get(told, "account_data"), "events");
	assert_non_null(event_of_type(data, "m.push_rules"));
	chatter_say(&anna, room, "nothing", NULL);
	chatter_say(&anna, room, "there is cake", NULL);
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *unread = json_object_get(sync_room(j, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 2);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 1);
	/* A muted room counts nothing but what other rules say. */
	AUTO_FREE char *mute = mem_printf(V3 "pushrules/global/room/%s", room);
	json_decref(test_json(&t, 200, "PUT", mute, bert.token, "{\"actions\":[]}"));
	chatter_say(&anna, room, "more", NULL);
	JSON_AUTO json_t *k = chatter_sync(&bert, "");
	unread = json_object_get(sync_room(k, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 1);
	json_decref(test_json(&t, 200, "PUT", V3 "pushrules/global/content/cake/enabled",
			      bert.token, "{\"enabled\":false}"));
	JSON_AUTO json_t *off = get(&bert, V3 "pushrules/global/content/cake/enabled");
	assert_false(json_get_bool(off, "enabled", true));
	json_decref(test_json(&t, 200, "PUT", V3 "pushrules/global/content/cake/actions",
			      bert.token, "{\"actions\":[]}"));
	JSON_AUTO json_t *actions = get(&bert, V3 "pushrules/global/content/cake/actions");
	assert_int_equal(json_array_size(json_object_get(actions, "actions")), 0);
	json_decref(
		test_json(&t, 200, "DELETE", V3 "pushrules/global/content/cake", bert.token, NULL));
	refused(&bert, 404, "M_NOT_FOUND", V3 "pushrules/global/content/cake");
	test_error(&t, 400, "M_INVALID_PARAM", "PUT", V3 "pushrules/global/content/.x", bert.token,
		   "{\"pattern\":\"x\",\"actions\":[]}");
}

static void test_mentions(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	make_room(room, 0);
	struct chatter dora = eve; /* has default rules */
	chatter_room(&dora, room, "join", "{}");
	dora.since[0] = '\0';
	json_decref(chatter_sync(&dora, ""));
	send_raw(&anna, room, "m.room.message", id,
		 "{\"msgtype\":\"m.text\",\"body\":\"you\",\"m.mentions\":{\"user_ids\":[\"%s\"]}}",
		 dora.id);
	send_raw(&anna, room, "m.room.message", id, "{\"msgtype\":\"m.notice\",\"body\":\"beep\"}");
	send_raw(&anna, room, "m.room.message", id,
		 "{\"msgtype\":\"m.text\",\"body\":\"all\",\"m.mentions\":{\"room\":true}}");
	/* bert has no power to call everybody. */
	send_raw(&bert, room, "m.room.message", id,
		 "{\"msgtype\":\"m.text\",\"body\":\"all\",\"m.mentions\":{\"room\":true}}");
	JSON_AUTO json_t *j = chatter_sync(&dora, "");
	json_t *unread = json_object_get(sync_room(j, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 3);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 2);
	/* The same after a restart, when it is counted from the store. */
	test_server_stop(&t);
	test_server_start(&t);
	JSON_AUTO json_t *k = chatter_sync(&dora, "&full_state=true");
	unread = json_object_get(sync_room(k, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 3);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 2);
	AUTO_FREE char *what = mem_printf("receipt/m.read/%s", id);
	chatter_room(&dora, room, what, "{}");
	JSON_AUTO json_t *l = chatter_sync(&dora, "");
	unread = json_object_get(sync_room(l, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 9), 0);
}

static void check_unread(const json_t *sync, const char *room, int main, const char *root,
			 int threaded)
{
	json_t *r = sync_room(sync, "join", room);
	assert_int_equal(json_get_i64(json_object_get(r, "unread_notifications"),
				      "notification_count", -1),
			 main);
	json_t *thread = json_object_get(json_object_get(r, "unread_thread_notifications"), root);
	assert_int_equal(json_get_i64(thread, "notification_count", 0), threaded);
}

/* Each thread is read by itself; a receipt without a thread reads all. */
static void test_unread_threads(void **state)
{
	(void)state;
	static const char query[] = "&filter=%7B%22room%22:%7B%22timeline%22:%7B"
				    "%22unread_thread_notifications%22:true%7D%7D%7D";
	struct chatter *who[] = {&eve, &bert}; /* default rules, rules of his own */
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		char room[LIMIT_ID_BYTES + 1], root[64], reply[64], last[64];
		make_room(room, 0);
		if (who[i] == &eve)
			chatter_room(&eve, room, "join", "{}");
		chatter_say(&anna, room, "root", root);
		for (int k = 0; k < 2; k++)
			send_raw(&anna, room, "m.room.message", reply,
				 "{\"msgtype\":\"m.text\",\"body\":\"re\"," RELATES "}", "m.thread",
				 root);
		chatter_say(&anna, room, "main", last);
		JSON_AUTO json_t *a = chatter_sync(who[i], query);
		check_unread(a, room, 2, root, 2);
		AUTO_FREE char *main = mem_printf("receipt/m.read/%s", last);
		chatter_room(who[i], room, main, "{'thread_id':'main'}");
		JSON_AUTO json_t *b = chatter_sync(who[i], query);
		check_unread(b, room, 0, root, 2);
		AUTO_FREE char *body = mem_printf("{'thread_id':'%s'}", root);
		AUTO_FREE char *thread = mem_printf("receipt/m.read.private/%s", reply);
		chatter_room(who[i], room, thread, body);
		JSON_AUTO json_t *c = chatter_sync(who[i], query);
		check_unread(c, room, 0, root, 0);
		send_raw(&anna, room, "m.room.message", reply,
			 "{\"msgtype\":\"m.text\",\"body\":\"re\"," RELATES "}", "m.thread", root);
		JSON_AUTO json_t *d = chatter_sync(who[i], "");
		check_unread(d, room, 1, root, 0);
		AUTO_FREE char *all = mem_printf("receipt/m.read/%s", reply);
		chatter_room(who[i], room, all, "{}");
		JSON_AUTO json_t *e = chatter_sync(who[i], query);
		check_unread(e, room, 0, root, 0);
	}
}

static void test_filters(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	make_room(room, 1);
	AUTO_FREE char *path = mem_printf(V3 "user/%s/filter", anna.id);
	static const char body[] =
		"{\"room\":{\"timeline\":{\"limit\":1,\"types\":[\"m.room.message\"]},"
		"\"state\":{\"lazy_load_members\":true}}}";
	JSON_AUTO json_t *a = test_json(&t, 200, "POST", path, anna.token, "%s", body);
	JSON_AUTO json_t *b = test_json(&t, 200, "POST", path, anna.token, "%s", body);
	const char *id = json_get_str(a, "filter_id");
	assert_string_equal(id, json_get_str(b, "filter_id"));
	JSON_AUTO json_t *back = get(&anna, "%s/%s", path, id);
	assert_non_null(json_object_get(back, "room"));
	struct chatter again = anna;
	again.since[0] = '\0';
	AUTO_FREE char *query = mem_printf("&filter=%s", id);
	JSON_AUTO json_t *j = chatter_sync(&again, query);
	json_t *r = sync_room(j, "join", room);
	assert_int_equal(json_array_size(synced_events(r, "timeline")), 1);
	/* Lazy: only who speaks, oneself, and no bert. */
	json_t *st = synced_events(r, "state"), *e;
	size_t i;
	json_array_foreach (st, i, e)
		assert_string_not_equal(json_get_str(e, "state_key"), bert.id);
	/* bert speaks: his member event comes along. */
	chatter_say(&bert, room, "hi", NULL);
	JSON_AUTO json_t *k = chatter_sync(&again, query);
	st = synced_events(sync_room(k, "join", room), "state");
	assert_int_equal(json_array_size(st), 1);
	assert_string_equal(json_get_str(json_array_get(st, 0), "state_key"), bert.id);
	test_error(&t, 400, "M_BAD_JSON", "POST", path, anna.token, "{\"room\":7}");
	refused(&anna, 404, "M_NOT_FOUND", "%s/99999", path);
	refused(&anna, 400, "M_UNKNOWN", V3 "sync?filter=99999");
	refused(&bert, 400, "M_UNKNOWN", V3 "sync?filter=%s", id);
	refused(&anna, 400, "M_NOT_JSON", V3 "sync?filter=%%7Bx");
	/* Only named fields. */
	chatter_say(&bert, room, "fields", NULL);
	JSON_AUTO json_t *f =
		chatter_sync(&again, "&filter=%7B%22event_fields%22:[%22content.body%22]%7D");
	e = json_array_get(synced_events(sync_room(f, "join", room), "timeline"), 0);
	assert_int_equal(json_object_size(e), 1);
	assert_string_equal(json_get_str(json_object_get(e, "content"), "body"), "fields");
}

static void test_ignored(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], other[LIMIT_ID_BYTES + 1], got[100], id[64];
	make_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	AUTO_FREE char *list = mem_printf(V3 "user/%s/account_data/m.ignored_user_list", anna.id);
	json_decref(test_json(&t, 200, "PUT", list, anna.token, "{\"ignored_users\":{\"%s\":{}}}",
			      bert.id));
	chatter_say(&bert, room, "noise", NULL);
	chatter_say(&anna, room, "signal", id);
	AUTO_FREE char *body = mem_printf("{'invite':['%s']}", anna.id);
	chatter_create(&bert, body, other);
	JSON_AUTO json_t *j = chatter_sync(&anna, "");
	json_t *r = sync_room(j, "join", room), *events = synced_events(r, "timeline");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(body_at(events, 0), "signal");
	assert_int_equal(json_get_i64(json_object_get(r, "unread_notifications"),
				      "notification_count", -1),
			 0);
	assert_null(sync_room(j, "invite", other));
	page_all(&anna, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "signal ");
	json_decref(test_json(&t, 200, "PUT", list, anna.token, "{\"ignored_users\":{}}"));
	page_all(&anna, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "signal noise ");
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

static void test_presence(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	make_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	JSON_AUTO json_t *j = get(&bert, V3 "presence/%s/status", anna.id);
	assert_string_equal(json_get_str(j, "presence"), "online");
	assert_true(json_get_i64(j, "last_active_ago", -1) >= 0);
	AUTO_FREE char *path = mem_printf(V3 "presence/%s/status", anna.id);
	json_decref(test_json(&t, 200, "PUT", path, anna.token,
			      "{\"presence\":\"unavailable\",\"status_msg\":\"lunch\"}"));
	JSON_AUTO json_t *k = get(&bert, V3 "presence/%s/status", anna.id);
	assert_string_equal(json_get_str(k, "presence"), "unavailable");
	assert_string_equal(json_get_str(k, "status_msg"), "lunch");
	test_error(&t, 400, "M_INVALID_PARAM", "PUT", path, anna.token,
		   "{\"presence\":\"asleep\"}");
	test_error(&t, 403, "M_FORBIDDEN", "PUT", path, bert.token, "{\"presence\":\"online\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_peeking),
		cmocka_unit_test(test_after_leaving),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_members_and_state),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_receipts_and_markers),
		cmocka_unit_test(test_account_data),
		cmocka_unit_test(test_pushrules),
		cmocka_unit_test(test_mentions),
		cmocka_unit_test(test_unread_threads),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_heroes),
		cmocka_unit_test(test_presence),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
