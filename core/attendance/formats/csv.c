/*
 * One row a person and lesson. A person's intervals stand in one cell, as ISO 8601 writes them: beginning, slash,
 * end, ".." for one that has none yet, "~" behind an end that nobody said.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

static void put_intervals(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
			  const struct sheet_row *r)
{
	char at[FORM_TIME_SIZE];
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		form_iso(w, l, v->from_ms, false, at);
		buf_printf(&b, "%s%s/", i ? " " : "", at);
		form_iso(w, l, v->to_ms, false, at);
		buf_printf(&b, "%s%s", v->to_ms ? at : "..", v->inferred ? "~" : "");
	}
	csv_put(c, buf_span(&b));
	buf_done(&b);
}

/* Their codes alone: what they mean stands in the manual. */
static void put_reasons(struct csv_writer *c, const struct sheet_row *r)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	size_t i;
	json_t *reason;
	json_array_foreach (r->reasons, i, reason)
		buf_printf(&b, "%s%s", b.n ? " " : "",
			   json_get_str(reason, "code") ? json_get_str(reason, "code") : "?");
	csv_put(c, buf_span(&b));
	buf_done(&b);
}

static void put_times(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
		      const struct sheet_row *r)
{
	char at[FORM_TIME_SIZE];
	form_iso(w, l, r->first_join_ms, false, at);
	csv_put_str(c, at);
	form_iso(w, l, r->last_leave_ms, false, at);
	csv_put_str(c, at);
	if (r->present_ms < 0)
		csv_put_str(c, NULL);
	else
		csv_put_i64(c, r->present_ms / 1000);
	put_intervals(w, c, l, r);
}

static void write_csv(struct form_out *w)
{
	struct csv_writer c = CSV_WRITER(w->b, ',');
	bool times = !w->o->no_times;
	c.lf = !w->o->excel;
	buf_put_str(w->b, w->o->excel ? "\xEF\xBB\xBF" : "");
	form_put_head(&c);
	static const char *const more[] = {"first_join", "last_leave", "present_s", "intervals"};
	for (size_t i = 0; times && i < ARRAY_LEN(more); i++)
		csv_put_str(&c, more[i]);
	csv_put_str(&c, "reasons");
	csv_end(&c);
	for (size_t i = 0; i < w->s->n_lessons; i++) {
		const struct sheet_lesson *l = &w->s->lessons[i];
		for (size_t k = 0; k < l->n_rows; k++) {
			form_put_who(w, &c, l, &l->rows[k]);
			if (times)
				put_times(w, &c, l, &l->rows[k]);
			put_reasons(&c, &l->rows[k]);
			csv_end(&c);
		}
	}
}

/* -- reading ---------------------------------------------------------------- */

struct reading {
	struct form_in *in;
	struct form_clock clock;
	int line;
};

static bool read_time(const struct reading *d, struct span s, int64_t *ret)
{
	struct err err = {0};
	if (!s.n || !form_time_read(&d->clock, s, ret, &err))
		return true;
	form_tell_err(d->in, d->line, &err);
	return false;
}

static bool read_interval(const struct reading *d, struct sheet_row *r, struct span s)
{
	struct span from;
	int64_t from_ms = 0, to_ms = 0;
	bool inferred = span_ends(s, "~");
	span_split(&s, '/', &from);
	if (inferred && s.n)
		s.n--;
	if (!from.n || !s.n) {
		form_tell(d->in, d->line, _("an interval is written as beginning/end"));
		return false;
	}
	return read_time(d, from, &from_ms) && (span_eq_str(s, "..") || read_time(d, s, &to_ms)) &&
	       form_add_interval(d->in, r, d->line, from_ms, to_ms, inferred);
}

static void read_intervals(const struct reading *d, struct sheet_row *r, struct span cell)
{
	struct span one;
	while (span_split(&cell, ' ', &one))
		if (one.n && !read_interval(d, r, one))
			return;
}

static void read_reasons(struct sheet_row *r, struct span cell)
{
	struct span one;
	while (span_split(&cell, ' ', &one)) {
		if (!one.n)
			continue;
		if (!r->reasons)
			r->reasons = json_array();
		json_t *code = json_stringn(one.p, one.n);
		if (code)
			json_array_append_new(r->reasons, json_pack("{s:o}", "code", code));
	}
}

struct time_columns {
	int first, last, present, intervals, reasons;
};

static void read_one(struct reading *d, const struct csv *t, size_t row,
		     const struct form_columns *c, const struct time_columns *m)
{
	struct form_place p = form_place_of(d->in, t, row, c);
	int64_t seconds;
	d->line = csv_line(t, row);
	if (!p.r)
		return;
	if (!p.is_new) {
		form_tell(d->in, d->line, _("this person stands in this lesson already"));
		return;
	}
	struct span present = span_trim(csv_cell(t, row, m->present));
	if (span_i64(present, &seconds) && seconds >= 0 && seconds < 1000000000)
		p.r->present_ms = seconds * 1000;
	else if (present.n)
		form_tell(d->in, d->line, _("present_s is a number of seconds"));
	read_time(d, span_trim(csv_cell(t, row, m->first)), &p.r->first_join_ms);
	read_time(d, span_trim(csv_cell(t, row, m->last)), &p.r->last_leave_ms);
	read_intervals(d, p.r, csv_cell(t, row, m->intervals));
	read_reasons(p.r, csv_cell(t, row, m->reasons));
}

static int read_csv(struct form_in *in, struct err *err)
{
	struct csv *t = NULL;
	struct form_columns c;
	struct reading d = {.in = in, .clock = {.zone = in->o->zone, .day_ms = in->day_ms}};
	int rc = csv_parse(in->raw, &t, err);
	if (rc)
		return rc;
	form_find_columns(t, &c);
	struct time_columns m = {csv_column(t, "first_join"), csv_column(t, "last_leave"),
				 csv_column(t, "present_s"), csv_column(t, "intervals"),
				 csv_column(t, "reasons")};
	for (size_t i = 0; i < csv_rows(t) && !in->full; i++)
		read_one(&d, t, i, &c, &m);
	csv_free(t);
	for (size_t i = 0; i < in->sheet->n_lessons; i++)
		form_settle(&in->sheet->lessons[i]);
	return form_done(in, err);
}

static bool is_csv(const struct form_head *h)
{
	return form_head_has(h, "status") &&
	       (form_head_has(h, "user_id") || form_head_has(h, "external_id")) &&
	       !form_head_has(h, "join");
}

const struct form form_csv = {
	.name = "csv",
	.endings = ".csv",
	.write = write_csv,
	.read = read_csv,
	.is = is_csv,
};
