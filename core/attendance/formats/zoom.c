/*
 * Zoom's reports of participants, of one meeting: two lines about the meeting, an empty
 * one, then one row per join and leave, or ("unique users") one per person. Times as
 * MM/DD/YYYY hh:mm:ss AM/PM in the account's zone; whole minutes, begun ones counted.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

#include <string.h>

#define NAMES (const char *const[])

/* -- writing ---------------------------------------------------------------- */

static void put_time(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
		     int64_t ms)
{
	char text[FORM_TIME_SIZE] = "";
	if (ms) {
		struct cal_time t = form_wall(w, l, ms);
		snprintf(text, sizeof(text), "%02d/%02d/%04d %02d:%02d:%02d %s", t.month, t.day,
			 t.year, (t.hour + 11) % 12 + 1, t.minute, t.second,
			 t.hour < 12 ? "AM" : "PM");
	}
	csv_put_str(c, text);
}

static void put_minutes(struct csv_writer *c, int64_t ms)
{
	if (ms < 0)
		csv_put_str(c, NULL);
	else
		csv_put_i64(c, (ms + 59999) / 60000);
}

static size_t count_attended(const struct sheet_lesson *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n_rows; i++)
		n += form_attended(&l->rows[i]);
	return n;
}

static void put_cells(struct csv_writer *c, const char *const *cells)
{
	for (; *cells; cells++)
		csv_put_str(c, *cells);
}

static void put_meeting(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l)
{
	put_cells(c, NAMES{"Meeting ID", "Topic", "Start Time", "End Time", "User Email",
			   "Duration (Minutes)", "Participants", "", NULL});
	csv_end(c);
	csv_put_str(c, l->uid);
	csv_put_str(c, l->title);
	put_time(w, c, l, l->start_ms);
	put_time(w, c, l, l->end_ms);
	csv_put_str(c, l->organizer);
	put_minutes(c, l->end_ms > l->start_ms ? l->end_ms - l->start_ms : -1);
	csv_put_i64(c, (int64_t)count_attended(l));
	csv_put_str(c, NULL);
	csv_end(c);
	csv_end(c);
}

static struct csv_writer begin(struct form_out *w)
{
	struct csv_writer c = CSV_WRITER(w->b, ',');
	c.lf = !w->o->excel;
	buf_put_str(w->b, w->o->excel ? "\xEF\xBB\xBF" : "");
	return c;
}

static void write_zoom(struct form_out *w)
{
	const struct sheet_lesson *l = &w->s->lessons[0];
	struct csv_writer c = begin(w);
	put_meeting(w, &c, l);
	put_cells(&c, NAMES{"Name (Original Name)", "User Email", "Join Time", "Leave Time",
			    "Duration (Minutes)", "Guest", NULL});
	csv_end(&c);
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		for (size_t k = 0; k < r->n_intervals; k++) {
			int64_t from = r->intervals[k].from_ms;
			int64_t to = form_interval_end(l, &r->intervals[k]);
			csv_put_str(&c, form_name(r));
			csv_put_str(&c, r->email);
			put_time(w, &c, l, from);
			put_time(w, &c, l, to);
			put_minutes(&c, to - from);
			csv_put_str(&c, r->guest ? "Yes" : "No");
			csv_end(&c);
		}
	}
}

static void write_unique(struct form_out *w)
{
	const struct sheet_lesson *l = &w->s->lessons[0];
	struct csv_writer c = begin(w);
	put_meeting(w, &c, l);
	put_cells(&c, NAMES{"Name (Original Name)", "User Email", "Total Duration (Minutes)",
			    "Guest", NULL});
	csv_end(&c);
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		if (!form_attended(r))
			continue;
		csv_put_str(&c, form_name(r));
		csv_put_str(&c, r->email);
		put_minutes(&c, form_present_ms(l, r));
		csv_put_str(&c, r->guest ? "Yes" : "No");
		csv_end(&c);
	}
}

/* -- reading ---------------------------------------------------------------- */

struct reading {
	struct form_in *in;
	struct sheet_lesson *l;
	struct form_clock clock;
	const struct csv *t;
	int name, email, join, leave, duration, guest;
};

static int column(const struct csv *t, const char *const *names)
{
	return csv_column_of(t, names);
}

static bool time_of(const struct reading *d, size_t row, int at, int64_t *ret)
{
	struct span s = form_cell(d->t, row, at);
	struct err err = {0};
	if (!s.n || !form_time_read(&d->clock, s, ret, &err))
		return true;
	form_tell_err(d->in, csv_line(d->t, row), &err);
	return false;
}

static void read_meeting(struct reading *d, const struct csv *t)
{
	static const char *const id[] = {"Meeting ID", NULL}, *const topic[] = {"Topic", NULL},
				 *const mail[] = {"User Email", NULL};
	if (!csv_rows(t))
		return;
	d->t = t;
	int line = csv_line(t, 0);
	d->l->uid = form_own_text(d->in, line, form_cell(t, 0, column(t, id)));
	d->l->title = form_own_text(d->in, line, form_cell(t, 0, column(t, topic)));
	d->l->organizer = form_own_text(d->in, line, form_cell(t, 0, column(t, mail)));
	time_of(d, 0, csv_column(t, "Start Time"), &d->l->start_ms);
	time_of(d, 0, csv_column(t, "End Time"), &d->l->end_ms);
}

static void read_row(struct reading *d, size_t row)
{
	int64_t from = 0, to = 0, minutes;
	int line = csv_line(d->t, row);
	struct span duration = form_cell(d->t, row, d->duration);
	if (!time_of(d, row, d->join, &from) || !time_of(d, row, d->leave, &to))
		return;
	if (d->join >= 0 && !from) {
		form_tell(d->in, line, _("the time of joining is missing"));
		return;
	}
	struct sheet_row *r = form_person(d->in, d->l, line, form_cell(d->t, row, d->name),
					  form_cell(d->t, row, d->email));
	if (!r)
		return;
	r->guest |= span_case_eq_str(form_cell(d->t, row, d->guest), "yes");
	if (from)
		form_add_interval(d->in, r, line, from, to, false);
	else if (span_i64(duration, &minutes) && minutes >= 0 && minutes < 100000)
		r->present_ms = (r->present_ms < 0 ? 0 : r->present_ms) + minutes * 60000;
	else if (duration.n)
		form_tell(d->in, line, _("\"%.*s\" is no number of minutes"),
			  SPAN_ARG(span_head(duration, 40)));
}

static int read_people(struct reading *d, struct err *err)
{
	static const char *const names[] = {"Name (Original Name)", "Name (original name)", "Name",
					    "User Name", NULL},
				 *const mails[] = {"User Email", "Email", NULL},
				 *const minutes[] = {"Duration (Minutes)",
						     "Total Duration (Minutes)", NULL};
	d->name = column(d->t, names);
	d->email = column(d->t, mails);
	d->join = csv_column(d->t, "Join Time");
	d->leave = csv_column(d->t, "Leave Time");
	d->duration = column(d->t, minutes);
	d->guest = csv_column(d->t, "Guest");
	if (d->name < 0)
		return err_set(err, ERR_INVALID, _("There is no column \"Name (Original Name)\""));
	for (size_t i = 0; i < csv_rows(d->t) && !d->in->full; i++)
		read_row(d, i);
	return 0;
}

/* The two lines about the meeting, where they are there, end with an empty one. */
static size_t meeting_bytes(struct span text, int *ret_lines)
{
	struct form_lines lines = {text, 0};
	struct span line;
	*ret_lines = 0;
	if (strncasecmp(text.n >= 10 ? text.p : "", "Meeting ID", 10) != 0 &&
	    strncasecmp(text.n >= 5 ? text.p : "", "Topic", 5) != 0)
		return 0;
	for (int i = 0; i < 3 && form_next_line(&lines, &line); i++) {
		struct span left = span_trim(line);
		while (left.n && left.p[0] == ',')
			left = span_from(left, 1);
		if (!left.n) { /* empty, or nothing but commas */
			*ret_lines = lines.line;
			return text.n - lines.rest.n;
		}
	}
	return 0;
}

static int read_parts(struct reading *d, struct span text, struct err *err)
{
	struct csv *t = NULL;
	int lines, rc = 0;
	size_t n = meeting_bytes(text, &lines);
	if (n) {
		rc = csv_parse_part(span_head(text, n), 0, 1, &t, err);
		if (!rc)
			read_meeting(d, t);
		csv_free(t);
		t = NULL;
	}
	if (!rc)
		rc = csv_parse_part(span_from(text, n), 0, lines + 1, &t, err);
	d->t = t;
	if (!rc)
		rc = read_people(d, err);
	csv_free(t);
	return rc;
}

static int read_zoom(struct form_in *in, struct err *err)
{
	struct buf text = BUF_INIT(CSV_TEXT_MAX);
	struct reading d = {.in = in,
			    .l = form_add_lesson(in, 0),
			    .clock = {.zone = in->o->zone, .day_ms = in->day_ms}};
	int rc = csv_decode(in->raw, &text, err);
	d.l->zone = mem_strdup(in->o->zone);
	if (!rc)
		rc = read_parts(&d, buf_span(&text), err);
	buf_done(&text);
	if (rc)
		return rc;
	form_settle(d.l);
	form_settle_lesson(d.l);
	return form_done(in, err);
}

static bool begins(struct span s, const char *word)
{
	return span_case_eq_str(span_head(s, strlen(word)), word);
}

/* The line with the columns stands first, or behind the two about the meeting. */
static bool has_column(const struct form_head *h, const char *name)
{
	struct form_lines lines = {h->text, 0};
	struct form_head at = *h;
	for (int i = 0; i < 6 && form_next_line(&lines, &at.line); i++) {
		at.separator = memchr(at.line.p, ';', at.line.n) ? ';' : ',';
		if (form_head_has(&at, name))
			return true;
	}
	return false;
}

static bool is_zoom(const struct form_head *h)
{
	return (has_column(h, "Name (Original Name)") || begins(h->line, "Meeting ID")) &&
	       has_column(h, "Join Time");
}

static bool is_unique(const struct form_head *h)
{
	return has_column(h, "Name (Original Name)") && !has_column(h, "Join Time");
}

const struct form form_zoom = {
	.name = "zoom",
	.one_lesson = true,
	.needs_times = true,
	.write = write_zoom,
	.read = read_zoom,
	.is = is_zoom,
};

const struct form form_zoom_unique = {
	.name = "zoom-unique",
	.one_lesson = true,
	.needs_times = true,
	.write = write_unique,
	.read = read_zoom,
	.is = is_unique,
};
