#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/calendar/event.h"
#include "core/calendar/instances.h"
#include "core/calendar/tz.h"

#define MS 1000LL

static struct cal_time at(const char *stamp, const char *zone)
{
	struct cal_time t;
	assert_int_equal(cal_stamp_parse(span_of(stamp), zone, &t, NULL), 0);
	return t;
}

static int64_t ms_of(const char *stamp, const char *zone)
{
	struct cal_time t = at(stamp, zone);
	int64_t ms;
	assert_int_equal(cal_time_ms(&t, &ms, NULL), 0);
	return ms;
}

/* -- Zones --------------------------------------------------------------- */

static void test_zone_names(void **state)
{
	(void)state;
	static const struct {
		const char *written, *name;
	} good[] = {{"Europe/Berlin", "Europe/Berlin"},
		    {"europe/berlin", "Europe/Berlin"},
		    {"AMERICA/NEW_YORK", "America/New_York"},
		    {"utc", "UTC"},
		    {"Etc/UTC", "UTC"},
		    {"Z", "UTC"},
		    {"America/Argentina/Salta", "America/Argentina/Salta"}};
	char name[CAL_ZONE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(cal_zone_check(good[i].written, name, NULL), 0);
		assert_string_equal(name, good[i].name);
	}
}

static void test_zone_suggestions(void **state)
{
	(void)state;
	static const struct {
		const char *written, *hint;
	} bad[] = {{"Europe/Berln", "Europe/Berlin"},
		   {"Berlin", "Europe/Berlin"},
		   {"Lord Howe", "Australia/Lord_Howe"},
		   {"America/New York", "America/New_York"},
		   {"../../etc/passwd", "Europe/Berlin or UTC"},
		   {"/etc/localtime", "Europe/Berlin or UTC"},
		   {"posix/Europe/Berlin", NULL},
		   {"right/Europe/Berlin", NULL},
		   {"", NULL},
		   {"Xyzzyxyzzyxyzzy", "Europe/Berlin or UTC"}};
	char name[CAL_ZONE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {.code = 0};
		assert_int_equal(cal_zone_check(bad[i].written, name, &err), ERR_USAGE);
		if (bad[i].hint)
			assert_non_null(strstr(err.hint, bad[i].hint));
	}
}

static void test_local_zone(void **state)
{
	(void)state;
	char name[CAL_ZONE_MAX];
	setenv("TZ", "Asia/Tokyo", 1);
	cal_zone_local(name);
	assert_string_equal(name, "Asia/Tokyo");
	assert_int_equal(ms_of("20260301T090000", ""), ms_of("20260301T000000", "UTC"));
	setenv("TZ", ":Europe/Berlin", 1);
	cal_zone_local(name);
	assert_string_equal(name, "Europe/Berlin");
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* a rule has no name */
	cal_zone_local(name);
	assert_string_equal(name, "UTC");
	unsetenv("TZ");
}

/* Gaps are read with the offset before them, what comes twice is the first (RFC 5545, 3.3.5). */
static void test_clock_changes(void **state)
{
	(void)state;
	static const struct {
		const char *wall, *zone, *utc;
	} rows[] = {
		{"20260329T013000", "Europe/Berlin", "20260329T003000"},
		{"20260329T023000", "Europe/Berlin", "20260329T013000"}, /* is shown as 03:30 */
		{"20260329T030000", "Europe/Berlin", "20260329T010000"},
		{"20261025T023000", "Europe/Berlin", "20261025T003000"},
		{"20261025T030000", "Europe/Berlin", "20261025T020000"},
		{"20260308T023000", "America/New_York", "20260308T073000"},
		{"20261101T013000", "America/New_York", "20261101T053000"},
		{"20260405T014500", "Australia/Lord_Howe", "20260404T144500"}, /* half an hour */
		{"20260701T120000", "Europe/Dublin", "20260701T110000"},
		{"20260301T090000", "Asia/Kathmandu", "20260301T031500"},
		{"20800701T120000", "Europe/Berlin", "20800701T100000"}, /* behind the list */
		{"20801224T120000", "Europe/Berlin", "20801224T110000"},
		{"20801224T120000", "Australia/Sydney", "20801224T010000"},
		{"19500701T120000", "Europe/Berlin", "19500701T110000"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(ms_of(rows[i].wall, rows[i].zone), ms_of(rows[i].utc, "UTC"));
}

static void test_time_at(void **state)
{
	(void)state;
	struct cal_time t;
	char stamp[CAL_STAMP_SIZE];
	assert_int_equal(cal_time_at(ms_of("20260329T013000", "UTC"), "Europe/Berlin", &t, NULL),
			 0);
	cal_stamp(&t, stamp);
	assert_string_equal(stamp, "20260329T033000");
	assert_string_equal(t.zone, "Europe/Berlin");
	assert_int_equal(cal_time_at(-1, "UTC", &t, NULL), 0); /* rounded down */
	cal_stamp(&t, stamp);
	assert_string_equal(stamp, "19691231T235959");
	assert_int_equal(cal_time_at(0, "Nowhere/Here", &t, NULL), ERR_USAGE);
}

static void test_stamps(void **state)
{
	(void)state;
	static const char *const bad[] = {"20260229",	     "20260431T090000",
					  "2026030",	     "",
					  "20260301T9",	     "20260301T250000",
					  "20260301T096000", "20261301",
					  "00000101",	     "20260301T090000+01",
					  "2026-03-01",	     "99990101",
					  "20260301Z"};
	struct cal_time t;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(cal_stamp_parse(span_of(bad[i]), "UTC", &t, NULL), ERR_INVALID);
	t = at("20240229", "Europe/Berlin");
	assert_true(t.date_only);
	t = at("20240229T101112Z", "Europe/Berlin");
	assert_string_equal(t.zone, "UTC");
	t = at("20161231T235960Z", ""); /* a leap second */
	assert_int_equal(t.second, 59);
}

/* -- Rules --------------------------------------------------------------- */

struct list {
	struct buf b;
	const char *zone;
};

static int put(const struct cal_occurrence *o, void *arg)
{
	struct list *l = arg;
	struct cal_time t;
	char stamp[CAL_STAMP_SIZE];
	assert_int_equal(cal_time_at(o->start_ms, l->zone, &t, NULL), 0);
	cal_stamp(&t, stamp);
	buf_printf(&l->b, "%s%.8s%s%s%s", l->b.n ? " " : "", stamp,
		   !strcmp(stamp + 8, "T090000") ? "" : stamp + 8, o->moved ? "!" : "",
		   o->cancelled ? "x" : "");
	return 0;
}

static char uid[] = "uid@example", title[] = "Physics";

static struct cal_event event(const char *start, const char *rrule)
{
	return (struct cal_event){.uid = uid,
				  .title = title,
				  .start = at(start, "Europe/Berlin"),
				  .duration_ms = 2700 * MS,
				  .rrule = (char *)rrule};
}

static void check_dates(const struct cal_event *e, size_t max, const char *dates)
{
	struct list l = {BUF_INIT(65536), "Europe/Berlin"};
	struct err err = {.code = 0};
	assert_int_equal(cal_expand(e, INT64_MIN, INT64_MAX, max, put, &l, &err), 0);
	assert_string_equal(buf_str(&l.b), dates);
	buf_done(&l.b);
}

/* Where dateutil differs from the RFC, and what libical has wrong; the rest is in recurrence.py. */
static void test_rules(void **state)
{
	(void)state;
	static const struct {
		const char *start, *rule, *dates;
	} rows[] = {
		{"20260302T090000", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4",
		 "20260302 20260304 20260309 20260311"},
		/* Examples of RFC 5545, 3.8.5.3, with years of ours. */
		{"20260302T090000", "FREQ=MONTHLY;BYDAY=-2MO;COUNT=3",
		 "20260323 20260420 20260518"},
		{"20240105T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
		 "20240913 20241213 20250613"},
		{"20240101T090000", "FREQ=YEARLY;BYYEARDAY=-1,60;COUNT=4",
		 "20240229 20241231 20250301 20251231"},
		{"20240130T090000", "FREQ=MONTHLY;COUNT=4", "20240130 20240330 20240430 20240530"},
		{"20240229T090000", "FREQ=YEARLY;COUNT=2", "20240229 20280229"},
		{"20260901T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
		 "20260930 20261030 20261130"},
		/* Weeks begin on Sunday: what is every other week changes (the RFC's own example). */
		{"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
		 "19970805 19970810 19970819 19970824"},
		{"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
		 "19970805 19970817 19970819 19970831"},
		/* The whole week counts, though the start is in its middle. */
		{"20260304T090000", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2",
		 "20260304 20260311"},
		{"20260305T090000", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2",
		 "20260311 20260318"},
		/* BYWEEKNO alone: the weekday of the start. */
		{"20260106T090000", "FREQ=YEARLY;BYWEEKNO=20;COUNT=2", "20260512 20270518"},
		/* Week 53, and the last week, at both ends of a year. */
		{"20200101T090000", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU;COUNT=3",
		 "20201228 20210103 20261228"},
		{"20260101T090000", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR;COUNT=2",
		 "20270101 20271231"},
		/* Days with and without a number add up. */
		{"20260801T090000", "FREQ=YEARLY;BYMONTH=8;BYDAY=-1MO,SA;COUNT=6",
		 "20260801 20260808 20260815 20260822 20260829 20260831"},
		/* Hours in the order of the clock, whatever the order they are written in. */
		{"20260302T090000", "FREQ=DAILY;BYHOUR=15,9;COUNT=3",
		 "20260302 20260302T150000 20260303"},
		{"20260302T090000", "FREQ=YEARLY;BYMONTHDAY=2;COUNT=3",
		 "20260302 20260402 20260502"},
		{"20260302T090000", "FREQ=WEEKLY;UNTIL=20260316T080000Z",
		 "20260302 20260309 20260316"},
		{"20260302T090000", "FREQ=WEEKLY;UNTIL=20260316T075959Z", "20260302 20260309"},
		{"20260302T090000", "FREQ=WEEKLY;UNTIL=20260316", "20260302 20260309 20260316"},
		{"20260302T090000", "freq=weekly;count=1;", "20260302"},
		{"20260328T023000", "FREQ=DAILY;COUNT=3",
		 "20260328T023000 20260329T033000 20260330T023000"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cal_event e = event(rows[i].start, rows[i].rule);
		check_dates(&e, 0, rows[i].dates);
	}
}

static void test_bad_rules(void **state)
{
	(void)state;
	static const char *const rows[] =
		{"",
		 "FREQ=HOURLY",
		 "FREQ=SECONDLY;COUNT=3",
		 "WEEKLY",
		 "FREQ=WEEKLY;BYDAY=XX",
		 "FREQ=WEEKLY;BYDAY=1MO",
		 "FREQ=WEEKLY;BYDAY=",
		 "FREQ=DAILY;COUNT=0",
		 "FREQ=DAILY;COUNT=-1",
		 "FREQ=DAILY;COUNT=2;UNTIL=20260101",
		 "FREQ=DAILY;INTERVAL=0",
		 "FREQ=DAILY;INTERVAL=99999999999999999999",
		 "FREQ=DAILY;FREQ=DAILY",
		 "FREQ=MONTHLY;BYMONTHDAY=0",
		 "FREQ=MONTHLY;BYMONTHDAY=32",
		 "FREQ=MONTHLY;BYMONTHDAY=-32",
		 "FREQ=WEEKLY;BYMONTHDAY=1",
		 "FREQ=DAILY;BYYEARDAY=1",
		 "FREQ=MONTHLY;BYWEEKNO=1",
		 "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO",
		 "FREQ=YEARLY;BYMONTH=13",
		 "FREQ=DAILY;BYSETPOS=1",
		 "FREQ=DAILY;BYHOUR=24",
		 "FREQ=DAILY;BYHOUR=+1",
		 "FREQ=DAILY;UNTIL=tomorrow",
		 "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		 "FREQ=DAILY;X-OWN=1",
		 "FREQ=DAILY;COUNT=",
		 "FREQ=DAILY;BYMINUTE=0,5,10,15,20,25,30;BYSECOND=0,10,20,30",
		 "FREQ=DAILY;UNTIL=20250101",
		 "FREQ=YEARLY;BYDAY=54MO"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {.code = 0};
		struct cal_event e = event("20260302T090000", rows[i]);
		assert_int_equal(cal_event_check(&e, &err), ERR_USAGE);
		assert_true(err.msg[0] != '\0');
	}
}

/* -- Changes of single dates --------------------------------------------- */

static void test_changes(void **state)
{
	(void)state;
	long live = mem_live();
	struct cal_event e = event("20260302T090000", "FREQ=WEEKLY;COUNT=5");
	struct cal_time out[] = {at("20260316T080000Z", ""), at("20260323", "Europe/Berlin")};
	struct cal_time more[] = {at("20260306T120000", "Europe/Berlin"),
				  at("20260309T090000", "Europe/Berlin")};
	struct cal_override o[] = {
		{.recurrence_id = at("20260309T090000", "Europe/Berlin"),
		 .start = at("20260312T110000", "Europe/Berlin"),
		 .duration_ms = 2700 * MS},
		{.recurrence_id = at("20260330T090000", "Europe/Berlin"),
		 .start = at("20260330T090000", "Europe/Berlin"),
		 .duration_ms = 2700 * MS,
		 .cancelled = true},
	};
	e.exdates = out;
	e.n_exdates = 2;
	check_dates(&e, 0, "20260302 20260309 20260330");
	e.rdates = more;
	e.n_rdates = 2;
	e.overrides = o;
	e.n_overrides = 2;
	assert_int_equal(cal_event_check(&e, NULL), 0);
	check_dates(&e, 0, "20260302 20260306T120000 20260312T110000! 20260330x");
	check_dates(&e, 2, "20260302 20260306T120000");
	/* Moved out of the week that is asked for, and into it. */
	struct list l = {BUF_INIT(4096), "Europe/Berlin"};
	assert_int_equal(cal_expand(&e, ms_of("20260309T000000", "Europe/Berlin"),
				    ms_of("20260312T000000", "Europe/Berlin"), 0, put, &l, NULL),
			 0);
	assert_string_equal(buf_str(&l.b), "");
	assert_int_equal(cal_expand(&e, ms_of("20260312T113000", "Europe/Berlin"),
				    ms_of("20260312T114000", "Europe/Berlin"), 0, put, &l, NULL),
			 0);
	assert_string_equal(buf_str(&l.b), "20260312T110000!");
	buf_done(&l.b);
	int64_t last;
	assert_int_equal(cal_last_end(&e, &last, NULL), 0);
	assert_int_equal(last, ms_of("20260330T094500", "Europe/Berlin"));
	assert_int_equal(mem_live(), live);
}

/* A series from 1900 on, every hour: what is asked of it now costs a few steps, and comes to the same. */
static void test_long_ago(void **state)
{
	(void)state;
	static const char *const rules[] =
		{"FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23",
		 "FREQ=DAILY;INTERVAL=13;UNTIL=20260301T080000Z",
		 "FREQ=WEEKLY;BYDAY=MO,SU;WKST=SU",
		 "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,TH;BYSETPOS=-1;UNTIL=20300101",
		 "FREQ=MONTHLY;BYDAY=-1FR",
		 "FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=31",
		 "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO",
		 "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
		 "FREQ=YEARLY;BYYEARDAY=-1,1"};
	struct cal_time more[] = {at("19010306T120000", "Europe/Berlin"),
				  at("20260309T090000", "Europe/Berlin")};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct cal_event e = event("19000101T090000", rules[i]);
		struct instances all, part;
		int64_t wall, ms, other_wall, other, from = ms_of("20260226T043000", "UTC");
		e.rdates = more;
		e.n_rdates = 2;
		assert_int_equal(instances_open(&all, &e, NULL), 0);
		assert_int_equal(instances_open(&part, &e, NULL), 0);
		instances_skip(&part, from);
		bool a, b;
		do
			a = instances_next(&all, &wall, &ms);
		while (a && ms < from);
		do
			b = instances_next(&part, &other_wall, &other);
		while (b && other < from);
		assert_true(part.walk.yielded <= 100);
		for (int n = 0; n < 50 && (a || b); n++) {
			assert_int_equal(a, b);
			assert_int_equal(ms, other);
			a = instances_next(&all, &wall, &ms);
			b = instances_next(&part, &other_wall, &other);
		}
		instances_done(&all);
		instances_done(&part);
	}
	struct cal_event e = event("19000101T090000", "FREQ=DAILY;INTERVAL=5000;UNTIL=20260301");
	int64_t last;
	struct instances it;
	assert_int_equal(cal_last_end(&e, &last, NULL), 0);
	assert_int_equal(instances_open(&it, &e, NULL), 0);
	int64_t wall, ms = 0;
	while (instances_next(&it, &wall, &ms)) {
	}
	instances_done(&it);
	assert_int_equal(last, ms + e.duration_ms);
}

static void test_whole_days(void **state)
{
	(void)state;
	struct cal_event e = event("20260328", "FREQ=DAILY;COUNT=2");
	e.duration_ms = 86400 * MS;
	int64_t last;
	check_dates(&e, 0, "20260328T000000 20260329T000000");
	assert_int_equal(cal_last_end(&e, &last, NULL), 0); /* a day of 23 hours */
	assert_int_equal(last, ms_of("20260330T000000", "Europe/Berlin"));
	e.duration_ms += 1;
	assert_int_equal(cal_event_check(&e, NULL), ERR_USAGE);
}

static void test_bad_events(void **state)
{
	(void)state;
	struct err err;
	struct cal_event e = event("20260302T090000", NULL);
	assert_int_equal(cal_event_check(&e, NULL), 0);
	e.duration_ms = 0;
	assert_int_equal(cal_event_check(&e, NULL), ERR_USAGE);
	e.duration_ms = CAL_DURATION_MAX_MS + 1;
	assert_int_equal(cal_event_check(&e, NULL), ERR_USAGE);
	e = event("20260302T090000", NULL);
	e.start.day = 31;
	e.start.month = 2;
	assert_int_equal(cal_event_check(&e, &err), ERR_USAGE);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "2026-02-31"));
	e = event("20260302T090000", NULL);
	snprintf(e.start.zone, sizeof(e.start.zone), "Europe/Atlantis");
	assert_int_equal(cal_event_check(&e, NULL), ERR_USAGE);
	e = event("20260302T090000", NULL);
	char bad[] = "two\nlines";
	e.title = bad;
	assert_int_equal(cal_event_check(&e, NULL), ERR_USAGE);
}

static void test_find(void **state)
{
	(void)state;
	struct cal_event e = event("20260302T090000", "FREQ=WEEKLY;COUNT=5");
	struct cal_override o = {.recurrence_id = at("20260309T090000", "Europe/Berlin"),
				 .start = at("20260312T110000", "Europe/Berlin"),
				 .duration_ms = 2700 * MS};
	e.overrides = &o;
	e.n_overrides = 1;
	static const struct {
		const char *when, *start;
	} good[] = {{"2026-03-02", "20260302T090000"},
		    {"20260316T090000", "20260316T090000"},
		    {"2026-03-16T09:00", "20260316T090000"},
		    {"2026-03-09", "20260312T110000"},
		    {"2026-03-12", "20260312T110000"},
		    {"2026-03-12 11:00", "20260312T110000"}};
	struct cal_occurrence found;
	struct err err = {.code = 0};
	int64_t now = ms_of("20260310T000000", "UTC");
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(cal_find(&e, good[i].when, now, &found, &err), 0);
		assert_int_equal(found.start_ms, ms_of(good[i].start, "Europe/Berlin"));
	}
	assert_int_equal(cal_find(&e, "2026-03-03", now, &found, &err), ERR_NOT_FOUND);
	assert_int_equal(cal_find(&e, "next week", now, &found, &err), ERR_USAGE);
	assert_int_equal(cal_find(&e, "2026-02-30", now, &found, &err), ERR_USAGE);
	assert_int_equal(cal_find(&e, NULL, now, &found, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "2026-03-09, 2026-03-16, 2026-03-23, 2026-03-30"));
	e.rrule = NULL;
	e.n_overrides = 0;
	assert_int_equal(cal_find(&e, NULL, now, &found, &err), 0);
	assert_int_equal(found.start_ms, ms_of("20260302T090000", "Europe/Berlin"));
}

static void test_start_outside_rule(void **state)
{
	(void)state;
	int64_t first;
	struct cal_event e = event("20260301T090000", "FREQ=WEEKLY;BYDAY=MO"); /* a Sunday */
	assert_false(cal_starts_right(&e, &first));
	assert_int_equal(first, ms_of("20260302T090000", "Europe/Berlin"));
	e = event("20260302T090000", "FREQ=WEEKLY;BYDAY=MO");
	assert_true(cal_starts_right(&e, &first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zone_names), cmocka_unit_test(test_zone_suggestions),
		cmocka_unit_test(test_local_zone), cmocka_unit_test(test_clock_changes),
		cmocka_unit_test(test_time_at),	   cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_rules),	   cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_changes),	   cmocka_unit_test(test_long_ago),
		cmocka_unit_test(test_whole_days), cmocka_unit_test(test_bad_events),
		cmocka_unit_test(test_find),	   cmocka_unit_test(test_start_outside_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
