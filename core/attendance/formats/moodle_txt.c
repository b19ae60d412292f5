/*
 * What Moodle's mod_attendance exports as text: cells separated by tabs, without quotes; two lines
 * about the course, an empty one, then one column a session, counts of the default set, sums.
 */
#include "core/attendance/formats/moodle.h"

#include "core/base/i18n.h"

#include <string.h>

/* -- writing ---------------------------------------------------------------- */

/* There are no quotes: a cell cannot hold tabs and line ends. */
static void put_cell(struct buf *b, struct span s)
{
	struct buf guarded = BUF_INIT(BUF_CAP_OWN);
	struct csv_writer c = CSV_WRITER(&guarded, '\0');
	struct buf flat = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < s.n; i++)
		buf_put_char(&flat, (unsigned char)s.p[i] < 0x20 || s.p[i] == '"' ? ' ' : s.p[i]);
	csv_put(&c, span_trim(buf_span(&flat)));
	buf_put_span(b, buf_span(&guarded));
	buf_done(&guarded);
	buf_done(&flat);
}

/* "1 Mar 2026 9.00AM All students", as Moodle in English names a session of no group. */
static void put_session(struct form_out *w, const struct sheet_lesson *l)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct cal_time t = form_wall(w, l, l->start_ms);
	int month = t.month >= 1 && t.month <= 12 ? t.month - 1 : 0;
	buf_printf(w->b, "\t%d %.3s %d %d.%02d%s All students", t.day, months + 3 * month, t.year,
		   (t.hour + 11) % 12 + 1, t.minute, t.hour < 12 ? "AM" : "PM");
}

static void put_person(struct form_out *w, const struct sheet_row *p)
{
	static const char letters[] = "PLEA";
	int count[4] = {0}, points = 0, taken = 0;
	struct span first, last;
	form_split_name(form_name(p), &first, &last);
	put_cell(w->b, last);
	buf_put_char(w->b, '\t');
	put_cell(w->b, first);
	buf_put_char(w->b, '\t');
	put_cell(w->b, moodle_user_name(p));
	buf_put_char(w->b, '\t');
	put_cell(w->b, span_of(p->external_id));
	buf_put_char(w->b, '\t');
	put_cell(w->b, span_of(p->email));
	for (size_t i = 0; i < w->s->n_lessons; i++) {
		const struct sheet_row *r = form_row_in(&w->s->lessons[i], p);
		const char *word = r ? moodle_acronym(r->status) : "-";
		buf_printf(w->b, "\t%s", word[0] ? word : "?");
		if (!r || !word[0])
			continue;
		taken++;
		count[strchr(letters, word[0]) - letters]++;
		points += word[0] == 'P' ? 2 : word[0] != 'A';
	}
	for (size_t i = 0; i < ARRAY_LEN(count); i++)
		buf_printf(w->b, "\t%d", count[i]);
	buf_printf(w->b, "\t%d\t%d\t%.1f%%\n", taken, points, taken ? points * 50.0 / taken : 0.0);
}

static void write_txt(struct form_out *w)
{
	buf_put_str(w->b, "Course\t");
	put_cell(w->b, span_of(w->s->n_lessons ? w->s->lessons[0].title : NULL));
	buf_put_str(w->b, "\nGroup\tAll participants\n\nLast name\tFirst name\tUsername\tID "
			  "number\tEmail address");
	for (size_t i = 0; i < w->s->n_lessons; i++)
		put_session(w, &w->s->lessons[i]);
	buf_put_str(w->b, "\tP\tL\tE\tA\tTaken sessions\tPoints\tPercentage\n");
	for (size_t i = 0; i < w->s->n_lessons; i++)
		for (size_t k = 0; k < w->s->lessons[i].n_rows; k++)
			if (!form_stands_before(w->s, i, &w->s->lessons[i].rows[k]))
				put_person(w, &w->s->lessons[i].rows[k]);
}

/* -- reading ---------------------------------------------------------------- */

#define TXT_COLUMNS 2100

struct txt {
	struct form_in *in;
	char *title;
	int id, user, email, first, last;
	struct {
		int column;
		size_t lesson;
	} sessions[SHEET_LESSONS_MAX];
	int n_sessions;
};

/* A session's name begins with its time: the most words of it that are one. */
static bool session_time(struct form_in *in, struct span s, int64_t *ret)
{
	struct form_clock clock = {.zone = in->o->zone, .order = FORM_DAY_FIRST};
	for (s = span_trim(s); s.n;) {
		if (!form_time_read(&clock, s, ret, NULL))
			return true;
		while (s.n && s.p[s.n - 1] != ' ')
			s.n--;
		s = span_trim(s);
	}
	return false;
}

static bool is_one_of(struct span s, const char *const *names)
{
	for (; *names; names++)
		if (span_case_eq_str(s, *names))
			return true;
	return false;
}

static void take_column(struct txt *d, int line, int column, struct span name)
{
	int64_t ms;
	if (is_one_of(name, moodle_id_columns))
		d->id = column;
	else if (is_one_of(name, moodle_user_columns))
		d->user = column;
	else if (is_one_of(name, moodle_mail_columns))
		d->email = column;
	else if (is_one_of(name, moodle_last_columns))
		d->last = column;
	else if (is_one_of(name, moodle_first_columns))
		d->first = column;
	else if (session_time(d->in, name, &ms)) {
		struct sheet_lesson *l = form_add_lesson(d->in, line);
		if (!l)
			return;
		l->title = mem_strdup(d->title);
		l->start_ms = ms;
		l->zone = mem_strdup(d->in->o->zone);
		d->sessions[d->n_sessions].column = column;
		d->sessions[d->n_sessions++].lesson = d->in->sheet->n_lessons - 1;
	}
}

static int split_cells(struct span line, struct span ret[TXT_COLUMNS])
{
	int n = 0;
	while (n < TXT_COLUMNS && span_split(&line, '\t', &ret[n])) {
		ret[n] = csv_unguarded(span_trim(ret[n]));
		n++;
	}
	return n;
}

static struct span cell_at(const struct span *cells, int n, int at)
{
	return at >= 0 && at < n ? cells[at] : (struct span){"", 0};
}

static void take_person(struct txt *d, int line, const struct span *cells, int n)
{
	struct moodle_who p = {.id = cell_at(cells, n, d->id),
			       .user = cell_at(cells, n, d->user),
			       .email = cell_at(cells, n, d->email),
			       .first = cell_at(cells, n, d->first),
			       .last = cell_at(cells, n, d->last)};
	for (int i = 0; i < d->n_sessions && !d->in->full; i++) {
		struct span mark = cell_at(cells, n, d->sessions[i].column);
		enum mark_status status = moodle_status(mark);
		if (!mark.n || span_eq_str(mark, "-"))
			continue;
		if (span_eq_str(mark, "?"))
			status = MARK_NOT_KNOWN;
		if (status == MARK_COUNT) {
			form_tell(d->in, line, _("\"%.*s\" is none of P, L, E and A"),
				  SPAN_ARG(span_head(mark, 40)));
			continue;
		}
		struct sheet_row *r =
			moodle_add_person(d->in, &d->in->sheet->lessons[d->sessions[i].lesson],
					  line, &p);
		if (!r)
			return;
		r->status = status;
	}
}

static void read_lines(struct txt *d, struct span text, struct span *cells)
{
	struct form_lines lines = {text, 0};
	struct span line;
	bool has_columns = false;
	while (!d->in->full && form_next_line(&lines, &line)) {
		int n = split_cells(line, cells);
		if (n == TXT_COLUMNS)
			form_tell(d->in, lines.line, _("more than %d columns"), TXT_COLUMNS - 1);
		if (lines.line == 1 && n > 1)
			d->title = form_own_text(d->in, 1, cells[1]);
		if (n < 3)
			continue;
		for (int i = 0; !has_columns && i < n; i++)
			take_column(d, lines.line, i, cells[i]);
		if (has_columns)
			take_person(d, lines.line, cells, n);
		has_columns = true;
	}
}

static int read_txt(struct form_in *in, struct err *err)
{
	struct buf text = BUF_INIT(CSV_TEXT_MAX);
	struct txt *d = NEW(struct txt);
	struct span *cells = mem_alloc(TXT_COLUMNS * sizeof(*cells));
	*d = (struct txt){.in = in, .id = -1, .user = -1, .email = -1, .first = -1, .last = -1};
	int rc = csv_decode(in->raw, &text, err);
	if (!rc)
		read_lines(d, buf_span(&text), cells);
	if (!rc && !d->n_sessions)
		rc = err_set(err, ERR_INVALID, _("No column of this file is named by a date"));
	buf_done(&text);
	mem_free(d->title);
	mem_free(d);
	mem_free(cells);
	return rc ? rc : form_done(in, err);
}

static int tabs_in(struct span line)
{
	int n = 0;
	for (size_t i = 0; i < line.n; i++)
		n += line.p[i] == '\t';
	return n;
}

static bool is_txt(const struct form_head *h)
{
	struct form_lines lines = {h->text, 0};
	struct span line[4];
	for (int i = 0; i < 4; i++)
		if (!form_next_line(&lines, &line[i]))
			return false;
	return tabs_in(line[0]) == 1 && tabs_in(line[1]) == 1 && !span_trim(line[2]).n &&
	       tabs_in(line[3]) > 3;
}

const struct form form_moodle_txt = {
	.name = "moodle-txt",
	.endings = ".txt",
	.write = write_txt,
	.read = read_txt,
	.is = is_txt,
};
