#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/calendar/ics.h"

#define MS 1000LL

static struct cal_time at(const char *stamp, const char *zone)
{
	struct cal_time t;
	assert_int_equal(cal_stamp_parse(span_of(stamp), zone, &t, NULL), 0);
	return t;
}

/* What was told, one a line: "LINE sentence". */
static void note(void *arg, int line, const char *sentence)
{
	buf_printf(arg, "%d %s\n", line, sentence);
}

static struct cal_events read_text(const char *text, struct buf *told)
{
	struct cal_events e = {NULL, 0};
	struct err err = {.code = 0};
	if (ics_read(span_of(text), note, told, &e, &err))
		fail_msg("%s; %s", err.msg, buf_str(told));
	return e;
}

static struct cal_event series(void)
{
	struct cal_event e = {.uid = mem_strdup("physics-1@school.example"),
			      .title = mem_strdup("Physics; \"waves\", part 1\\2"),
			      .description = mem_strdup("First line\nsecond: \xc3\xbc\xe2\x82\xac"),
			      .location = mem_strdup("Room 12"),
			      .start = at("20260302T090000", "Europe/Berlin"),
			      .duration_ms = 5400 * MS,
			      .rrule = mem_strdup("FREQ=WEEKLY;UNTIL=20260601T235959;BYDAY=MO"),
			      .sequence = 3,
			      .created_ms = 1767225600000,
			      .changed_ms = 1767312000000};
	e.exdates = NEW(struct cal_time);
	e.exdates[0] = at("20260406T090000", "Europe/Berlin");
	e.n_exdates = 1;
	e.rdates = NEW(struct cal_time);
	e.rdates[0] = at("20260407T100000", "Europe/Berlin");
	e.n_rdates = 1;
	e.overrides = mem_alloc(2 * sizeof(*e.overrides));
	e.overrides[0] =
		(struct cal_override){.recurrence_id = at("20260309T090000", "Europe/Berlin"),
				      .start = at("20260310T110000", "Europe/Berlin"),
				      .duration_ms = 3600 * MS,
				      .location = mem_strdup("Gym")};
	e.overrides[1] =
		(struct cal_override){.recurrence_id = at("20260316T090000", "Europe/Berlin"),
				      .start = at("20260316T090000", "Europe/Berlin"),
				      .duration_ms = 5400 * MS,
				      .cancelled = true};
	e.n_overrides = 2;
	return e;
}

struct list {
	struct buf b;
};

static int put(const struct cal_occurrence *o, void *arg)
{
	struct list *l = arg;
	buf_printf(&l->b, "%lld+%lld%s%s ", (long long)o->start_ms / 1000,
		   (long long)(o->end_ms - o->start_ms) / 1000, o->moved ? "!" : "",
		   o->cancelled ? "x" : "");
	return 0;
}

static char *dates(const struct cal_event *e)
{
	struct list l = {BUF_INIT(65536)};
	assert_int_equal(cal_expand(e, INT64_MIN, INT64_MAX, 40, put, &l, NULL), 0);
	return buf_take(&l.b);
}

static void test_out_and_in(void **state)
{
	(void)state;
	long live = mem_live();
	struct cal_event e = series();
	struct buf a = BUF_INIT(BUF_CAP_OWN), b = BUF_INIT(BUF_CAP_OWN), told = BUF_INIT(4096);
	assert_int_equal(ics_write(&e, 1, ICS_REQUEST, &a, NULL), 0);
	assert_int_equal(ics_write(&e, 1, ICS_REQUEST, &b, NULL), 0);
	assert_string_equal(buf_str(&a), buf_str(&b));
	assert_non_null(strstr(buf_str(&a), "METHOD:REQUEST\r\n"));
	assert_non_null(strstr(buf_str(&a), "UNTIL=20260601T215959Z"));
	assert_non_null(strstr(buf_str(&a), "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"));
	assert_non_null(strstr(buf_str(&a), "DTSTART;TZID=Europe/Berlin:20260302T090000\r\n"));
	struct cal_events in = read_text(buf_str(&a), &told);
	assert_string_equal(buf_str(&told), "");
	assert_int_equal(in.n, 1);
	assert_string_equal(in.v[0].uid, e.uid);
	assert_string_equal(in.v[0].title, e.title);
	assert_string_equal(in.v[0].description, e.description);
	assert_int_equal(in.v[0].sequence, 3);
	assert_int_equal(in.v[0].changed_ms, e.changed_ms);
	assert_int_equal(in.v[0].n_overrides, 2);
	assert_null(in.v[0].overrides[0].title);
	assert_string_equal(in.v[0].overrides[0].location, "Gym");
	AUTO_FREE char *before = dates(&e), *after = dates(&in.v[0]);
	assert_string_equal(before, after);
	/* What was read is written as the same bytes. */
	buf_clear(&b);
	assert_int_equal(ics_write(in.v, in.n, ICS_REQUEST, &b, NULL), 0);
	assert_string_equal(buf_str(&a), buf_str(&b));
	cal_events_done(&in);
	cal_event_done(&e);
	buf_done(&a);
	buf_done(&b);
	buf_done(&told);
	mem_free(take(&before));
	mem_free(take(&after));
	assert_int_equal(mem_live(), live);
}

static void test_lines_are_folded(void **state)
{
	(void)state;
	struct cal_event e = series();
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	mem_free(e.description);
	e.description = mem_alloc(1001);
	for (int i = 0; i < 500; i++)
		memcpy(e.description + 2 * i, "\xc3\xbc", 2);
	assert_int_equal(ics_write(&e, 1, ICS_PUBLISH, &b, NULL), 0);
	struct span rest = buf_span(&b), line;
	while (span_split(&rest, '\n', &line))
		assert_true(line.n <= 76); /* with its CR */
	cal_event_done(&e);
	buf_done(&b);
}

/* The described zones are checked in Python, where each offset of ten years is compared. */
static void test_zones_described(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *start, *rule;
	} rows[] = {
		{"Europe/Berlin", "20260302T090000",
		 "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"},
		{"Asia/Jerusalem", "20260302T090000", "BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29"},
		{"Asia/Kolkata", "20260302T090000", "TZOFFSETTO:+0530"},
		{"America/New_York", "20060302T090000", "DTSTART:20070311T020000\r\nRRULE:"},
		{"Africa/Casablanca", "20260302T090000", "TZNAME:+00"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cal_event e = {.uid = mem_strdup("u"),
				      .start = at(rows[i].start, rows[i].zone),
				      .duration_ms = 1000};
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		assert_int_equal(ics_write(&e, 1, ICS_PUBLISH, &b, NULL), 0);
		if (!strstr(buf_str(&b), rows[i].rule))
			fail_msg("%s: %s", rows[i].zone, buf_str(&b));
		cal_event_done(&e);
		buf_done(&b);
	}
}

#define CALENDAR(body) \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body) "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n" body "END:VEVENT\r\n"

static const struct {
	const char *text;
	const char *zone; /* of the first event; NULL: none */
	const char *dates;
	const char *told;
} files[] = {
	/* Outlook: Windows' zone names, a description of its own, a folded line, a BOM, text of HTML. */
	{"\xef\xbb\xbf" CALENDAR(
		 "METHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n"
		 "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\n"
		 "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\n"
		 "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\n"
		 "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
		 "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n"
		 "END:VTIMEZONE\r\n" EVENT(
			 "SUMMARY;LANGUAGE=de-DE:Phys\r\n ik\r\n"
			 "DTSTART;TZID=W. Europe Standard Time:20260302T090000\r\n"
			 "DTEND;TZID=W. Europe Standard Time:20260302T100000\r\n"
			 "RRULE:FREQ=WEEKLY;COUNT=2;INTERVAL=1;BYDAY=MO;WKST=MO\r\n"
			 "CLASS:PUBLIC\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n"
			 "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\n")),
	 "Europe/Berlin", "1772438400+3600 1773043200+3600 ", ""},
	/* The same description by a name that nobody knows. */
	{CALENDAR("BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\n"
		  "DTSTART:16010101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n"
		  "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
		  "DTSTART:16010101T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n"
		  "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n" EVENT(
			  "DTSTART;TZID=Customized Time Zone:20260302T090000\nDURATION:PT1H\n")),
	 "America/New_York", "1772460000+3600 ", ""},
	/* Only an offset is left. */
	{CALENDAR("BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
		  "TZOFFSETFROM:+1300\nTZOFFSETTO:-1000\nEND:STANDARD\nEND:VTIMEZONE\n" EVENT(
			  "DTSTART;TZID=Own:20260302T090000\nDURATION:PT1H\n")),
	 "Pacific/Honolulu", "1772478000+3600 ", ""},
	/* Google: an override, a cancelled one, EXDATE in UTC. */
	{CALENDAR(EVENT("DTSTART;TZID=Europe/Berlin:20260302T090000\r\n"
			"DTEND;TZID=Europe/Berlin:20260302T100000\r\n"
			"RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO\r\nEXDATE:20260323T080000Z\r\n"
			"SUMMARY:A\r\n") EVENT("RECURRENCE-ID:20260309T080000Z\r\n"
					       "DTSTART:20260309T100000Z\r\n"
					       "DTEND:20260309T110000Z\r\nSUMMARY:B\r\n")
			  EVENT("RECURRENCE-ID;TZID=Europe/Berlin:20260316T090000\r\n"
				"DTSTART;TZID=Europe/Berlin:20260316T090000\r\n"
				"DTEND;TZID=Europe/Berlin:20260316T100000\r\n"
				"STATUS:CANCELLED\r\n")),
	 "Europe/Berlin", "1772438400+3600 1773050400+3600! 1773648000+3600x ", ""},
	/* Apple: whole days; the name in a longer name. */
	{CALENDAR(EVENT("DTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260304\r\n")), "",
	 "1772409600+172800 ", ""},
	{CALENDAR(EVENT("DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Europe/Berlin:"
			"20260302T090000\r\nDURATION:PT45M\r\n")),
	 "Europe/Berlin", "1772438400+2700 ", ""},
	/* Floating, RDATE with a period, a minute more after the fault. */
	{CALENDAR(EVENT("DTSTART:20260302T090000\r\nDURATION:PT45M\r\n"
			"RDATE;VALUE=PERIOD:20260303T090000/PT45M\r\n")),
	 "", "1772442000+2700 1772528400+2700 ", ""},
	/* One event is broken, the next one is not. */
	{CALENDAR(EVENT(
		 "DTSTART:20260231T090000Z\r\nSUMMARY:Bad\r\n") "BEGIN:VEVENT\r\nUID:b\r\nDTSTART:"
								"20260302T090000Z\r\n"
								"DURATION:PT1H\r\nEND:VEVENT\r\n"),
	 "UTC", "1772442000+3600 ", "4 \"Bad\" is passed over"},
	{CALENDAR(EVENT(
		 "DTSTART:20260302T090000Z\r\nSUMMARY:Bad\r\nRRULE:FREQ=SOMETIMES\r\n") "BEGIN:"
											"VEVENT\r\n"
											"UID:"
											"b\r\nDTSTA"
											"RT:"
											"20260302T0"
											"90000Z\r\n"
											"DURATION:"
											"PT1H\r\nEN"
											"D:"
											"VEVENT\r"
											"\n"),
	 "UTC", "1772442000+3600 ", "4 \"Bad\" is passed over"},
	{CALENDAR(EVENT(
		 "DTSTART;TZID=Nowhere:20260302T090000\r\nSUMMARY:Bad\r\n") "BEGIN:VEVENT\r\nUID:"
									    "b\r\nDTSTART:"
									    "20260302T090000Z\r\n"
									    "DURATION:PT1H\r\nEND:"
									    "VEVENT\r\n"),
	 "UTC", "1772442000+3600 ", "the zone \"Nowhere\" is not known"},
	/* A description that libical would walk for hours. */
	{CALENDAR("BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
		  "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n"
		  "END:VTIMEZONE\n" EVENT(
			  "DTSTART;TZID=Own:20260302T090000\nSUMMARY:Bad\n") "BEGIN:VEVENT\r\nUID:"
									     "b\r\nDTSTART:"
									     "20260302T090000Z\r\n"
									     "DURATION:PT1H\r\nEND:"
									     "VEVENT\r\n"),
	 "UTC", "1772442000+3600 ", "the zone \"Own\" is not known"},
	/* A date of a series that is not there. */
	{CALENDAR(EVENT("RECURRENCE-ID:20260309T080000Z\r\nDTSTART:20260309T100000Z\r\n"
			"DTEND:20260309T110000Z\r\nSUMMARY:B\r\n")),
	 "UTC", "1773050400+3600 ", "one date of a series"},
	/* Two calendars in one file. */
	{CALENDAR(EVENT("DTSTART:20260302T090000Z\r\nDURATION:PT1H\r\n"))
		 CALENDAR("BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20260302T090000Z\r\n"
			  "DURATION:PT1H\r\nEND:VEVENT\r\n"),
	 "UTC", "1772442000+3600 ", ""},
};

static void test_files_of_others(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		long live = mem_live();
		struct buf told = BUF_INIT(4096);
		struct cal_events in = read_text(files[i].text, &told);
		assert_string_equal(in.v[0].start.zone, files[i].zone);
		char *d = dates(&in.v[0]);
		assert_string_equal(d, files[i].dates);
		if (files[i].told[0] ? !strstr(buf_str(&told), files[i].told) : told.n > 0)
			fail_msg("file %zu: %s", i, buf_str(&told));
		mem_free(d);
		cal_events_done(&in);
		buf_done(&told);
		assert_int_equal(mem_live(), live);
	}
}

static void test_no_calendar(void **state)
{
	(void)state;
	static const char *const rows[] = {"",
					   "hello",
					   "BEGIN:VCARD\nEND:VCARD\n",
					   "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
					   "BEGIN:VCALENDAR",
					   CALENDAR(EVENT("SUMMARY:x\r\n"))};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cal_events in = {NULL, 0};
		struct err err = {.code = 0};
		assert_int_equal(ics_read(span_of(rows[i]), NULL, NULL, &in, &err), ERR_INVALID);
		assert_true(err.msg[0] != '\0');
		assert_int_equal(in.n, 0);
	}
}

/* A date that stands there twice is one date: the one that was changed last. */
static void test_date_twice(void **state)
{
	(void)state;
	long live = mem_live();
	struct buf told = BUF_INIT(4096);
#define DATE(sequence, title)                                                                 \
	"BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260309T090000Z\r\nSEQUENCE:" sequence       \
	"\r\nDTSTART:20260310T090000Z\r\nDURATION:PT1H\r\nLAST-MODIFIED:20260201T000000Z\r\n" \
	"SUMMARY:" title "\r\nEND:VEVENT\r\n"
#define SERIES                                                                                  \
	"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T090000Z\r\nDURATION:PT1H" \
	"\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Series\r\nLAST-MODIFIED:20260101T000000Z"     \
	"\r\nEND:VEVENT\r\n"
	static const struct {
		const char *text, *title;
		int sequence;
	} twice[] = {
		{SERIES DATE("1", "One") DATE("2", "Two") "END:VCALENDAR\r\n", "Two", 2},
		{SERIES DATE("2", "Two") DATE("1", "One") "END:VCALENDAR\r\n", "Two", 2},
		{SERIES DATE("0", "One") DATE("0", "Two") "END:VCALENDAR\r\n", "Two", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(twice); i++) {
		buf_clear(&told);
		struct cal_events in = read_text(twice[i].text, &told);
		assert_non_null(strstr(buf_str(&told), "twice"));
		assert_int_equal(in.n, 1);
		assert_int_equal(in.v[0].n_overrides, 1);
		assert_string_equal(in.v[0].overrides[0].title, twice[i].title);
		/* That a date was changed is news of the series. */
		assert_int_equal(in.v[0].sequence, twice[i].sequence);
		assert_int_equal(in.v[0].changed_ms, 1769904000000);
		AUTO_FREE char *all = dates(&in.v[0]);
		int n = 0;
		for (const char *p = all; *p; p++)
			n += *p == ' ';
		assert_int_equal(n, 3);
		cal_events_done(&in);
	}
	buf_done(&told);
	assert_int_equal(mem_live(), live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_and_in),	 cmocka_unit_test(test_date_twice),
		cmocka_unit_test(test_lines_are_folded), cmocka_unit_test(test_zones_described),
		cmocka_unit_test(test_files_of_others),	 cmocka_unit_test(test_no_calendar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
