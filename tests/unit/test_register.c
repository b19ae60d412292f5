/* The register of a lesson, rule by rule (core/attendance/register.h). */
#include "tests/lib/register_case.h"

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
/* A meeting that happens once is the same lesson wherever it was moved; a date of a series is not. */
static void test_single(void **state)
{
	(void)state;
	JSON_AUTO json_t *said = json_pack("{s:s,s:s,s:s}", "room_id", LOG_ROOM, "uid", "physics",
					   "recurrence_id", "20260228T080000");
	struct lesson l = {.room_id = LOG_ROOM,
			   .uid = "physics",
			   .recurrence_id = "20260301T090000"};
	assert_false(lesson_is(&l, said));
	l.single = true;
	assert_true(lesson_is(&l, said));
	assert_false(lesson_is_date(&l, "maths", "20260301T090000"));
	assert_false(lesson_is_date(&l, NULL, NULL));
	l.room_id = "!other:s.test";
	assert_false(lesson_is(&l, said));
}

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
		TEST(test_single),
		TEST(test_power),
		TEST(test_contest),
		TEST(test_opt_out),
		TEST(test_opt_out_backdated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
