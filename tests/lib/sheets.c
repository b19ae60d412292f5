#include "tests/lib/sheets.h"

#include <string.h>

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define NINE 1772438400000LL /* 2026-03-02T08:00:00Z: nine o'clock in Berlin */

/* -- the sample ---------------------------------------------------------------- */

struct person {
	const char *user, *name, *id, *email, *role;
	enum mark_status status;
	int from[3], to[3]; /* minutes of the lesson; from -1: no more; to -1: still there */
	int seconds;	    /* added to the first join */
	bool inferred, guest;
};

static const struct person people[] = {
	/* An id with zeros in front, there from the beginning. */
	{"@anna:school.example",
	 "Anna Meier",
	 "007",
	 "anna@school.example",
	 "student",
	 MARK_PRESENT,
	 {-2, -1000},
	 {91},
	 0,
	 false,
	 false},
	/* Texts that a spreadsheet would run. */
	{"@bert:school.example",
	 "=HYPERLINK(\"http://evil.example\";\"x\")",
	 "+49",
	 "bert@school.example",
	 "student",
	 MARK_LATE,
	 {12, -1000},
	 {90},
	 34,
	 false,
	 false},
	/* Twice in, gone early; no e-mail address. */
	{"@s1:school.example",
	 "张伟",
	 "1003",
	 NULL,
	 "student",
	 MARK_LEFT_EARLY,
	 {0, 30, -1000},
	 {20, 60},
	 0,
	 false,
	 false},
	/* From right to left, with markup; nobody said when it ended. */
	{"@noor:school.example",
	 "نور <b>الهدى</b>",
	 "1004",
	 "noor@school.example",
	 "student",
	 MARK_PARTIAL,
	 {5, -1000},
	 {40},
	 0,
	 true,
	 false},
	/* Never there; quotes and a comma. */
	{"@carl:school.example",
	 "O'Neil, Carl \"CJ\"",
	 "1005",
	 "carl@school.example",
	 "student",
	 MARK_ABSENT,
	 {-1000},
	 {0},
	 0,
	 false,
	 false},
	/* Excused, without any id of the school's. */
	{"@dora:school.example",
	 "Dora Lang",
	 NULL,
	 "dora@school.example",
	 "student",
	 MARK_EXCUSED,
	 {-1000},
	 {0},
	 0,
	 false,
	 false},
	/* Not on the roster. */
	{"@guest:other.example",
	 "Zoé Roux",
	 NULL,
	 NULL,
	 NULL,
	 MARK_PRESENT,
	 {0, -1000},
	 {90},
	 0,
	 false,
	 true},
};

static void add_person(struct sheet_lesson *l, const struct person *p)
{
	struct sheet_row *r = sheet_add_row(l);
	r->user_id = mem_strdup(p->user);
	r->name = mem_strdup(p->name);
	r->external_id = mem_strdup(p->id);
	r->email = mem_strdup(p->email);
	r->role = mem_strdup(p->role);
	r->status = p->status;
	r->guest = p->guest;
	for (int i = 0; i < 3 && p->from[i] != -1000; i++) {
		int64_t from = l->start_ms + p->from[i] * MINUTE + (i ? 0 : p->seconds * 1000);
		int64_t to = l->start_ms + p->to[i] * MINUTE;
		sheet_add_interval(r, (struct sheet_interval){from, to, p->inferred});
		if (!i)
			r->first_join_ms = from;
		r->last_leave_ms = to;
		r->present_ms += to - from;
	}
	if (p->status == MARK_LATE)
		r->reasons = json_pack("[{s:s,s:s}]", "code", "late", "text", "came 12:34 late");
}

static struct sheet_lesson *add_lesson(struct attendance_sheet *s, int64_t start)
{
	struct sheet_lesson *l = sheet_add_lesson(s);
	l->room_id = mem_strdup("!room:school.example");
	l->uid = mem_strdup("physics-10b@school.example");
	l->title = mem_strdup("Physics 10b: \"Waves\", part 2");
	l->organizer = mem_strdup("ada@school.example");
	l->zone = mem_strdup("Europe/Berlin");
	l->start_ms = start;
	l->end_ms = start + 90 * MINUTE;
	return l;
}

void sheet_sample(struct attendance_sheet *ret)
{
	*ret = (struct attendance_sheet){0};
	struct sheet_lesson *l = add_lesson(ret, NINE);
	l->recurrence_id = mem_strdup("2026-03-02T09:00:00+01:00");
	l->rules = json_pack("{s:i,s:i}", "version", 1, "min_percent", 80);
	l->notes = json_pack("[s]", "09:40 to 09:42 not tracked: the server was away");
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		add_person(l, &people[i]);
}

void sheet_sample_two(struct attendance_sheet *ret)
{
	sheet_sample(ret);
	struct sheet_lesson *l = add_lesson(ret, NINE + 7 * 24 * HOUR);
	l->recurrence_id = mem_strdup("2026-03-09T09:00:00+01:00");
	l->sealed = true;
	add_person(l, &people[0]);
	add_person(l, &people[4]);
}

/* -- random ones ---------------------------------------------------------------- */

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

static int below(uint64_t *state, int n)
{
	return (int)(next(state) % (uint64_t)n);
}

/* Names that differ, begin with anything, hold quotes, separators, letters of all sorts. */
static char *random_name(uint64_t *st, size_t i)
{
	static const char *const first[] = {"Anna", "=1+1", "-Bo",  "@x",  "+Q",     "'=y",
					    "''-3", "Zoé",  "张伟", "نور", "\"Al\"", "O'N",
					    "a;b",  "x,y",  "ＡＢ", "＝z", "𝔘ni"};
	static const char *const last[] = {"Meier", "van der Berg", "\"Q\"", "O'Neil, Jr.",
					   "ß",	    "=2",	    "李",    "(10b)"};
	return mem_printf("%s %s %zu", first[below(st, ARRAY_LEN(first))],
			  last[below(st, ARRAY_LEN(last))], i);
}

/* Whole minutes within the lesson, one behind the other; seconds where `fine`. */
static void random_intervals(uint64_t *st, const struct sheet_lesson *l, struct sheet_row *r)
{
	int n = 1 + below(st, 3);
	int64_t at = l->start_ms + below(st, 10) * MINUTE;
	r->present_ms = 0;
	for (int i = 0; i < n; i++) {
		int64_t from = at + (1 + below(st, 5)) * MINUTE;
		at = from + (1 + below(st, 20)) * MINUTE;
		sheet_add_interval(r, (struct sheet_interval){from, at, below(st, 5) == 0});
		if (!i)
			r->first_join_ms = from;
		r->last_leave_ms = at;
		r->present_ms += at - from;
	}
}

static void random_person(uint64_t *st, struct sheet_lesson *l, size_t i)
{
	static const char *const roles[] = {"teacher", "assistant", "student"};
	struct sheet_row *r = sheet_add_row(l);
	r->name = random_name(st, i);
	r->user_id = mem_printf("@u%zu:x.example", i);
	r->external_id = mem_printf("%s%zu", below(st, 2) ? "00" : "-", i);
	r->email = below(st, 4) ? mem_printf("u%zu@x.example", i) : NULL;
	r->role = mem_strdup(roles[below(st, 3)]);
	r->guest = below(st, 6) == 0;
	r->status = (enum mark_status)below(st, MARK_PENDING);
	if (r->status == MARK_PRESENT || r->status == MARK_LATE || r->status == MARK_LEFT_EARLY ||
	    r->status == MARK_PARTIAL)
		random_intervals(st, l, r);
}

void sheet_random(struct attendance_sheet *ret, uint64_t seed, size_t lessons)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
					    "UTC"};
	uint64_t st = seed * 2654435761u + 99;
	*ret = (struct attendance_sheet){0};
	size_t n = 1 + (size_t)below(&st, (int)lessons);
	const char *zone = zones[below(&st, ARRAY_LEN(zones))];
	for (size_t i = 0; i < n; i++) {
		struct sheet_lesson *l = sheet_add_lesson(ret);
		l->room_id = mem_strdup("!r:x.example");
		l->uid = mem_printf("uid%zu@x", i);
		l->recurrence_id = below(&st, 2) ? mem_strdup("2026-03-02T09:00:00+01:00") : NULL;
		l->title = mem_printf("=Lesson, \"%d\"", below(&st, 100));
		l->organizer = mem_strdup("host@x.example");
		l->zone = mem_strdup(zone);
		l->start_ms = NINE + (int64_t)i * 24 * HOUR + below(&st, 300) * 24 * HOUR;
		l->end_ms = l->start_ms + (30 + below(&st, 200)) * MINUTE;
		size_t count = 1 + (size_t)below(&st, 12);
		for (size_t k = 0; k < count; k++)
			random_person(&st, l, k);
	}
}

/* -- comparing ------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static char *text_differs(const char *what, const char *a, const char *b, bool lost)
{
	if (lost || same(a, b))
		return NULL;
	return mem_printf("%s: \"%s\" became \"%s\"", what, a ? a : "(none)", b ? b : "(none)");
}

static char *number_differs(const char *what, const char *who, int64_t a, int64_t b, bool lost)
{
	if (lost || a == b)
		return NULL;
	return mem_printf("%s of %s: %lld became %lld", what, who, (long long)a, (long long)b);
}

static bool attended(const struct sheet_row *r)
{
	return r->n_intervals || r->status == MARK_PRESENT;
}

static enum mark_status kept_status(enum mark_status s, unsigned loses)
{
	if (loses & LOSES_STATUS)
		return MARK_PRESENT;
	if (loses & LOSES_FINE_STATUS && (s == MARK_LEFT_EARLY || s == MARK_PARTIAL))
		return MARK_LATE;
	return s;
}

static char *intervals_differ(const struct sheet_row *a, const struct sheet_row *b, unsigned loses)
{
	char *d = number_differs("intervals", a->name, (int64_t)a->n_intervals,
				 (int64_t)b->n_intervals, false);
	for (size_t i = 0; i < a->n_intervals && !d; i++) {
		d = number_differs("beginning", a->name, a->intervals[i].from_ms,
				   b->intervals[i].from_ms, false);
		if (!d)
			d = number_differs("end", a->name, a->intervals[i].to_ms,
					   b->intervals[i].to_ms, false);
		if (!d)
			d = number_differs("inferred", a->name, a->intervals[i].inferred,
					   b->intervals[i].inferred, loses & LOSES_INFERRED);
	}
	return d;
}

static char *row_differs(const struct sheet_row *a, const struct sheet_row *b, unsigned loses)
{
	char *d = text_differs("name", a->name, b->name, false);
	if (!d)
		d = text_differs("user", a->user_id, b->user_id, loses & LOSES_USER_ID);
	if (!d)
		d = text_differs("id", a->external_id, b->external_id, loses & LOSES_EXTERNAL_ID);
	if (!d)
		d = text_differs("email", a->email, b->email, loses & LOSES_EMAIL);
	if (!d)
		d = text_differs("role", a->role, b->role, loses & LOSES_ROLE);
	if (!d)
		d = number_differs("status", a->name, kept_status(a->status, loses), b->status,
				   false);
	if (!d)
		d = number_differs("guest", a->name, a->guest, b->guest, loses & LOSES_GUEST);
	if (!d)
		d = number_differs("first join", a->name, a->first_join_ms, b->first_join_ms,
				   loses & LOSES_FIRST_LAST);
	if (!d)
		d = number_differs("last leave", a->name, a->last_leave_ms, b->last_leave_ms,
				   loses & (LOSES_FIRST_LAST | LOSES_LAST));
	if (!d)
		d = number_differs("present", a->name, a->n_intervals ? a->present_ms : -1,
				   a->n_intervals ? b->present_ms : -1, loses & LOSES_PRESENT);
	if (!d && !(loses & LOSES_INTERVALS))
		d = intervals_differ(a, b, loses);
	return d;
}

static char *lesson_differs(const struct sheet_lesson *a, const struct sheet_lesson *b,
			    unsigned loses)
{
	size_t k = 0;
	char *d = text_differs("uid", a->uid, b->uid, loses & LOSES_LESSON_IDS);
	if (!d)
		d = text_differs("room", a->room_id, b->room_id,
				 loses & (LOSES_LESSON_IDS | LOSES_ROOM));
	if (!d)
		d = text_differs("recurrence", a->recurrence_id, b->recurrence_id,
				 loses & (LOSES_LESSON_IDS | LOSES_RECURRENCE));
	if (!d)
		d = text_differs("title", a->title, b->title, loses & LOSES_TITLE);
	if (!d)
		d = text_differs("organizer", a->organizer, b->organizer, loses & LOSES_ORGANIZER);
	if (!d)
		d = number_differs("start", "lesson", a->start_ms, b->start_ms,
				   loses & LOSES_TIMES_OF_LESSON);
	if (!d)
		d = number_differs("end", "lesson", a->end_ms, b->end_ms,
				   loses & (LOSES_TIMES_OF_LESSON | LOSES_END));
	for (size_t i = 0; i < a->n_rows && !d; i++) {
		if (loses & LOSES_ABSENT && !attended(&a->rows[i]))
			continue;
		if (k >= b->n_rows)
			return mem_printf("%s is missing", a->rows[i].name);
		d = row_differs(&a->rows[i], &b->rows[k++], loses);
	}
	return d ? d : k == b->n_rows ? NULL : mem_printf("%zu people too many", b->n_rows - k);
}

char *sheet_difference(const struct attendance_sheet *wrote, const struct attendance_sheet *read,
		       unsigned loses)
{
	char *d = NULL;
	if (wrote->n_lessons != read->n_lessons)
		return mem_printf("%zu lessons became %zu", wrote->n_lessons, read->n_lessons);
	for (size_t i = 0; i < wrote->n_lessons && !d; i++)
		d = lesson_differs(&wrote->lessons[i], &read->lessons[i], loses);
	return d;
}
