/*
 * Every form of attendance files, written from one awkward lesson and compared
 * with a file made after the form's description (docs/FORMATS.md, "Attendance files"). Each test says what the
 * fields are. UPDATE_GOLDEN=1 writes the files anew: look at the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/calendar/ics.h"
#include "tests/lib/sheets.h"

#include <stdlib.h>
#include <string.h>

static const struct format_options plain;

static void write_to(struct buf *b, enum attendance_format f, const struct format_options *o,
		     bool two)
{
	struct attendance_sheet s;
	struct err err = {0};
	if (two)
		sheet_sample_two(&s);
	else
		sheet_sample(&s);
	if (format_write(f, &s, o, b, &err))
		fail_msg("%s: %s", format_name(f), err.msg);
	sheet_done(&s);
}

static void is_golden(enum attendance_format f, const struct format_options *o, bool two,
		      const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN), want = BUF_INIT(BUF_CAP_OWN);
	AUTO_FREE char *path = mem_printf("tests/golden/attendance/%s", name);
	struct err err = {0};
	write_to(&b, f, o, two);
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(fs_write_atomic(path, buf_span(&b), 0644, &err), 0);
	if (fs_read(path, &want, &err))
		fail_msg("%s", err.msg);
	if (!span_eq(buf_span(&b), buf_span(&want)))
		fail_msg("%s is not as before:\n%s", path, buf_str(&b));
}

/* The lines of a text form, and one cell of them. */
static struct csv *table(const struct buf *b)
{
	struct csv *t = NULL;
	struct err err = {0};
	if (csv_parse(buf_span(b), &t, &err))
		fail_msg("%s", err.msg);
	return t;
}

static void cell_is(const struct csv *t, size_t row, const char *column, const char *want)
{
	int at = csv_column(t, column);
	if (at < 0)
		fail_msg("no column %s", column);
	AUTO_FREE char *got = span_dup(csv_cell(t, row, at));
	assert_string_equal(got, want);
}

static void has(const struct buf *b, const char *part)
{
	if (!strstr(buf_str(b), part))
		fail_msg("\"%s\" is missing in\n%s", part, buf_str(b));
}

static void lacks(const struct buf *b, const char *part)
{
	if (strstr(buf_str(b), part))
		fail_msg("\"%s\" stands in\n%s", part, buf_str(b));
}

/* csv: one row a person and lesson; a header always; ISO 8601 with offset, whole seconds. */
static void test_csv(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_CSV, &plain, true, "two.csv");
	write_to(&b, FORMAT_CSV, &plain, false);
	struct csv *t = table(&b);
	assert_int_equal(csv_rows(t), 7); /* who was absent has a row, too */
	cell_is(t, 0, "room_id", "!room:school.example");
	cell_is(t, 0, "uid", "physics-10b@school.example");
	cell_is(t, 0, "recurrence_id", "2026-03-02T09:00:00+01:00");
	cell_is(t, 0, "title", "Physics 10b: \"Waves\", part 2");
	cell_is(t, 0, "start", "2026-03-02T09:00:00+01:00"); /* in the lesson's zone */
	cell_is(t, 0, "end", "2026-03-02T10:30:00+01:00");
	cell_is(t, 0, "user_id", "'@anna:school.example"); /* begins with a formula's sign */
	cell_is(t, 0, "name", "Anna Meier");
	cell_is(t, 0, "external_id", "007");
	cell_is(t, 0, "email", "anna@school.example");
	cell_is(t, 0, "role", "student");
	cell_is(t, 0, "status", "present");
	cell_is(t, 0, "guest", "false");
	cell_is(t, 0, "first_join", "2026-03-02T08:58:00+01:00");
	cell_is(t, 0, "last_leave", "2026-03-02T10:31:00+01:00");
	cell_is(t, 0, "present_s", "5580");
	cell_is(t, 0, "intervals", "2026-03-02T08:58:00+01:00/2026-03-02T10:31:00+01:00");
	cell_is(t, 1, "name", "'=HYPERLINK(\"http://evil.example\";\"x\")");
	cell_is(t, 1, "external_id", "+49"); /* a plain number runs nothing */
	cell_is(t, 1, "reasons", "late");
	cell_is(t, 3, "intervals", "2026-03-02T09:05:00+01:00/2026-03-02T09:40:00+01:00~");
	cell_is(t, 4, "first_join", "");
	cell_is(t, 4, "present_s", "0");
	cell_is(t, 6, "guest", "true");
	csv_free(t);
}

/* --excel: a byte order mark and CRLF, so that double-clicking it does the right thing. */
static void test_csv_excel(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN), c = BUF_INIT(BUF_CAP_OWN);
	struct format_options o = {.excel = true};
	write_to(&b, FORMAT_CSV, &o, false);
	assert_true(span_starts(buf_span(&b), "\xEF\xBB\xBFroom_id,"));
	assert_true(span_ends(buf_span(&b), "\r\n"));
	write_to(&c, FORMAT_CSV, &plain, false);
	assert_true(span_starts(buf_span(&c), "room_id,"));
	lacks(&c, "\r");
}

/* Who attended, without when: as an organisation may want it. */
static void test_no_times(void **state)
{
	static const enum attendance_format forms[] = {FORMAT_CSV,    FORMAT_JSON,
						       FORMAT_HTML,   FORMAT_GRAPH,
						       FORMAT_MOODLE, FORMAT_MOODLE_TXT};
	struct format_options o = {.no_times = true};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
		write_to(&b, forms[i], &o, false);
		has(&b, "Anna");
		lacks(&b, "08:58");
		lacks(&b, "10:31");
		lacks(&b, "5580");
		lacks(&b, "first_join");
	}
	static const enum attendance_format times[] = {FORMAT_ZOOM, FORMAT_ZOOM_UNIQUE, FORMAT_MEET,
						       FORMAT_INTERVALS};
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
		struct attendance_sheet s;
		struct err err = {0};
		sheet_sample(&s);
		assert_int_equal(format_write(times[i], &s, &o, &b, &err), ERR_USAGE);
		assert_int_equal(b.n, 0);
		sheet_done(&s);
	}
}

/* intervals: one row each; who has none has one row. */
static void test_intervals(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_INTERVALS, &plain, false, "one.intervals.csv");
	write_to(&b, FORMAT_INTERVALS, &plain, false);
	struct csv *t = table(&b);
	assert_int_equal(csv_rows(t), 8);
	cell_is(t, 2, "name", "张伟");
	cell_is(t, 2, "join", "2026-03-02T09:00:00+01:00");
	cell_is(t, 2, "leave", "2026-03-02T09:20:00+01:00");
	cell_is(t, 2, "duration_s", "1200");
	cell_is(t, 3, "join", "2026-03-02T09:30:00+01:00");
	cell_is(t, 4, "inferred", "true");
	cell_is(t, 5, "join", "");
	cell_is(t, 5, "status", "absent");
	csv_free(t);
}

/* json: one object a line, keys as the command line's. */
static void test_json(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_JSON, &plain, true, "two.jsonl");
	write_to(&b, FORMAT_JSON, &plain, false);
	struct span rest = buf_span(&b), line;
	JSON_AUTO json_t *o = NULL;
	assert_true(span_split(&rest, '\n', &line));
	assert_int_equal(json_parse_object(line, &o, NULL), 0);
	assert_string_equal(json_get_str(o, "user_id"), "@anna:school.example"); /* as it is */
	assert_string_equal(json_get_str(o, "first_join"), "2026-03-02T08:58:00.000+01:00");
	assert_int_equal(json_get_i64(o, "present_s", 0), 5580);
	assert_string_equal(json_get_str(o, "zone"), "Europe/Berlin");
	assert_int_equal(json_array_size(json_get_array(o, "notes")), 1);
	assert_int_equal(json_get_i64(json_get_object(o, "rules"), "min_percent", 0), 80);
	json_t *v = json_array_get(json_get_array(o, "intervals"), 0);
	assert_string_equal(json_get_str(v, "to"), "2026-03-02T10:31:00.000+01:00");
	assert_false(json_get_bool(v, "inferred", true));
}

/* graph: meetingAttendanceReport with attendanceRecords, times in UTC. */
static void test_graph(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *o = NULL;
	is_golden(FORMAT_GRAPH, &plain, true, "two.graph.json");
	write_to(&b, FORMAT_GRAPH, &plain, false);
	assert_int_equal(json_parse_object(buf_span(&b), &o, NULL), 0);
	json_t *report = json_array_get(json_get_array(o, "value"), 0);
	assert_string_equal(json_get_str(report, "id"),
			    "physics-10b@school.example@2026-03-02T09:00:00+01:00");
	assert_int_equal(json_get_i64(report, "totalParticipantCount", 0), 5); /* absent ones not */
	assert_string_equal(json_get_str(report, "meetingStartDateTime"),
			    "2026-03-02T08:00:00.000Z");
	json_t *record = json_array_get(json_get_array(report, "attendanceRecords"), 0);
	assert_string_equal(json_get_str(record, "emailAddress"), "anna@school.example");
	assert_string_equal(json_get_str(record, "role"), "Attendee");
	assert_int_equal(json_get_i64(record, "totalAttendanceInSeconds", 0), 5580);
	json_t *who = json_get_object(record, "identity");
	assert_string_equal(json_get_str(who, "displayName"), "Anna Meier");
	json_t *v = json_array_get(json_get_array(record, "attendanceIntervals"), 0);
	assert_string_equal(json_get_str(v, "joinDateTime"), "2026-03-02T07:58:00.000Z");
	assert_string_equal(json_get_str(v, "leaveDateTime"), "2026-03-02T09:31:00.000Z");
	assert_int_equal(json_get_i64(v, "durationInSeconds", 0), 5580);
}

/* zoom: two lines about the meeting, an empty one, one row per join and leave. */
static void test_zoom(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_ZOOM, &plain, false, "one.zoom.csv");
	write_to(&b, FORMAT_ZOOM, &plain, false);
	has(&b,
	    "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,\n");
	/* Minutes of the meeting, and how many were there. */
	has(&b, ",03/02/2026 09:00:00 AM,03/02/2026 10:30:00 AM,ada@school.example,90,5,\n\n");
	has(&b, "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n");
	has(&b,
	    "Anna Meier,anna@school.example,03/02/2026 08:58:00 AM,03/02/2026 10:31:00 AM,93,No\n");
	/* Begun minutes count: 77 minutes and 26 seconds. */
	has(&b, "\"'=HYPERLINK(\"\"http://evil.example\"\";\"\"x\"\")\",bert@school.example,03/02/"
		"2026 09:12:34 AM,03/02/2026 10:30:00 AM,78,No\n");
	has(&b, "Zoé Roux,,03/02/2026 09:00:00 AM,03/02/2026 10:30:00 AM,90,Yes\n");
	lacks(&b, "Dora");
}

/* "unique users": one row a person, without times. */
static void test_zoom_unique(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_ZOOM_UNIQUE, &plain, false, "one.zoom-unique.csv");
	write_to(&b, FORMAT_ZOOM_UNIQUE, &plain, false);
	has(&b, "Name (Original Name),User Email,Total Duration (Minutes),Guest\n");
	has(&b, "张伟,,50,No\n");
}

/* teams: UTF-16LE with a mark, tabs, three numbered sections. */
static void test_teams(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN), text = BUF_INIT(CSV_TEXT_MAX);
	is_golden(FORMAT_TEAMS, &plain, false, "one.teams.csv");
	write_to(&b, FORMAT_TEAMS, &plain, false);
	assert_true(span_starts(buf_span(&b), "\xFF\xFE"
					      "1"));
	assert_int_equal(csv_decode(buf_span(&b), &text, NULL), 0);
	has(&text, "1. Summary\r\n");
	has(&text, "Meeting title\t\"Physics 10b: \"\"Waves\"\", part 2\"\r\n");
	has(&text, "Attended participants\t5\r\n");
	has(&text, "Start time\t3/2/26, 9:00:00 AM\r\n"); /* English (United States) */
	has(&text, "End time\t3/2/26, 10:30:00 AM\r\n");
	has(&text, "Meeting duration\t1h 30m\r\n");
	has(&text, "2. Participants\r\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\t"
		   "Participant ID (UPN)\tRole\r\n");
	has(&text,
	    "Anna Meier\t3/2/26, 8:58:00 AM\t3/2/26, 10:31:00 AM\t1h 33m\tanna@school.example\t"
	    "'@anna:school.example\tAttendee\r\n");
	has(&text, "1h 17m 26s");
	has(&text,
	    "3. In-Meeting Activities\r\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\r\n");
	has(&text, "Zoé Roux (Guest)\t");
}

/* meet: one row a person, times of day, hours and minutes. */
static void test_meet(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_MEET, &plain, false, "one.meet.csv");
	write_to(&b, FORMAT_MEET, &plain, false);
	has(&b, "First name,Last name,Email,Duration,Time joined,Time exited\n");
	has(&b, "Anna,Meier,anna@school.example,1 hr 33 min,8:58 AM,10:31 AM\n");
	has(&b, "张伟,,,50 min,9:00 AM,10:00 AM\n");
}

/* moodle: what mod_attendance imports for one session. */
static void test_moodle(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_MOODLE, &plain, false, "one.moodle.csv");
	write_to(&b, FORMAT_MOODLE, &plain, false);
	struct csv *t = table(&b);
	cell_is(t, 0, "idnumber", "007"); /* the three ways in which Moodle may find people */
	cell_is(t, 0, "username", "anna");
	cell_is(t, 0, "email", "anna@school.example");
	cell_is(t, 0, "firstname", "Anna");
	cell_is(t, 0, "lastname", "Meier");
	cell_is(t, 0, "status", "P"); /* acronyms of the default set */
	cell_is(t, 1, "status", "L");
	cell_is(t, 2, "status", "L"); /* gone early: there for a part */
	cell_is(t, 4, "status", "A");
	cell_is(t, 5, "status", "E");
	cell_is(t, 0, "scantime", "2026-03-02T08:58:00+01:00"); /* strtotime reads it */
	csv_free(t);
}

/* moodle-txt: what mod_attendance exports. */
static void test_moodle_txt(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_MOODLE_TXT, &plain, true, "two.moodle.txt");
	write_to(&b, FORMAT_MOODLE_TXT, &plain, true);
	has(&b, "Course\tPhysics 10b:  Waves , part 2\nGroup\tAll participants\n\n");
	has(&b, "Last name\tFirst name\tUsername\tID number\tEmail address\t"
		"2 Mar 2026 9.00AM All students\t9 Mar 2026 9.00AM All students\t"
		"P\tL\tE\tA\tTaken sessions\tPoints\tPercentage\n");
	has(&b, "Meier\tAnna\tanna\t007\tanna@school.example\tP\tP\t2\t0\t0\t0\t2\t4\t100.0%\n");
	has(&b, "Lang\tDora\tdora\t\tdora@school.example\tE\t-\t"); /* not in the second */
}

/* html: one page, escaped, without scripts and outside things, readable aloud and in both directions. */
static void test_html(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	is_golden(FORMAT_HTML, &plain, true, "two.html");
	write_to(&b, FORMAT_HTML, &plain, false);
	has(&b, "<html lang=\"en\">");
	has(&b, "default-src 'none'");
	has(&b, "نور &lt;b&gt;الهدى&lt;/b&gt;");
	has(&b, "<bdi>");
	has(&b, "aria-label=\"09:00–09:20, 09:30–10:00\"");
	has(&b, "<th scope=\"row\">");
	has(&b, "@media print");
	has(&b, "not tracked: the server was away");
	has(&b, "present from 80 %"); /* by what rules */
	has(&b, "came 12:34 late");   /* every mark explains itself */
	lacks(&b, "<script");
	lacks(&b, "src=");
	lacks(&b, "href=");
	lacks(&b, "url(");
}

static void on_problem(void *arg, int line, const char *sentence)
{
	(void)arg;
	fail_msg("line %d: %s", line, sentence);
}

/* ics: an event a lesson, with how many had which mark; our own reader takes it. */
static void test_ics(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	AUTO(cal_events_done) struct cal_events events = {0};
	struct err err = {0};
	is_golden(FORMAT_ICS, &plain, true, "two.ics");
	write_to(&b, FORMAT_ICS, &plain, true);
	if (ics_read(buf_span(&b), on_problem, NULL, &events, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(events.n, 2);
	assert_string_equal(events.v[0].title, "Physics 10b: \"Waves\", part 2");
	assert_int_equal(events.v[0].start.hour, 9);
	assert_string_equal(events.v[0].start.zone, "Europe/Berlin");
	assert_int_equal(events.v[0].duration_ms, 90 * 60000);
	assert_non_null(strstr(events.v[0].description, "present: 2\nlate: 1\n"));
	assert_string_not_equal(events.v[0].uid, events.v[1].uid);
}

/* The zone that is asked for counts before the lesson's own. */
static void test_zone(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN), none = BUF_INIT(BUF_CAP_OWN);
	struct format_options o = {.zone = "Asia/Tokyo"}, bad = {.zone = "Europe/Berlim"};
	struct attendance_sheet s;
	struct err err = {0};
	write_to(&b, FORMAT_CSV, &o, false);
	has(&b, "2026-03-02T17:00:00+09:00");
	sheet_sample(&s);
	assert_int_equal(format_write(FORMAT_CSV, &s, &bad, &none, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "Europe/Berlim"));
	assert_int_equal(none.n, 0);
	sheet_done(&s);
}

/* A form that holds one lesson refuses two, and says so; names and words agree with the options. */
static void test_table(void **state)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct buf reads = BUF_INIT(1000), writes = BUF_INIT(1000);
	struct attendance_sheet s;
	struct err err = {0};
	(void)state;
	sheet_sample_two(&s);
	assert_int_equal(format_write(FORMAT_ZOOM, &s, &plain, &b, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "holds one lesson"));
	assert_int_equal(format_write(FORMAT_TEAMS_2020, &s, &plain, &b, &err), ERR_UNSUPPORTED);
	sheet_done(&s);
	for (int i = 0; i < FORMAT_COUNT; i++) {
		enum attendance_format f = (enum attendance_format)i;
		assert_int_equal(format_parse(format_name(f)), f);
		if (format_writes(f))
			buf_printf(&writes, "%s%s", writes.n ? "|" : "", format_name(f));
		if (format_reads(f))
			buf_printf(&reads, "%s%s", reads.n ? "|" : "", format_name(f));
	}
	assert_string_equal(buf_str(&writes), FORMAT_CHOICES_WRITE);
	assert_string_equal(buf_str(&reads), FORMAT_CHOICES_READ);
	buf_done(&writes);
	buf_done(&reads);
	assert_int_equal(format_parse("xls"), FORMAT_COUNT);
	assert_int_equal(format_parse(NULL), FORMAT_COUNT);
	assert_int_equal(format_of_file("a/b.XLSX"), FORMAT_XLSX);
	assert_int_equal(format_of_file("b.jsonl"), FORMAT_JSON);
	assert_int_equal(format_of_file("b.htm"), FORMAT_HTML);
	assert_int_equal(format_of_file("b.ics"), FORMAT_ICS);
	assert_int_equal(format_of_file("b.csv"), FORMAT_CSV);
	assert_int_equal(format_of_file("b.d/c"), FORMAT_COUNT);
	assert_int_equal(format_of_file("c"), FORMAT_COUNT);
}

/* Two workbooks of the same sheet are the same; what is in it, openpyxl says (tests/cli/convert.bats). */
static void test_xlsx(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf a = BUF_INIT(BUF_CAP_OWN), b = BUF_INIT(BUF_CAP_OWN);
	write_to(&a, FORMAT_XLSX, &plain, true);
	write_to(&b, FORMAT_XLSX, &plain, true);
	assert_true(span_starts(buf_span(&a), "PK\x03\x04"));
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	 cmocka_unit_test(test_csv_excel),
		cmocka_unit_test(test_no_times), cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_graph),
		cmocka_unit_test(test_zoom),	 cmocka_unit_test(test_zoom_unique),
		cmocka_unit_test(test_teams),	 cmocka_unit_test(test_meet),
		cmocka_unit_test(test_moodle),	 cmocka_unit_test(test_moodle_txt),
		cmocka_unit_test(test_html),	 cmocka_unit_test(test_ics),
		cmocka_unit_test(test_zone),	 cmocka_unit_test(test_table),
		cmocka_unit_test(test_xlsx),
	};
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
