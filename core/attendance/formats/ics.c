/*
 * The lessons as a calendar (RFC 5545), one event each: of one person with their mark, else with
 * how many had which. Stamps are the lesson's end, so that the same sheet gives the same bytes.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"
#include "core/calendar/ics.h"

static void put_counts(struct buf *b, const struct sheet_lesson *l)
{
	int count[MARK_COUNT] = {0};
	for (size_t i = 0; i < l->n_rows; i++)
		count[l->rows[i].status]++;
	for (int i = 0; i < MARK_COUNT; i++)
		if (count[i])
			buf_printf(b, "%s: %d\n", mark_status_label((enum mark_status)i), count[i]);
}

/* Who it is about, and what is known of them. */
static void put_person(struct form_out *w, struct buf *b, const struct sheet_lesson *l)
{
	const struct sheet_row *r = &l->rows[0];
	char from[FORM_TIME_SIZE], to[FORM_TIME_SIZE];
	buf_printf(b, "%s: %s\n", form_name(r), mark_status_label(r->status));
	if (w->o->no_times || !r->first_join_ms)
		return;
	form_iso(w, l, r->first_join_ms, false, from);
	form_iso(w, l, r->last_leave_ms, false, to);
	buf_printf(b, "%s – %s\n", from, to);
}

static char *uid_of(const struct sheet_lesson *l)
{
	if (l->recurrence_id)
		return mem_printf("%s/%s", l->uid ? l->uid : "lesson", l->recurrence_id);
	return mem_printf("%s/%lld", l->uid ? l->uid : "lesson", (long long)(l->start_ms / 1000));
}

static void make_event(struct form_out *w, const struct sheet_lesson *l, struct cal_event *ret)
{
	struct buf text = BUF_INIT(CAL_TEXT_MAX - 1);
	ret->uid = uid_of(l);
	ret->title = mem_strdup(l->title ? l->title : _("Lesson"));
	if (l->n_rows == 1)
		put_person(w, &text, l);
	else
		put_counts(&text, l);
	ret->description = buf_take(&text);
	ret->start = form_wall(w, l, l->start_ms);
	ret->duration_ms = l->end_ms > l->start_ms ? l->end_ms - l->start_ms : 0;
	ret->created_ms = ret->changed_ms = l->end_ms ? l->end_ms : l->start_ms;
}

static void write_ics(struct form_out *w)
{
	size_t n = 0;
	struct err err = {0};
	struct cal_event *v = mem_alloc((w->s->n_lessons + 1) * sizeof(*v));
	for (size_t i = 0; i < w->s->n_lessons; i++)
		if (w->s->lessons[i].start_ms)
			make_event(w, &w->s->lessons[i], &v[n++]);
	if (!w->rc && ics_write(v, n, ICS_PUBLISH, w->b, &err))
		form_fail(w, &err);
	for (size_t i = 0; i < n; i++)
		cal_event_done(&v[i]);
	mem_free(v);
}

const struct form form_ics = {
	.name = "ics",
	.endings = ".ics",
	.write = write_ics,
};
