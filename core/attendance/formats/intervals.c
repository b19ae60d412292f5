/* One row an interval: what spreadsheets add up. Who has none has one row without times. */
#include "core/attendance/formats/form.h"

static void put_interval(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
			 const struct sheet_row *r, const struct sheet_interval *v)
{
	char at[FORM_TIME_SIZE] = "";
	form_put_who(w, c, l, r);
	if (v)
		form_iso(w, l, v->from_ms, false, at);
	csv_put_str(c, at);
	at[0] = '\0';
	if (v)
		form_iso(w, l, v->to_ms, false, at);
	csv_put_str(c, at);
	if (v && v->to_ms)
		csv_put_i64(c, (v->to_ms - v->from_ms) / 1000);
	else
		csv_put_str(c, NULL);
	csv_put_str(c, !v ? NULL : v->inferred ? "true" : "false");
	csv_end(c);
}

static void write_intervals(struct form_out *w)
{
	static const char *const more[] = {"join", "leave", "duration_s", "inferred"};
	struct csv_writer c = CSV_WRITER(w->b, ',');
	c.lf = !w->o->excel;
	buf_put_str(w->b, w->o->excel ? "\xEF\xBB\xBF" : "");
	form_put_head(&c);
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		csv_put_str(&c, more[i]);
	csv_end(&c);
	for (size_t i = 0; i < w->s->n_lessons; i++) {
		const struct sheet_lesson *l = &w->s->lessons[i];
		for (size_t k = 0; k < l->n_rows; k++) {
			const struct sheet_row *r = &l->rows[k];
			for (size_t n = 0; n < r->n_intervals; n++)
				put_interval(w, &c, l, r, &r->intervals[n]);
			if (!r->n_intervals)
				put_interval(w, &c, l, r, NULL);
		}
	}
}

struct interval_columns {
	int join, leave, inferred;
};

static void read_one(struct form_in *in, const struct csv *t, size_t row,
		     const struct form_columns *c, const struct interval_columns *m)
{
	struct form_clock clock = {.zone = in->o->zone, .day_ms = in->day_ms};
	struct form_place p = form_place_of(in, t, row, c);
	struct span join = span_trim(csv_cell(t, row, m->join));
	struct span leave = span_trim(csv_cell(t, row, m->leave));
	int64_t from = 0, to = 0;
	struct err err = {0};
	if (!p.r || !join.n)
		return;
	if (form_time_read(&clock, join, &from, &err) ||
	    (leave.n && form_time_read(&clock, leave, &to, &err)))
		form_tell_err(in, csv_line(t, row), &err);
	else
		form_add_interval(in, p.r, csv_line(t, row), from, to,
				  span_case_eq_str(span_trim(csv_cell(t, row, m->inferred)),
						   "true"));
}

static int read_intervals(struct form_in *in, struct err *err)
{
	struct csv *t = NULL;
	struct form_columns c;
	int rc = csv_parse(in->raw, &t, err);
	if (rc)
		return rc;
	form_find_columns(t, &c);
	struct interval_columns m = {csv_column(t, "join"), csv_column(t, "leave"),
				     csv_column(t, "inferred")};
	for (size_t i = 0; i < csv_rows(t) && !in->full; i++)
		read_one(in, t, i, &c, &m);
	csv_free(t);
	for (size_t i = 0; i < in->sheet->n_lessons; i++)
		form_settle(&in->sheet->lessons[i]);
	return form_done(in, err);
}

static bool is_intervals(const struct form_head *h)
{
	return form_head_has(h, "join") && form_head_has(h, "leave");
}

const struct form form_intervals = {
	.name = "intervals",
	.needs_times = true,
	.write = write_intervals,
	.read = read_intervals,
	.is = is_intervals,
};
