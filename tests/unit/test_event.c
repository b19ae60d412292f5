#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/event.h"

#include <string.h>

#define HEAD "\"event_id\":\"$e\",\"sender\":\"@a:hs\",\"origin_server_ts\":5,"

static struct mx_event parse(const char *text)
{
	struct mx_event ev = {0};
	struct err e = {0};
	int rc = event_parse_text(span_of(text), EVENT_ROOM, &ev, &e);
	if (rc)
		print_error("%s\n", e.msg);
	assert_int_equal(rc, 0);
	return ev;
}

static void test_fields(void **state)
{
	(void)state;
	AUTO(event_done)
	struct mx_event ev = parse(
		"{" HEAD "\"type\":\"m.room.topic\",\"state_key\":\"\",\"room_id\":\"!r\","
		"\"content\":{\"topic\":\"t\"},\"unsigned\":{\"age\":7,\"transaction_id\":\"x\","
		"\"prev_content\":{\"topic\":\"s\"},\"redacted_because\":{}}}");
	assert_string_equal(ev.event_id, "$e");
	assert_string_equal(ev.sender, "@a:hs");
	assert_string_equal(ev.state_key, "");
	assert_string_equal(ev.room_id, "!r");
	assert_string_equal(ev.txn_id, "x");
	assert_int_equal(ev.ts, 5);
	assert_int_equal(ev.age, 7);
	assert_string_equal(json_get_str(ev.prev_content, "topic"), "s");
	assert_non_null(ev.redacted_because);
	assert_null(ev.redacts);
}

static void check_bad(const char *text, const char *word)
{
	struct mx_event ev = {0};
	struct err e = {0};
	assert_true(event_parse_text(span_of(text), EVENT_ROOM, &ev, &e) < 0);
	assert_null(ev.json);
	if (!strstr(e.msg, word))
		fail_msg("\"%s\" does not name %s", e.msg, word);
}

static void test_strict(void **state)
{
	(void)state;
	check_bad("[]", "object");
	check_bad("{\"type\":\"a\"}", "event_id");
	check_bad("{\"event_id\":\"e\",\"type\":\"a\"}", "id");
	check_bad("{\"event_id\":\"$e\",\"sender\":\"@a:hs\",\"type\":\"a\",\"content\":{}}",
		  "time");
	check_bad("{\"event_id\":\"$e\",\"origin_server_ts\":-1}", "time");
	check_bad("{\"event_id\":\"$e\",\"origin_server_ts\":1,\"type\":\"a\"}", "sender");
	check_bad("{\"event_id\":\"$e\",\"origin_server_ts\":1,\"type\":\"a\",\"sender\":\"a\"}",
		  "sender");
	check_bad("{" HEAD "\"type\":7,\"content\":{}}", "type");
	check_bad("{" HEAD "\"type\":\"a\\u0000\",\"content\":{}}", "NUL");
	check_bad("{" HEAD "\"type\":\"a\",\"content\":[]}", "content");
	check_bad("{" HEAD "\"type\":\"a\",\"state_key\":{},\"content\":{}}", "state_key");
	check_bad("{" HEAD "\"type\":\"a\",\"content\":{\"b\":\"\\ud800\"}}", "JSON");
	check_bad("{" HEAD "\"type\":\"a\",\"content\":{\"b\":99999999999999999999}}", "JSON");
	check_bad("{" HEAD "\"type\":\"a\",\"content\":{\"b\":1e999}}", "JSON");
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&b, "{" HEAD "\"type\":\"%0300d\",\"content\":{}}", 1);
	check_bad(buf_str(&b), "longer");
	buf_clear(&b);
	buf_printf(&b, "{\"a\":\"%01100000d\"}", 1);
	check_bad(buf_str(&b), "larger");
	buf_done(&b);
}

static void test_forms(void **state)
{
	(void)state;
	struct mx_event ev;
	struct span stripped = span_of("{\"type\":\"m.room.name\",\"sender\":\"@a:hs\","
				       "\"state_key\":\"\",\"content\":{\"name\":\"n\"}}");
	assert_int_equal(event_parse_text(stripped, EVENT_STRIPPED, &ev, NULL), 0);
	event_done(&ev);
	assert_int_not_equal(event_parse_text(stripped, EVENT_ROOM, &ev, NULL), 0);
	struct span bare = span_of("{\"type\":\"m.typing\",\"content\":{\"user_ids\":[]}}");
	assert_int_equal(event_parse_text(bare, EVENT_BARE, &ev, NULL), 0);
	event_done(&ev);
	assert_int_not_equal(event_parse_text(bare, EVENT_STRIPPED, &ev, NULL), 0);
}

static void test_salvage(void **state)
{
	(void)state;
	struct event_rest r;
	event_salvage(span_of("{\"content\":{\"body\":\"\\ud800\"}," HEAD
			      "\"state_key\":\"\",\"type\":\"m.x\"}"),
		      &r);
	assert_string_equal(r.event_id, "$e");
	assert_string_equal(r.sender, "@a:hs");
	assert_string_equal(r.type, "m.x");
	assert_true(r.is_state);
	assert_int_equal(r.ts, 5);
	event_salvage(span_of("{\"event_id\":\"nope\",\"sender\":7,\"origin_server_ts\":1e999}"),
		      &r);
	assert_string_equal(r.event_id, "");
	assert_string_equal(r.sender, "");
	assert_int_equal(r.ts, 0);
	assert_false(r.is_state);
	event_salvage(span_of("[[["), &r);
	assert_string_equal(r.event_id, "");
}

static void test_message(void **state)
{
	(void)state;
	struct mx_message m;
	AUTO(event_done)
	struct mx_event ev = parse(
		"{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
		"\"body\":\"a\\u0000b\",\"format\":\"org.matrix.custom.html\","
		"\"formatted_body\":\"<b>a</b>\",\"m.mentions\":{\"user_ids\":[\"@b:hs\"],"
		"\"room\":true},\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$t\","
		"\"is_falling_back\":true,\"m.in_reply_to\":{\"event_id\":\"$p\"}}}}");
	assert_true(event_message(&ev, &m));
	assert_int_equal(m.body.n, 3);
	assert_true(span_eq_str(m.html, "<b>a</b>"));
	assert_true(m.mentions_room);
	assert_int_equal(json_array_size(m.mentions), 1);
	assert_string_equal(ev.rel.rel_type, "m.thread");
	assert_string_equal(ev.rel.reply_to, "$p");
	assert_true(ev.rel.falling_back);
	assert_false(event_is_edit(&ev));
}

static void test_edit(void **state)
{
	(void)state;
	struct mx_message m;
	AUTO(event_done)
	struct mx_event ev = parse(
		"{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
		"\"body\":\"* new\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"new\"},"
		"\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}}");
	assert_true(event_is_edit(&ev));
	assert_true(event_message(&ev, &m));
	assert_true(span_eq_str(m.body, "new"));
}

static void test_file(void **state)
{
	(void)state;
	struct mx_message m;
	AUTO(event_done)
	struct mx_event ev =
		parse("{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.audio\","
		      "\"body\":\"listen\",\"filename\":\"a.ogg\",\"url\":\"mxc://hs/x\","
		      "\"info\":{\"mimetype\":\"audio/ogg\",\"size\":12,\"duration\":300},"
		      "\"org.matrix.msc3245.voice\":{}}}");
	assert_true(event_message(&ev, &m));
	assert_true(span_eq_str(m.filename, "a.ogg"));
	assert_true(span_eq_str(m.caption, "listen"));
	assert_string_equal(m.url, "mxc://hs/x");
	assert_string_equal(m.mimetype, "audio/ogg");
	assert_int_equal(m.size, 12);
	assert_int_equal(m.duration_ms, 300);
	assert_int_equal(m.width, -1);
	assert_true(m.voice);
}

static void test_others(void **state)
{
	(void)state;
	struct mx_member m;
	const char *target;
	struct span key;
	AUTO(event_done)
	struct mx_event member =
		parse("{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"@b:hs\",\"content\":{"
		      "\"membership\":\"ban\",\"displayname\":\"B\",\"reason\":\"r\"},"
		      "\"unsigned\":{\"prev_content\":{\"membership\":\"join\"}}}");
	assert_true(event_member(&member, &m));
	assert_int_equal(m.state, MEMBER_BAN);
	assert_int_equal(m.before, MEMBER_JOIN);
	assert_true(span_eq_str(m.name, "B"));
	assert_string_equal(member_state_name(m.state), "ban");
	AUTO(event_done)
	struct mx_event reaction =
		parse("{" HEAD "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{"
		      "\"rel_type\":\"m.annotation\",\"event_id\":\"$o\",\"key\":\"👍\"}}}");
	assert_true(event_reaction(&reaction, &target, &key));
	assert_string_equal(target, "$o");
	assert_true(span_eq_str(key, "👍"));
	assert_false(event_member(&reaction, &m));
	AUTO(event_done)
	struct mx_event old =
		parse("{" HEAD "\"type\":\"m.room.redaction\",\"redacts\":\"$o\",\"content\":{}}");
	assert_string_equal(old.redacts, "$o");
	AUTO(event_done)
	struct mx_event now = parse("{" HEAD "\"type\":\"m.room.redaction\",\"redacts\":\"$x\","
				    "\"content\":{\"redacts\":\"$o\"}}");
	assert_string_equal(now.redacts, "$o");
}

static void test_poll(void **state)
{
	(void)state;
	struct mx_poll p;
	const char *id;
	struct span text;
	AUTO(event_done)
	struct mx_event start =
		parse("{" HEAD "\"type\":\"org.matrix.msc3381.poll.start\",\"content\":{"
		      "\"org.matrix.msc3381.poll.start\":{\"kind\":\"org.matrix.msc3381.poll."
		      "undisclosed\","
		      "\"question\":{\"org.matrix.msc1767.text\":\"Here?\"},\"answers\":["
		      "{\"id\":\"y\",\"org.matrix.msc1767.text\":\"Yes\"},{\"x\":1},"
		      "{\"id\":\"n\",\"org.matrix.msc1767.text\":\"No\"}]}}}");
	assert_true(event_poll_start(&start, &p));
	assert_true(span_eq_str(p.question, "Here?"));
	assert_false(p.disclosed);
	assert_int_equal(p.max_selections, 1);
	assert_true(poll_answer(&p, 1, &id, &text));
	assert_string_equal(id, "n");
	assert_true(span_eq_str(text, "No"));
	assert_false(poll_answer(&p, 2, &id, &text));
	AUTO(event_done)
	struct mx_event vote =
		parse("{" HEAD "\"type\":\"org.matrix.msc3381.poll.response\",\"content\":{"
		      "\"org.matrix.msc3381.poll.response\":{\"answers\":[\"y\"]},"
		      "\"m.relates_to\":{\"rel_type\":\"m.reference\",\"event_id\":\"$s\"}}}");
	json_t *ids = event_poll_response(&vote, &id);
	assert_int_equal(json_array_size(ids), 1);
	assert_string_equal(id, "$s");
	AUTO(event_done)
	struct mx_event end =
		parse("{" HEAD "\"type\":\"m.poll.end\",\"content\":{"
		      "\"m.relates_to\":{\"rel_type\":\"m.reference\",\"event_id\":\"$s\"}}}");
	assert_string_equal(event_poll_end(&end), "$s");
	assert_null(event_poll_end(&vote));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	cmocka_unit_test(test_strict),
		cmocka_unit_test(test_forms),	cmocka_unit_test(test_salvage),
		cmocka_unit_test(test_message), cmocka_unit_test(test_edit),
		cmocka_unit_test(test_file),	cmocka_unit_test(test_others),
		cmocka_unit_test(test_poll),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
