#include "core/base/csv.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <ctype.h>

struct row {
	size_t first, count; /* in cells */
	int line;
};

struct csv {
	struct buf text; /* UTF-8; cells lie in it, unquoted in place */
	struct span *cells;
	size_t n_cells, cells_size;
	struct row *rows; /* the first holds the names */
	size_t n_rows, rows_size;
};

struct reader {
	struct csv *c;
	char *p, *end;
	char separator;
	int line;
};

static int fail(struct err *err, int line, const char *what)
{
	return err_set(err, ERR_INVALID, _("line %d: %s"), line, what);
}

/* Reading */

static bool at_line_end(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' ||
	       (*r->p == '\r' && (r->p + 1 == r->end || r->p[1] == '\n'));
}

static void skip_line_end(struct reader *r)
{
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p < r->end && *r->p == '\n')
		r->p++;
	r->line++;
}

/* From the first line, quotes left out: of the three, what it holds most of. */
static char find_separator(const struct reader *r)
{
	static const char candidates[] = ",;\t";
	size_t count[3] = {0};
	bool quoted = false;
	for (const char *p = r->p; p < r->end && (quoted || (*p != '\n' && *p != '\r')); p++) {
		const char *hit = *p ? strchr(candidates, *p) : NULL;
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && hit)
			count[hit - candidates]++;
	}
	size_t best = 0;
	for (size_t i = 1; i < 3; i++)
		if (count[i] > count[best])
			best = i;
	return candidates[best];
}

/* Excel's own way to name it: "sep=;" on a line before all others. */
static bool take_separator_line(struct reader *r)
{
	struct reader look = *r;
	if (r->end - r->p < 5 || strncasecmp(r->p, "sep=", 4) != 0)
		return false;
	look.p += 5;
	if (!at_line_end(&look) || !strchr(",;\t", r->p[4]))
		return false;
	r->separator = r->p[4];
	r->p = look.p;
	skip_line_end(r);
	return true;
}

static int read_quoted(struct reader *r, struct span *ret, struct err *err)
{
	int started = r->line;
	char *to = ++r->p, *from = to;
	for (; r->p < r->end; r->p++) {
		if (*r->p == '"') {
			if (r->p + 1 < r->end && r->p[1] == '"')
				r->p++;
			else
				break;
		}
		r->line += *r->p == '\n';
		*to++ = *r->p;
	}
	if (r->p == r->end)
		return fail(err, started, _("a quote that is not closed"));
	r->p++;
	if (!at_line_end(r) && *r->p != r->separator)
		return fail(err, r->line, _("text after a closing quote"));
	*ret = (struct span){from, (size_t)(to - from)};
	return 0;
}

static int read_cell(struct reader *r, struct span *ret, struct err *err)
{
	if (r->p < r->end && *r->p == '"')
		return read_quoted(r, ret, err);
	char *from = r->p;
	while (!at_line_end(r) && *r->p != r->separator)
		r->p++;
	*ret = (struct span){from, (size_t)(r->p - from)};
	return 0;
}

static void add_cell(struct csv *c, struct span cell)
{
	if (c->n_cells == c->cells_size) {
		c->cells_size = c->cells_size ? c->cells_size * 2 : 256;
		c->cells = mem_realloc_array(c->cells, c->cells_size, sizeof(*c->cells));
	}
	c->cells[c->n_cells++] = cell;
}

static struct row *add_row(struct csv *c, int line)
{
	if (c->n_rows == c->rows_size) {
		c->rows_size = c->rows_size ? c->rows_size * 2 : 64;
		c->rows = mem_realloc_array(c->rows, c->rows_size, sizeof(*c->rows));
	}
	struct row *row = &c->rows[c->n_rows++];
	*row = (struct row){c->n_cells, 0, line};
	return row;
}

static int check_room(const struct csv *c, const struct row *row, struct span cell, struct err *err)
{
	if (c->n_cells >= LIMIT_CSV_CELLS)
		return err_set(err, ERR_TOO_LARGE, _("line %d: more than %u cells"), row->line,
			       LIMIT_CSV_CELLS);
	if (c->n_rows == 1 && row->count >= LIMIT_CSV_COLUMNS)
		return err_set(err, ERR_TOO_LARGE, _("more than %d columns"), LIMIT_CSV_COLUMNS);
	/* Spreadsheets leave empty cells behind the last column. */
	if (c->n_rows > 1 && row->count >= c->rows[0].count && span_trim(cell).n)
		return err_set(err, ERR_INVALID, _("line %d: more cells than the %zu columns"),
			       row->line, c->rows[0].count);
	return 0;
}

static int read_row(struct reader *r, struct err *err)
{
	struct row *row = add_row(r->c, r->line);
	for (;;) {
		struct span cell;
		int rc = read_cell(r, &cell, err);
		if (!rc)
			rc = check_room(r->c, row, cell, err);
		if (rc)
			return rc;
		add_cell(r->c, cell);
		row->count++;
		if (at_line_end(r))
			break;
		r->p++; /* the separator */
	}
	skip_line_end(r);
	return 0;
}

/* A line of nothing but separators and space. */
static bool row_is_empty(const struct csv *c, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (span_trim(c->cells[row->first + i]).n)
			return false;
	return true;
}

static int read_rows(struct csv *c, struct reader r, struct err *err)
{
	char none[1]; /* a file of nothing but a mark of its encoding has no text */
	r.c = c;
	r.p = c->text.n ? c->text.p : none;
	r.end = r.p + c->text.n;
	bool told = r.separator || take_separator_line(&r);
	while (r.p < r.end) {
		if (at_line_end(&r)) {
			skip_line_end(&r);
			continue;
		}
		if (c->n_rows == 0 && !told)
			r.separator = find_separator(&r);
		int rc = read_row(&r, err);
		if (rc)
			return rc;
		struct row *row = &c->rows[c->n_rows - 1];
		if (row_is_empty(c, row)) {
			c->n_cells = row->first;
			c->n_rows--;
		}
	}
	return c->n_rows ? 0
			 : err_set(err, ERR_INVALID,
				   _("the table is empty: its first line must name the columns"));
}

static int parse(struct csv *c, struct reader r, struct csv **ret, struct err *err)
{
	int rc = read_rows(c, r, err);
	if (rc)
		csv_free(c);
	else
		*ret = c;
	return rc;
}

int csv_parse(struct span raw, struct csv **ret, struct err *err)
{
	struct csv *c = NEW(struct csv);
	buf_init(&c->text, CSV_TEXT_MAX);
	int rc = csv_decode(raw, &c->text, err);
	if (!rc)
		return parse(c, (struct reader){.line = 1}, ret, err);
	csv_free(c);
	return rc;
}

int csv_parse_part(struct span text, char separator, int line, struct csv **ret, struct err *err)
{
	struct csv *c = NEW(struct csv);
	buf_init(&c->text, CSV_TEXT_MAX);
	buf_put_span(&c->text, text);
	return parse(c, (struct reader){.separator = separator, .line = line}, ret, err);
}

int csv_read(const char *path, struct csv **ret, struct err *err)
{
	struct buf b = BUF_INIT(LIMIT_CSV_BYTES);
	int rc = fs_read(path, &b, err);
	if (!rc) {
		rc = csv_parse(buf_span(&b), ret, err);
		if (rc)
			err_prefix(err, "%s", path);
	}
	buf_done(&b);
	return rc;
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	buf_done(&c->text);
	mem_free(c->cells);
	mem_free(c->rows);
	mem_free(c);
}

/* Looking */

size_t csv_columns(const struct csv *c)
{
	return c->rows[0].count;
}

struct span csv_name(const struct csv *c, size_t column)
{
	return span_trim(c->cells[c->rows[0].first + column]);
}

static bool is_joint(char c)
{
	return c == ' ' || c == '-' || c == '_';
}

static bool same_name(struct span a, struct span b)
{
	for (size_t i = 0, k = 0;; i++, k++) {
		while (i < a.n && is_joint(a.p[i]))
			i++;
		while (k < b.n && is_joint(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (tolower((unsigned char)a.p[i]) != tolower((unsigned char)b.p[k]))
			return false;
	}
}

int csv_column(const struct csv *c, const char *name)
{
	for (size_t i = 0; i < csv_columns(c); i++)
		if (same_name(csv_name(c, i), span_of(name)))
			return (int)i;
	return -1;
}

int csv_column_of(const struct csv *c, const char *const *names)
{
	for (; *names; names++) {
		int column = csv_column(c, *names);
		if (column >= 0)
			return column;
	}
	return -1;
}

size_t csv_rows(const struct csv *c)
{
	return c->n_rows - 1;
}

struct span csv_cell(const struct csv *c, size_t row, int column)
{
	const struct row *r = &c->rows[row + 1];
	if (column < 0 || (size_t)column >= r->count)
		return (struct span){"", 0};
	return c->cells[r->first + (size_t)column];
}

int csv_line(const struct csv *c, size_t row)
{
	return c->rows[row + 1].line;
}
