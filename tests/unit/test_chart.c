/* A lesson as a picture for a terminal: no line wider than it, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/chart.h"
#include "core/base/text.h"
#include "tests/lib/sheets.h"

#include <stdlib.h>
#include <string.h>

static char *draw(struct attendance_sheet *s, int columns, bool utf8, bool colour)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct chart_look look = {.columns = columns, .utf8 = utf8, .colour = colour};
	struct err err = {0};
	if (chart_put(&b, &s->lessons[0], &look, &err))
		fail_msg("%s", err.msg);
	return buf_take(&b);
}

static void test_blocks(void **state)
{
	struct attendance_sheet s;
	(void)state;
	sheet_sample(&s);
	AUTO_FREE char *got = draw(&s, 80, true, false);
	assert_string_equal(
		got,
		"                          09:00                10:30\n"
		"Anna Meier                ██████████████████████████  1:33:00  present\n"
		"=HYPERLINK(\"http://evil.  ···▒██████████████████████  1:17:26  late\n"
		"张伟                      █████▓··░████████░········  0:50:00  left early\n"
		"نور <b>الهدى</b>          ·▒█████████▒··············  0:35:00  there too briefly\n"
		"O'Neil, Carl \"CJ\"         ··························  0:00:00  absent\n"
		"Dora Lang                 ··························  0:00:00  excused\n"
		"Zoé Roux                  ██████████████████████████  1:30:00  present\n");
	sheet_done(&s);
}

/* Where a terminal knows no blocks. */
static void test_ascii(void **state)
{
	struct attendance_sheet s;
	(void)state;
	sheet_sample(&s);
	AUTO_FREE char *got = draw(&s, 80, false, false);
	assert_non_null(
		strstr(got,
		       "Anna Meier                ##########################  1:33:00  present\n"));
	assert_non_null(strstr(got, "  #####+..:########:........  0:50:00  left early\n"));
	assert_null(strstr(got, "\033"));
	sheet_done(&s);
}

static void fits(const char *drawn, int columns)
{
	struct span rest = span_of(drawn), line;
	while (span_split(&rest, '\n', &line))
		if (text_cells(line) > (columns < 20 ? 20 : columns))
			fail_msg("%d cells of %d: %.*s", text_cells(line), columns, SPAN_ARG(line));
}

static void test_every_width(void **state)
{
	struct attendance_sheet s;
	(void)state;
	sheet_sample(&s);
	for (int columns = 0; columns < 300; columns++) {
		AUTO_FREE char *a = draw(&s, columns, true, false),
			       *b = draw(&s, columns, false, false);
		fits(a, columns);
		fits(b, columns);
		assert_non_null(strstr(a, "Ann"));
	}
	AUTO_FREE char *wide = draw(&s, 1000000, true, false);
	fits(wide, 1000);
	sheet_done(&s);
}

/* Colours only where they are wished for, and put off again on each line. */
static void test_colour(void **state)
{
	struct attendance_sheet s;
	(void)state;
	sheet_sample(&s);
	AUTO_FREE char *got = draw(&s, 80, true, true);
	int on = 0, off = 0;
	for (const char *p = got; (p = strstr(p, "\033[")) != NULL; p++)
		*(strncmp(p, "\033[0m", 4) == 0 ? &off : &on) += 1;
	assert_int_equal(on, 7);
	assert_int_equal(off, 7);
	sheet_done(&s);
}

/* Names steer no terminal; a lesson without times, or nobody in it, is no trouble. */
static void test_odd(void **state)
{
	struct attendance_sheet s = {0};
	struct sheet_lesson *l;
	(void)state;
	l = sheet_add_lesson(&s);
	AUTO_FREE char *nobody = draw(&s, 80, true, false);
	assert_string_equal(nobody, "");
	struct sheet_row *r = sheet_add_row(l);
	r->name = mem_strdup("\033[31mRed\n\u202eder");
	r->present_ms = -1;
	r->status = MARK_NOT_KNOWN;
	AUTO_FREE char *got = draw(&s, 80, true, false);
	assert_null(strchr(got, '\033'));
	assert_null(strstr(got, "\u202e"));
	assert_non_null(strstr(got, "not known"));
	/* Somebody who is there still, in a lesson that goes on. */
	l->start_ms = 1000000;
	l->end_ms = 2000000;
	sheet_add_interval(r, (struct sheet_interval){1500000, 0, false});
	AUTO_FREE char *half = draw(&s, 80, false, false);
	assert_non_null(strstr(half, "......"));
	assert_non_null(strstr(half, "######"));
	struct chart_look bad = {.columns = 80, .zone = "Mars/Base"};
	struct buf b = BUF_INIT(1000);
	struct err err = {0};
	assert_int_not_equal(chart_put(&b, l, &bad, &err), 0);
	assert_non_null(strstr(err.msg, "Mars/Base"));
	buf_done(&b);
	sheet_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),	    cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_every_width), cmocka_unit_test(test_colour),
		cmocka_unit_test(test_odd),
	};
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
