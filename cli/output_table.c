/* Columns that fit, and "label: value" lines. */
#include "cli/output.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/when.h"

#define GAP 2
#define NARROWEST 8
#define MAX_COLUMNS 16

struct column {
	const struct command_key *key;
	size_t at; /* its cell of a row */
	int cells; /* widest cell, then what it may take */
	bool right;
	bool used; /* some row has such a key */
};

struct table {
	struct column cols[MAX_COLUMNS];
	size_t n;   /* columns that stand beside each other */
	int below;  /* cell that gets a line of its own, or -1 */
	size_t per; /* cells of a row */
	size_t rows;
	char **cells;
};

static void put_list(struct buf *b, const json_t *v)
{
	const json_t *one;
	size_t i;
	json_array_foreach (v, i, one) {
		if (i)
			buf_put_str(b, ", ");
		output_put_cell(b, NULL, one, 0);
	}
}

static void put_bytes(struct buf *b, int64_t n)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double v = (double)n;
	size_t u = 0;
	for (; v >= 1000 && u + 1 < ARRAY_LEN(units); u++)
		v /= 1000;
	buf_printf(b, u && v < 10 ? "%.1f %s" : "%.0f %s", v, units[u]);
}

static void put_int(struct buf *b, const struct command_key *key, int64_t n, int64_t now_ms)
{
	char text[WHEN_ISO_SIZE];
	const char *type = key ? key->type : "";
	if (!strcmp(type, "time")) {
		when_human(n, now_ms, text);
		buf_put_str(b, text);
	} else if (!strcmp(type, "seconds")) {
		duration_human(n * 1000, text);
		buf_put_str(b, text);
	} else if (!strcmp(type, "seconds or ever")) {
		duration_human(n * 1000, text);
		buf_put_str(b, n ? text : _("for ever"));
	} else if (!strcmp(type, "bytes")) {
		put_bytes(b, n);
	} else {
		buf_put_i64(b, n);
	}
}

void output_put_cell(struct buf *b, const struct command_key *key, const json_t *v, int64_t now_ms)
{
	struct buf raw = BUF_INIT(BUF_CAP_OWN);
	const char *word =
		key && json_is_string(v) ? command_word(key->type, json_string_value(v)) : NULL;
	int64_t at;
	if (json_is_string(v) && key && !strcmp(key->type, "time") &&
	    when_parse(span_of(json_string_value(v)), now_ms, &at, NULL) == 0) {
		put_int(b, key, at, now_ms);
	} else if (word) {
		buf_put_str(b, word);
	} else if (json_is_string(v)) {
		text_put(b, (struct span){json_string_value(v), json_string_length(v)}, TEXT_LINE);
	} else if (json_is_integer(v)) {
		put_int(b, key, json_integer_value(v), now_ms);
	} else if (json_is_boolean(v)) {
		buf_put_str(b, json_is_true(v) ? _("yes") : _("no"));
	} else if (json_is_array(v)) {
		put_list(b, v);
	} else if (v && !json_is_null(v)) {
		output_put_json(&raw, v);
		text_put(b, buf_span(&raw), TEXT_LINE);
		buf_done(&raw);
	}
}

static size_t columns_of(const struct command *c, struct column cols[MAX_COLUMNS])
{
	size_t n = 0;
	for (const struct command_key *k = c->keys; k && k->name && n < MAX_COLUMNS; k++)
		if (k->label) {
			int cells = text_cells(span_of(_(k->label)));
			cols[n] = (struct column){.key = k, .at = n, .cells = cells};
			n++;
		}
	return n;
}

/* All cells' texts, row by row; the caller frees each and the array. */
static char **render(const struct output *o, const json_t *rows, struct column *cols, size_t n)
{
	size_t count = json_array_size(rows), i;
	char **cells = mem_alloc((count * n + 1) * sizeof(*cells));
	const json_t *row;
	json_array_foreach (rows, i, row)
		for (size_t c = 0; c < n; c++) {
			struct buf b = BUF_INIT(BUF_CAP_OWN);
			const json_t *v = json_object_get(row, cols[c].key->name);
			output_put_cell(&b, cols[c].key, v, o->now_ms);
			cols[c].used |= v != NULL;
			int w = text_cells(buf_span(&b));
			cols[c].cells = w > cols[c].cells ? w : cols[c].cells;
			cols[c].right |= json_is_integer(v) && strcmp(cols[c].key->type, "time");
			cells[i * n + c] = buf_take(&b);
		}
	return cells;
}

/* What these rows do not have at all is of no interest, as with options that show other things. */
static void leave_out_unused(struct table *t)
{
	size_t kept = 0;
	for (size_t c = 0; c < t->n; c++)
		if (t->cols[c].used)
			t->cols[kept++] = t->cols[c];
	t->n = kept;
}

/* A column without a single value is left out where room is scarce. */
static void leave_out_empty(struct table *t)
{
	size_t kept = 0;
	for (size_t c = 0; c < t->n; c++) {
		bool any = false;
		for (size_t i = 0; i < t->rows && !any; i++)
			any = t->cells[i * t->per + t->cols[c].at][0] != '\0';
		if (any)
			t->cols[kept++] = t->cols[c];
	}
	t->n = kept;
}

static int width_of(const struct table *t)
{
	int total = 0;
	for (size_t i = 0; i < t->n; i++)
		total += t->cols[i].cells + (i ? GAP : 0);
	return total;
}

/* Take from the widest column that may be shortened until the line fits. */
static bool shorten(struct table *t, int width)
{
	for (int total = width_of(t); total > width; total--) {
		struct column *widest = NULL;
		for (size_t i = 0; i < t->n; i++)
			if (!t->cols[i].key->keep && t->cols[i].cells > NARROWEST &&
			    (!widest || t->cols[i].cells > widest->cells))
				widest = &t->cols[i];
		if (!widest)
			return false;
		widest->cells--;
	}
	return true;
}

/* Make the lines fit; a last column that must stay whole goes below its row if need be. */
static bool fit(struct table *t, int width)
{
	if (width <= 0)
		return true;
	leave_out_empty(t);
	if (width_of(t) > width && t->n > 1 && t->cols[t->n - 1].key->keep)
		t->below = (int)t->cols[--t->n].at;
	return shorten(t, width);
}

static void pad(struct buf *b, int n)
{
	for (; n > 0; n--)
		buf_put_char(b, ' ');
}

static void put_one(struct buf *b, const struct column *col, struct span s, bool last)
{
	int w = text_cells(s);
	if (w > col->cells && !col->key->keep) {
		s = span_head(s, text_fit(s, col->cells - 1));
		w = text_cells(s) + 1;
		buf_put_span(b, s);
		buf_put_str(b, "…");
	} else {
		if (col->right)
			pad(b, col->cells - w);
		buf_put_span(b, s);
	}
	if (!last) {
		pad(b, col->right ? 0 : col->cells - w);
		pad(b, GAP);
	}
}

static void put_head(struct buf *b, const struct output *o, const struct column *cols, size_t n)
{
	if (o->colour)
		buf_put_str(b, "\033[1m");
	for (size_t i = 0; i < n; i++)
		put_one(b, &cols[i], span_of(_(cols[i].key->label)), i + 1 == n);
	if (o->colour)
		buf_put_str(b, "\033[0m");
	buf_put_char(b, '\n');
}

static void put_row(struct buf *b, const struct table *t, size_t row)
{
	char *const *cells = t->cells + row * t->per;
	for (size_t c = 0; c < t->n; c++)
		put_one(b, &t->cols[c], span_of(cells[t->cols[c].at]), c + 1 == t->n);
	buf_put_char(b, '\n');
	if (t->below >= 0 && cells[t->below][0])
		buf_printf(b, "  %s\n", cells[t->below]);
}

/* Where columns would not be readable: one value a line. */
static void put_records(struct buf *b, const struct output *o, const json_t *rows)
{
	const json_t *row;
	size_t i;
	json_array_foreach (rows, i, row) {
		if (i)
			buf_put_char(b, '\n');
		output_put_record(b, o, row);
	}
}

void output_put_table(struct buf *b, const struct output *o, const json_t *rows)
{
	struct table t = {.below = -1, .rows = json_array_size(rows)};
	t.n = t.per = columns_of(o->command, t.cols);
	if (t.n == 0)
		return;
	t.cells = render(o, rows, t.cols, t.n);
	leave_out_unused(&t);
	if (fit(&t, o->width)) {
		put_head(b, o, t.cols, t.n);
		for (size_t i = 0; i < t.rows; i++)
			put_row(b, &t, i);
	} else {
		put_records(b, o, rows);
	}
	for (size_t i = 0; i < t.rows * t.per; i++)
		mem_free(t.cells[i]);
	mem_free(t.cells);
}

void output_put_record(struct buf *b, const struct output *o, const json_t *row)
{
	int widest = 0;
	for (const struct command_key *k = o->command->keys; k && k->name; k++) {
		int w = k->label ? text_cells(span_of(_(k->label))) : 0;
		widest = w > widest ? w : widest;
	}
	for (const struct command_key *k = o->command->keys; k && k->name; k++) {
		const json_t *v = json_object_get(row, k->name);
		if (!k->label || !v || json_is_null(v) ||
		    (json_is_string(v) && !json_string_length(v)))
			continue;
		buf_put_str(b, _(k->label));
		buf_put_char(b, ':');
		pad(b, widest - text_cells(span_of(_(k->label))) + 1);
		if (json_is_array(v) && !json_array_size(v))
			buf_put_str(b, "–"); /* nobody, nothing */
		else
			output_put_cell(b, k, v, o->now_ms);
		buf_put_char(b, '\n');
	}
}
