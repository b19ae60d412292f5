/* The register of a lesson, rule by rule (core/attendance/register.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/lesson_log.h"

#include "core/attendance/register_priv.h"
#include "core/attendance/roll.h"

#include <string.h>

#define ANNA "@anna:x"
#define BERT "@bert:x"
#define CARL "@carl:x"
#define AFTER (LOG_START + 7200000)

static struct lesson_log g;
static struct roster *roster;
static struct sheet_lesson sheet;
static struct lesson lesson;
static struct attendance_rules rules;
static struct periods_hole {
	double from, to;
} hole;
static int64_t now_ms;
static struct attendance_rules_given given;
static bool staff_observes;

static int begin(void **state)
{
	(void)state;
	log_init(&g);
	log_join(&g, LOG_TEACHER, "T", -60);
	log_leave(&g, LOG_TEACHER, "T", 3601);
	roster = log_roster((const char *const[]){ANNA, BERT, NULL});
	lesson = log_lesson();
	rules = attendance_defaults;
	hole = (struct periods_hole){0, 0};
	now_ms = AFTER;
	given = attendance_rules_as_they_are;
	staff_observes = false;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	log_done(&g);
	roster_free(roster);
	sheet_lesson_done(&sheet);
	return 0;
}

static struct register_input *input(unsigned seed)
{
	struct register_input *in = log_input(&g, &lesson, &rules, roster, seed);
	register_input_given(in, &given);
	if (staff_observes)
		register_input_staff_observes(in);
	if (hole.to > hole.from)
		register_input_missing(in, LOG_START + (int64_t)(hole.from * 1000),
				       LOG_START + (int64_t)(hole.to * 1000));
	return in;
}

/* In three orders of arrival, with the same bytes each time. */
static void judge_now(void)
{
	AUTO(buf_done) struct buf first = BUF_INIT(BUF_CAP_OWN);
	sheet_lesson_done(&sheet);
	for (unsigned seed = 0; seed < 3; seed++) {
		AUTO(buf_done) struct buf again = BUF_INIT(BUF_CAP_OWN);
		struct register_input *in = input(seed);
		struct attendance_register *r = register_judge(in, now_ms);
		register_bytes(r, seed ? &again : &first);
		if (seed)
			assert_string_equal(buf_str(&again), buf_str(&first));
		else
			register_sheet(r, &sheet);
		register_free(r);
		register_input_free(in);
	}
	assert_true(first.n > 0);
}

static const struct sheet_row *row(const char *user)
{
	const struct sheet_row *r = log_row(&sheet, user);
	assert_non_null(r);
	return r;
}

static void expect(const char *user, const char *status, const char *code)
{
	const struct sheet_row *r = row(user);
	assert_string_equal(mark_status_name(r->status), status);
	if (code)
		assert_non_null(log_reason(r, code));
}

/* Judge, and look at one person. */
static void mark(const char *user, const char *status, const char *code)
{
	judge_now();
	expect(user, status, code);
}

/* -- Intervals ------------------------------------------------------------------- */

static void test_present(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", -30);
	log_leave(&g, ANNA, "A", 3590);
	judge_now();
	expect(ANNA, "present", "attended");
	expect(BERT, "absent", "not_seen");
	assert_int_equal(row(ANNA)->present_ms, 3590000);
	assert_int_equal(row(ANNA)->first_join_ms, LOG_START - 30000);
	assert_int_equal(row(ANNA)->last_leave_ms, LOG_START + 3590000);
	assert_null(log_reason(row(ANNA), "end_inferred"));
	/* The roster first, then who else was there. */
	assert_int_equal(sheet.n_rows, 3);
	assert_string_equal(sheet.rows[2].user_id, LOG_TEACHER);
	assert_string_equal(sheet.rows[2].role, "teacher");
	assert_true(sheet.rows[2].guest);
}

static void test_late_and_early(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 301);
	log_join(&g, BERT, "B", 300);
	log_leave(&g, BERT, "B", 3299);
	judge_now();
	expect(ANNA, "late", "came_late");
	expect(BERT, "left_early", "left_early");
	rules.late_ms = 301000;
	rules.early_ms = 301000;
	judge_now();
	expect(ANNA, "present", NULL);
	expect(BERT, "present", NULL);
	rules.min_percent = 100;
	mark(BERT, "partial", "attended");
}

static void test_minimum(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_leave(&g, ANNA, "A", 2699);
	log_join(&g, BERT, "B", 0);
	log_leave(&g, BERT, "B", 2700);
	judge_now();
	expect(ANNA, "partial", "left_early");
	expect(BERT, "left_early", NULL);
}

/* Phone and laptop together; what one says does not end the other. */
static void test_devices(void **state)
{
	(void)state;
	log_join(&g, ANNA, "PHONE", 0);
	log_join(&g, ANNA, "LAPTOP", 60);
	log_leave(&g, ANNA, "PHONE", 120);
	log_leave(&g, ANNA, "LAPTOP", 3600);
	mark(ANNA, "present", "several_devices");
	assert_int_equal(row(ANNA)->n_intervals, 1);
	assert_int_equal(row(ANNA)->present_ms, 3600000);
}

static void test_sticky(void **state)
{
	(void)state;
	log_sticky(&g, ANNA, "A", 10, true);
	log_sticky(&g, ANNA, "A", 1200, false);
	log_sticky(&g, BERT, "B", 10, true); /* an hour at most, and that from 10 s on */
	judge_now();
	expect(ANNA, "partial", NULL);
	assert_int_equal(row(ANNA)->present_ms, 1190000);
	assert_int_equal(row(BERT)->present_ms, 3590000);
}

static void test_grace(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_leave(&g, ANNA, "A", 600);
	log_join(&g, ANNA, "A", 720);
	log_join(&g, BERT, "B", 0);
	log_leave(&g, BERT, "B", 600);
	log_join(&g, BERT, "B", 721);
	judge_now();
	assert_int_equal(row(ANNA)->n_intervals, 1);
	assert_int_equal(row(ANNA)->present_ms, 3600000);
	assert_non_null(log_reason(row(ANNA), "gaps_bridged"));
	assert_int_equal(row(BERT)->n_intervals, 2);
	assert_int_equal(row(BERT)->present_ms, 3479000);
}

/* Crashed, and nobody said when: until the same device comes again. */
static void test_next_join(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_join(&g, ANNA, "A", 1800);
	log_leave(&g, ANNA, "A", 3500);
	log_join(&g, BERT, "B", 0);
	log_renew(&g, BERT, "B", 1800, 0);
	log_leave(&g, BERT, "B", 3500);
	judge_now();
	expect(ANNA, "present", "rejoined");
	assert_null(log_reason(row(BERT), "rejoined"));
}

static void test_departure(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_seen(&g, LOG_SERVER, ANNA, "A", 0, 1, NULL);
	log_seen(&g, LOG_SERVER, ANNA, "A", 1000, 1030, "lost");
	log_join(&g, BERT, "B", 0);
	log_seen(&g, ANNA, BERT, "B", 10, 10, "lost"); /* anybody may send such an event */
	judge_now();
	expect(ANNA, "partial", "end_inferred");
	assert_int_equal(row(ANNA)->last_leave_ms, LOG_START + 1000000);
	expect(BERT, "present", "end_inferred");
	/* It goes on where the observer says so, or a new join; not by what only goes on. */
	log_renew(&g, ANNA, "A", 1200, 0);
	mark(ANNA, "partial", NULL);
	log_seen(&g, LOG_SERVER, ANNA, "A", 1300, 1301, NULL);
	mark(ANNA, "present", NULL);
	assert_int_equal(row(ANNA)->present_ms, 3300000);
	assert_int_equal(row(ANNA)->intervals[1].inferred,
			 false); /* the server saw them to the end */
}

/* Servers see connections end before they hear of it. */
static void test_departure_and_leave(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_seen(&g, LOG_SERVER, ANNA, "A", 3500, 3500, "left");
	log_leave(&g, ANNA, "A", 3501);
	mark(ANNA, "present", NULL);
	assert_null(log_reason(row(ANNA), "end_inferred"));
	assert_int_equal(row(ANNA)->last_leave_ms, LOG_START + 3500000);
}

static void test_expiry(void **state)
{
	(void)state;
	const char *id = log_join(&g, ANNA, "A", -14000);
	assert_non_null(id);
	mark(ANNA, "partial", "end_inferred");
	assert_int_equal(row(ANNA)->present_ms, 400000);
	assert_string_equal(json_get_str(log_reason(row(ANNA), "end_inferred"), "by"), "expiry");
}

static void test_foreign(void **state)
{
	(void)state;
	struct lesson_log other;
	log_init(&other);
	log_join(&other, ANNA, "A", 10);
	json_t *ev = json_array_get(other.room, json_array_size(other.room) - 1);
	log_event(&g, false, "org.matrix.msc3401.call.member", BERT, 10,
		  json_get_str(ev, "state_key"), json_incref(json_object_get(ev, "content")));
	log_done(&other);
	mark(ANNA, "absent", NULL);
	expect(BERT, "absent", NULL);
	assert_int_equal(json_array_size(sheet.notes), 1);
	assert_non_null(strstr(json_string_value(json_array_get(sheet.notes, 0)), BERT));
}

/* A redacted join was no join, a redacted leave is a leave all the same. */
static void test_redacted(void **state)
{
	(void)state;
	const char *join = log_join(&g, ANNA, "A", 0);
	log_redact(&g, ANNA, join, 4000);
	log_join(&g, BERT, "B", 0);
	log_redact(&g, BERT, log_leave(&g, BERT, "B", 600), 4000);
	judge_now();
	expect(ANNA, "absent", NULL);
	expect(BERT, "partial", NULL);
	assert_int_equal(row(BERT)->present_ms, 600000);
	/* By somebody else: what it said is not known. */
	log_redact(&g, LOG_TEACHER, log_join(&g, ANNA, "B", 100), 4000);
	mark(ANNA, "not_known", "redacted");
}

/* -- Who is expected ---------------------------------------------------------------- */

static void test_joined_room(void **state)
{
	(void)state;
	log_member(&g, ANNA, 1800, "join", NULL);
	log_join(&g, ANNA, "A", 1900);
	log_member(&g, BERT, -5000, "join", NULL);
	log_member(&g, BERT, 900, "leave", "join");
	log_join(&g, BERT, "B", 0);
	judge_now();
	expect(ANNA, "present", "joined_room");
	expect(BERT, "present", "left_room");
	assert_int_equal(row(BERT)->present_ms, 900000);
	/* Before they came, and after they had gone, nothing was expected of them. */
	lesson.start_ms -= 86400000;
	lesson.end_ms -= 86400000;
	log_join(&g, LOG_TEACHER, "T", -86400);
	judge_now();
	expect(ANNA, "not_tracked", "not_in_room");
	expect(BERT, "not_tracked", "not_in_room");
}

static void test_no_roster(void **state)
{
	(void)state;
	roster_free(roster);
	roster = NULL;
	log_member(&g, ANNA, -100, "join", "invite");
	log_member(&g, BERT, -100, "invite", NULL);
	log_join(&g, CARL, "C", 0); /* whose joining the room is not known */
	judge_now();
	expect(ANNA, "absent", NULL);
	assert_null(log_row(&sheet, BERT));
	assert_true(row(CARL)->guest);
	assert_true(row(LOG_TEACHER)->guest);
}

/* Nobody is absent from a lesson that did not take place. */
static void test_holiday(void **state)
{
	(void)state;
	lesson.start_ms += 7 * 86400000LL;
	lesson.end_ms += 7 * 86400000LL;
	now_ms = lesson.end_ms + 1;
	mark(ANNA, "not_tracked", "no_lesson");
	/* One who came by mistake makes no lesson; more than half of them do. */
	log_join(&g, CARL, "C", 7 * 86400);
	mark(ANNA, "not_tracked", "no_lesson");
	log_join(&g, ANNA, "A", 7 * 86400);
	mark(ANNA, "not_tracked", "no_lesson");
	log_join(&g, BERT, "B", 7 * 86400);
	mark(ANNA, "present", NULL);
}

static void test_cancelled(void **state)
{
	(void)state;
	lesson.cancelled = true;
	judge_now();
	assert_int_equal(sheet.n_rows, 0);
	assert_int_equal(json_array_size(sheet.notes), 1);
}

static void test_pending(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 60);
	log_mark(&g, LOG_TEACHER, BERT, -100, NULL, "excused", "doctor");
	now_ms = LOG_START + 600000;
	mark(ANNA, "pending", "pending");
	expect(BERT, "excused", "excused");
	assert_int_equal(row(ANNA)->last_leave_ms, 0);
	assert_int_equal(row(ANNA)->intervals[0].to_ms, 0);
	lesson.closed_ms = now_ms; /* its host has ended it */
	mark(ANNA, "present", NULL);
	assert_int_equal(row(ANNA)->present_ms, 540000);
}

/* -- Not tracked, not known ------------------------------------------------------------ */

static char *person(int i)
{
	static char name[16];
	snprintf(name, sizeof(name), "@p%d:x", i);
	return name;
}

static void test_most_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		log_join(&g, person(i), "P", 0);
		if (i < 4)
			log_leave(&g, person(i), "P", 1000 + i * 10);
		if (i < 3)
			log_join(&g, person(i), "P", 1500 + i * 10);
	}
	judge_now(); /* 4 of 7; the third of the lost is back at 1520 */
	assert_int_equal(row("@p0:x")->present_ms, 3600000 - 520000);
	assert_int_equal(row("@p5:x")->present_ms, 3600000 - 520000);
	expect("@p0:x", "present", NULL);
	expect("@p3:x", "partial", NULL);
	assert_int_equal(json_array_size(sheet.notes), 1);
	/* The end of a lesson, from which nobody comes back, is none. */
	lesson.end_ms += 3600000;
	for (int i = 0; i < 6; i++)
		log_leave(&g, person(i), "P", 3500);
	judge_now();
	assert_int_equal(json_array_size(sheet.notes), 1);
}

static void test_server_stopped(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_seen(&g, LOG_SERVER, ANNA, "A", 0, 0, NULL);
	log_seen(&g, LOG_SERVER, ANNA, "A", 1000, 1200, "restarted");
	log_seen(&g, LOG_SERVER, LOG_TEACHER, "T", 1000, 1200, "restarted");
	log_join(&g, LOG_TEACHER, "T", 1210);
	log_join(&g, ANNA, "A", 1800);
	judge_now();
	expect(ANNA, "present", NULL); /* two were cut off, and two had to come back */
	assert_int_equal(row(ANNA)->present_ms, 2800000);
	expect(BERT, "absent", NULL);
	assert_int_equal(json_array_size(sheet.notes), 1);
}

static void test_missing(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	log_leave(&g, ANNA, "A", 3590);
	log_join(&g, CARL, "C", 700);
	hole = (struct periods_hole){100, 101};
	judge_now();
	expect(ANNA, "present", NULL); /* whatever it was */
	expect(BERT, "not_known", "history_missing");
	expect(CARL, "not_known", NULL); /* late, unless they were there before */
	assert_int_equal(row(BERT)->present_ms, -1);
	hole = (struct periods_hole){-86400, -86000}; /* too long ago */
	mark(BERT, "absent", NULL);
}

/* -- Staff's word -------------------------------------------------------------------------- */

static void test_corrected(void **state)
{
	(void)state;
	log_mark(&g, LOG_TEACHER, ANNA, 4000, "absent", "present", "sat beside Bert");
	log_mark(&g, BERT, BERT, 4000, "absent", "present", "please");
	judge_now();
	expect(ANNA, "present", "corrected");
	expect(BERT, "absent", NULL);
	const json_t *r = log_reason(row(ANNA), "corrected");
	assert_string_equal(json_get_str(r, "before"), "absent");
	assert_string_equal(json_get_str(r, "worked_out"), "absent");
	assert_string_equal(json_get_str(r, "by"), LOG_TEACHER);
	assert_non_null(strstr(json_get_str(r, "text"), "sat beside Bert"));
	log_mark(&g, LOG_TEACHER, ANNA, 5000, "present", NULL, "a mistake");
	mark(ANNA, "absent", "mark_taken_back");
	log_mark(&g, LOG_TEACHER, ANNA, 6000, "absent", "excused", "");
	mark(ANNA, "absent", NULL); /* no excuse without a reason */
	log_mark(&g, LOG_TEACHER, ANNA, 6000, "absent", "excused", "ill");
	mark(ANNA, "excused", "excused");
}

/* Staff is who was staff when it was said. */
static void test_power(void **state)
{
	(void)state;
	for (int staff = 0; staff < 2; staff++) {
		log_event(&g, staff, "m.room.power_levels", LOG_TEACHER, 5000, "",
			  json_pack("{s:{s:i,s:i}}", "users", LOG_TEACHER, 100, CARL, 50));
		log_event(&g, staff, "m.room.power_levels", LOG_TEACHER, 7000, "",
			  json_pack("{s:{s:i}}", "users", LOG_TEACHER, 100));
	}
	log_mark(&g, CARL, ANNA, 4999, "absent", "present", "x");
	log_mark(&g, CARL, ANNA, 7001, "absent", "present", "x");
	mark(ANNA, "absent", NULL);
	log_mark(&g, CARL, ANNA, 6000, "absent", "late", "x");
	mark(ANNA, "late", "corrected");
}

static void contest(const char *relayer, const char *author, double at)
{
	struct lesson l = log_lesson();
	json_t *c =
		json_pack("{s:s,s:{s:s,s:s,s:I}}", "reason", "I was there", "relayed", "event_id",
			  "$direct", "sender", author, "ts", (json_int_t)(LOG_START + 3700000));
	lesson_name(&l, c);
	log_event(&g, true, CONTEST_TYPE, relayer, at, NULL, c);
}

static void test_contest(void **state)
{
	(void)state;
	struct lesson l = log_lesson();
	contest(LOG_TEACHER, ANNA, 4000);
	contest(LOG_TEACHER, ANNA, 4001); /* sent on twice */
	contest(CARL, BERT, 4000);	  /* who is no staff */
	judge_now();
	expect(BERT, "absent", NULL);
	assert_null(log_reason(row(BERT), "contested"));
	const json_t *r = log_reason(row(ANNA), "contested");
	assert_string_equal(json_get_str(r, "state"), "open");
	json_t *c = json_pack("{s:s,s:s,s:s,s:s,s:s}", "user_id", ANNA, "before", "absent", "after",
			      "present", "reason", "seen on paper", "contest", "$direct");
	lesson_name(&l, c);
	log_event(&g, true, MARK_TYPE, LOG_TEACHER, 5000, NULL, c);
	mark(ANNA, "present", "corrected");
	assert_string_equal(json_get_str(log_reason(row(ANNA), "contested"), "state"), "accepted");
}

static void test_opt_out(void **state)
{
	(void)state;
	json_t *c = json_pack("{s:s,s:b,s:{s:s,s:s,s:I}}", "room_id", LOG_ROOM, "out", 1, "relayed",
			      "event_id", "$d", "sender", ANNA, "ts", (json_int_t)LOG_START);
	log_event(&g, true, OPT_OUT_TYPE, LOG_TEACHER, 4000, NULL, c);
	log_join(&g, ANNA, "A", 0);
	mark(ANNA, "present", NULL); /* not allowed here */
	rules.opt_out = true;
	mark(ANNA, "not_tracked", "opted_out");
	assert_int_equal(row(ANNA)->n_intervals, 0);
	assert_int_equal(row(ANNA)->first_join_ms, 0);
}

/* Who writes it after the lesson, as if it had been relayed from before, was absent. */
static void test_opt_out_backdated(void **state)
{
	(void)state;
	json_t *c = json_pack("{s:s,s:b,s:{s:s,s:s,s:I}}", "room_id", LOG_ROOM, "out", 1, "relayed",
			      "event_id", "$d", "sender", ANNA, "ts", (json_int_t)LOG_START);
	rules.opt_out = true;
	log_join(&g, LOG_TEACHER, "T", 0);
	log_event(&g, false, OPT_OUT_TYPE, ANNA, 4000, NULL, c);
	mark(ANNA, "absent", NULL);
}

/* -- Rolls ------------------------------------------------------------------------------------ */

static const char *open_roll(const char *by, double at, double window)
{
	json_t *content = NULL;
	struct roll_draft d = {.uid = lesson.uid,
			       .recurrence_id = lesson.recurrence_id,
			       .window_ms = (int64_t)(window * 1000),
			       .late_ms = (int64_t)(window * 500)};
	struct err err = {0};
	assert_int_equal(roll_make(&d, &content, &err), 0);
	return log_event(&g, false, "org.matrix.msc3381.poll.start", by, at, NULL, content);
}

static void react(const char *user, const char *roll, double at)
{
	log_event(&g, false, "m.reaction", user, at, NULL,
		  json_pack("{s:{s:s,s:s,s:s}}", "m.relates_to", "rel_type", "m.annotation",
			    "event_id", roll, "key", "\xe2\x9c\x8b"));
}

static void without_call(void)
{
	log_done(&g);
	log_init(&g);
}

static void test_rolls(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300);
	react(ANNA, one, 100);
	judge_now();
	expect(ANNA, "present", "roll_answered");
	expect(BERT, "absent", "roll_unanswered");
	react(BERT, one, 300); /* more than half of the window */
	mark(BERT, "late", NULL);
	const char *two = open_roll(LOG_TEACHER, 1800, 300);
	react(ANNA, two, 1810);
	judge_now();
	expect(ANNA, "present", NULL);
	expect(BERT, "late", "roll_unanswered"); /* missed one of two */
	open_roll(ANNA, 2000, 300);		 /* who is no staff */
	mark(ANNA, "present", NULL);
	hole = (struct periods_hole){1850, 1900};
	mark(BERT, "late", NULL); /* answered late in any case */
	assert_int_equal(row(BERT)->present_ms, -1);
}

static void test_roll_marks(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300);
	log_event(&g, true, MARK_TYPE, LOG_TEACHER, 4000, NULL,
		  json_pack("{s:s,s:s,s:s,s:s}", "room_id", LOG_ROOM, "roll", one, "user_id", ANNA,
			    "after", "here"));
	log_event(&g, true, MARK_TYPE, LOG_TEACHER, 4000, NULL,
		  json_pack("{s:s,s:s,s:s,s:s,s:s}", "room_id", LOG_ROOM, "roll", one, "user_id",
			    BERT, "after", "excused", "reason", "no phone"));
	judge_now();
	expect(ANNA, "present", "roll_marked");
	expect(BERT, "excused", "excused");
	hole = (struct periods_hole){70, 80};
	log_mark(&g, LOG_TEACHER, BERT, 5000, "excused", NULL, "x");
	mark(BERT, "absent", "roll_marked");
}

static void test_roll_in_call(void **state)
{
	(void)state;
	const char *one = open_roll(LOG_TEACHER, 600, 300);
	log_join(&g, ANNA, "A", 0);
	react(BERT, one, 700);
	judge_now();
	expect(ANNA, "present", "roll_unanswered");
	expect(BERT, "partial", "roll_answered");
	assert_int_equal(row(BERT)->present_ms, 200000); /* until it closed */
}

/* Of a lesson that was ended early a second call comes too late. */
static void test_roll_after_end(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300);
	react(ANNA, one, 100);
	json_t *content = NULL;
	struct roll_draft d = {.uid = lesson.uid,
			       .recurrence_id = lesson.recurrence_id,
			       .second_of = one,
			       .window_ms = 300000,
			       .late_ms = 150000};
	assert_int_equal(roll_make(&d, &content, NULL), 0);
	log_event(&g, false, "org.matrix.msc3381.poll.start", LOG_TEACHER, 1800, NULL, content);
	lesson.closed_ms = LOG_START + 1801000;
	mark(ANNA, "late", NULL); /* one of two */
	lesson.closed_ms = LOG_START + 1800000;
	mark(ANNA, "present", NULL);
}

/* -- Seals ------------------------------------------------------------------------------------- */

static enum seal_verdict check(struct seal_check *ret)
{
	struct register_input *in = input(0);
	struct attendance_register *r = register_judge(in, now_ms);
	register_check_seal(in, r, ret);
	register_free(r);
	register_input_free(in);
	return ret->verdict;
}

static size_t seal(const char *by, double at)
{
	struct register_input *in = input(0);
	struct attendance_register *r = register_judge(in, now_ms);
	json_t *parts = register_seal(in, r), *part;
	size_t i, n = json_array_size(parts);
	json_array_foreach (parts, i, part) {
		AUTO_FREE char *text = json_text(part);
		assert_true(strlen(text) < 60000);
		log_event(&g, true, SEAL_TYPE, by, at, NULL, json_incref(part));
	}
	json_decref(parts);
	register_free(r);
	register_input_free(in);
	return n;
}

static void assert_verdict(enum seal_verdict v)
{
	AUTO(seal_check_done) struct seal_check c = {0};
	assert_int_equal(check(&c), v);
}

static void test_seal(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	const char *leave = log_leave(&g, ANNA, "A", 1800);
	assert_verdict(SEAL_NONE);
	now_ms = LOG_START;
	assert_int_equal(seal(LOG_TEACHER, 3700), 0); /* still under way */
	now_ms = AFTER;
	assert_int_equal(seal(ANNA, 3650), 1);
	assert_verdict(SEAL_NONE);
	assert_int_equal(seal(LOG_TEACHER, 3700), 1);
	assert_verdict(SEAL_GOOD);
	judge_now();
	assert_true(sheet.sealed);
	/* What comes later, and other rules since, leave it good. */
	log_mark(&g, LOG_TEACHER, ANNA, 5000, "partial", "present", "left with leave");
	rules.late_ms = 0;
	assert_verdict(SEAL_GOOD);
	/* An event from before it that nobody knew. */
	log_join(&g, ANNA, "C", 1900);
	AUTO(seal_check_done) struct seal_check c = {0};
	assert_int_equal(check(&c), SEAL_INPUTS_NEW);
	assert_int_equal(json_array_size(c.added), 1);
	assert_string_equal(c.by, LOG_TEACHER);
	seal_check_done(&c);
	log_redact(&g, LOG_TEACHER, leave, 6000);
	assert_int_equal(check(&c), SEAL_INPUTS_MISSING);
	assert_int_equal(json_array_size(c.missing), 1);
}

static void test_seal_of_many(void **state)
{
	(void)state;
	roster_free(roster);
	roster = roster_new();
	for (int i = 0; i < 1500; i++) {
		struct roster_person p = {.user_id = person(i), .external_id = person(i)};
		bool full;
		roster_put(roster, &p, &full);
		log_join(&g, person(i), "P", i % 60);
		log_leave(&g, person(i), "P", 3000 + i % 500);
	}
	assert_true(seal(LOG_TEACHER, 3700) > 2);
	assert_verdict(SEAL_GOOD);
	/* The list may change later; the seal keeps who was expected. */
	struct roster_person p = {.user_id = person(7), .external_id = (char *)"other"};
	bool full;
	roster_put(roster, &p, &full);
	roster_drop(roster, "@p8:x");
	assert_verdict(SEAL_GOOD);
	/* One part gone: no seal. */
	json_array_remove(g.staff, json_array_size(g.staff) - 1);
	assert_verdict(SEAL_NONE);
}

/* A part that was changed afterwards no longer fits its own name. */
static void test_seal_forged(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 0);
	seal(LOG_TEACHER, 3700);
	json_t *ev = json_array_get(g.staff, json_array_size(g.staff) - 1);
	json_t *people = json_object_get(json_object_get(ev, "content"), "people");
	json_array_set_new(json_array_get(people, 1), 2, json_string("present"));
	assert_verdict(SEAL_NONE);
}

/* -- Whom to believe, and how much ---------------------------------------------------------- */

/* Elsewhere staff's clients say what they see; whoever was staff then is believed. */
static void test_staff_observes(void **state)
{
	(void)state;
	staff_observes = true;
	log_event(&g, false, "m.room.power_levels", LOG_TEACHER, -100, "",
		  json_pack("{s:{s:i,s:i}}", "users", LOG_TEACHER, 100, CARL, 50));
	log_event(&g, false, "m.room.power_levels", LOG_TEACHER, 2000, "",
		  json_pack("{s:{s:i}}", "users", LOG_TEACHER, 100));
	log_join(&g, ANNA, "A", 0);
	log_seen(&g, CARL, ANNA, "A", 1000, 1000, "lost"); /* who is no staff today */
	log_join(&g, BERT, "B", 0);
	log_seen(&g, CARL, BERT, "B", 2500, 2500, "lost"); /* nor was then */
	judge_now();
	expect(ANNA, "partial", "end_inferred");
	expect(BERT, "present", NULL);
	/* And by the seal, which names no list of people for that. */
	seal(LOG_TEACHER, 3700);
	staff_observes = false;
	AUTO(seal_check_done) struct seal_check c = {0};
	assert_int_equal(check(&c), SEAL_GOOD);
}

/* Keys made up, and each taken back: a leave of all the keys that there are. */
static void test_made_up_keys(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		char device[16];
		snprintf(device, sizeof(device), "K%d", i);
		log_sticky(&g, ANNA, device, 10 + i / 10.0, true);
	}
	for (int i = 0; i < 3000; i++) {
		const char *id = log_sticky(&g, ANNA, "X", 400 + i / 10.0, true);
		log_redact(&g, ANNA, id, 800);
	}
	log_join(&g, BERT, "B", 0);
	judge_now();
	expect(BERT, "present", NULL);
	expect(ANNA, "partial", NULL);
	assert_int_equal(json_array_size(sheet.notes), 1);
	assert_non_null(strstr(json_string_value(json_array_get(sheet.notes, 0)), "2744"));
}

/* Of as many people as there may be nobody is left out; of one more, one is. */
static void test_as_many_as_may_be(void **state)
{
	(void)state;
	roster_free(roster);
	roster = roster_new();
	for (int i = 0; i < SHEET_ROWS_MAX; i++) {
		struct roster_person p = {.user_id = person(i)};
		bool full;
		roster_put(roster, &p, &full);
	}
	log_done(&g);
	log_init(&g);
	for (int i = 0; i < 2; i++) {
		struct register_input *in = input(0);
		struct attendance_register *r = register_judge(in, now_ms);
		sheet_lesson_done(&sheet);
		register_sheet(r, &sheet);
		register_free(r);
		register_input_free(in);
		assert_int_equal(sheet.n_rows, SHEET_ROWS_MAX);
		assert_int_equal(json_array_size(sheet.notes), i);
		log_join(&g, LOG_TEACHER, "T", 0);
	}
}

/* -- Sealed, and then changed ---------------------------------------------------------------- */

static void test_sealed_rules(void **state)
{
	(void)state;
	log_join(&g, ANNA, "A", 290);
	log_join(&g, BERT, "B", 310);
	seal(LOG_TEACHER, 3700);
	/* Another teacher changes the class's rules, its list and the time of the lesson. */
	rules.late_ms = 60000;
	rules.min_percent = 99;
	roster_drop(roster, BERT);
	lesson.start_ms -= 600000;
	judge_now();
	expect(ANNA, "present", NULL);
	expect(BERT, "late", NULL);
	assert_false(row(BERT)->guest);
	assert_int_equal(json_get_i64(sheet.rules, "late_s", 0), 300);
	assert_int_equal(json_array_size(sheet.notes), 0);
	assert_verdict(SEAL_GOOD);
}

static void test_sealed_other_rules_given(void **state)
{
	(void)state;
	AUTO(seal_check_done) struct seal_check c = {0};
	log_join(&g, ANNA, "A", 290);
	log_join(&g, BERT, "B", 310);
	seal(LOG_TEACHER, 3700);
	given.late_ms = 60000;
	judge_now();
	expect(ANNA, "late", NULL);
	assert_int_equal(json_get_i64(sheet.rules, "late_s", 0), 60);
	assert_int_equal(json_array_size(sheet.notes), 1);
	assert_int_equal(check(&c), SEAL_GOOD);
	assert_int_equal(c.other_marks, 1);
	/* The same as the seal's are no others. */
	seal_check_done(&c);
	given.late_ms = 300000;
	judge_now();
	assert_int_equal(json_array_size(sheet.notes), 0);
	assert_int_equal(check(&c), SEAL_GOOD);
	assert_int_equal(c.other_marks, 0);
}

/* A list that came later changes nothing in a seal that had none. */
static void test_sealed_without_roster(void **state)
{
	(void)state;
	struct roster *later = roster_new();
	struct roster_person p = {.user_id = (char *)ANNA, .external_id = (char *)"17"};
	bool full;
	roster_put(later, &p, &full);
	roster_free(roster);
	roster = NULL;
	log_member(&g, ANNA, -100, "join", NULL);
	log_join(&g, ANNA, "A", 0);
	seal(LOG_TEACHER, 3700);
	roster = later;
	assert_verdict(SEAL_GOOD);
}

/* A seal that no client of ours writes: nothing overflows, and nothing is judged by it. */
static void test_sealed_for_ever(void **state)
{
	(void)state;
	JSON_AUTO json_t *whole =
		json_pack("{s:{s:I,s:I,s:I,s:b,s:b,s:{},s:[[I,I]],s:[n],s:s},s:[],s:[],s:[n,[n]]}",
			  "register", "start_ts", (json_int_t)0, "end_ts", (json_int_t)INT64_MAX,
			  "closed_ts", (json_int_t)0, "cancelled", 0, "roster", 1, "rules",
			  "missing", (json_int_t)INT64_MIN, (json_int_t)INT64_MAX, "observers",
			  "result", "x", "inputs", "redacted", "people");
	JSON_AUTO json_t *id = reg_seal_hash(whole);
	json_t *part =
		json_pack("{s:i,s:O,s:i,s:i,s:O,s:[],s:[],s:O}", "version", 1, "seal", id, "part",
			  0, "parts", 1, "register", json_object_get(whole, "register"), "inputs",
			  "redacted", "people", json_object_get(whole, "people"));
	lesson_name(&lesson, part);
	log_event(&g, true, SEAL_TYPE, LOG_TEACHER, 4000, NULL, part);
	log_join(&g, ANNA, "A", 0);
	mark(ANNA, "present", NULL);
	assert_false(sheet.sealed);
	assert_verdict(SEAL_INPUTS_NEW);
}

/* -- Rolls by themselves -------------------------------------------------------------------- */

static void mark_roll(const char *roll, const char *user, double at, const char *after,
		      const char *contest)
{
	log_event(&g, true, MARK_TYPE, LOG_TEACHER, at, NULL,
		  json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s*,s:s}", "room_id", LOG_ROOM, "roll", roll,
			    "user_id", user, "before", "absent", "after", after, "contest", contest,
			    "reason", "as I saw it"));
}

static const char *roll_alone(double at)
{
	lesson.uid = lesson.recurrence_id = NULL;
	const char *roll = open_roll(LOG_TEACHER, at, 300);
	lesson.roll_id = roll;
	lesson.start_ms = LOG_START + (int64_t)(at * 1000);
	lesson.end_ms = lesson.start_ms + 300000;
	return roll;
}

static void test_roll_corrected(void **state)
{
	(void)state;
	static const char *const words[] = {"not_tracked", "partial", "left_early", "late",
					    "excused",	   "absent",  "present"};
	without_call();
	const char *roll = roll_alone(60);
	react(ANNA, roll, 100);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		mark_roll(roll, ANNA, 4000 + (double)i, words[i], NULL);
		mark(ANNA, words[i], strcmp(words[i], "excused") ? "corrected" : "excused");
		assert_non_null(log_reason(row(ANNA), "roll_answered"));
		assert_true(row(ANNA)->by_staff);
	}
	mark_roll(roll, ANNA, 5000, "here", NULL);
	mark(ANNA, "present", "corrected");
	assert_false(row(BERT)->by_staff);
}

static void test_roll_contested(void **state)
{
	(void)state;
	without_call();
	const char *roll = roll_alone(60);
	log_event(&g, true, CONTEST_TYPE, LOG_TEACHER, 4000, NULL,
		  json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:I}}", "room_id", LOG_ROOM, "roll", roll,
			    "reason", "my phone was dead", "relayed", "event_id", "$direct",
			    "sender", ANNA, "ts", (json_int_t)(LOG_START + 3700000)));
	mark(ANNA, "absent", "contested");
	assert_string_equal(json_get_str(log_reason(row(ANNA), "contested"), "state"), "open");
	mark_roll(roll, ANNA, 5000, "here", "$direct");
	mark(ANNA, "present", "contested");
	assert_string_equal(json_get_str(log_reason(row(ANNA), "contested"), "state"), "accepted");
}

/* Closed before its window it is over, and nobody's mark is pending. */
static void test_roll_closed_early(void **state)
{
	(void)state;
	without_call();
	const char *roll = roll_alone(60);
	react(ANNA, roll, 100);
	now_ms = LOG_START + 150000;
	mark(ANNA, "pending", NULL);
	log_event(&g, false, "org.matrix.msc3381.poll.end", LOG_TEACHER, 120, NULL,
		  roll_make_end(roll, "closed", false, NULL));
	mark(ANNA, "present", NULL);
	expect(BERT, "absent", NULL);
	/* Closed in the very moment of its opening, too. */
	const char *at_once = roll_alone(1000);
	log_event(&g, false, "org.matrix.msc3381.poll.end", LOG_TEACHER, 1000, NULL,
		  roll_make_end(at_once, "closed", false, NULL));
	now_ms = LOG_START + 1000001;
	mark(BERT, "absent", NULL);
}

/* In a lesson with several, one that staff sets aside for somebody is neither for nor against them. */
static void test_roll_set_aside(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300);
	const char *two = open_roll(LOG_TEACHER, 1800, 300);
	react(ANNA, two, 1810);
	mark(ANNA, "late", NULL);
	mark_roll(one, ANNA, 4000, "not_tracked", NULL);
	mark_roll(one, BERT, 4000, "not_tracked", NULL);
	mark(ANNA, "present", "roll_marked");
	expect(BERT, "absent", NULL);
	mark_roll(two, BERT, 4000, "not_tracked", NULL);
	mark(BERT, "not_tracked", "roll_marked");
	assert_null(log_reason(row(BERT), "not_in_room"));
}

/* Two of the staff called at the same moment: the first counts, for everybody. */
static void test_two_at_once(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300), *two = open_roll(LOG_TEACHER, 61, 300);
	react(ANNA, one, 100);
	react(BERT, two, 100);
	judge_now();
	expect(ANNA, "present", "roll_answered");
	expect(BERT, "absent", "roll_unanswered");
	assert_int_equal(json_array_size(sheet.notes), 1);
	/* Asked for by its id the second is none, too. */
	struct lesson whole = lesson;
	lesson.roll_id = two;
	lesson.start_ms = LOG_START + 61000;
	lesson.end_ms = LOG_START + 361000;
	mark(BERT, "not_tracked", "no_lesson");
	/* When the first was taken back, the second stands. */
	log_redact(&g, LOG_TEACHER, one, 200);
	mark(BERT, "present", "roll_answered");
	lesson = whole;
	mark(BERT, "present", NULL);
	assert_int_equal(json_array_size(sheet.notes), 0);
	/* Much later is another one. */
	open_roll(LOG_TEACHER, 61 + 121, 300);
	mark(BERT, "late", NULL);
}

/* -- Opting out ---------------------------------------------------------------------------------- */

static void opt_out(const char *user, double at, bool out)
{
	log_event(&g, true, OPT_OUT_TYPE, LOG_TEACHER, at + 10, NULL,
		  json_pack("{s:s,s:b,s:{s:s,s:s,s:I}}", "room_id", LOG_ROOM, "out", (int)out,
			    "relayed", "event_id", "$d", "sender", user, "ts",
			    (json_int_t)(LOG_START + (int64_t)(at * 1000))));
}

/* It counts for the lesson that was on and for later ones, until it is taken back. */
static void test_opt_out_for_later_lessons(void **state)
{
	(void)state;
	const struct lesson first = lesson;
	rules.opt_out = true;
	log_join(&g, ANNA, "A", 0);
	log_join(&g, LOG_TEACHER, "T", 86400);
	log_join(&g, ANNA, "A", 86400);
	log_join(&g, LOG_TEACHER, "T", 2 * 86400);
	log_join(&g, ANNA, "A", 2 * 86400);
	now_ms += 10 * 86400000LL;
	opt_out(ANNA, 3601, true);
	opt_out(ANNA, 86400 + 3601, false);
	static const char *const expected[] = {"present", "not_tracked", "present"};
	for (int day = 0; day < 3; day++) {
		lesson = first;
		lesson.start_ms += day * 86400000LL;
		lesson.end_ms += day * 86400000LL;
		judge_now();
		expect(ANNA, expected[day], day == 1 ? "opted_out" : "attended");
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_present),
		TEST(test_late_and_early),
		TEST(test_minimum),
		TEST(test_devices),
		TEST(test_sticky),
		TEST(test_grace),
		TEST(test_next_join),
		TEST(test_departure),
		TEST(test_departure_and_leave),
		TEST(test_expiry),
		TEST(test_foreign),
		TEST(test_redacted),
		TEST(test_joined_room),
		TEST(test_no_roster),
		TEST(test_holiday),
		TEST(test_cancelled),
		TEST(test_pending),
		TEST(test_most_lost),
		TEST(test_server_stopped),
		TEST(test_missing),
		TEST(test_corrected),
		TEST(test_power),
		TEST(test_contest),
		TEST(test_opt_out),
		TEST(test_opt_out_backdated),
		TEST(test_rolls),
		TEST(test_roll_marks),
		TEST(test_roll_in_call),
		TEST(test_roll_after_end),
		TEST(test_seal),
		TEST(test_seal_of_many),
		TEST(test_seal_forged),
		TEST(test_staff_observes),
		TEST(test_made_up_keys),
		TEST(test_as_many_as_may_be),
		TEST(test_sealed_rules),
		TEST(test_sealed_other_rules_given),
		TEST(test_sealed_without_roster),
		TEST(test_sealed_for_ever),
		TEST(test_roll_corrected),
		TEST(test_roll_contested),
		TEST(test_roll_set_aside),
		TEST(test_roll_closed_early),
		TEST(test_two_at_once),
		TEST(test_opt_out_for_later_lessons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
