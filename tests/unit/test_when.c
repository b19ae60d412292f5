#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/when.h"

#include <time.h>

/* 2026-03-27 15:04:05.678 UTC, a Friday; Berlin's clocks change on the 29th. */
#define NOW 1774623845678LL

static void in_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void reads(const char *text, const char *want)
{
	int64_t ms = -1;
	char got[WHEN_ISO_SIZE];
	struct err e = {0};
	if (when_parse(span_of(text), NOW, &ms, &e))
		fail_msg("%s: %s", text, e.msg);
	when_iso(ms, got);
	assert_string_equal(got, want);
}

static void refuses(const char *text)
{
	int64_t ms = -1;
	struct err e = {0};
	if (when_parse(span_of(text), NOW, &ms, &e) != ERR_USAGE)
		fail_msg("%s was taken for %lld", text, (long long)ms);
	assert_int_equal(ms, -1);
	assert_true(e.msg[0] && e.hint[0]);
}

static void test_forms(void **state)
{
	(void)state;
	in_zone("Europe/Berlin");
	reads("2026-03-01T09:00:00Z", "2026-03-01T10:00:00.000+01:00");
	reads("2026-03-01t09:00:00.1239z", "2026-03-01T10:00:00.123+01:00");
	reads("2026-03-01 09:00:00-05:30", "2026-03-01T15:30:00.000+01:00");
	reads("2026-12-31T23:59:60Z", "2027-01-01T01:00:00.000+01:00");
	reads("2026-03-01T09:00", "2026-03-01T09:00:00.000+01:00");
	reads("2026-07-01 09:00:30", "2026-07-01T09:00:30.000+02:00");
	reads("2026-07-01", "2026-07-01T00:00:00.000+02:00");
	reads("2028-02-29", "2028-02-29T00:00:00.000+01:00");
	reads("9:05", "2026-03-27T09:05:00.000+01:00");
	reads("23:59:59", "2026-03-27T23:59:59.000+01:00");
	reads("today", "2026-03-27T00:00:00.000+01:00");
	reads(" Today 14:00 ", "2026-03-27T14:00:00.000+01:00");
	reads("tomorrow", "2026-03-28T00:00:00.000+01:00");
	reads("tomorrow 9:00", "2026-03-28T09:00:00.000+01:00");
	reads("yesterday 9:00", "2026-03-26T09:00:00.000+01:00");
	reads("now", "2026-03-27T16:04:05.678+01:00");
	reads("now-2h", "2026-03-27T14:04:05.678+01:00");
	reads("now+1h30m", "2026-03-27T17:34:05.678+01:00");
}

static void test_bad(void **state)
{
	(void)state;
	static const char *const bad[] = {"",
					  "x",
					  "10",
					  "24:00",
					  "9:60",
					  "9:5",
					  "12:00:61",
					  "2026-02-29",
					  "2026-13-01",
					  "2026-00-10",
					  "2026-1-1",
					  "1969-12-31",
					  "2026-03-01x",
					  "2026-03-01T",
					  "2026-03-01T9",
					  "2026-03-01T09:00:00+1",
					  "todayx",
					  "tomorrow 25:00",
					  "now-2",
					  "now-",
					  "now 2h",
					  "2026-03-01 09:00 Z",
					  "2026-03-01T09:00:00.",
					  "2026-03-01T09:00:00Zx",
					  "9:00 pm",
					  "-1:00",
					  "2026-03-01T09:00:00+24:00",
					  "99999999999999999999:00"};
	in_zone("Europe/Berlin");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refuses(bad[i]);
}

/* Skipped times take the offset before the change, doubled ones their first coming. */
static void test_clock_change(void **state)
{
	(void)state;
	in_zone("Europe/Berlin");
	reads("2026-03-29 01:59", "2026-03-29T01:59:00.000+01:00");
	reads("2026-03-29 02:30", "2026-03-29T03:30:00.000+02:00");
	reads("2026-03-29 03:00", "2026-03-29T03:00:00.000+02:00");
	reads("2026-10-25 02:30", "2026-10-25T02:30:00.000+02:00");
	reads("2026-10-25 03:00", "2026-10-25T03:00:00.000+01:00");
	in_zone("America/New_York");
	reads("2026-03-08 02:30", "2026-03-08T03:30:00.000-04:00");
	reads("2026-11-01 01:30", "2026-11-01T01:30:00.000-04:00");
	in_zone("Australia/Lord_Howe"); /* moves by half an hour */
	reads("2026-10-04 02:15", "2026-10-04T02:45:00.000+11:00");
	reads("2026-04-05 01:45", "2026-04-05T01:45:00.000+11:00");
	in_zone("Asia/Kathmandu");
	reads("2026-03-01 09:00", "2026-03-01T09:00:00.000+05:45");
	in_zone("UTC0");
	reads("2026-03-29 02:30", "2026-03-29T02:30:00.000+00:00");
}

/* "tomorrow" is the next date, also over a change and the end of a month. */
static void test_days(void **state)
{
	(void)state;
	int64_t now, ms;
	char got[WHEN_ISO_SIZE];
	in_zone("Europe/Berlin");
	assert_int_equal(when_parse(span_of("2026-03-28 23:30"), NOW, &now, NULL), 0);
	assert_int_equal(when_parse(span_of("tomorrow 9:00"), now, &ms, NULL), 0);
	when_iso(ms, got);
	assert_string_equal(got, "2026-03-29T09:00:00.000+02:00");
	assert_int_equal(when_parse(span_of("2026-12-31 10:00"), NOW, &now, NULL), 0);
	assert_int_equal(when_parse(span_of("tomorrow"), now, &ms, NULL), 0);
	when_iso(ms, got);
	assert_string_equal(got, "2027-01-01T00:00:00.000+01:00");
}

static void test_human(void **state)
{
	(void)state;
	static const struct {
		const char *at, *want;
	} rows[] = {{"9:00", "09:00"},
		    {"2026-03-23 08:15", "Mon 08:15"},
		    {"2026-03-29 20:00", "Sun 20:00"},
		    {"2026-03-22 20:00", "2026-03-22 20:00"},
		    {"2026-03-30 20:00", "2026-03-30 20:00"},
		    {"2027-03-27 16:00", "2027-03-27 16:00"}};
	in_zone("Europe/Berlin");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = 0;
		char got[WHEN_ISO_SIZE];
		assert_int_equal(when_parse(span_of(rows[i].at), NOW, &ms, NULL), 0);
		when_human(ms, NOW, got);
		assert_string_equal(got, rows[i].want);
	}
	char got[WHEN_ISO_SIZE];
	in_zone("UTC0");
	when_iso(-1, got);
	assert_string_equal(got, "1969-12-31T23:59:59.999+00:00");
	when_iso(INT64_MAX / 2, got); /* no such year; nothing is overrun */
	assert_string_equal(got, "9999-12-31T00:00:00.000+00:00");
	when_iso(INT64_MIN, got);
	assert_string_equal(got, "1000-01-01T00:00:00.000+00:00");
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
		const char *human;
	} good[] = {{"90s", 90000, "1m30s"}, {"5m", 300000, "5m"},    {"1h30m", 5400000, "1h30m"},
		    {"2d", 172800000, "2d"}, {"500ms", 500, "500ms"}, {"0s", 0, "0s"},
		    {"1w", 604800000, "7d"}, {"1s500ms", 1500, "1s"}, {"1H", 3600000, "1h"}};
	static const char *const bad[] = {"",
					  "5",
					  "s",
					  "5x",
					  "m5",
					  "30m1h",
					  "1h1h",
					  "1.5h",
					  "-5m",
					  "5 m",
					  "1h30",
					  "99999999999999999999s",
					  "9999999999999d"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		int64_t ms = -1;
		char text[WHEN_ISO_SIZE];
		assert_int_equal(duration_parse(span_of(good[i].text), &ms, NULL), 0);
		assert_int_equal(ms, good[i].ms);
		duration_human(ms, text);
		assert_string_equal(text, good[i].human);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t ms = -1;
		struct err e = {0};
		if (duration_parse(span_of(bad[i]), &ms, &e) != ERR_USAGE)
			fail_msg("%s was taken for %lld", bad[i], (long long)ms);
		assert_true(e.msg[0] != '\0');
	}
	struct err e;
	int64_t ms;
	duration_parse(span_of("5"), &ms, &e);
	assert_non_null(strstr(e.hint, "5m"));
	char text[WHEN_ISO_SIZE];
	duration_human(-90000, text);
	assert_string_equal(text, "-1m30s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	     cmocka_unit_test(test_bad),
		cmocka_unit_test(test_clock_change), cmocka_unit_test(test_days),
		cmocka_unit_test(test_human),	     cmocka_unit_test(test_durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
