#include "core/attendance/sheet.h"

#include "core/base/i18n.h"

#include <string.h>

static const struct {
	const char *name, *label;
} statuses[MARK_COUNT] = {
	[MARK_PRESENT] = {"present", N_("present")},
	[MARK_LATE] = {"late", N_("late")},
	[MARK_LEFT_EARLY] = {"left_early", N_("left early")},
	[MARK_PARTIAL] = {"partial", N_("there too briefly")},
	[MARK_ABSENT] = {"absent", N_("absent")},
	[MARK_EXCUSED] = {"excused", N_("excused")},
	[MARK_NOT_TRACKED] = {"not_tracked", N_("not tracked")},
	[MARK_NOT_KNOWN] = {"not_known", N_("not known")},
	[MARK_PENDING] = {"pending", N_("pending")},
};

const char *mark_status_name(enum mark_status s)
{
	return s < MARK_COUNT ? statuses[s].name : "";
}

enum mark_status mark_status_parse(const char *word)
{
	int i = 0;
	while (i < MARK_COUNT && (!word || strcmp(statuses[i].name, word) != 0))
		i++;
	return (enum mark_status)i;
}

const char *mark_status_label(enum mark_status s)
{
	return s < MARK_COUNT ? _(statuses[s].label) : "";
}

void sheet_row_done(struct sheet_row *r)
{
	mem_free(r->user_id);
	mem_free(r->name);
	mem_free(r->external_id);
	mem_free(r->email);
	mem_free(r->role);
	mem_free(r->intervals);
	json_decref(r->reasons);
	*r = (struct sheet_row){0};
}

void sheet_lesson_done(struct sheet_lesson *l)
{
	for (size_t i = 0; i < l->n_rows; i++)
		sheet_row_done(&l->rows[i]);
	mem_free(l->rows);
	mem_free(l->room_id);
	mem_free(l->uid);
	mem_free(l->recurrence_id);
	mem_free(l->title);
	mem_free(l->organizer);
	mem_free(l->zone);
	json_decref(l->notes);
	json_decref(l->rules);
	*l = (struct sheet_lesson){0};
}

void sheet_done(struct attendance_sheet *s)
{
	for (size_t i = 0; i < s->n_lessons; i++)
		sheet_lesson_done(&s->lessons[i]);
	mem_free(s->lessons);
	*s = (struct attendance_sheet){0};
}

/* Arrays keep no size of their own: they grow at each power of two. */
static void *grown(void *v, size_t n, size_t size)
{
	return n & (n - 1) ? v : mem_realloc_array(v, n ? n * 2 : 1, size);
}

struct sheet_lesson *sheet_add_lesson(struct attendance_sheet *s)
{
	if (s->n_lessons >= SHEET_LESSONS_MAX)
		return NULL;
	s->lessons = grown(s->lessons, s->n_lessons, sizeof(*s->lessons));
	struct sheet_lesson *l = &s->lessons[s->n_lessons++];
	*l = (struct sheet_lesson){0};
	return l;
}

struct sheet_row *sheet_add_row(struct sheet_lesson *l)
{
	if (l->n_rows >= SHEET_ROWS_MAX)
		return NULL;
	l->rows = grown(l->rows, l->n_rows, sizeof(*l->rows));
	struct sheet_row *r = &l->rows[l->n_rows++];
	*r = (struct sheet_row){0};
	return r;
}

bool sheet_add_interval(struct sheet_row *r, struct sheet_interval v)
{
	if (r->n_intervals >= SHEET_INTERVALS_MAX)
		return false;
	r->intervals = grown(r->intervals, r->n_intervals, sizeof(*r->intervals));
	r->intervals[r->n_intervals++] = v;
	return true;
}
