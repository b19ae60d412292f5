/*
 * A lesson that real clients had on a real server (tests/cli/attendance.bats with RECORD=FILE), replayed: the same
 * bytes, whatever the order. UPDATE_GOLDEN=1 writes them anew; look at the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/register.h"
#include "core/base/fs.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "tests/golden/attendance/recorded-lesson.jsonl"
#define BYTES "tests/golden/attendance/recorded-lesson.register.json"
#define DAY_MS 86400000LL

struct recording {
	json_t *lesson;
	json_t *lines;
	struct roster *roster;
};

static int load(void **state)
{
	static struct recording r;
	AUTO(buf_done) struct buf text = BUF_INIT(1 << 24);
	struct span rest, line;
	assert_int_equal(fs_read(LOG, &text, NULL), 0);
	r = (struct recording){.lines = json_array(), .roster = roster_new()};
	rest = buf_span(&text);
	while (span_split(&rest, '\n', &line)) {
		json_t *o = NULL;
		if (!line.n)
			continue;
		assert_int_equal(json_parse_object(line, &o, NULL), 0);
		json_t *event = json_get_object(o, "event");
		const char *type = json_get_str(event, "type");
		if (type && strcmp(type, ROSTER_TYPE) == 0)
			roster_read_chunk(r.roster, json_get_str(event, "state_key"),
					  json_get_object(event, "content"));
		if (event)
			json_array_append_new(r.lines, o);
		else
			r.lesson = o;
	}
	*state = &r;
	return 0;
}

static int unload(void **state)
{
	struct recording *r = *state;
	json_decref(r->lesson);
	json_decref(r->lines);
	roster_free(r->roster);
	return 0;
}

static void give(struct register_input *in, const json_t *line)
{
	struct mx_event ev;
	assert_int_equal(event_parse(json_object_get(line, "event"), EVENT_ROOM, &ev, NULL), 0);
	register_input_event(in,
			     json_get_bool(line, "staff", false) ? REGISTER_STAFF : REGISTER_ROOM,
			     &ev);
	event_done(&ev);
}

/* `step`: which event comes next, and so in which order. */
static struct register_input *input(const struct recording *r, size_t step)
{
	const json_t *l = json_object_get(r->lesson, "lesson");
	struct lesson lesson = {.room_id = json_get_str(l, "room_id"),
				.start_ms = json_get_i64(l, "start_ts", 0),
				.end_ms = json_get_i64(l, "end_ts", 0)};
	struct register_input *in = register_input_new(&lesson, &attendance_defaults);
	size_t n = json_array_size(r->lines);
	register_input_observer(in, "@_muster:s.test");
	register_input_roster(in, r->roster);
	for (size_t k = 0; k < step; k++)
		for (size_t i = k; i < n; i += step)
			give(in, json_array_get(r->lines, step > 1 ? n - 1 - i : i));
	return in;
}

static void bytes_of(const struct recording *r, size_t step, struct buf *ret)
{
	struct register_input *in = input(r, step);
	int64_t end = json_get_i64(json_object_get(r->lesson, "lesson"), "end_ts", 0);
	struct attendance_register *reg = register_judge(in, end + DAY_MS);
	register_bytes(reg, ret);
	register_free(reg);
	register_input_free(in);
}

static void test_replay(void **state)
{
	AUTO(buf_done) struct buf want = BUF_INIT(1 << 24);
	AUTO(buf_done) struct buf got = BUF_INIT(1 << 24);
	bytes_of(*state, 1, &got);
	buf_put_char(&got, '\n');
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(fs_write_atomic(BYTES, buf_span(&got), 0644, NULL), 0);
	assert_int_equal(fs_read(BYTES, &want, NULL), 0);
	assert_string_equal(buf_str(&got), buf_str(&want));
	for (size_t step = 2; step < 8; step++) {
		AUTO(buf_done) struct buf other = BUF_INIT(1 << 24);
		bytes_of(*state, step, &other);
		buf_put_char(&other, '\n');
		assert_string_equal(buf_str(&other), buf_str(&want));
	}
}

/* The seal that one of the staff wrote then still holds. */
static void test_sealed(void **state)
{
	AUTO(seal_check_done) struct seal_check c = {0};
	struct register_input *in = input(*state, 1);
	int64_t end = json_get_i64(json_object_get(((struct recording *)*state)->lesson, "lesson"),
				   "end_ts", 0);
	struct attendance_register *r = register_judge(in, end + DAY_MS);
	register_check_seal(in, r, &c);
	assert_int_equal(c.verdict, SEAL_GOOD);
	assert_string_equal(c.by, "@admin:s.test");
	register_free(r);
	register_input_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_replay),
					   cmocka_unit_test(test_sealed)};
	return cmocka_run_group_tests(tests, load, unload);
}
