/* What the tables of our own have in common: whose lesson, and who. */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

#include <string.h>

enum {
	AT_ROOM,
	AT_UID,
	AT_RECURRENCE,
	AT_TITLE,
	AT_START,
	AT_END,
	AT_USER,
	AT_NAME,
	AT_ID,
	AT_EMAIL,
	AT_ROLE,
	AT_STATUS,
	AT_GUEST
};

static const char *const names[FORM_TABLE_COLUMNS] = {"room_id", "uid",	  "recurrence_id",
						      "title",	 "start", "end",
						      "user_id", "name",  "external_id",
						      "email",	 "role",  "status",
						      "guest"};

void form_put_head(struct csv_writer *w)
{
	for (int i = 0; i < FORM_TABLE_COLUMNS; i++)
		csv_put_str(w, names[i]);
}

void form_put_who(struct form_out *o, struct csv_writer *w, const struct sheet_lesson *l,
		  const struct sheet_row *r)
{
	char start[FORM_TIME_SIZE], end[FORM_TIME_SIZE];
	form_iso(o, l, l->start_ms, false, start);
	form_iso(o, l, l->end_ms, false, end);
	const char *const cells[FORM_TABLE_COLUMNS] = {l->room_id,
						       l->uid,
						       l->recurrence_id,
						       l->title,
						       start,
						       end,
						       r->user_id,
						       r->name,
						       r->external_id,
						       r->email,
						       r->role,
						       mark_status_name(r->status),
						       r->guest ? "true" : "false"};
	for (int i = 0; i < FORM_TABLE_COLUMNS; i++)
		csv_put_str(w, cells[i]);
}

void form_find_columns(const struct csv *t, struct form_columns *ret)
{
	for (int i = 0; i < FORM_TABLE_COLUMNS; i++)
		ret->at[i] = csv_column(t, names[i]);
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* The lesson of a row, in `ret`: texts that the caller releases. */
static bool read_lesson(struct form_in *in, const struct csv *t, size_t row,
			const struct form_columns *c, struct sheet_lesson *ret)
{
	struct form_clock clock = {.zone = in->o->zone, .day_ms = in->day_ms};
	int line = csv_line(t, row);
	struct err err = {0};
	struct span start = span_trim(csv_cell(t, row, c->at[AT_START]));
	struct span end = span_trim(csv_cell(t, row, c->at[AT_END]));
	if ((start.n && form_time_read(&clock, start, &ret->start_ms, &err)) ||
	    (end.n && form_time_read(&clock, end, &ret->end_ms, &err))) {
		form_tell_err(in, line, &err);
		return false;
	}
	ret->room_id = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_ROOM])));
	ret->uid = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_UID])));
	ret->recurrence_id =
		form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_RECURRENCE])));
	ret->title = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_TITLE])));
	return true;
}

static bool is_lesson(const struct sheet_lesson *a, const struct sheet_lesson *b)
{
	return a->start_ms == b->start_ms && a->end_ms == b->end_ms && same(a->uid, b->uid) &&
	       same(a->recurrence_id, b->recurrence_id) && same(a->room_id, b->room_id) &&
	       same(a->title, b->title);
}

static struct sheet_lesson *lesson_of(struct form_in *in, const struct csv *t, size_t row,
				      const struct form_columns *c)
{
	AUTO(sheet_lesson_done) struct sheet_lesson wanted = {0};
	struct attendance_sheet *s = in->sheet;
	if (!read_lesson(in, t, row, c, &wanted))
		return NULL;
	for (size_t i = s->n_lessons; i > 0; i--) /* mostly the one before */
		if (is_lesson(&s->lessons[i - 1], &wanted))
			return &s->lessons[i - 1];
	struct sheet_lesson *l = form_add_lesson(in, csv_line(t, row));
	if (!l)
		return NULL;
	*l = wanted;
	l->zone = mem_strdup(in->o->zone);
	wanted = (struct sheet_lesson){0};
	return l;
}

static bool is_row(const struct sheet_row *a, const struct sheet_row *b)
{
	return same(a->user_id, b->user_id) && same(a->external_id, b->external_id) &&
	       same(a->email, b->email) && same(a->name, b->name);
}

static bool read_row(struct form_in *in, const struct csv *t, size_t row,
		     const struct form_columns *c, struct sheet_row *ret)
{
	int line = csv_line(t, row);
	struct span status = span_trim(csv_cell(t, row, c->at[AT_STATUS]));
	AUTO_FREE char *word = span_dup(span_head(status, 20));
	ret->status = status.n ? mark_status_parse(word) : MARK_PRESENT;
	if (ret->status == MARK_COUNT) {
		form_tell(in, line, _("\"%s\" is no status (present, late, absent ...)"), word);
		return false;
	}
	ret->user_id = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_USER])));
	ret->name = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_NAME])));
	ret->external_id = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_ID])));
	ret->email = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_EMAIL])));
	ret->role = form_own_text(in, line, csv_unguarded(csv_cell(t, row, c->at[AT_ROLE])));
	ret->guest = span_case_eq_str(span_trim(csv_cell(t, row, c->at[AT_GUEST])), "true");
	ret->present_ms = -1;
	if (ret->user_id || ret->name || ret->external_id || ret->email)
		return true;
	form_tell(in, line, _("nobody is named here"));
	return false;
}

struct form_place form_place_of(struct form_in *in, const struct csv *t, size_t row,
				const struct form_columns *c)
{
	AUTO(sheet_row_done) struct sheet_row wanted = {0};
	struct form_place p = {.l = in->full ? NULL : lesson_of(in, t, row, c)};
	if (!p.l || !read_row(in, t, row, c, &wanted))
		return p;
	for (size_t i = p.l->n_rows; i > 0 && !p.r; i--)
		if (is_row(&p.l->rows[i - 1], &wanted))
			p.r = &p.l->rows[i - 1];
	if (p.r)
		return p;
	p.r = sheet_add_row(p.l);
	p.is_new = p.r != NULL;
	if (!p.r) {
		in->full = true;
		form_tell(in, csv_line(t, row),
			  _("more than %d people: those that follow are left out"), SHEET_ROWS_MAX);
		return p;
	}
	*p.r = wanted;
	wanted = (struct sheet_row){0};
	return p;
}
