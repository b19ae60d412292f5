#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/sync.h"

#include <string.h>

#define EVENT(id, body)                                                         \
	"{\"event_id\":\"" id "\",\"sender\":\"@a:hs\",\"origin_server_ts\":5," \
	"\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":" body "}}"

static const char reply_text[] =
	"{\"next_batch\":\"s1\",\"account_data\":{\"events\":[{\"type\":\"m.direct\",\"content\":{}"
	"}]},"
	"\"presence\":{\"events\":null},"
	"\"rooms\":{\"join\":{"
	"\"!one:hs\":{\"timeline\":{\"limited\":true,\"prev_batch\":\"p\\u0031\",\"events\":"
	"[" EVENT("$1", "\"ok\"") "," EVENT("$2", "\"\\ud800\"") "," EVENT("$3", "1e999") "," EVENT(
		"$4",
		"99999999999999999999") ",7," EVENT("$5",
						    "\"fine\"") "]},"
								"\"state\":{\"events\":[]},"
								"\"ephemeral\":{\"events\":[{"
								"\"type\":\"m.typing\","
								"\"content\":{\"user_ids\":[]}}]},"
								"\"summary\":{\"m.heroes\":[\"@b:"
								"hs\"],\"m.joined_member_count\":2}"
								","
								"\"unread_notifications\":{"
								"\"notification_count\":3,"
								"\"highlight_count\":1}},"
								"\"bad\":{\"timeline\":{}},"
								"\"!two\":{\"timeline\":{"
								"\"events\":[]},\"org.matrix."
								"msc4222.state_after\":{\"events\":"
								"[" EVENT(
									"$6",
									"\"s\"") "]},\"state\":{"
										 "\"events\":[]}},"
										 "\"!three\":{"
										 "\"timeline\":{"
										 "\"events\":[]"
										 "\"limited\":true}"
										 "},"
										 "\"!four\":{"
										 "\"timeline\":{"
										 "\"events\":7}},"
										 "\"!five\":{}},"
										 "\"invite\":{\"!"
										 "inv:hs\":{"
										 "\"invite_state\":"
										 "{\"events\":[{"
										 "\"type\":\"m."
										 "room.name\","
										 "\"sender\":\"@a:"
										 "hs\",\"state_"
										 "key\":\"\","
										 "\"content\":{"
										 "\"name\":\"n\"}}]"
										 "}}},"
										 "\"leave\":[]}}";

static struct sync_reply open_reply(void)
{
	struct sync_reply r;
	struct err e = {0};
	int rc = sync_read(span_of(reply_text), &r, &e);
	if (rc)
		print_error("%s\n", e.msg);
	assert_int_equal(rc, 0);
	return r;
}

static void test_rooms(void **state)
{
	(void)state;
	static const struct {
		int rc;
		const char *id;
	} want[] = {{1, "!one:hs"},	    {ERR_INVALID, ""}, {1, "!two"}, {ERR_INVALID, "!three"},
		    {ERR_INVALID, "!four"}, {1, "!five"},      {0, ""}};
	struct sync_reply r = open_reply();
	struct sync_room room;
	struct slice s;
	assert_string_equal(r.next_batch, "s1");
	assert_int_equal(sync_rooms(&s, &r, SYNC_JOIN, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct err e = {0};
		int rc = sync_next_room(&s, &room, &e);
		assert_int_equal(rc, want[i].rc);
		if (rc == 1) {
			assert_string_equal(room.room_id, want[i].id);
			sync_room_done(&room);
		} else if (rc < 0) {
			assert_non_null(strstr(e.msg, want[i].id));
		}
	}
	assert_int_equal(sync_rooms(&s, &r, SYNC_LEAVE, NULL), 0);
	assert_int_equal(sync_next_room(&s, &room, NULL), 0);
}

static void test_timeline(void **state)
{
	(void)state;
	static const char *const good = "1000 1";
	struct sync_reply r = open_reply();
	struct slice s, list;
	AUTO(sync_room_done) struct sync_room room = {0};
	assert_int_equal(sync_rooms(&s, &r, SYNC_JOIN, NULL), 0);
	assert_int_equal(sync_next_room(&s, &room, NULL), 1);
	assert_true(room.limited);
	assert_string_equal(room.prev_batch, "p1");
	assert_int_equal(room.joined_count, 2);
	assert_int_equal(room.invited_count, -1);
	assert_int_equal(json_array_size(room.heroes), 1);
	assert_int_equal(room.notify_count, 3);
	assert_int_equal(room.highlight_count, 1);
	assert_int_equal(sync_events(&list, room.timeline, NULL), 0);
	struct sync_event ev;
	int n = 0;
	while (sync_next_event(&list, EVENT_ROOM, &ev, NULL) == 1) {
		assert_int_equal(ev.ok, good[n] == '1');
		const char *id = ev.ok ? ev.ev.event_id : ev.rest.event_id;
		if (good[n] == ' ')
			assert_string_equal(id, "");
		else
			assert_int_equal(id[1], "1234 5"[n]);
		if (!ev.ok)
			assert_true(ev.why.msg[0] != '\0');
		n++;
		sync_event_done(&ev);
	}
	assert_int_equal(n, 6);
}

static void test_lists(void **state)
{
	(void)state;
	struct sync_reply r = open_reply();
	struct slice s, list;
	struct sync_event ev;
	AUTO(sync_room_done) struct sync_room room = {0};
	assert_int_equal(sync_rooms(&s, &r, SYNC_INVITE, NULL), 0);
	assert_int_equal(sync_next_room(&s, &room, NULL), 1);
	assert_int_equal(sync_events(&list, room.stripped, NULL), 0);
	assert_int_equal(sync_next_event(&list, EVENT_STRIPPED, &ev, NULL), 1);
	assert_true(ev.ok);
	sync_event_done(&ev);
	assert_int_equal(sync_events(&list, r.account_data, NULL), 0);
	assert_int_equal(sync_next_event(&list, EVENT_BARE, &ev, NULL), 1);
	assert_string_equal(ev.ev.type, "m.direct");
	sync_event_done(&ev);
	assert_int_equal(sync_events(&list, r.presence, NULL), 0);
	assert_int_equal(sync_next_event(&list, EVENT_BARE, &ev, NULL), 0);
}

static void test_state_after(void **state)
{
	(void)state;
	struct sync_reply r = open_reply();
	struct slice s;
	struct sync_room room;
	assert_int_equal(sync_rooms(&s, &r, SYNC_JOIN, NULL), 0);
	while (true) {
		int rc = sync_next_room(&s, &room, NULL);
		if (rc == 1 && strcmp(room.room_id, "!two") == 0)
			break;
		if (rc == 1)
			sync_room_done(&room);
	}
	assert_true(room.state_is_after);
	assert_true(room.state.n > 2);
	sync_room_done(&room);
}

static void test_broken(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"next_batch\":7}",
		"{\"next_batch\":\"a\"",
		"{\"next_batch\":\"a\",\"rooms\":{\"join\":{}",
		"{\"next_batch\":\"a\",\"rooms\":{\"join\" {}}}",
		"{\"next_batch\":\"a\",\"account_data\":{\"events\":{}}}",
		"<html>502 Bad Gateway</html>",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct sync_reply r;
		struct err e = {0};
		assert_int_equal(sync_read(span_of(texts[i]), &r, &e), ERR_PROTOCOL);
		assert_true(e.msg[0] != '\0');
	}
	struct slice s;
	struct sync_event ev;
	assert_int_equal(sync_events(&s, span_of("[{\"type\":\"a\"} 7]"), NULL), 0);
	assert_int_equal(sync_next_event(&s, EVENT_ROOM, &ev, NULL), 1);
	assert_int_equal(sync_next_event(&s, EVENT_ROOM, &ev, NULL), ERR_PROTOCOL);
}

static void collect(const char *event_id, const char *user_id, const char *type, const char *thread,
		    int64_t ts, void *arg)
{
	buf_printf(arg, "%s %s %s %s %d\n", event_id, user_id, type, thread ? thread : "-",
		   (int)ts);
}

static void test_receipts(void **state)
{
	(void)state;
	JSON_AUTO json_t *j = NULL;
	struct buf b = BUF_INIT(1000);
	assert_int_equal(json_parse(span_of("{\"$e\":{\"m.read\":{\"@a:hs\":{\"ts\":7,\"thread_"
					    "id\":\"main\"},"
					    "\"bad\":{\"ts\":1},\"@c:hs\":5},\"m.read.private\":[]}"
					    ","
					    "\"x\":{\"m.read\":{\"@a:hs\":{}}}}"),
				    &j, NULL),
			 0);
	receipts_read(j, collect, &b);
	assert_string_equal(buf_str(&b), "$e @a:hs m.read main 7\n");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rooms),  cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_lists),  cmocka_unit_test(test_state_after),
		cmocka_unit_test(test_broken), cmocka_unit_test(test_receipts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
