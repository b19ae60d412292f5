/* Registers of rolls, in a lesson and by themselves; whom they believe (core/attendance/register.h). */
#include "tests/lib/register_case.h"

/* -- Rolls ------------------------------------------------------------------------------------ */

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

static const char *second_call(const char *first, double at)
{
	json_t *content = NULL;
	struct roll_draft d = {.uid = lesson.uid,
			       .recurrence_id = lesson.recurrence_id,
			       .second_of = first,
			       .window_ms = 300000,
			       .late_ms = 150000};
	assert_int_equal(roll_make(&d, &content, NULL), 0);
	return log_event(&g, false, "org.matrix.msc3381.poll.start", LOG_TEACHER, at, NULL,
			 content);
}

/* Of a lesson that was ended early a second call comes too late. */
static void test_roll_after_end(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300);
	react(ANNA, one, 100);
	second_call(one, 1800);
	lesson.closed_ms = LOG_START + 1801000;
	mark(ANNA, "late", NULL); /* one of two */
	lesson.closed_ms = LOG_START + 1800000;
	mark(ANNA, "present", NULL);
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

/* Both had a second call scheduled: of the one that does not count it counts as little, cancelled or not. */
static void test_two_at_once_twice(void **state)
{
	(void)state;
	without_call();
	const char *one = open_roll(LOG_TEACHER, 60, 300), *two = open_roll(LOG_TEACHER, 61, 300);
	react(ANNA, one, 100);
	react(ANNA, second_call(one, 1700), 1710);
	second_call(two, 2900);
	mark(ANNA, "present", NULL);
	log_event(&g, false, "org.matrix.msc3381.poll.end", LOG_TEACHER, 70, NULL,
		  roll_make_end(two, "another one", true, NULL));
	mark(ANNA, "present", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rolls),
		TEST(test_roll_marks),
		TEST(test_roll_in_call),
		TEST(test_roll_after_end),
		TEST(test_roll_corrected),
		TEST(test_roll_contested),
		TEST(test_roll_closed_early),
		TEST(test_roll_set_aside),
		TEST(test_two_at_once),
		TEST(test_two_at_once_twice),
		TEST(test_opt_out_for_later_lessons),
		TEST(test_staff_observes),
		TEST(test_made_up_keys),
		TEST(test_as_many_as_may_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
