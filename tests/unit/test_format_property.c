/*
 * Whatever sheet is written is read back the same, as far as the form can hold
 * it; and the form is recognised. What each form loses is said here and in docs/FORMATS.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/sheets.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 400

static const struct {
	enum attendance_format form;
	unsigned loses;
	size_t lessons;
} forms[] = {
	{FORMAT_JSON, 0, 4},
	{FORMAT_CSV, LOSES_ORGANIZER, 4},
	{FORMAT_INTERVALS, LOSES_ORGANIZER, 4},
	{FORMAT_GRAPH,
	 LOSES_TITLE | LOSES_ORGANIZER | LOSES_EXTERNAL_ID | LOSES_STATUS | LOSES_ABSENT |
		 LOSES_GUEST | LOSES_INFERRED | LOSES_ROOM,
	 4},
	{FORMAT_ZOOM,
	 LOSES_ROOM | LOSES_RECURRENCE | LOSES_USER_ID | LOSES_EXTERNAL_ID | LOSES_ROLE |
		 LOSES_STATUS | LOSES_ABSENT | LOSES_INFERRED,
	 1},
	{FORMAT_ZOOM_UNIQUE,
	 LOSES_ROOM | LOSES_RECURRENCE | LOSES_USER_ID | LOSES_EXTERNAL_ID | LOSES_ROLE |
		 LOSES_STATUS | LOSES_ABSENT | LOSES_INTERVALS | LOSES_FIRST_LAST,
	 1},
	{FORMAT_TEAMS,
	 LOSES_LESSON_IDS | LOSES_ORGANIZER | LOSES_EXTERNAL_ID | LOSES_STATUS | LOSES_ABSENT |
		 LOSES_INFERRED,
	 1},
	{FORMAT_MEET,
	 LOSES_LESSON_IDS | LOSES_TITLE | LOSES_ORGANIZER | LOSES_TIMES_OF_LESSON | LOSES_USER_ID |
		 LOSES_EXTERNAL_ID | LOSES_ROLE | LOSES_STATUS | LOSES_ABSENT | LOSES_GUEST |
		 LOSES_INTERVALS,
	 1},
	{FORMAT_MOODLE,
	 LOSES_LESSON_IDS | LOSES_TITLE | LOSES_ORGANIZER | LOSES_TIMES_OF_LESSON | LOSES_USER_ID |
		 LOSES_ROLE | LOSES_FINE_STATUS | LOSES_GUEST | LOSES_INTERVALS | LOSES_LAST |
		 LOSES_PRESENT,
	 1},
	{FORMAT_MOODLE_TXT,
	 LOSES_LESSON_IDS | LOSES_TITLE | LOSES_ORGANIZER | LOSES_END | LOSES_USER_ID | LOSES_ROLE |
		 LOSES_FINE_STATUS | LOSES_GUEST | LOSES_INTERVALS | LOSES_FIRST_LAST |
		 LOSES_PRESENT,
	 1},
};

static void on_problem(void *arg, int line, const char *sentence)
{
	fail_msg("%s, line %d: %s", (const char *)arg, line, sentence);
}

/* What a form has no word for: Moodle none for marks that are no marks, and no quotes in its text. */
static void suit(enum attendance_format f, struct attendance_sheet *s)
{
	for (size_t i = 0; i < s->n_lessons; i++)
		for (size_t k = 0; k < s->lessons[i].n_rows; k++) {
			struct sheet_row *r = &s->lessons[i].rows[k];
			bool moodle = f == FORMAT_MOODLE || f == FORMAT_MOODLE_TXT;
			if (moodle &&
			    (r->status == MARK_NOT_TRACKED || r->status == MARK_NOT_KNOWN))
				r->status = MARK_ABSENT;
			if (f == FORMAT_MOODLE_TXT)
				for (char *p = r->name; *p; p++)
					if (*p == '"')
						*p = '\'';
			if (r->status == MARK_PRESENT && f == FORMAT_MOODLE_TXT && !r->n_intervals)
				r->status = MARK_ABSENT;
		}
}

static void round_trip(size_t i, uint64_t seed)
{
	enum attendance_format f = forms[i].form;
	struct attendance_sheet wrote, read = {0};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct format_options o = {.excel = seed % 3 == 0};
	struct err err = {0};
	sheet_random(&wrote, seed, forms[i].lessons);
	suit(f, &wrote);
	if (format_write(f, &wrote, &o, &b, &err))
		fail_msg("%s: %s", format_name(f), err.msg);
	o.zone = wrote.lessons[0].zone; /* local forms do not say it */
	bool empty = false;
	if (format_read(f, buf_span(&b), &o, wrote.lessons[0].start_ms, on_problem,
			(void *)format_name(f), &read, &err)) {
		/* Nobody was there, and the form does not list who was not. */
		empty = forms[i].loses & LOSES_ABSENT && strstr(err.msg, "Nobody");
		if (!empty)
			fail_msg("%s, seed %llu: %s\n%s", format_name(f), (unsigned long long)seed,
				 err.msg, buf_str(&b));
	}
	AUTO_FREE char *d = empty ? NULL : sheet_difference(&wrote, &read, forms[i].loses);
	if (d)
		fail_msg("%s, seed %llu: %s\n%s", format_name(f), (unsigned long long)seed, d,
			 buf_str(&b));
	if (!empty && format_detect(buf_span(&b)) != f)
		fail_msg("%s was taken for \"%s\":\n%s", format_name(f),
			 format_name(format_detect(buf_span(&b))), buf_str(&b));
	sheet_done(&wrote);
	sheet_done(&read);
	buf_done(&b);
}

static void test_round_trips(void **state)
{
	long before = mem_live();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		for (uint64_t seed = 0; seed < ROUNDS; seed++)
			round_trip(i, seed);
	/* What is kept for good: a zone's data. */
	assert_true(mem_live() - before < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trips)};
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
