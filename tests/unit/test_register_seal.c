/* Seals: what they keep, and what they find out (core/attendance/seal.c, seal_check.c). */
#include "tests/lib/register_case.h"

/* -- Seals ------------------------------------------------------------------------------------- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_seal),
		TEST(test_seal_of_many),
		TEST(test_seal_forged),
		TEST(test_sealed_rules),
		TEST(test_sealed_other_rules_given),
		TEST(test_sealed_without_roster),
		TEST(test_sealed_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
