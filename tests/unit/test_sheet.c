/* Sheets and rules of attendance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/rules.h"
#include "core/attendance/sheet.h"

#include <string.h>

/* These words are in files and scripts: they stay. */
static void test_words(void **state)
{
	static const char *const words[] = {"present",	   "late",	"left_early",
					    "partial",	   "absent",	"excused",
					    "not_tracked", "not_known", "pending"};
	(void)state;
	assert_int_equal(ARRAY_LEN(words), MARK_COUNT);
	for (int i = 0; i < MARK_COUNT; i++) {
		assert_string_equal(mark_status_name((enum mark_status)i), words[i]);
		assert_int_equal(mark_status_parse(words[i]), i);
		assert_true(mark_status_label((enum mark_status)i)[0]);
	}
	assert_int_equal(mark_status_parse("Present"), MARK_COUNT);
	assert_int_equal(mark_status_parse(NULL), MARK_COUNT);
	assert_string_equal(mark_status_name(MARK_COUNT), "");
}

static void test_caps(void **state)
{
	struct attendance_sheet s = {0};
	long live = mem_live();
	(void)state;
	struct sheet_lesson *l = sheet_add_lesson(&s);
	l->title = mem_strdup("Maths");
	for (int i = 0; i < SHEET_ROWS_MAX; i++) {
		struct sheet_row *r = sheet_add_row(l);
		assert_non_null(r);
		assert_null(r->user_id);
		r->user_id = mem_printf("@%d:x", i);
	}
	assert_null(sheet_add_row(l));
	assert_string_equal(l->rows[4321].user_id, "@4321:x");
	for (int i = 0; i < SHEET_INTERVALS_MAX; i++)
		assert_true(sheet_add_interval(&l->rows[0], (struct sheet_interval){i, i + 1, 0}));
	assert_false(sheet_add_interval(&l->rows[0], (struct sheet_interval){0, 0, 0}));
	assert_int_equal(l->rows[0].intervals[999].from_ms, 999);
	for (int i = 1; i < SHEET_LESSONS_MAX; i++)
		assert_non_null(sheet_add_lesson(&s));
	assert_null(sheet_add_lesson(&s));
	assert_string_equal(s.lessons[0].title, "Maths");
	sheet_done(&s);
	sheet_done(&s);
	assert_int_equal(mem_live(), live);
}

static int read_rules(const char *text, struct attendance_rules *ret, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return attendance_rules_read(j, ret, err);
}

static void assert_same(const struct attendance_rules *a, const struct attendance_rules *b)
{
	JSON_AUTO json_t *ja = attendance_rules_make(a), *jb = attendance_rules_make(b);
	assert_true(json_equal(ja, jb));
}

static void test_rules(void **state)
{
	struct attendance_rules r, again;
	struct err err = {0};
	(void)state;
	assert_int_equal(read_rules("{}", &r, &err), 0);
	assert_same(&r, &attendance_defaults);
	assert_int_equal(r.late_ms, 300000);
	assert_int_equal(r.grace_ms, 120000);
	assert_int_equal(r.min_percent, 75);
	assert_int_equal(read_rules("{\"late_s\":0,\"early_s\":60,\"grace_s\":90,\"window_s\":30,"
				    "\"min_percent\":100,\"opt_out\":true,\"retention_s\":86400}",
				    &r, &err),
			 0);
	assert_int_equal(r.late_ms, 0);
	assert_int_equal(r.early_ms, 60000);
	assert_int_equal(r.retention_ms, 86400000);
	assert_true(r.opt_out);
	JSON_AUTO json_t *made = attendance_rules_make(&r);
	assert_int_equal(attendance_rules_read(made, &again, &err), 0);
	assert_same(&r, &again);
	assert_int_equal(json_get_i64(made, "version", 0), 1);
}

static void test_bad_rules(void **state)
{
	static const char *const bad[][2] = {
		{"{\"late_s\":-1}", "late_s"},
		{"{\"grace_s\":\"2m\"}", "grace_s"},
		{"{\"early_s\":1.5}", "early_s"},
		{"{\"window_s\":99999999999}", "window_s"},
		{"{\"min_percent\":101}", "min_percent"},
		{"{\"opt_out\":1}", "opt_out"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct attendance_rules r = {.late_ms = 7};
		struct err err = {0};
		assert_int_equal(read_rules(bad[i][0], &r, &err), ERR_INVALID);
		assert_non_null(strstr(err.msg, bad[i][1]));
		assert_int_equal(r.late_ms, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_bad_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
