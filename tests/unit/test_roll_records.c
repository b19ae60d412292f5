/* What staff noted of a roll, as roll verbs read it from the cache (core/client/roll/roll_records.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/roll/roll_priv.h"
#include "core/store/rooms.h"
#include "tests/lib/cached.h"

#define ROOM "!class:x"
#define STAFF "!staff:x"
#define TEACHER "@t:x"
#define PUPIL "@p:x"
#define DAY (24 * 3600000LL)

static struct cached k;
static struct roll_view v;
static int sent;

static void note_power(const struct mx_event *ev, void *arg)
{
	power_history_event(arg, ev);
}

static int begin(void **state)
{
	(void)state;
	sent = 0;
	v = (struct roll_view){0};
	cached_open(&k);
	cached_room(&k, ROOM, TEACHER, "Class");
	cached_room(&k, STAFF, TEACHER, "Class (staff)");
	return 0;
}

static int finish(void **state)
{
	(void)state;
	roll_view_done(&v);
	cached_close(&k);
	return 0;
}

static void mark(const char *room, const char *sender, const char *after)
{
	AUTO_FREE char *id = mem_printf("$m%d", ++sent);
	AUTO_FREE char *content = mem_printf("{'room_id':'" ROOM "','uid':'physics',"
					     "'recurrence_id':'20260302T090000','user_id':'" PUPIL
					     "','before':'absent','after':'%s','reason':'ill'}",
					     after);
	cached_event(&k, room, id, sender, MARK_TYPE, content, "");
}

/* A roll of that lesson, opened now; `staff`: we read the staff room. */
static void open_roll(bool staff)
{
	v.s = k.s;
	v.room = (struct store_room){.id = cached_row(&k, ROOM), .room_id = mem_strdup(ROOM)};
	v.power.of[REGISTER_ROOM] = power_history_new();
	v.power.of[REGISTER_STAFF] = power_history_new();
	att_power_walk(k.s, v.room.id, note_power, v.power.of[REGISTER_ROOM]);
	v.records = staff ? cached_row(&k, STAFF) : v.room.id;
	if (staff)
		att_power_walk(k.s, v.records, note_power, v.power.of[REGISTER_STAFF]);
	v.v = mem_alloc(sizeof(*v.v));
	v.n = 1;
	v.v[0] = (struct roll_case){
		.roll = {.id = mem_strdup("$r"),
			 .opener = mem_strdup(TEACHER),
			 .room_id = mem_strdup(ROOM),
			 .uid = mem_strdup("physics"),
			 .recurrence_id = mem_strdup("20260302T090000"),
			 .opened_ms = k.now,
			 .window_ms = 600000,
			 .late_ms = 600000},
		.marks = json_object(),
		.reminders = json_object(),
	};
	v.v[0].tally = roll_tally_new(&v.v[0].roll);
	roll_records_read(&v);
}

static void assert_standing(const char *status)
{
	struct roll_standing st;
	roll_standing(&v, &v.v[0], PUPIL, &st);
	assert_string_equal(st.status, status);
}

/* An excuse of days before is one when the roll is called. */
static void test_excused_before(void **state)
{
	(void)state;
	mark(STAFF, TEACHER, "excused");
	k.now += 3 * DAY;
	open_roll(true);
	assert_standing("excused");
}

static void test_excused_before_in_the_room(void **state)
{
	(void)state;
	mark(ROOM, TEACHER, "excused");
	k.now += 3 * DAY;
	open_roll(false);
	assert_standing("excused");
}

/* The last one counts, whichever room it stands in; of pupils none. */
static void test_last_of_staff(void **state)
{
	(void)state;
	mark(STAFF, TEACHER, "late");
	mark(ROOM, TEACHER, "not_tracked");
	mark(ROOM, PUPIL, "present");
	open_roll(true);
	assert_standing("not_tracked");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_excused_before),
		TEST(test_excused_before_in_the_room),
		TEST(test_last_of_staff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
