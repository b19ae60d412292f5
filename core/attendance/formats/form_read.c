/* What all readers do with what they find. */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <string.h>

void form_tell(struct form_in *in, int line, const char *fmt, ...)
{
	va_list ap;
	struct buf b = BUF_INIT(2000);
	if (in->problems++ >= FORM_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (in->problem)
		in->problem(in->arg, line, buf_str(&b));
	buf_done(&b);
}

void form_tell_err(struct form_in *in, int line, const struct err *err)
{
	form_tell(in, line, "%s", err->msg);
}

char *form_own_text(struct form_in *in, int line, struct span text)
{
	if (text.n <= FORM_TEXT_MAX)
		return text.n ? span_dup(text) : NULL;
	form_tell(in, line, _("a text is longer than %d bytes: it is left out"), FORM_TEXT_MAX);
	return NULL;
}

struct span form_cell(const struct csv *t, size_t row, int column)
{
	return csv_unguarded(span_trim(csv_cell(t, row, column)));
}

/* A cap: told once, after which nothing more is taken in. */
static void tell_full(struct form_in *in, int line, const char *sentence, int max)
{
	if (!in->full)
		form_tell(in, line, sentence, max);
	in->full = true;
}

struct sheet_lesson *form_add_lesson(struct form_in *in, int line)
{
	struct sheet_lesson *l = sheet_add_lesson(in->sheet);
	if (!l)
		tell_full(in, line, _("more than %d lessons: what follows is left out"),
			  SHEET_LESSONS_MAX);
	return l;
}

static bool is_person(const struct sheet_row *r, struct span name, struct span email)
{
	if (email.n)
		return r->email && strlen(r->email) == email.n &&
		       !strncasecmp(r->email, email.p, email.n);
	return !r->email && span_eq_str(name, r->name ? r->name : "");
}

struct sheet_row *form_person(struct form_in *in, struct sheet_lesson *l, int line,
			      struct span name, struct span email)
{
	if (!name.n && !email.n) {
		form_tell(in, line, _("nobody is named here"));
		return NULL;
	}
	for (size_t i = 0; i < l->n_rows; i++)
		if (is_person(&l->rows[i], name, email))
			return &l->rows[i];
	struct sheet_row *r = in->full ? NULL : sheet_add_row(l);
	if (!r) {
		tell_full(in, line, _("more than %d people: those that follow are left out"),
			  SHEET_ROWS_MAX);
		return NULL;
	}
	r->name = form_own_text(in, line, name);
	r->email = form_own_text(in, line, email);
	r->status = MARK_PRESENT;
	r->present_ms = -1;
	return r;
}

bool form_add_interval(struct form_in *in, struct sheet_row *r, int line, int64_t from_ms,
		       int64_t to_ms, bool inferred)
{
	if (to_ms && to_ms < from_ms) {
		form_tell(in, line, _("it ends before it begins"));
		return false;
	}
	if (sheet_add_interval(r, (struct sheet_interval){from_ms, to_ms, inferred}))
		return true;
	form_tell(in, line, _("more than %d times of one person: this one is left out"),
		  SHEET_INTERVALS_MAX);
	return false;
}

static int by_beginning(const void *a, const void *b)
{
	const struct sheet_interval *x = a, *y = b;
	if (x->from_ms != y->from_ms)
		return x->from_ms < y->from_ms ? -1 : 1;
	return x->to_ms < y->to_ms ? -1 : x->to_ms > y->to_ms;
}

static void settle_row(const struct sheet_lesson *l, struct sheet_row *r)
{
	int64_t last = 0;
	if (!r->n_intervals)
		return;
	qsort(r->intervals, r->n_intervals, sizeof(*r->intervals), by_beginning);
	for (size_t i = 0; i < r->n_intervals; i++) {
		if (!r->intervals[i].to_ms) {
			last = 0; /* still there */
			break;
		}
		if (r->intervals[i].to_ms > last)
			last = r->intervals[i].to_ms;
	}
	if (!r->first_join_ms)
		r->first_join_ms = r->intervals[0].from_ms;
	if (!r->last_leave_ms)
		r->last_leave_ms = last;
	if (r->present_ms < 0)
		r->present_ms = form_covered_ms(l, r);
}

void form_settle(struct sheet_lesson *l)
{
	for (size_t i = 0; i < l->n_rows; i++)
		settle_row(l, &l->rows[i]);
}

void form_settle_lesson(struct sheet_lesson *l)
{
	int64_t from = 0, to = 0;
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		if (r->first_join_ms && (!from || r->first_join_ms < from))
			from = r->first_join_ms;
		if (r->last_leave_ms > to)
			to = r->last_leave_ms;
	}
	if (!l->start_ms)
		l->start_ms = from;
	if (!l->end_ms)
		l->end_ms = to;
}

/* Whose only name was too long, which was told, is nobody. */
static void drop_nameless(struct sheet_lesson *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n_rows; i++) {
		struct sheet_row *r = &l->rows[i];
		if (r->user_id || r->name || r->external_id || r->email)
			l->rows[n++] = *r;
		else
			sheet_row_done(r);
	}
	l->n_rows = n;
}

int form_done(struct form_in *in, struct err *err)
{
	for (size_t i = 0; i < in->sheet->n_lessons; i++)
		drop_nameless(&in->sheet->lessons[i]);
	if (in->problems > FORM_PROBLEMS_MAX) {
		in->problems = 0; /* this one is told, too */
		form_tell(in, 0, _("more than %d lines could not be used"), FORM_PROBLEMS_MAX);
	}
	for (size_t i = 0; i < in->sheet->n_lessons; i++)
		if (in->sheet->lessons[i].n_rows)
			return 0;
	return err_set(err, ERR_INVALID, _("Nobody's attendance could be read from this file"));
}

bool form_next_line(struct form_lines *l, struct span *ret)
{
	if (!l->rest.n)
		return false;
	l->line++;
	span_split(&l->rest, '\n', ret);
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

bool form_head_has(const struct form_head *h, const char *cell)
{
	struct span rest = h->line, one;
	if (!h->separator)
		return span_case_eq_str(h->line, cell);
	while (span_split(&rest, h->separator, &one)) {
		one = span_trim(one);
		if (one.n > 1 && one.p[0] == '"' && one.p[one.n - 1] == '"')
			one = span_head(span_from(one, 1), one.n - 2);
		if (span_case_eq_str(one, cell))
			return true;
	}
	return false;
}
