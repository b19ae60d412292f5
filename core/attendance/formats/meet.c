/*
 * Google Meet's attendance report: one row a person, durations as "1 hr 2 min", times of day without a date. Legacy forms have
 * one column for the name, or neither times. It has no place for several intervals, seconds, dates and absent people.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

/* -- writing ---------------------------------------------------------------- */

static void put_time(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
		     int64_t ms)
{
	char text[FORM_TIME_SIZE] = "";
	if (ms) {
		struct cal_time t = form_wall(w, l, ms);
		snprintf(text, sizeof(text), "%d:%02d %s", (t.hour + 11) % 12 + 1, t.minute,
			 t.hour < 12 ? "AM" : "PM");
	}
	csv_put_str(c, text);
}

static void put_duration(struct csv_writer *c, int64_t ms)
{
	char text[40] = "";
	long long minutes = ms / 60000;
	if (ms >= 3600000)
		snprintf(text, sizeof(text), minutes % 60 ? "%lld hr %lld min" : "%lld hr",
			 minutes / 60, minutes % 60);
	else if (ms >= 0)
		snprintf(text, sizeof(text), "%lld min", minutes);
	csv_put_str(c, text);
}

static void write_meet(struct form_out *w)
{
	static const char *const names[] = {"First name", "Last name",	 "Email",
					    "Duration",	  "Time joined", "Time exited"};
	const struct sheet_lesson *l = &w->s->lessons[0];
	struct csv_writer c = CSV_WRITER(w->b, ',');
	c.lf = !w->o->excel;
	buf_put_str(w->b, w->o->excel ? "\xEF\xBB\xBF" : "");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		csv_put_str(&c, names[i]);
	csv_end(&c);
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		struct span first, last;
		if (!form_attended(r))
			continue;
		form_split_name(form_name(r), &first, &last);
		csv_put(&c, first);
		csv_put(&c, last);
		csv_put_str(&c, r->email);
		put_duration(&c, form_present_ms(l, r));
		put_time(w, &c, l, r->first_join_ms);
		put_time(w, &c, l, r->last_leave_ms);
		csv_end(&c);
	}
}

/* -- reading ---------------------------------------------------------------- */

static const char *const first_columns[] = {"First name", "Vorname", "Imię", NULL};
static const char *const last_columns[] = {"Last name", "Nachname", "Nazwisko", NULL};
static const char *const name_columns[] = {"Name", "Full name", "Imię i nazwisko", NULL};
static const char *const mail_columns[] = {"Email", "E-Mail", "Email address", NULL};
static const char *const duration_columns[] = {"Duration", "Dauer", "Czas trwania", NULL};
static const char *const from_columns[] = {"Time joined", "Beitrittszeit", NULL};
static const char *const to_columns[] = {"Time exited", "Verlassenszeit", NULL};

struct reading {
	struct form_in *in;
	struct sheet_lesson *l;
	struct form_clock clock;
	const struct csv *t;
	int first, last, name, email, duration, from, to;
};

static char *name_of(const struct reading *d, size_t row)
{
	struct span first = form_cell(d->t, row, d->first);
	struct span last = form_cell(d->t, row, d->last);
	if (d->name >= 0)
		return span_dup(form_cell(d->t, row, d->name));
	return mem_printf("%.*s%s%.*s", SPAN_ARG(first), first.n && last.n ? " " : "",
			  SPAN_ARG(last));
}

static int read_time(const struct reading *d, size_t row, int at, int64_t *ret, struct err *err)
{
	struct span s = span_trim(csv_cell(d->t, row, at));
	return s.n ? form_time_read(&d->clock, s, ret, err) : 0;
}

static struct sheet_row *person_of(struct reading *d, size_t row)
{
	AUTO_FREE char *name = name_of(d, row);
	return form_person(d->in, d->l, csv_line(d->t, row), span_of(name),
			   form_cell(d->t, row, d->email));
}

static void read_row(struct reading *d, size_t row)
{
	struct err err = {0};
	int line = csv_line(d->t, row);
	int64_t from = 0, to = 0, present = -1;
	struct span duration = span_trim(csv_cell(d->t, row, d->duration));
	if (read_time(d, row, d->from, &from, &err) || read_time(d, row, d->to, &to, &err)) {
		form_tell_err(d->in, line, &err);
		return;
	}
	if (duration.n && !form_duration_read(duration, &present))
		form_tell(d->in, line, _("\"%.*s\" is no duration"),
			  SPAN_ARG(span_head(duration, 40)));
	if (to && to < from)
		to += 24 * 3600000LL; /* past midnight */
	struct sheet_row *r = person_of(d, row);
	if (!r)
		return;
	if (present >= 0)
		r->present_ms = (r->present_ms < 0 ? 0 : r->present_ms) + present;
	if (from)
		form_add_interval(d->in, r, line, from, to, false);
}

static void find_columns(struct reading *d)
{
	d->first = csv_column_of(d->t, first_columns);
	d->last = csv_column_of(d->t, last_columns);
	d->name = d->first < 0 ? csv_column_of(d->t, name_columns) : -1;
	d->email = csv_column_of(d->t, mail_columns);
	d->duration = csv_column_of(d->t, duration_columns);
	d->from = csv_column_of(d->t, from_columns);
	d->to = csv_column_of(d->t, to_columns);
}

/* Without a day nothing but durations is there: better to ask. */
static int check_day(const struct reading *d, struct err *err)
{
	int64_t ms;
	for (size_t i = 0; i < csv_rows(d->t) && !d->in->day_ms; i++) {
		struct span s = span_trim(csv_cell(d->t, i, d->from));
		struct err why = {0};
		if (s.n && form_time_read(&d->clock, s, &ms, &why) && why.hint[0]) {
			*err = why;
			return why.code;
		}
	}
	return 0;
}

static int read_meet(struct form_in *in, struct err *err)
{
	struct csv *t = NULL;
	struct reading d = {.in = in, .clock = {.zone = in->o->zone, .day_ms = in->day_ms}};
	int rc = csv_parse(in->raw, &t, err);
	if (rc)
		return rc;
	d.t = t;
	find_columns(&d);
	if (d.first < 0 && d.last < 0 && d.name < 0)
		rc = err_set(err, ERR_INVALID, _("There is no column \"First name\" or \"Name\""));
	if (!rc)
		rc = check_day(&d, err);
	if (!rc) {
		d.l = form_add_lesson(in, 0);
		d.l->zone = mem_strdup(in->o->zone);
		for (size_t i = 0; i < csv_rows(t) && !in->full; i++)
			read_row(&d, i);
		form_settle(d.l);
		form_settle_lesson(d.l);
	}
	csv_free(t);
	return rc ? rc : form_done(in, err);
}

static bool is_meet(const struct form_head *h)
{
	bool named = form_head_has(h, "First name") || form_head_has(h, "Name") ||
		     form_head_has(h, "Vorname");
	return named && (form_head_has(h, "Duration") || form_head_has(h, "Dauer")) &&
	       (form_head_has(h, "Email") || form_head_has(h, "E-Mail") ||
		form_head_has(h, "Time joined"));
}

const struct form form_meet = {
	.name = "meet",
	.one_lesson = true,
	.needs_times = true,
	.write = write_meet,
	.read = read_meet,
	.is = is_meet,
};
