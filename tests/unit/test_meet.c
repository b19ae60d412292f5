#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"

#define MS 1000LL

static struct cal_time at(const char *stamp)
{
	struct cal_time t;
	assert_int_equal(cal_stamp_parse(span_of(stamp), "Europe/Berlin", &t, NULL), 0);
	return t;
}

static struct meeting series(void)
{
	struct meeting m = {.room_id = mem_strdup("!r:s.test"),
			    .creator = mem_strdup("@ada:s.test"),
			    .announced = mem_strdup("$said"),
			    .lesson = true};
	struct cal_event *e = &m.event;
	e->uid = mem_strdup("waves");
	e->title = mem_strdup("Waves <1>");
	e->location = mem_strdup("Room 12");
	e->start = at("20260302T090000");
	e->duration_ms = 2700 * MS;
	e->rrule = mem_strdup("FREQ=WEEKLY;COUNT=6");
	e->sequence = 2;
	e->created_ms = 1767225600000;
	e->changed_ms = 1767312000000;
	e->exdates = NEW(struct cal_time);
	e->exdates[0] = at("20260309T090000");
	e->n_exdates = 1;
	e->overrides = mem_alloc(2 * sizeof(*e->overrides));
	e->overrides[0] = (struct cal_override){.recurrence_id = at("20260316T090000"),
						.start = at("20260317T110000"),
						.duration_ms = 3600 * MS,
						.title = mem_strdup("Moved")};
	e->overrides[1] = (struct cal_override){.recurrence_id = at("20260323T090000"),
						.start = at("20260323T090000"),
						.duration_ms = 2700 * MS,
						.cancelled = true};
	e->n_overrides = 2;
	return m;
}

static int keep_one(const struct cal_occurrence *o, void *arg)
{
	*(struct cal_occurrence *)arg = *o;
	return 1;
}

/* Ended early: by where the series has the date; void where the time lies outside of it. */
static void test_ended_early(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series(), again;
	struct cal_event *e = &m.event;
	struct cal_occurrence o;
	json_t *content = NULL;
	int64_t first = 1772438400000, moved; /* 2026-03-02T09:00+01:00 */
	e->ended = mem_alloc(3 * sizeof(*e->ended));
	e->ended[0] = (struct cal_ended){at("20260302T090000"), first + 600000};
	assert_int_equal(cal_find(e, "2026-03-17", 0, &o, NULL), 0);
	moved = o.start_ms;
	e->ended[1] = (struct cal_ended){at("20260316T090000"), moved + 1200000};
	e->ended[2] = (struct cal_ended){at("20260330T090000"), first};
	e->n_ended = 3;
	assert_int_equal(meeting_make(&m, &content, NULL), 0);
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_int_equal(again.event.n_ended, 3);
	meeting_done(&m);
	e = &again.event;
	assert_int_equal(cal_find(e, "2026-03-02", 0, &o, NULL), 0);
	assert_int_equal(o.end_ms, first + 600000);
	assert_int_equal(o.planned_end_ms, first + 2700000);
	assert_false(o.moved);
	assert_int_equal(cal_find(e, "2026-03-16", 0, &o, NULL), 0);
	assert_int_equal(o.end_ms, moved + 1200000);
	assert_true(o.moved);
	assert_int_equal(cal_find(e, "2026-03-30", 0, &o, NULL), 0);
	assert_int_equal(o.end_ms, o.planned_end_ms);
	/* What has ended is no longer on. */
	assert_int_equal(cal_expand(e, first + 700000, first + 800000, 0, keep_one, &o, NULL), 0);
	assert_int_equal(cal_expand(e, first + 500000, first + 800000, 0, keep_one, &o, NULL), 1);
	/* Anybody may write such an event. */
	json_object_set_new(json_object_get(content, "ended"), "nonsense", json_integer(7));
	json_object_set_new(json_object_get(content, "ended"), "20260302T090000", json_string("x"));
	meeting_done(&again);
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_int_equal(again.event.n_ended, 2);
	meeting_done(&again);
	json_decref(content);
	assert_int_equal(mem_live(), live);
}

static void test_event_and_back(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series(), again;
	json_t *content = NULL, *second = NULL;
	assert_int_equal(meeting_make(&m, &content, NULL), 0);
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_int_equal(meeting_make(&again, &second, NULL), 0);
	assert_true(json_equal(content, second));
	assert_string_equal(again.event.overrides[0].title, "Moved");
	assert_true(again.event.overrides[1].cancelled);
	assert_string_equal(again.announced, "$said");
	const json_t *first = json_array_get(json_get_array(content, "calendar"), 0);
	assert_string_equal(json_get_str(json_get_object(first, "dtstart"), "value"),
			    "20260302T090000");
	assert_string_equal(json_get_str(json_get_object(first, "dtend"), "value"),
			    "20260302T094500");
	meeting_done(&again);
	/* Anybody may write such an event: a date that stands there twice is one, */
	json_t *calendar = json_get_array(content, "calendar");
	json_array_append(calendar, json_array_get(calendar, 1));
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_int_equal(again.event.n_overrides, 2);
	meeting_done(&again);
	/* and who is no user made nothing. */
	json_object_set_new(content, "creator", json_string(""));
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_null(again.creator);
	json_decref(content);
	json_decref(second);
	meeting_done(&m);
	meeting_done(&again);
	assert_int_equal(mem_live(), live);
}

/* -- A series that is something else from then on ------------------------------------------------- */

static int put_said(const struct cal_occurrence *o, void *arg)
{
	char id[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, id);
	buf_printf(arg, "%.8s %lld %s/%s%s\n", id,
		   (long long)(o->planned_end_ms - o->start_ms) / 60000, o->title,
		   o->location ? o->location : "", o->cancelled ? " x" : "");
	return 0;
}

static void assert_said(const struct cal_event *e, const char *want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	assert_int_equal(cal_event_check(e, NULL), 0);
	assert_int_equal(cal_expand(e, INT64_MIN, INT64_MAX, 0, put_said, &b, NULL), 0);
	assert_string_equal(buf_str(&b), want);
}

static int64_t ms_of(const char *stamp)
{
	struct cal_time t = at(stamp);
	int64_t ms;
	assert_int_equal(cal_time_ms(&t, &ms, NULL), 0);
	return ms;
}

static void change(struct cal_event *e, const char *now, const char *title, int minutes)
{
	const struct cal_era is = cal_era_now(e);
	struct cal_era was = cal_era_copy(&is);
	mem_free(e->title);
	e->title = mem_strdup(title);
	e->duration_ms = minutes * 60 * MS;
	assert_int_equal(cal_era_keep(e, &was, ms_of(now), NULL), 0);
	cal_era_done(&was);
}

/* What has begun keeps its length and its words, also where calendars that know no eras read it. */
static void test_eras(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series(), again;
	struct cal_event *e = &m.event, plain;
	json_t *content = NULL;
	struct cal_override *dates = NULL;
	change(e, "20260318T120000", "Optics", 90);
	change(e, "20260319T120000", "Optics 2", 80); /* no date has begun between */
	assert_int_equal(e->n_eras, 1);
	change(e, "20260331T120000", "Sound", 60);
	e->status = CAL_CANCELLED;
	const struct cal_era before = {.title = e->title,
				       .location = e->location,
				       .duration_ms = 60 * 60 * MS};
	assert_int_equal(cal_era_keep(e, &before, ms_of("20260331T130000"), NULL), 0);
	static const char want[] = "20260302 45 Waves <1>/Room 12\n"
				   "20260316 60 Moved/Room 12\n"
				   "20260323 45 Optics 2/Room 12 x\n"
				   "20260330 80 Optics 2/Room 12\n"
				   "20260406 60 Sound/Room 12 x\n";
	assert_said(e, want);
	assert_int_equal(meeting_make(&m, &content, NULL), 0);
	const json_t *written = json_array_get(json_get_array(content, "before"), 0);
	assert_string_equal(json_get_str(written, "title"), "Waves <1>");
	assert_null(json_object_get(written, "location")); /* it was the same since */
	assert_int_equal(meeting_read("!r:s.test", "waves", content, &again, NULL), 0);
	assert_said(&again.event, want);
	plain = again.event;
	assert_int_equal(cal_eras_unfold(e, &dates, &plain.n_overrides, NULL), 0);
	plain.overrides = dates;
	plain.n_eras = 0;
	assert_said(&plain, want);
	mem_free(dates);
	json_decref(content);
	meeting_done(&again);
	meeting_done(&m);
	assert_int_equal(mem_live(), live);
}

/* A calendar file's series in the place of ours: what has begun stays, its own changed dates stand. */
static void test_follow(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series(), file = series(), days = series();
	struct cal_event *e = &file.event;
	change(&m.event, "20260318T120000", "Optics", 90);
	mem_free(e->title);
	e->title = mem_strdup("Sound");
	mem_free(e->location);
	e->location = NULL;
	e->duration_ms = 30 * 60 * MS;
	mem_free(e->overrides[0].title);
	e->overrides[0].title = NULL; /* as the file's series: not as that was then */
	assert_int_equal(cal_era_follow(e, &m.event, ms_of("20260331T120000"), NULL), 0);
	static const char want[] = "20260302 45 Waves <1>/Room 12\n"
				   "20260316 60 Sound/\n"
				   "20260323 45 Optics/Room 12 x\n"
				   "20260330 90 Optics/Room 12\n"
				   "20260406 30 Sound/\n";
	assert_said(e, want);
	/* Days have no lengths in minutes. */
	days.event.start.date_only = true;
	days.event.duration_ms = DAY_MS;
	assert_int_equal(cal_era_follow(&days.event, e, ms_of("20260331T120000"), NULL), 0);
	assert_int_equal(days.event.n_eras, 0);
	meeting_done(&days);
	meeting_done(&file);
	meeting_done(&m);
	assert_int_equal(mem_live(), live);
}

/* -- A series that goes on at another time ------------------------------------------------------ */

static int put_date(const struct cal_occurrence *o, void *arg)
{
	char id[CAL_STAMP_SIZE], time[40];
	cal_stamp(&o->recurrence_id, id);
	meet_iso(o->start_ms, "Europe/Berlin", time);
	buf_printf(arg, "%.8s %.2s=%.16s%s\n", id, id + 9, time, o->cancelled ? " x" : "");
	return 0;
}

static void assert_dates(const struct cal_event *e, const char *want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	assert_int_equal(cal_event_check(e, NULL), 0);
	assert_int_equal(meet_check_start(e, NULL), 0);
	assert_int_equal(cal_expand(e, INT64_MIN, INT64_MAX, 0, put_date, &b, NULL), 0);
	assert_string_equal(buf_str(&b), want);
}

static int move(struct cal_event *e, const char *now, const char *to, const char *zone)
{
	struct cal_time t = at(now), start = at(to);
	struct meet_split *s = NULL;
	int64_t now_ms;
	snprintf(start.zone, sizeof(start.zone), "%s", zone);
	cal_time_ms(&t, &now_ms, NULL);
	assert_int_equal(meet_split_find(e, now_ms, &s, NULL), 0);
	assert_true(meet_split_has_past(s));
	int rc = meet_split_move(s, &start, false, NULL);
	meet_split_free(s);
	return rc;
}

/* What has begun keeps its time and its name, by which marks and seals find it. */
static void test_split(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series();
	assert_int_equal(move(&m.event, "20260318T120000", "20260302T100000", "Europe/Berlin"), 0);
	assert_string_equal(m.event.rrule, "FREQ=WEEKLY;COUNT=3");
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260323 10=2026-03-23T10:00 x\n"
			       "20260330 10=2026-03-30T10:00\n"
			       "20260406 10=2026-04-06T10:00\n");
	/* The first day is still the one that people name; and an hour earlier is one as well. */
	assert_int_equal(move(&m.event, "20260331T120000", "20260302T080000", "Europe/Berlin"), 0);
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260323 10=2026-03-23T10:00 x\n"
			       "20260330 10=2026-03-30T10:00\n"
			       "20260406 08=2026-04-06T08:00\n");
	assert_int_equal(move(&m.event, "20260407T120000", "20260302T070000", "Europe/Berlin"),
			 ERR_USAGE);
	meeting_done(&m);
	assert_int_equal(mem_live(), live);
}

/* From a date that is to come; one that was brought forward has begun. */
static void test_split_from_then(void **state)
{
	(void)state;
	struct meeting m = series();
	m.event.overrides[1].recurrence_id = at("20260330T090000");
	m.event.overrides[1].start = at("20260318T080000");
	m.event.overrides[1].cancelled = false;
	assert_int_equal(move(&m.event, "20260318T120000", "20260324T100000", "Europe/Berlin"), 0);
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260330 09=2026-03-18T08:00\n"
			       "20260324 10=2026-03-24T10:00\n"
			       "20260407 10=2026-04-07T10:00\n");
	meeting_done(&m);
}

/* In another zone the same clock is another moment: what has begun stays where it was. */
static void test_split_zone(void **state)
{
	(void)state;
	struct meeting m = series();
	assert_int_equal(move(&m.event, "20260318T120000", "20260302T090000", "Europe/London"), 0);
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260323 09=2026-03-23T10:00 x\n"
			       "20260330 09=2026-03-30T10:00\n"
			       "20260406 09=2026-04-06T10:00\n");
	meeting_done(&m);
}

static void set_rule(struct cal_event *e, const char *now, const char *rule)
{
	struct cal_time t = at(now);
	struct meet_split *s = NULL;
	int64_t now_ms;
	cal_time_ms(&t, &now_ms, NULL);
	assert_int_equal(meet_split_find(e, now_ms, &s, NULL), 0);
	mem_free(e->rrule);
	e->rrule = mem_strdup(rule);
	assert_int_equal(meet_split_rule(s, NULL), 0);
	meet_split_free(s);
}

/* On other days from now on: neither are those lost that were, nor are there others in the past. */
static void test_split_rule(void **state)
{
	(void)state;
	long live = mem_live();
	struct meeting m = series();
	set_rule(&m.event, "20260318T120000", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=8");
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260319 09=2026-03-19T09:00\n"
			       "20260323 09=2026-03-23T09:00 x\n"
			       "20260326 09=2026-03-26T09:00\n");
	/* Longer, and otherwise the same: nothing is to be kept beside the rule. */
	size_t n = m.event.n_rdates;
	set_rule(&m.event, "20260324T120000", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4");
	assert_int_equal(m.event.n_rdates, n);
	assert_dates(&m.event, "20260302 09=2026-03-02T09:00\n"
			       "20260316 09=2026-03-17T11:00\n"
			       "20260319 09=2026-03-19T09:00\n"
			       "20260323 09=2026-03-23T09:00 x\n"
			       "20260326 09=2026-03-26T09:00\n"
			       "20260330 09=2026-03-30T09:00\n");
	meeting_done(&m);
	assert_int_equal(mem_live(), live);
}

/* Whole days that a change of the clock makes shorter stay whole. */
static void test_whole_day(void **state)
{
	(void)state;
	struct meeting m = {.room_id = mem_strdup("!r"), .creator = mem_strdup("@a:b")}, again;
	json_t *content = NULL;
	m.event.uid = mem_strdup("day");
	m.event.title = mem_strdup("Excursion");
	m.event.start = at("20260329");
	m.event.duration_ms = DAY_MS;
	assert_int_equal(meeting_make(&m, &content, NULL), 0);
	const json_t *first = json_array_get(json_get_array(content, "calendar"), 0);
	assert_string_equal(json_get_str(json_get_object(first, "dtend"), "value"),
			    "20260330T000000");
	assert_int_equal(meeting_read("!r", "day", content, &again, NULL), 0);
	assert_true(again.event.start.date_only);
	assert_int_equal(again.event.duration_ms, DAY_MS);
	json_decref(content);
	meeting_done(&m);
	meeting_done(&again);
}

/* The widget's schema: uid, dtstart, dtend; cancelled dates are exceptions. */
static void test_nordeck(void **state)
{
	(void)state;
	struct meeting m = series();
	json_t *calendar = meeting_nordeck(&m);
	assert_int_equal(json_array_size(calendar), 2);
	const json_t *first = json_array_get(calendar, 0);
	assert_int_equal(json_array_size(json_get_array(first, "exdate")), 2);
	assert_string_equal(json_get_str(first, "rrule"), "FREQ=WEEKLY;COUNT=6");
	const json_t *moved = json_array_get(calendar, 1);
	assert_string_equal(json_get_str(json_get_object(moved, "recurrenceId"), "value"),
			    "20260316T090000");
	json_decref(calendar);
	meeting_done(&m);
}

static size_t bytes_of(const json_t *o)
{
	AUTO_FREE char *text = json_text(o);
	return strlen(text);
}

/* Sixty dates of another length, beside 1 KB of description: said once; of other words they are more than an event holds. */
static void test_nordeck_fits(void **state)
{
	(void)state;
	struct meeting m = series();
	struct cal_event *e = &m.event;
	mem_free(e->rrule);
	e->rrule = mem_strdup("FREQ=DAILY;COUNT=100");
	e->description = mem_printf("%01000d", 0);
	change(e, "20260502T120000", "Waves <1>", 90);
	json_t *calendar = meeting_nordeck(&m);
	assert_int_equal(json_array_size(calendar), 61); /* one is an exception, one is cancelled */
	assert_in_range(bytes_of(calendar), 1, 30000);
	json_decref(calendar);
	mem_free(e->eras[0].description);
	e->eras[0].description = mem_printf("%01000d", 1);
	calendar = meeting_nordeck(&m);
	assert_int_equal(json_array_size(calendar), 2); /* the series and the one that was moved */
	assert_in_range(bytes_of(calendar), 1, 30000);
	json_decref(calendar);
	meeting_done(&m);
}

static void test_bad_contents(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"{}",
		"{\"version\":2}",
		"{\"version\":1,\"calendar\":{}}",
		"{\"version\":1,\"calendar\":[]}",
		"{\"version\":1,\"calendar\":[{\"dtstart\":7,\"dtend\":[]}]}",
		"{\"version\":1,\"calendar\":[{\"dtstart\":{\"tzid\":\"Nowhere\",\"value\":"
		"\"20260302T090000\"},\"dtend\":{\"tzid\":\"UTC\",\"value\":\"20260302T100000\"}}]"
		"}",
		"{\"version\":1,\"calendar\":[{\"dtstart\":{\"tzid\":\"UTC\",\"value\":"
		"\"20260302T090000\"},\"dtend\":{\"tzid\":\"UTC\",\"value\":\"20260302T080000\"}}]"
		"}",
		"{\"version\":1,\"calendar\":[{\"dtstart\":{\"tzid\":\"UTC\",\"value\":"
		"\"20260302T090000\"},\"dtend\":{\"tzid\":\"UTC\",\"value\":\"20260302T100000\"},"
		"\"rrule\":\"FREQ=SECONDLY\"}]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		long live = mem_live();
		json_t *content;
		struct meeting m;
		struct err err = {.code = 0};
		assert_int_equal(json_parse_object(span_of(rows[i]), &content, NULL), 0);
		assert_int_equal(meeting_read("!r", "u", content, &m, &err), ERR_INVALID);
		assert_true(err.msg[0] != '\0');
		json_decref(content);
		assert_int_equal(mem_live(), live);
	}
}

static void test_words(void **state)
{
	(void)state;
	struct meeting m = series();
	struct buf text = BUF_INIT(4096), html = BUF_INIT(4096);
	meet_words(&m, NULL, MEET_NEW, NULL, &text, &html);
	assert_string_equal(buf_str(&text), "Meeting: Waves <1>\n"
					    "Monday 2026-03-02, 09:00-09:45 (Europe/Berlin)\n"
					    "and on 2026-03-17, 2026-03-30, 2026-04-06\n"
					    "Room 12");
	assert_string_equal(buf_str(&html), "Meeting: <strong>Waves &lt;1&gt;</strong><br>"
					    "Monday 2026-03-02, 09:00-09:45 (Europe/Berlin)<br>"
					    "and on 2026-03-17, 2026-03-30, 2026-04-06<br>"
					    "Room 12");
	buf_done(&text);
	buf_done(&html);
	meeting_done(&m);
}

static void test_iso(void **state)
{
	(void)state;
	char time[40];
	meet_iso(1772438400000, "Europe/Berlin", time);
	assert_string_equal(time, "2026-03-02T09:00:00+01:00");
	meet_iso(1772438400000, "America/St_Johns", time);
	assert_string_equal(time, "2026-03-02T04:30:00-03:30");
	meet_iso(1772438400000, "Nowhere", time);
	assert_string_equal(time, "");
}

static void test_uid(void **state)
{
	(void)state;
	char a[33], b[33];
	meet_make_uid("!r", "Waves", 1772438400000, a);
	meet_make_uid("!r", "Waves", 1772438400000, b);
	assert_string_equal(a, b);
	meet_make_uid("!r", "Waves", 1772438400001, b);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_and_back),
		cmocka_unit_test(test_ended_early),
		cmocka_unit_test(test_eras),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_from_then),
		cmocka_unit_test(test_split_zone),
		cmocka_unit_test(test_split_rule),
		cmocka_unit_test(test_whole_day),
		cmocka_unit_test(test_nordeck),
		cmocka_unit_test(test_nordeck_fits),
		cmocka_unit_test(test_bad_contents),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_iso),
		cmocka_unit_test(test_uid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
