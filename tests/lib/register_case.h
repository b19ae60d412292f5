/* A lesson on its way to marks, for the tests of the register: a log, a roster, rules, and what they come to. */
#ifndef MUSTER_TESTS_REGISTER_CASE_H
#define MUSTER_TESTS_REGISTER_CASE_H

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

static inline int begin(void **state)
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

static inline int finish(void **state)
{
	(void)state;
	log_done(&g);
	roster_free(roster);
	sheet_lesson_done(&sheet);
	return 0;
}

static inline struct register_input *input(unsigned seed)
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
static inline void judge_now(void)
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

static inline const struct sheet_row *row(const char *user)
{
	const struct sheet_row *r = log_row(&sheet, user);
	assert_non_null(r);
	return r;
}

static inline void expect(const char *user, const char *status, const char *code)
{
	const struct sheet_row *r = row(user);
	assert_string_equal(mark_status_name(r->status), status);
	if (code)
		assert_non_null(log_reason(r, code));
}

/* Judge, and look at one person. */
static inline void mark(const char *user, const char *status, const char *code)
{
	judge_now();
	expect(user, status, code);
}

static inline char *person(int i)
{
	static char name[16];
	snprintf(name, sizeof(name), "@p%d:x", i);
	return name;
}

static inline const char *open_roll(const char *by, double at, double window)
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

static inline void react(const char *user, const char *roll, double at)
{
	log_event(&g, false, "m.reaction", user, at, NULL,
		  json_pack("{s:{s:s,s:s,s:s}}", "m.relates_to", "rel_type", "m.annotation",
			    "event_id", roll, "key", "\xe2\x9c\x8b"));
}

static inline void without_call(void)
{
	log_done(&g);
	log_init(&g);
}

static inline enum seal_verdict check(struct seal_check *ret)
{
	struct register_input *in = input(0);
	struct attendance_register *r = register_judge(in, now_ms);
	register_check_seal(in, r, ret);
	register_free(r);
	register_input_free(in);
	return ret->verdict;
}

static inline size_t seal(const char *by, double at)
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

static inline void assert_verdict(enum seal_verdict v)
{
	AUTO(seal_check_done) struct seal_check c = {0};
	assert_int_equal(check(&c), v);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

#endif
