#include "tui/rows_text.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/text.h"
#include "core/base/when.h"

#include <string.h>

#define COLUMN_MAX 48
#define COLUMNS_MAX 16

void rows_put_value(struct buf *b, const json_t *v, const struct command_key *k)
{
	if (json_is_integer(v) && !strcmp(k->type, "time")) {
		char when[WHEN_ISO_SIZE];
		when_human(json_integer_value(v), clock_wall_ms(), when);
		buf_put_str(b, when);
	} else if (json_is_string(v)) {
		command_put_clean(b, v);
	} else if (json_is_integer(v)) {
		buf_put_i64(b, json_integer_value(v));
	} else if (json_is_boolean(v)) {
		buf_put_str(b, json_is_true(v) ? _("yes") : _("no"));
	} else if (json_is_array(v)) {
		size_t i;
		json_t *one;
		json_array_foreach (v, i, one) {
			if (i)
				buf_put_str(b, ", ");
			rows_put_value(b, one, k);
		}
	}
}

static void put_record(struct buf *b, const json_t *row, const struct command *c)
{
	for (const struct command_key *k = c->keys; k && k->name; k++) {
		struct buf v = BUF_INIT(BUF_CAP_OWN);
		rows_put_value(&v, json_object_get(row, k->name), k);
		if (v.n)
			buf_printf(b, "%s: %s\n", k->label ? _(k->label) : k->name, buf_str(&v));
		buf_done(&v);
	}
}

static int put_cell(struct buf *b, const json_t *row, const struct command_key *k, int pad)
{
	struct buf v = BUF_INIT(BUF_CAP_OWN);
	if (row)
		rows_put_value(&v, json_object_get(row, k->name), k);
	else
		buf_put_str(&v, _(k->label));
	size_t fits = k->keep ? v.n : text_fit(buf_span(&v), COLUMN_MAX);
	int cells = text_cells(span_head(buf_span(&v), fits));
	if (b) {
		buf_put(b, buf_str(&v), fits);
		for (int i = cells; i < pad; i++)
			buf_put_char(b, ' ');
	}
	buf_done(&v);
	return cells;
}

static void put_table_row(struct buf *b, const json_t *row, const struct command *c,
			  const int *widths)
{
	int i = 0;
	for (const struct command_key *k = c->keys; k->name && i < COLUMNS_MAX; k++)
		if (k->label) {
			put_cell(b, row, k, widths[i++]);
			buf_put_str(b, "  ");
		}
	while (b->n && b->p[b->n - 1] == ' ')
		buf_truncate(b, b->n - 1);
	buf_put_char(b, '\n');
}

static void put_table(struct buf *b, const json_t *rows, const struct command *c)
{
	int widths[COLUMNS_MAX] = {0};
	size_t n;
	json_t *row;
	for (size_t r = 0; r <= json_array_size(rows); r++) {
		int i = 0;
		for (const struct command_key *k = c->keys; k->name && i < COLUMNS_MAX; k++) {
			if (!k->label)
				continue;
			int cells = put_cell(NULL, r ? json_array_get(rows, r - 1) : NULL, k, 0);
			widths[i] = cells > widths[i] ? cells : widths[i];
			i++;
		}
	}
	put_table_row(b, NULL, c, widths);
	json_array_foreach (rows, n, row) {
		put_table_row(b, row, c, widths);
	}
}

void rows_put_text(struct buf *b, const json_t *rows, const struct command_line *l)
{
	const struct command *c = l->command;
	size_t i;
	json_t *row;
	if (c->shape == SHAPE_TABLE && c->keys) {
		put_table(b, rows, c);
		return;
	}
	json_array_foreach (rows, i, row) {
		if (c->shape == SHAPE_LINE && c->line) {
			c->line(b, row, l);
			buf_put_char(b, '\n');
		} else {
			put_record(b, row, c);
		}
	}
}
