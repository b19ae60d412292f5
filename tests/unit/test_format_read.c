/*
 * Attendance files of other programs, as their people have them: in several
 * languages and encodings; and files that are broken, each told with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/formats/form.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

#define DAY 1772409600000LL /* 2026-03-02T00:00:00Z */
#define BYTES(s) ((struct span){(s), sizeof(s) - 1})

static struct buf told;
static struct attendance_sheet sheet;
static struct err failure;

static void on_problem(void *arg, int line, const char *sentence)
{
	(void)arg;
	assert_true(line >= 0);
	buf_printf(&told, "%d: %s\n", line, sentence);
}

/* Read as what it is recognised for. */
static int read_as(enum attendance_format f, struct span text, const char *zone, int64_t day_ms)
{
	struct format_options o = {.zone = zone};
	buf_done(&told);
	told = BUF_INIT(BUF_CAP_OWN);
	sheet_done(&sheet);
	failure = (struct err){0};
	return format_read(f, text, &o, day_ms, on_problem, NULL, &sheet, &failure);
}

static void reads(enum attendance_format f, struct span text, const char *zone)
{
	if (format_detect(text) != f)
		fail_msg("taken for \"%s\", not %s", format_name(format_detect(text)),
			 format_name(f));
	if (read_as(f, text, zone, 0))
		fail_msg("%s: %s", format_name(f), failure.msg);
}

static void refuses(enum attendance_format f, const char *text, int code, const char *part)
{
	long before = mem_live();
	assert_int_equal(read_as(f, span_of(text), "UTC", 0), code);
	if (!strstr(failure.msg, part))
		fail_msg("\"%s\" lacks \"%s\"", failure.msg, part);
	assert_int_equal(sheet.n_lessons, 0);
	buf_done(&told);
	assert_true(mem_live() <= before);
}

static void tells(const char *part)
{
	if (!strstr(buf_str(&told), part))
		fail_msg("\"%s\" was not told, but:\n%s", part, buf_str(&told));
}

/* A text in UTF-16LE, as Teams writes it. */
static struct span utf16(struct buf *b, const char *text)
{
	*b = BUF_INIT(BUF_CAP_OWN);
	csv_put_utf16(b, span_of(text));
	return buf_span(b);
}

static void time_is(int64_t ms, const char *want)
{
	char at[FORM_TIME_SIZE];
	form_iso_utc(ms, false, at);
	assert_string_equal(at, want);
}

static const struct sheet_row *row(size_t i)
{
	assert_true(sheet.n_lessons > 0 && i < sheet.lessons[0].n_rows);
	return &sheet.lessons[0].rows[i];
}

/* -- Teams ---------------------------------------------------------------------- */

static const char teams_en[] =
	"1. Summary\r\n"
	"Meeting title\tB.Arch Session 1\r\n"
	"Attended participants\t2\r\n"
	"Start time\t7/22/26, 7:00:11\u202fPM\r\n" /* newer ones have a narrow no-break space */
	"End time\t7/22/26, 8:31:02\u202fPM\r\n"
	"Meeting duration\t1h 30m 51s\r\n"
	"Average attendance time\t1h 20m\r\n"
	"\r\n"
	"2. Participants\r\n"
	"Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\t"
	"Engagement: Raise Hand\r\n"
	"Hana Ito\t7/22/26, 7:02:11 PM\t7/22/26, 8:30:02 PM\t1h 17m 51s\thana@x.example\t"
	"hana@x.example\tAttendee\t2\r\n"
	"Lee Kim (Guest)\t7/22/26, 7:00:11 PM\t7/22/26, 8:31:02 PM\t1h 30m 51s\t\t\tOrganizer\t\r\n"
	"\r\n"
	"3. In-Meeting Activities\r\n"
	"Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\r\n"
	"Hana Ito\t7/22/26, 7:02:11 PM\t7/22/26, 7:40:00 PM\t37m 49s\thana@x.example\tAttendee\r\n"
	"Hana Ito\t7/22/26, 7:50:00 PM\t7/22/26, 8:30:02 PM\t40m 2s\thana@x.example\tAttendee\r\n"
	"Lee Kim (Guest)\t7/22/26, 7:00:11 PM\t7/22/26, 8:31:02 PM\t1h 30m 51s\t\tOrganizer\r\n"
	"\r\n"
	"4. Meeting Engagement\r\n"
	"Name\tEngagement Type\tTime\r\n";

static void test_teams(void **state)
{
	struct buf b;
	(void)state;
	reads(FORMAT_TEAMS, utf16(&b, teams_en), "Asia/Kolkata");
	assert_string_equal(buf_str(&told), "");
	assert_int_equal(sheet.n_lessons, 1);
	assert_string_equal(sheet.lessons[0].title, "B.Arch Session 1");
	time_is(sheet.lessons[0].start_ms, "2026-07-22T13:30:11Z");
	time_is(sheet.lessons[0].end_ms, "2026-07-22T15:01:02Z");
	assert_int_equal(sheet.lessons[0].n_rows, 2); /* rows of section 3 are not people */
	assert_string_equal(row(0)->name, "Hana Ito");
	assert_int_equal(row(0)->n_intervals, 2);
	time_is(row(0)->intervals[1].from_ms, "2026-07-22T14:20:00Z");
	assert_int_equal(row(0)->present_ms, (77 * 60 + 51) * 1000);
	assert_string_equal(row(0)->role, "student");
	assert_string_equal(row(1)->name, "Lee Kim");
	assert_true(row(1)->guest);
	assert_string_equal(row(1)->role, "teacher");
	buf_done(&b);
}

/* The organiser's language decides words, dates and units. */
static void test_teams_languages(void **state)
{
	struct buf b;
	(void)state;
	reads(FORMAT_TEAMS,
	      utf16(&b,
		    "1. Podsumowanie\r\nTytuł spotkania\tFizyka\r\nUczestnicy\t1\r\n"
		    "Godzina rozpoczęcia\t22.07.2026, 19:00:11\r\n"
		    "Godzina zakończenia\t22.07.2026, 20:31:02\r\n\r\n"
		    "2. Uczestnicy\r\nImię i nazwisko\tPierwsze dołączenie\tOstatnie wyjście\t"
		    "Czas udziału w spotkaniu\tAdres e-mail\tIdentyfikator uczestnika "
		    "(UPN)\tRola\r\n"
		    "Ala Kot\t22.07.2026, 19:02:11\t22.07.2026, 20:30:02\t1 godz. 27 min 51 sek.\t"
		    "ala@x.example\tala@x.example\tUczestnik\r\n"),
	      "Europe/Warsaw");
	assert_string_equal(buf_str(&told), "");
	assert_string_equal(sheet.lessons[0].title, "Fizyka");
	time_is(sheet.lessons[0].start_ms, "2026-07-22T17:00:11Z");
	assert_string_equal(row(0)->email, "ala@x.example");
	assert_int_equal(row(0)->present_ms, (87 * 60 + 51) * 1000);
	time_is(row(0)->first_join_ms, "2026-07-22T17:02:11Z");
	buf_done(&b);
	reads(FORMAT_TEAMS,
	      utf16(&b,
		    "1. Zusammenfassung\r\nBesprechungstitel\tPhysik\r\nTeilnehmer\t1\r\n"
		    "Startzeit\t22.07.26, 19:00:11\r\nEndzeit\t22.07.26, 20:31:02\r\n\r\n"
		    "2. Teilnehmer\r\nName\tErster Beitritt\tLetztes Verlassen\tDauer der "
		    "Besprechung\t"
		    "E-Mail\tTeilnehmer-ID (UPN)\tRolle\r\n"
		    "Jörg Groß\t22.07.26, 19:02:11\t22.07.26, 20:30:02\t1 Std. 27 Min. 51 Sek.\t"
		    "joerg@x.example\tjoerg@x.example\tOrganisator\r\n"),
	      "Europe/Berlin");
	assert_string_equal(buf_str(&told), "");
	assert_int_equal(row(0)->present_ms, (87 * 60 + 51) * 1000);
	assert_string_equal(row(0)->role, "teacher");
	buf_done(&b);
	/* A language that is not known: by the places. */
	reads(FORMAT_TEAMS,
	      utf16(&b,
		    "1. Yhteenveto\r\nKokouksen nimi\tFysiikka\r\nOsallistujia\t1\r\n"
		    "Alku\t22.7.2026 19.00.11\r\nLoppu\t22.7.2026 20.31.02\r\n\r\n"
		    "2. Osallistujat\r\nNimi\tTuli\tLähti\tKesto\tPosti\tTunnus\tRooli\r\n"
		    "Aino Virta\t22.7.2026 19.02.11\t22.7.2026 20.30.02\t18 min 3 s\ta@x.example\t"
		    "a@x.example\tOsallistuja\r\n"),
	      "UTC");
	assert_string_equal(buf_str(&told), "");
	assert_string_equal(sheet.lessons[0].title, "Fysiikka");
	assert_string_equal(row(0)->name, "Aino Virta");
	assert_string_equal(row(0)->email, "a@x.example");
	assert_int_equal(row(0)->present_ms, (18 * 60 + 3) * 1000);
	buf_done(&b);
}

static void test_teams_2020(void **state)
{
	struct buf b;
	(void)state;
	reads(FORMAT_TEAMS_2020,
	      utf16(&b, "Full Name\tUser Action\tTimestamp\n"
			"Meier, Anna\tJoined before\t10/13/2020, 9:00:05 AM\n"
			"Bert\tJoined\t10/13/2020, 9:01:00 AM\n"
			"Bert\tLeft\t10/13/2020, 9:20:00 AM\n"
			"Bert\tJoined\t10/13/2020, 9:25:00 AM\n"
			"Carl\tLeft\t10/13/2020, 9:26:00 AM\n"
			"Carl\tWaved\t10/13/2020, 9:26:00 AM\n"
			"Dora\tJoined\t10/13/2020, 9:30:00 AM\n"),
	      "UTC");
	assert_string_equal(buf_str(&told), "6: this person left without having come\n"
					    "7: \"Waved\" is no known action (Joined, Left)\n");
	assert_string_equal(row(0)->name, "Meier, Anna");
	/* The file does not say when it ended: with its last line, as far as is known. */
	time_is(row(0)->intervals[0].to_ms, "2020-10-13T09:30:00Z");
	assert_true(row(0)->intervals[0].inferred);
	assert_int_equal(row(1)->n_intervals, 2);
	assert_false(row(1)->intervals[0].inferred);
	assert_true(row(1)->intervals[1].inferred);
	buf_done(&b);
	/* Without a mark, and in German. */
	reads(FORMAT_TEAMS_2020,
	      BYTES("V\0o\0l\0l\0s\0t\0\xe4\0n\0d\0i\0g\0e\0r\0 "
		    "\0N\0a\0m\0e\0\t\0B\0e\0n\0u\0t\0z\0e\0r\0a\0k\0t\0i"
		    "\0o\0n\0\t\0Z\0e\0i\0t\0s\0t\0e\0m\0p\0e\0l\0\n\0A\0\t\0B\0e\0i\0g\0e\0t\0r\0e"
		    "\0t\0e\0n\0\t\0"
		    "1\0.\0"
		    "2\0.\0"
		    "2\0"
		    "0\0"
		    "2\0"
		    "1\0,\0 \0"
		    "0\0"
		    "9\0:\0"
		    "0\0"
		    "0\0:\0"
		    "0\0"
		    "0\0\n\0"),
	      "UTC");
	assert_string_equal(buf_str(&told), "");
	time_is(row(0)->first_join_ms, "2021-02-01T09:00:00Z");
}

/* 3/4 is in March or in April: where nothing in the file decides, that is said. */
static void test_order_of_dates(void **state)
{
	(void)state;
	static const char head[] = "Full Name\tUser Action\tTimestamp\n";
	AUTO_FREE char *doubt = mem_printf("%sA\tJoined\t3/4/2021 09:00:00\n", head);
	reads(FORMAT_TEAMS_2020, span_of(doubt), "UTC");
	tells("0: the dates of this file can be read");
	time_is(row(0)->first_join_ms, "2021-03-04T09:00:00Z");
	AUTO_FREE char *day =
		mem_printf("%sA\tJoined\t3/4/2021 09:00:00\nA\tLeft\t13/4/2021 10:00:00\n", head);
	reads(FORMAT_TEAMS_2020, span_of(day), "UTC");
	time_is(row(0)->first_join_ms, "2021-04-03T09:00:00Z");
	assert_string_equal(buf_str(&told), "");
	AUTO_FREE char *noon = mem_printf("%sA\tJoined\t3/4/2021 09:00:00 PM\n", head);
	reads(FORMAT_TEAMS_2020, span_of(noon), "UTC");
	time_is(row(0)->first_join_ms, "2021-03-04T21:00:00Z");
	assert_string_equal(buf_str(&told), "");
}

/* -- Zoom ----------------------------------------------------------------------- */

static void test_zoom(void **state)
{
	(void)state;
	reads(FORMAT_ZOOM,
	      BYTES("Meeting ID,Topic,Start Time,End Time,User Email,Duration "
		    "(Minutes),Participants\n"
		    "\"812 3456 7890\",BIO 101,10/05/2026 05:55:00 PM,10/05/2026 07:00:00 "
		    "PM,ta@x.example,65,6\n"
		    "\n"
		    "Name (Original Name),User Email,Join Time,Leave Time,Duration "
		    "(Minutes),Guest,Recording Consent,In Waiting Room\n"
		    "Ann (Anna Meier),,10/05/2026 06:10:00 PM,10/05/2026 06:40:00 PM,30,Yes,,No\n"
		    "Ann (Anna Meier),,10/05/2026 06:42:00 PM,10/05/2026 07:00:00 PM,18,Yes,,No\n"
		    "Bert,B@x.example,10/05/2026 06:00:00 PM,10/05/2026 07:00:00 PM,60,No,,No\n"
		    "Bert at home,b@X.example,10/05/2026 06:30:00 PM,10/05/2026 07:00:00 "
		    "PM,30,No,,No\n"),
	      "America/New_York");
	assert_string_equal(buf_str(&told), "");
	assert_string_equal(sheet.lessons[0].uid, "812 3456 7890");
	assert_string_equal(sheet.lessons[0].organizer, "ta@x.example");
	time_is(sheet.lessons[0].start_ms, "2026-10-05T21:55:00Z"); /* the account's zone */
	assert_int_equal(sheet.lessons[0].n_rows, 2); /* who came again is one; by address too */
	assert_int_equal(row(0)->present_ms, 48 * 60000);
	assert_true(row(0)->guest);
	assert_int_equal(row(1)->n_intervals, 2);
	assert_int_equal(row(1)->present_ms, 60 * 60000); /* two devices at once count once */
	/* Without the block; newer files write the column in lower case; noon and midnight. */
	reads(FORMAT_ZOOM,
	      BYTES("Name (original name),Email,Join time,Leave time,Duration (minutes),Guest\r\n"
		    "A,,03/02/2026 12:00:00 AM,03/02/2026 12:30:00 PM,750,No\r\n"),
	      "UTC");
	time_is(row(0)->first_join_ms, "2026-03-02T00:00:00Z");
	time_is(row(0)->last_leave_ms, "2026-03-02T12:30:00Z");
	reads(FORMAT_ZOOM_UNIQUE,
	      BYTES("Name (Original Name),User Email,Total Duration "
		    "(Minutes),Guest\nA,a@x.example,57,No\n"),
	      "UTC");
	assert_int_equal(row(0)->present_ms, 57 * 60000);
}

/* -- Meet ----------------------------------------------------------------------- */

static void test_meet(void **state)
{
	struct span whole = BYTES("First name,Last name,Email,Duration,Time joined,Time exited\n"
				  "Ada,Nova,ada@x.example,1 hr 2 min,10:00 AM,11:02 AM\n"
				  "Bo,,,58 min,18:02,19:00\n"
				  "Cy,Late,,30 min,11:50 PM,12:20 AM\n");
	(void)state;
	assert_int_equal(format_detect(whole), FORMAT_MEET);
	/* Its times have no date: it is asked for. */
	assert_int_equal(read_as(FORMAT_MEET, whole, "UTC", 0), ERR_INVALID);
	assert_non_null(strstr(failure.hint, "--day"));
	assert_int_equal(read_as(FORMAT_MEET, whole, "UTC", DAY), 0);
	assert_string_equal(row(0)->name, "Ada Nova");
	assert_int_equal(row(0)->present_ms, 62 * 60000);
	time_is(row(0)->first_join_ms, "2026-03-02T10:00:00Z");
	time_is(row(1)->last_leave_ms, "2026-03-02T19:00:00Z");
	time_is(row(2)->last_leave_ms, "2026-03-03T00:20:00Z"); /* past midnight */
	/* Legacy forms: one column for the name; no times at all. */
	assert_int_equal(read_as(FORMAT_MEET,
				 BYTES("Name,Email,Duration,Time joined,Time exited\n"
				       "Ada Nova,ada@x.example,2 hr,10:00 AM,12:00 PM\n"),
				 "UTC", DAY),
			 0);
	time_is(row(0)->last_leave_ms, "2026-03-02T12:00:00Z");
	reads(FORMAT_MEET, BYTES("Name,Email,Duration\nAda Nova,ada@x.example,1 hr 2 min\n"),
	      "UTC");
	assert_int_equal(row(0)->present_ms, 62 * 60000);
}

/* -- Moodle ----------------------------------------------------------------------- */

static void test_moodle(void **state)
{
	(void)state;
	reads(FORMAT_MOODLE, BYTES("user;status;remarks\nanna@x.example;p;\nbert;L;bus\n"), "UTC");
	assert_string_equal(row(0)->name, "anna@x.example");
	assert_int_equal(row(1)->status, MARK_LATE);
	reads(FORMAT_MOODLE, BYTES("email,scantime\nanna@x.example,2026-03-02 09:03:00\n"),
	      "Europe/Berlin");
	time_is(row(0)->first_join_ms, "2026-03-02T08:03:00Z");
	reads(FORMAT_MOODLE_TXT,
	      BYTES("Kurs\tPhysik\nGruppe\tAlle\n\nID number\tNachname\tVorname\tGroups\t"
		    "02.03.2026 09.00 Alle\t09.03.2026 09:00 10b\tP\tL\tE\tA\tTaken "
		    "sessions\tPoints\tPercentage\n"
		    "007\tMeier\tAnna \"Nan\"\t\tP\t?\t1\t0\t0\t0\t1\t2\t100.0%\n"
		    "008\tAlt\tBert\t10b\t-\tX\t1\t0\t0\t0\t1\t2\t100.0%\n"),
	      "Europe/Berlin");
	assert_int_equal(sheet.n_lessons, 2);
	assert_string_equal(sheet.lessons[0].title, "Physik");
	time_is(sheet.lessons[1].start_ms, "2026-03-09T08:00:00Z");
	assert_int_equal(sheet.lessons[0].n_rows, 1);
	assert_string_equal(row(0)->name, "Anna \"Nan\" Meier"); /* no quotes there */
	assert_string_equal(row(0)->external_id, "007");
	assert_int_equal(sheet.lessons[1].rows[0].status, MARK_NOT_KNOWN);
	assert_string_equal(buf_str(&told), "6: \"X\" is none of P, L, E and A\n");
}

/* -- Graph ------------------------------------------------------------------------ */

static const char report[] =
	"{\"@odata.context\":\"https://graph.example/v1.0/$metadata\",\"id\":\"c9b6db1c\",\n"
	"\"totalParticipantCount\":1,\"meetingStartDateTime\":\"2021-10-05T04:38:23.945Z\",\n"
	"\"meetingEndDateTime\":\"2021-10-05T04:43:49.77Z\",\"attendanceRecords\":[{"
	"\"emailAddress\":\n"
	"\"fred@x.example\",\"totalAttendanceInSeconds\":1152,\"role\":\"Presenter\",\"identity\":{"
	"\"id\":\"dc17\",\n"
	"\"displayName\":\"Fred\",\"tenantId\":null},\"attendanceIntervals\":[{\"joinDateTime\":\n"
	"\"2021-03-16T18:59:52.2782182Z\",\"leaveDateTime\":\"2021-03-16T19:06:47.7218491Z\","
	"\"durationInSeconds\":415}]}]}";

static void test_graph(void **state)
{
	(void)state;
	reads(FORMAT_GRAPH, span_of(report), NULL);
	assert_string_equal(buf_str(&told), "");
	assert_string_equal(sheet.lessons[0].uid, "c9b6db1c");
	time_is(sheet.lessons[0].start_ms, "2021-10-05T04:38:23Z");
	assert_string_equal(row(0)->name, "Fred");
	assert_string_equal(row(0)->role, "assistant");
	assert_int_equal(row(0)->present_ms, 1152000);
	assert_int_equal(row(0)->intervals[0].from_ms % 1000, 278); /* seven digits of a second */
	/* The records of a report alone, as their own address gives them. */
	reads(FORMAT_GRAPH,
	      BYTES("{\"value\":[{\"emailAddress\":null,\"totalAttendanceInSeconds\":60,"
		    "\"identity\":"
		    "{\"displayName\":\"A\"},\"attendanceIntervals\":[]},7,{\"identity\":{}}]}"),
	      NULL);
	assert_int_equal(sheet.lessons[0].n_rows, 1);
	refuses(FORMAT_GRAPH, "{\"value\": [\n{\"id\": }", ERR_INVALID, "line 2");
	refuses(FORMAT_GRAPH, "{\"value\":[]}", ERR_INVALID, "Nobody");
	refuses(FORMAT_GRAPH, "[]", ERR_INVALID, "Nobody");
}

/* -- our own ----------------------------------------------------------------------- */

/* Mistakes in single lines are told with them; the others count. */
static void test_csv_mistakes(void **state)
{
	(void)state;
	reads(FORMAT_CSV,
	      BYTES("user_id,name,status,start,first_join,present_s,intervals\n"
		    "@a:x,A,present,2026-02-30T09:00:00Z,,,\n"
		    "@b:x,B,here,2026-03-02T09:00:00Z,,,\n"
		    "@c:x,C,late,2026-03-02T09:00:00Z,soon,x,\n"
		    ",,present,2026-03-02T09:00:00Z,,,\n"
		    "@d:x,D,present,2026-03-02T09:00:00Z,,,2026-03-02T10:00:00Z/"
		    "2026-03-02T09:00:00Z\n"
		    "@e:x,E,present,2026-03-02T09:00:00Z,,,2026-03-02T10:00:00Z\n"
		    "@e:x,E,present,2026-03-02T09:00:00Z,,,\n"
		    "@f:x,F,present,2026-03-02T24:10:00Z,,,\n"
		    "@g:x,G,,2026-03-02T09:00:00Z,,,2026-03-02T09:00:00Z/..\n"),
	      "UTC");
	assert_string_equal(buf_str(&told), "2: \"2026-02-30T09:00:00Z\" does not exist\n"
					    "3: \"here\" is no status (present, late, absent ...)\n"
					    "4: present_s is a number of seconds\n"
					    "4: \"soon\" is no time\n"
					    "5: nobody is named here\n"
					    "6: it ends before it begins\n"
					    "7: an interval is written as beginning/end\n"
					    "8: this person stands in this lesson already\n"
					    "9: \"2026-03-02T24:10:00Z\" does not exist\n");
	assert_int_equal(sheet.lessons[0].n_rows, 4);
	assert_int_equal(row(3)->intervals[0].to_ms, 0);
	assert_int_equal(row(3)->last_leave_ms, 0); /* still there */
}

static void test_json_mistakes(void **state)
{
	(void)state;
	reads(FORMAT_JSON,
	      BYTES("{\"user_id\":\"@a:x\",\"status\":\"present\",\"start\":\"2026-13-02T09:00:"
		    "00Z\"}\n"
		    "\n"
		    "{\"user_id\":\"@b:x\",\"status\":\"present\"\n"
		    "[1]\n"
		    "{\"status\":\"present\"}\n"
		    "{\"user_id\":\"@c:x\",\"status\":\"dozing\"}\n"
		    "{\"user_id\":\"@d:x\",\"zone\":\"Europe/Berlim\",\"uid\":\"u\"}\n"),
	      NULL);
	tells("1: \"2026-13-02T09:00:00Z\" does not exist");
	tells("3: ");
	tells("4: ");
	tells("5: nobody is named here");
	tells("6: \"dozing\" is no status");
	tells("7: ");
	tells("Europe/Berlim");
}

/* -- broken files -------------------------------------------------------------------- */

static void test_broken(void **state)
{
	(void)state;
	refuses(FORMAT_CSV, "user_id,status\n\"@a:x,present\n", ERR_INVALID, "line 2: a quote");
	refuses(FORMAT_CSV, "user_id,status\n@a:x,present,more\n", ERR_INVALID,
		"line 2: more cells");
	refuses(FORMAT_CSV, "user_id,status\n\xff\xff,present\n", ERR_INVALID,
		"line 2: a character");
	refuses(FORMAT_CSV, "", ERR_INVALID, "empty");
	refuses(FORMAT_CSV, "user_id,status\n", ERR_INVALID, "Nobody");
	refuses(FORMAT_ZOOM, "a,b\n1,2\n", ERR_INVALID, "Name (Original Name)");
	refuses(FORMAT_ZOOM,
		"Meeting ID,Topic\n1,T\n\nName (Original Name),User Email,Join Time,Leave "
		"Time\n\"A,,\n",
		ERR_INVALID, "line 5: a quote");
	refuses(FORMAT_TEAMS, "1. Summary\nx\n2. Participants\nName\tFirst Join\n\"A\t\n",
		ERR_INVALID, "line 5: a quote");
	refuses(FORMAT_TEAMS, "1. Summary\n", ERR_INVALID, "Nobody");
	refuses(FORMAT_TEAMS_2020, "a,b\n1,2\n", ERR_INVALID, "User Action");
	refuses(FORMAT_MEET, "a,b\n1,2\n", ERR_INVALID, "First name");
	refuses(FORMAT_MOODLE_TXT, "Course\tx\n\n\na\tb\tc\n1\t2\t3\n", ERR_INVALID, "date");
	refuses(FORMAT_XLSX, "PK\x03\x04", ERR_UNSUPPORTED, "written, not read");
	refuses(FORMAT_COUNT, "x", ERR_INVALID, "no attendance file");
	assert_int_equal(read_as(FORMAT_CSV, BYTES("user_id,sta\0tus\n@a:x,present\n"), "UTC", 0),
			 ERR_INVALID);
	assert_non_null(strstr(failure.msg, "line 1: a NUL byte"));
	assert_int_equal(read_as(FORMAT_CSV, BYTES("user_id,status\n@a:x,present\n"), "Mars/Base",
				 0),
			 ERR_USAGE);
	assert_non_null(strstr(failure.msg, "Mars/Base"));
}

/* What is too large is refused before it is looked at; too many are told and left out. */
static void test_too_much(void **state)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	(void)state;
	for (int i = 0; i < SHEET_ROWS_MAX + 2; i++)
		buf_printf(&b, i ? "@p%d:x,present\n" : "user_id,status\n", i);
	assert_int_equal(read_as(FORMAT_CSV, buf_span(&b), "UTC", 0), 0);
	assert_int_equal(sheet.lessons[0].n_rows, SHEET_ROWS_MAX);
	tells("5002: more than 5000 people");
	buf_clear(&b);
	for (int i = 0; i < FORM_PROBLEMS_MAX + 500; i++)
		buf_printf(&b, i ? "@p%d:x,asleep\n" : "user_id,status\n@a:x,present\n", i);
	assert_int_equal(read_as(FORMAT_CSV, buf_span(&b), "UTC", 0), 0);
	assert_true(told.n < 100000);
	tells("1001: \"asleep\"");
	tells("0: more than 1000 lines could not be used");
	buf_done(&b);
	struct span huge = {mem_alloc(LIMIT_CSV_BYTES + 1), LIMIT_CSV_BYTES + 1};
	assert_int_equal(read_as(FORMAT_CSV, huge, "UTC", 0), ERR_TOO_LARGE);
	mem_free((char *)huge.p);
}

/* -- what a file is ------------------------------------------------------------------- */

static void test_detect(void **state)
{
	(void)state;
	assert_int_equal(format_detect(BYTES("BEGIN:VCALENDAR\r\n")), FORMAT_ICS);
	assert_int_equal(format_detect(BYTES("\n<!DOCTYPE HTML>")), FORMAT_HTML);
	assert_int_equal(format_detect(BYTES("PK\x03\x04...")), FORMAT_XLSX);
	assert_int_equal(format_detect(BYTES("")), FORMAT_COUNT);
	assert_int_equal(format_detect(BYTES("\xFF\xFE")), FORMAT_COUNT);
	assert_int_equal(format_detect(BYTES("Dear Sir,\n")), FORMAT_COUNT);
	assert_int_equal(format_detect(BYTES("{\"user_id\":\"@a:x\"}")), FORMAT_JSON);
	assert_int_equal(format_detect(
				 BYTES("\"Name (Original Name)\",\"User Email\",\"Join Time\"\n")),
			 FORMAT_ZOOM);
}

/* -- times ---------------------------------------------------------------------------- */

static void time_reads(const char *text, const char *want)
{
	struct form_clock c = {.zone = "Europe/Berlin", .day_ms = DAY};
	struct err err = {0};
	int64_t ms;
	if (form_time_read(&c, span_of(text), &ms, &err))
		fail_msg("%s: %s", text, err.msg);
	time_is(ms, want);
}

static void time_fails(const char *text)
{
	struct form_clock c = {.zone = "UTC", .day_ms = DAY};
	struct err err = {0};
	int64_t ms;
	assert_int_equal(form_time_read(&c, span_of(text), &ms, &err), ERR_INVALID);
	assert_non_null(strstr(err.msg, text));
}

static void test_times(void **state)
{
	(void)state;
	time_reads("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z");
	time_reads("2026-03-02T09:00:00.999+05:30", "2026-03-02T03:30:00Z");
	time_reads("2026-03-02 09:00 -0330", "2026-03-02T12:30:00Z");
	time_reads(" 2026/03/02 09:00 ", "2026-03-02T08:00:00Z");
	time_reads("3/2/26, 9:00\u202fPM", "2026-03-02T20:00:00Z");
	time_reads("\u200e2.3.2026 9.00.05", "2026-03-02T08:00:05Z");
	time_reads("2 Mar 2026 9.00AM", "2026-03-02T08:00:00Z");
	time_reads("9:00 a.m.", "2026-03-02T08:00:00Z");
	/* The hour that comes twice is the first, one that is left out is read as before (RFC 5545, 3.3.5). */
	time_reads("2026-10-25 02:30:00", "2026-10-25T00:30:00Z");
	time_reads("2026-03-29 02:30:00", "2026-03-29T01:30:00Z");
	static const char *const bad[] = {"2026-02-29 09:00",
					  "13/13/2026 09:00",
					  "2026-03-02",
					  "2026-03-02 25:00",
					  "2026-03-02 09:60",
					  "13:00 PM",
					  "0:00 PM",
					  "1969-01-01 00:00",
					  "2026-03-02 09:00 CET",
					  "2026-03-02 09:00:00+25:00",
					  "09",
					  "x",
					  "32 Mar 2026 9:00",
					  "2026-3",
					  "1/2/20266 9:00"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		time_fails(bad[i]);
}

static void lasts(const char *text, int64_t seconds)
{
	int64_t ms = -1;
	bool ok = form_duration_read(span_of(text), &ms);
	if (ok != (seconds >= 0) || (ok && ms != seconds * 1000))
		fail_msg("%s: %lld", text, (long long)ms);
}

static void test_durations(void **state)
{
	(void)state;
	lasts("1h 27m 51s", 5271);
	lasts("1h27m51s", 5271);
	lasts("51s", 51);
	lasts("1 hr 2 min", 3720);
	lasts("2 hr", 7200);
	lasts("1 godz. 27 min 51 sek.", 5271);
	lasts("1 Std. 27 Min. 51 Sek.", 5271);
	lasts("1 Stunde 2 Minuten", 3720);
	lasts("1:27:51", 5271);
	lasts("0s", 0);
	lasts("", -1);
	lasts("12", -1);
	lasts("1:30", -1);
	lasts("5 parsecs", -1);
	lasts("2m 1h", -1);
	lasts("1h 1h", -1);
	lasts("99999999h", -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_teams),	     cmocka_unit_test(test_teams_languages),
		cmocka_unit_test(test_teams_2020),   cmocka_unit_test(test_order_of_dates),
		cmocka_unit_test(test_zoom),	     cmocka_unit_test(test_meet),
		cmocka_unit_test(test_moodle),	     cmocka_unit_test(test_graph),
		cmocka_unit_test(test_csv_mistakes), cmocka_unit_test(test_json_mistakes),
		cmocka_unit_test(test_broken),	     cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_detect),	     cmocka_unit_test(test_times),
		cmocka_unit_test(test_durations),
	};
	setenv("TZ", "UTC", 1);
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&told);
	sheet_done(&sheet);
	return rc;
}
