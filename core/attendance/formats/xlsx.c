/*
 * A workbook (ECMA-376) by libxlsxwriter, loaded when first used: a sheet with one row a
 * person and lesson, one with a row an interval, one with what is to be known of a whole lesson. Ids are text, so that 007 stays 007; nothing is a formula. Times are the lesson's
 * wall clock. The library wants a file: a temporary one, read back and removed. Its stamp is that of the last
 * lesson, so that the same sheet gives the same bytes.
 */
#include "core/attendance/formats/form.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/lib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h> /* before all others, by attendance.mk */

#define LIB_XLSX(F)                 \
	F(workbook_new)             \
	F(workbook_add_worksheet)   \
	F(workbook_add_format)      \
	F(workbook_set_properties)  \
	F(workbook_close)           \
	F(format_set_bold)          \
	F(format_set_num_format)    \
	F(worksheet_write_string)   \
	F(worksheet_write_number)   \
	F(worksheet_write_datetime) \
	F(worksheet_set_column)     \
	F(worksheet_freeze_panes)   \
	F(worksheet_autofilter)     \
	F(lxw_strerror)

LIB_PRIVATE(lib_xlsx, LIB_XLSX, XLSXWRITER);

struct column {
	const char *name; /* N_() */
	int width;
	bool is_time; /* left out without times */
};

struct book {
	struct form_out *w;
	const struct lib_xlsx *x;
	lxw_workbook *wb;
	lxw_worksheet *sheet;
	lxw_format *bold, *text, *moment, *hours;
	lxw_row_t row;
	lxw_col_t column;
	lxw_error failed; /* the first */
};

static void note(struct book *b, lxw_error e)
{
	if (!b->failed)
		b->failed = e;
}

static void put_text(struct book *b, const char *s)
{
	if (s && *s)
		note(b, b->x->worksheet_write_string(b->sheet, b->row, b->column, s, b->text));
	b->column++;
}

static void put_moment(struct book *b, const struct sheet_lesson *l, int64_t ms)
{
	if (ms) {
		struct cal_time t = form_wall(b->w, l, ms);
		lxw_datetime d = {.year = t.year,
				  .month = t.month,
				  .day = t.day,
				  .hour = t.hour,
				  .min = t.minute,
				  .sec = t.second};
		if (!b->w->rc)
			note(b, b->x->worksheet_write_datetime(b->sheet, b->row, b->column, &d,
							       b->moment));
	}
	b->column++;
}

/* As a part of a day, which spreadsheets add up. */
static void put_hours(struct book *b, int64_t ms)
{
	if (ms >= 0)
		note(b, b->x->worksheet_write_number(b->sheet, b->row, b->column,
						     (double)(ms / 1000) / 86400, b->hours));
	b->column++;
}

static void next_row(struct book *b)
{
	b->row++;
	b->column = 0;
}

static void begin_sheet(struct book *b, const char *name, const struct column *columns)
{
	b->sheet = b->x->workbook_add_worksheet(b->wb, _(name));
	if (!b->sheet) /* a translation that is no name of a sheet */
		b->sheet = b->x->workbook_add_worksheet(b->wb, name);
	b->row = b->column = 0;
	for (const struct column *c = columns; c->name; c++) {
		if (c->is_time && b->w->o->no_times)
			continue;
		b->x->worksheet_set_column(b->sheet, b->column, b->column, c->width, NULL);
		note(b,
		     b->x->worksheet_write_string(b->sheet, 0, b->column++, _(c->name), b->bold));
	}
	b->x->worksheet_freeze_panes(b->sheet, 1, 0);
	next_row(b);
}

static void end_sheet(struct book *b, const struct column *columns)
{
	lxw_col_t n = 0;
	for (const struct column *c = columns; c->name; c++)
		n += !(c->is_time && b->w->o->no_times);
	if (b->row > 1)
		note(b, b->x->worksheet_autofilter(b->sheet, 0, 0, b->row - 1, n - 1));
}

/* -- the two sheets ------------------------------------------------------------ */

static const struct column summary[] = {{N_("Lesson"), 24, false}, {N_("Begins"), 19, false},
					{N_("Ends"), 19, false},   {N_("Name"), 26, false},
					{N_("Id"), 14, false},	   {N_("E-mail"), 28, false},
					{N_("User"), 28, false},   {N_("Role"), 10, false},
					{N_("Mark"), 14, false},   {N_("Guest"), 8, false},
					{N_("Came"), 19, true},	   {N_("Left"), 19, true},
					{N_("Present"), 10, true}, {N_("Why"), 40, true},
					{NULL, 0, false}};

static void put_lesson(struct book *b, const struct sheet_lesson *l)
{
	put_text(b, l->title);
	put_moment(b, l, l->start_ms);
	put_moment(b, l, l->end_ms);
}

static void put_person(struct book *b, const struct sheet_row *r)
{
	put_text(b, r->name);
	put_text(b, r->external_id);
	put_text(b, r->email);
	put_text(b, r->user_id);
}

static void put_row(struct book *b, const struct sheet_lesson *l, const struct sheet_row *r)
{
	put_lesson(b, l);
	put_person(b, r);
	put_text(b, r->role);
	put_text(b, mark_status_label(r->status));
	put_text(b, r->guest ? _("guest") : NULL);
	if (!b->w->o->no_times) {
		put_moment(b, l, r->first_join_ms);
		put_moment(b, l, r->last_leave_ms);
		put_hours(b, form_present_ms(l, r));
		AUTO_FREE char *why = form_why(r);
		put_text(b, why);
	}
	next_row(b);
}

static const struct column intervals[] = {{N_("Lesson"), 24, false}, {N_("Begins"), 19, false},
					  {N_("Ends"), 19, false},   {N_("Name"), 26, false},
					  {N_("Id"), 14, false},     {N_("E-mail"), 28, false},
					  {N_("User"), 28, false},   {N_("Came"), 19, true},
					  {N_("Left"), 19, true},    {N_("Duration"), 10, true},
					  {N_("Remark"), 20, true},  {NULL, 0, false}};

static void put_interval(struct book *b, const struct sheet_lesson *l, const struct sheet_row *r,
			 const struct sheet_interval *v)
{
	put_lesson(b, l);
	put_person(b, r);
	put_moment(b, l, v->from_ms);
	put_moment(b, l, v->to_ms);
	put_hours(b, v->to_ms ? v->to_ms - v->from_ms : -1);
	put_text(b, v->inferred ? _("end inferred") : NULL);
	next_row(b);
}

/* By what rules, and what was wrong with the whole. */
static const struct column notes[] = {{N_("Lesson"), 24, false},
				      {N_("Begins"), 19, false},
				      {N_("Ends"), 19, false},
				      {N_("Note"), 100, false},
				      {NULL, 0, false}};

static void put_note(struct book *b, const struct sheet_lesson *l, const char *text)
{
	if (!text || !*text)
		return;
	put_lesson(b, l);
	put_text(b, text);
	next_row(b);
}

static void put_notes(struct book *b)
{
	size_t k;
	json_t *note;
	begin_sheet(b, N_("Notes"), notes);
	for (size_t i = 0; i < b->w->s->n_lessons && !b->failed && !b->w->rc; i++) {
		const struct sheet_lesson *l = &b->w->s->lessons[i];
		AUTO_FREE char *rules = form_rules(l);
		put_note(b, l, rules);
		json_array_foreach (l->notes, k, note)
			put_note(b, l, json_string_value(note));
	}
	end_sheet(b, notes);
}

static void put_sheets(struct book *b)
{
	const struct attendance_sheet *s = b->w->s;
	begin_sheet(b, N_("Summary"), summary);
	for (size_t i = 0; i < s->n_lessons; i++)
		for (size_t k = 0; k < s->lessons[i].n_rows && !b->failed && !b->w->rc; k++)
			put_row(b, &s->lessons[i], &s->lessons[i].rows[k]);
	end_sheet(b, summary);
	if (b->w->o->no_times) {
		put_notes(b);
		return;
	}
	begin_sheet(b, N_("Intervals"), intervals);
	for (size_t i = 0; i < s->n_lessons; i++)
		for (size_t k = 0; k < s->lessons[i].n_rows; k++) {
			const struct sheet_row *r = &s->lessons[i].rows[k];
			for (size_t n = 0; n < r->n_intervals && !b->failed && !b->w->rc; n++)
				put_interval(b, &s->lessons[i], r, &r->intervals[n]);
		}
	end_sheet(b, intervals);
	put_notes(b);
}

/* -- the workbook --------------------------------------------------------------- */

static void set_up(struct book *b)
{
	const struct attendance_sheet *s = b->w->s;
	char title[] = "Attendance";
	lxw_doc_properties p = {.title = title, .created = 315532800}; /* 1980, as zip begins */
	for (size_t i = 0; i < s->n_lessons; i++)
		if (s->lessons[i].end_ms / 1000 > p.created)
			p.created = (time_t)(s->lessons[i].end_ms / 1000);
	b->x->workbook_set_properties(b->wb, &p);
	b->bold = b->x->workbook_add_format(b->wb);
	b->text = b->x->workbook_add_format(b->wb);
	b->moment = b->x->workbook_add_format(b->wb);
	b->hours = b->x->workbook_add_format(b->wb);
	b->x->format_set_bold(b->bold);
	b->x->format_set_num_format(b->text, "@");
	b->x->format_set_num_format(b->moment, "yyyy-mm-dd hh:mm:ss");
	b->x->format_set_num_format(b->hours, "[h]:mm:ss");
}

static void fill(struct book *b, const char *path)
{
	struct err err = {0};
	b->wb = b->x->workbook_new(path);
	if (!b->wb) {
		err_set(&err, ERR_FAILED, _("The workbook could not be begun"));
		form_fail(b->w, &err);
		return;
	}
	set_up(b);
	put_sheets(b);
	note(b, b->x->workbook_close(b->wb));
	if (b->failed) {
		err_set(&err, ERR_FAILED, _("The workbook could not be written: %s"),
			b->x->lxw_strerror(b->failed));
		form_fail(b->w, &err);
	}
}

static char *temporary(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char *path = fs_join(dir && *dir ? dir : "/tmp", "muster-XXXXXX");
	int fd = mkstemp(path);
	if (fd < 0) {
		err_errno(err, errno, "%s", path);
		mem_free(path);
		return NULL;
	}
	close(fd);
	return path;
}

static void write_xlsx(struct form_out *w)
{
	struct err err = {0};
	struct book b = {.w = w, .x = lib_xlsx(&err)};
	AUTO_FREE char *path = b.x ? temporary(&err) : NULL;
	if (!path) {
		form_fail(w, &err);
		return;
	}
	fill(&b, path);
	if (!w->rc && fs_read(path, w->b, &err))
		form_fail(w, &err);
	fs_remove(path, NULL);
}

const struct form form_xlsx = {
	.name = "xlsx",
	.endings = ".xlsx",
	.write = write_xlsx,
};
