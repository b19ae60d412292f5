#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/meet/meeting.h"
#include "core/client/view/agenda.h"
#include "tests/lib/cached.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOM "!a:x"
#define HOUR 3600000LL
/* Monday, 2025-12-01 09:00 UTC */
#define NINE 1764579600000LL

static const char *const states[] = {"coming", "now", "over", "cancelled"};

/* A line for each date. */
static const char *shown(struct agenda *a)
{
	static struct buf b = {.cap = BUF_CAP_OWN};
	buf_clear(&b);
	for (size_t i = 0; i < agenda_count(a); i++) {
		const struct agenda_row *r = agenda_at(a, i);
		time_t day = (time_t)(r->day_ms / 1000), start = (time_t)(r->start_ms / 1000);
		struct tm d, t;
		localtime_r(&day, &d);
		localtime_r(&start, &t);
		buf_printf(&b, "%02d %02d:%02d %s %s (%s) %s", d.tm_mday, t.tm_hour, t.tm_min,
			   r->name, r->title.s, r->room.s, states[r->state]);
		if (r->call_people)
			buf_printf(&b, " call %d", r->call_people);
		buf_printf(&b, "%s%s%s\n", r->moved ? " moved" : "", r->taken ? " taken" : "",
			   r->may_change ? " may" : "");
	}
	return buf_str(&b);
}

static void meet(struct cached *k, const char *room, const char *sender, const char *uid,
		 const char *start, const char *end, const char *more)
{
	AUTO_FREE char *content = mem_printf(
		"{'version':1,'title':'T %s','created_ts':1,'changed_ts':1,'calendar':[{'uid':'%s',"
		"'dtstart':{'tzid':'UTC','value':'%s'},'dtend':{'tzid':'UTC','value':'%s'}%s]}",
		uid, uid, start, end, more);
	AUTO_FREE char *key = mem_printf("'state_key':'%s'", uid);
	AUTO_FREE char *id = mem_printf("$m%d", k->syncs);
	cached_event(k, room, id, sender, MEETING_TYPE, content, key);
}

static void begin(struct cached *k)
{
	setenv("TZ", "UTC", 1);
	tzset();
	cached_open(k);
	cached_room(k, ROOM, "@ann:x", "Alpha");
	cached_room(k, "!b:x", CACHED_OWN, "Beta");
}

static void test_days(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	meet(&k, ROOM, "@ann:x", "w", "20251124T090000", "20251124T094500",
	     ",'rrule':'FREQ=WEEKLY;COUNT=4'},{'uid':'w','recurrenceId':{'tzid':'UTC','value':"
	     "'20251208T090000'},'dtstart':{'tzid':'UTC','value':'20251209T100000'},'dtend':{"
	     "'tzid':'UTC','value':'20251209T104500'}},{'uid':'w','recurrenceId':{'tzid':'UTC',"
	     "'value':'20251215T090000'},'dtstart':{'tzid':'UTC','value':'20251215T090000'},"
	     "'dtend':{'tzid':'UTC','value':'20251215T094500'},'status':'cancelled'}");
	meet(&k, "!b:x", CACHED_OWN, "early", "20251201T070000", "20251201T073000", "}");
	meet(&k, "!b:x", CACHED_OWN, "late", "20260301T070000", "20260301T073000",
	     "}"); /* too far */
	meet(&k, "!b:x", CACHED_OWN, "gone", "20251130T230000", "20251130T233000",
	     "}"); /* before */
	meet(&k, "!b:x", CACHED_OWN, "camp", "20251130T230000", "20251203T120000",
	     "}"); /* goes on */
	struct agenda *a = agenda_new(k.s, CACHED_OWN, NINE + 60000);
	assert_string_equal(shown(a), "01 23:00 camp T camp (Beta) now may\n"
				      "01 07:00 early T early (Beta) over may\n"
				      "01 09:00 w@20251201T090000 T w (Alpha) now\n"
				      "09 10:00 w@20251208T090000 T w (Alpha) coming moved\n"
				      "15 09:00 w@20251215T090000 T w (Alpha) cancelled\n");
	assert_false(agenda_update(a, NINE + 120000));
	/* Time passes, then a day. */
	assert_true(agenda_update(a, NINE + HOUR));
	assert_non_null(strstr(shown(a), "w@20251201T090000 T w (Alpha) over\n"));
	assert_true(agenda_update(a, NINE + 24 * HOUR));
	assert_null(strstr(shown(a), "early"));
	assert_non_null(strstr(shown(a), "02 23:00 camp"));
	agenda_free(a);
	cached_close(&k);
}

static void test_news(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	struct agenda *a = agenda_new(k.s, CACHED_OWN, NINE);
	assert_int_equal(agenda_count(a), 0);
	assert_null(agenda_at(a, 0));
	meet(&k, ROOM, "@ann:x", "one", "20251201T090000", "20251201T094500",
	     ",'rrule':'FREQ=DAILY;COUNT=2'}");
	assert_true(agenda_update(a, NINE));
	assert_string_equal(shown(a), "01 09:00 one@20251201T090000 T one (Alpha) now\n"
				      "02 09:00 one@20251202T090000 T one (Alpha) coming\n");
	/* Attendance of another date is none of this one. */
	cached_event(&k, ROOM, "$t1", "@ann:x", "org.muster.attendance.taking",
		     "{'version':1,'uid':'one','recurrence_id':'20251202T090000','until_ts':"
		     "1764582300000}",
		     "'state_key':''");
	agenda_update(a, NINE);
	assert_non_null(strstr(shown(a), "01 09:00 one@20251201T090000 T one (Alpha) now\n"));
	cached_event(&k, ROOM, "$t2", "@ann:x", "org.muster.attendance.taking",
		     "{'version':1,'uid':'one','recurrence_id':'20251201T090000','until_ts':"
		     "1764582300000}",
		     "'state_key':''");
	agenda_update(a, NINE);
	assert_string_equal(shown(a), "01 09:00 one@20251201T090000 T one (Alpha) now taken\n"
				      "02 09:00 one@20251202T090000 T one (Alpha) coming\n");
	/* One without a series is one lesson, whatever date it had when attendance was taken. */
	meet(&k, ROOM, "@ann:x", "one", "20251201T090000", "20251201T094500", "}");
	cached_event(&k, ROOM, "$t3", "@ann:x", "org.muster.attendance.taking",
		     "{'version':1,'uid':'one','recurrence_id':'20251202T090000','until_ts':"
		     "1764582300000}",
		     "'state_key':''");
	agenda_update(a, NINE);
	assert_string_equal(shown(a), "01 09:00 one T one (Alpha) now taken\n");
	/* What is not a meeting is passed over; what is taken back goes. */
	cached_event(&k, ROOM, "$bad", "@ann:x", MEETING_TYPE, "{'version':1,'calendar':'x'}",
		     "'state_key':'bad'");
	agenda_update(a, NINE);
	assert_int_equal(agenda_count(a), 1);
	cached_event(&k, ROOM, "$gone", "@ann:x", MEETING_TYPE, "{}", "'state_key':'one'");
	assert_true(agenda_update(a, NINE));
	assert_int_equal(agenda_count(a), 0);
	agenda_free(a);
	agenda_free(NULL);
	cached_close(&k);
}

static void test_here(void **state)
{
	struct cached k;
	struct agenda_here h;
	(void)state;
	begin(&k);
	agenda_here_read(k.s, "!unknown:x", NINE, &h);
	assert_true(!h.now.s && !h.next.s && !h.taken_until_ms && h.again_ms == INT64_MAX);
	agenda_here_done(&h);
	meet(&k, ROOM, "@ann:x", "one", "20251201T090000", "20251201T094500", "}");
	meet(&k, ROOM, "@ann:x", "two", "20251201T100000", "20251201T104500", "}");
	meet(&k, ROOM, "@ann:x", "far", "20251220T100000", "20251220T104500", "}");
	agenda_here_read(k.s, ROOM, NINE - 60000, &h);
	assert_null(h.now.s);
	assert_string_equal(h.next.s, "T one");
	assert_int_equal(h.next_start_ms, NINE);
	assert_int_equal(h.again_ms, NINE);
	agenda_here_done(&h);
	cached_event(&k, ROOM, "$t", "@ann:x", "org.muster.attendance.taking",
		     "{'version':1,'uid':'one','recurrence_id':'20251201T090000','until_ts':"
		     "1764581400000}",
		     "'state_key':''");
	agenda_here_read(k.s, ROOM, NINE, &h);
	assert_string_equal(h.now.s, "T one");
	assert_int_equal(h.now_until_ms, NINE + HOUR * 3 / 4);
	assert_string_equal(h.next.s, "T two");
	assert_int_equal(h.taken_until_ms, NINE + HOUR / 2);
	assert_int_equal(h.again_ms, NINE + HOUR / 2); /* the first thing that changes */
	agenda_here_done(&h);
	agenda_here_read(k.s, ROOM, NINE + HOUR * 3 / 4, &h);
	assert_null(h.now.s);
	assert_int_equal(h.taken_until_ms, 0);
	assert_int_equal(h.again_ms, NINE + HOUR);
	agenda_here_done(&h);
	agenda_here_read(k.s, ROOM, NINE + 2 * HOUR, &h); /* in nineteen days: not told */
	assert_true(!h.now.s && !h.next.s && h.again_ms == INT64_MAX);
	agenda_here_done(&h);
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
