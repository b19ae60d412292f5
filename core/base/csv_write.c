/* Writing tables: quotes where they are needed, nothing that a spreadsheet would run. */
#include "core/base/csv.h"

#include "core/base/text.h"

#include <ctype.h>
#include <string.h>

static bool is_number(struct span s)
{
	bool digit = false;
	for (size_t i = 0; i < s.n; i++) {
		if (isdigit((unsigned char)s.p[i]))
			digit = true;
		else if (s.p[i] != '.' && (i || (s.p[i] != '-' && s.p[i] != '+')))
			return false;
	}
	return digit;
}

/* "=", "+", "-", "@" or a control character, or what stands for the first four in full width. */
static bool starts_formula(struct span s)
{
	bool ok;
	if (!s.n)
		return false;
	uint32_t cp = utf8_next(&s, &ok);
	return cp < 0x20 || cp == '=' || cp == '+' || cp == '-' || cp == '@' || cp == 0xFF1D ||
	       cp == 0xFF0B || cp == 0xFF0D || cp == 0xFF20;
}

static struct span after_apostrophes(struct span s)
{
	while (s.n && s.p[0] == '\'')
		s = span_from(s, 1);
	return s;
}

/* One that is guarded already gets one more, so that taking one off gives back what was there. */
static bool needs_guard(struct span s)
{
	struct span rest = after_apostrophes(s);
	return starts_formula(rest) && (rest.n < s.n || !is_number(rest));
}

struct span csv_unguarded(struct span cell)
{
	if (!cell.n || cell.p[0] != '\'' || !starts_formula(after_apostrophes(cell)))
		return cell;
	return span_from(cell, 1);
}

/* Where a program that takes another character for the separator sees a cell of its own begin. */
static bool may_separate(char c, char separator)
{
	return c && c != separator && strchr(",;\t|\r\n", c);
}

/* The piece of a cell at `s` up to what may separate: would it be run? Quotes may go with the separator. */
static bool runs_inside(struct span s, char separator)
{
	size_t n = 0;
	while (n < s.n && s.p[n] == '"')
		n++;
	s = span_from(s, n);
	for (n = 0; n < s.n && !may_separate(s.p[n], separator);)
		n++;
	s = span_head(s, n);
	return s.n && (unsigned char)s.p[0] >= 0x20 && starts_formula(s) && !is_number(s);
}

static bool needs_quotes(struct span s, char separator)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == separator || strchr("\"\r\n", s.p[i]))
			return true;
	/* Readers may trim what is not quoted. */
	return s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
}

void csv_put(struct csv_writer *w, struct span cell)
{
	bool guard = w->neutralise && needs_guard(cell);
	bool quotes = needs_quotes(cell, w->separator);
	if (w->in_row)
		buf_put_char(w->b, w->separator);
	w->in_row = true;
	if (quotes)
		buf_put_char(w->b, '"');
	if (guard)
		buf_put_char(w->b, '\'');
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"')
			buf_put_char(w->b, '"');
		buf_put_char(w->b, cell.p[i]);
		if (w->neutralise && may_separate(cell.p[i], w->separator) &&
		    runs_inside(span_from(cell, i + 1), w->separator))
			buf_put_char(w->b, '\'');
	}
	if (quotes)
		buf_put_char(w->b, '"');
}

void csv_put_str(struct csv_writer *w, const char *cell)
{
	csv_put(w, span_of(cell));
}

void csv_put_i64(struct csv_writer *w, int64_t v)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)v);
	csv_put(w, span_of(text));
}

void csv_end(struct csv_writer *w)
{
	buf_put_str(w->b, w->lf ? "\n" : "\r\n");
	w->in_row = false;
}
