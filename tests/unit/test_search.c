#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/store/rooms.h"
#include "core/store/search.h"

static struct err err;

static struct store *open_memory(void)
{
	struct store *s = NULL;
	if (store_open(":memory:", &s, &err))
		fail_msg("%s", err.msg);
	return s;
}

static int64_t make_room(struct store *s, const char *id)
{
	int64_t room = store_room_make(s, span_of(id), &err);
	assert_true(room > 0);
	assert_int_equal(store_room_membership(s, room, "join", &err), 0);
	return room;
}

static void add(struct store *s, int64_t room, int64_t n, const char *body)
{
	bool is_new = false;
	AUTO_FREE char *id = mem_printf("$%lld", (long long)n);
	JSON_AUTO json_t *ev = json_pack("{s:{s:s}}", "content", "body", body);
	AUTO_FREE char *json = json_text(ev);
	struct store_event e = {
		.room = room,
		.pos = n,
		.ts = n,
		.event_id = span_of(id),
		.type = SPAN_LIT("m.room.message"),
		.sender = SPAN_LIT("@x:test"),
		.body = span_of(body),
		.json = span_of(json),
	};
	assert_int_equal(store_event_add(s, &e, &is_new, &err), 0);
	assert_true(is_new);
}

static void step(struct store *s, int rows, bool want_more)
{
	bool more = !want_more;
	assert_int_equal(store_index_step(s, rows, &more, &err), 0);
	assert_int_equal(more, want_more);
}

static int put_id(const struct store_event *e, void *arg)
{
	buf_printf(arg, "%.*s;", SPAN_ARG(e->event_id));
	return 0;
}

static void finds(struct store *s, int64_t room, const char *needle, const char *want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(100000);
	store_events_search(s, room, needle, 100, put_id, &b);
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s: %s, not %s", needle, buf_str(&b), want);
}

static void fill(struct store *s, int64_t room)
{
	add(s, room, 1, "Die Hausaufgaben für Mathe");
	add(s, room, 2, "宿題を忘れました");
	add(s, room, 3, "明日は数学の宿題です");
	add(s, room, 4, "Café \"au lait\" AND more");
	add(s, room, 5, "ＦＵＬＬ width, half HALF");
	add(s, room, 6, "ok");
	add(s, room, 7, "mathematics, the homework");
}

static void check_all(struct store *s, int64_t room)
{
	finds(s, room, "mathe", "$7;$1;");
	finds(s, room, "HOMEWORK mathematics", "$7;");
	finds(s, room, "宿題", "$3;$2;"); /* two characters: no row of three */
	finds(s, room, "宿", "$3;$2;");
	finds(s, room, "数学の宿題", "$3;");
	finds(s, room, "数学 忘れ", "");
	finds(s, room, "fur", "$1;");
	finds(s, room, "cafe", "$4;");
	finds(s, room, "\"AU LAIT\" and", "$4;"); /* no words of a query language */
	finds(s, room, "au\" lait", "");
	finds(s, room, "full", "$5;");
	finds(s, room, "half width", "$5;");
	finds(s, room, "OK", "$6;");
	finds(s, room, "NOT ok*", "");
	finds(s, room, "   ", "");
	finds(s, room, "", "");
}

static void test_every_language(void **state)
{
	(void)state;
	long before = mem_live();
	struct store *s = open_memory();
	int64_t room = make_room(s, "!r:test");
	fill(s, room);
	assert_true(store_index_is_behind(s));
	check_all(s, room); /* nothing is indexed yet */
	step(s, 3, true);
	check_all(s, room); /* some is */
	step(s, 100, false);
	assert_false(store_index_is_behind(s));
	check_all(s, room); /* all is */
	check_all(s, 0);
	add(s, room, 8, "news about mathematics");
	finds(s, room, "mathematics", "$8;$7;");
	step(s, 100, false);
	finds(s, room, "mathematics", "$8;$7;");
	store_close(s);
	assert_int_equal(mem_live(), before);
}

static void test_rooms_apart(void **state)
{
	(void)state;
	struct store *s = open_memory();
	int64_t one = make_room(s, "!1:test"), two = make_room(s, "!2:test");
	add(s, one, 1, "lesson one");
	add(s, two, 2, "lesson two");
	step(s, 100, false);
	finds(s, one, "lesson", "$1;");
	finds(s, 0, "lesson", "$2;$1;");
	assert_int_equal(store_room_membership(s, two, "leave", &err), 0);
	finds(s, 0, "lesson", "$1;");
	finds(s, two, "lesson", "$2;");
	store_close(s);
}

static void test_redacted(void **state)
{
	(void)state;
	struct store *s = open_memory();
	int64_t room = make_room(s, "!r:test");
	add(s, room, 1, "a secret word");
	add(s, room, 2, "another secret");
	step(s, 1, true);
	assert_int_equal(store_event_redact(s, room, SPAN_LIT("$1"), SPAN_LIT("$r"), &err), 0);
	assert_int_equal(store_event_redact(s, room, SPAN_LIT("$2"), SPAN_LIT("$r"), &err), 0);
	finds(s, room, "secret", "");
	step(s, 100, false);
	finds(s, room, "secret", "");
	/* Nothing of it is left in the index. */
	assert_int_equal(sql_get_i64(SQL(store_sql(s), "SELECT count(*) FROM events_fts WHERE"
						       " events_fts MATCH '\"sec\"'"),
				     -1),
			 0);
	store_close(s);
}

static void test_many(void **state)
{
	(void)state;
	struct store *s = open_memory();
	int64_t room = make_room(s, "!r:test");
	AUTO(buf_done) struct buf b = BUF_INIT(100000);
	bool more = true;
	int steps = 0;
	for (int i = 1; i <= 2500; i++) {
		AUTO_FREE char *body = mem_printf("message number %d of many", i);
		add(s, room, i, body);
	}
	while (more && steps < 100) {
		assert_int_equal(store_index_step(s, 500, &more, &err), 0);
		steps++;
	}
	assert_int_equal(steps, 6);
	finds(s, room, "\"number 2345\"", "$2345;");
	store_events_search(s, room, "message", 3, put_id, &b);
	assert_string_equal(buf_str(&b), "$2500;$2499;$2498;");
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_language),
		cmocka_unit_test(test_rooms_apart),
		cmocka_unit_test(test_redacted),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
