#include "tui/rows_text.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/when.h"
#include "tui/item_draw.h"

#include <string.h>

#define COLUMN_MAX 48
#define COLUMNS_MAX 16

static void put_int(struct buf *b, int64_t n, const char *type)
{
	char text[WHEN_ISO_SIZE];
	if (!strcmp(type, "time")) {
		when_human(n, clock_wall_ms(), text);
		buf_put_str(b, text);
	} else if (!strcmp(type, "seconds") || (!strcmp(type, "seconds or ever") && n)) {
		duration_human(n * 1000, text);
		buf_put_str(b, text);
	} else if (!strcmp(type, "seconds or ever")) {
		buf_put_str(b, _("for ever"));
	} else if (!strcmp(type, "bytes")) {
		item_put_size(b, n);
	} else {
		buf_put_i64(b, n);
	}
}

/* Some rows hold a time as it is written. */
static bool is_time(const json_t *v, const struct command_key *k, int64_t *ret_ms)
{
	struct span s = {json_string_value(v), json_string_length(v)};
	return s.p && !strcmp(k->type, "time") && !when_parse(s, clock_wall_ms(), ret_ms, NULL);
}

void rows_put_value(struct buf *b, const json_t *v, const struct command_key *k)
{
	const char *word = json_is_string(v) ? command_word(k->type, json_string_value(v)) : NULL;
	int64_t at;
	if (is_time(v, k, &at)) {
		put_int(b, at, k->type);
	} else if (word) {
		buf_put_str(b, word);
	} else if (json_is_string(v)) {
		command_put_clean(b, v);
	} else if (json_is_integer(v)) {
		put_int(b, json_integer_value(v), k->type);
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
	bool labels = false;
	for (const struct command_key *k = c->keys; k && k->name; k++)
		labels = labels || k->label;
	for (const struct command_key *k = c->keys; k && k->name; k++) {
		struct buf v = BUF_INIT(BUF_CAP_OWN);
		/* Keys without one are for programs. */
		if (labels && !k->label)
			continue;
		rows_put_value(&v, json_object_get(row, k->name), k);
		if (v.n)
			buf_printf(b, "%s: %s\n", k->label ? _(k->label) : k->name, buf_str(&v));
		buf_done(&v);
	}
}

/* Of no use to people: !room, $event. */
static bool is_id(const json_t *v)
{
	const char *s = json_string_value(v);
	return s && (s[0] == '!' || s[0] == '$');
}

void rows_put_facts(struct buf *b, const json_t *row, const struct command *c)
{
	for (const struct command_key *k = c->keys; k && k->name; k++) {
		AUTO(buf_done) struct buf v = BUF_INIT(BUF_CAP_OWN);
		const json_t *value = json_object_get(row, k->name);
		if (!k->label || is_id(value))
			continue;
		rows_put_value(&v, value, k);
		if (v.n)
			buf_printf(b, "%s%s: %s", b->n ? " · " : "", _(k->label), buf_str(&v));
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

/* What no row says needs no column. */
static size_t columns_of(const json_t *rows, const struct command *c,
			 const struct command_key *ret[COLUMNS_MAX])
{
	size_t n = 0, i;
	json_t *row;
	for (const struct command_key *k = c->keys; k->name && n < COLUMNS_MAX; k++) {
		bool said = false;
		json_array_foreach (rows, i, row) {
			AUTO(buf_done) struct buf v = BUF_INIT(BUF_CAP_OWN);
			if (k->label && !said)
				rows_put_value(&v, json_object_get(row, k->name), k);
			said = said || v.n;
		}
		if (said)
			ret[n++] = k;
	}
	return n;
}

static void put_table_row(struct buf *b, const json_t *row, const struct command_key *const *cols,
			  const int *widths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_cell(b, row, cols[i], widths[i]);
		buf_put_str(b, "  ");
	}
	while (b->n && b->p[b->n - 1] == ' ')
		buf_truncate(b, b->n - 1);
	buf_put_char(b, '\n');
}

static void put_table(struct buf *b, const json_t *rows, const struct command *c)
{
	const struct command_key *cols[COLUMNS_MAX];
	int widths[COLUMNS_MAX] = {0};
	size_t n = columns_of(rows, c, cols), i;
	json_t *row;
	for (size_t k = 0; k < n; k++) {
		widths[k] = put_cell(NULL, NULL, cols[k], 0);
		json_array_foreach (rows, i, row) {
			int cells = put_cell(NULL, row, cols[k], 0);
			widths[k] = cells > widths[k] ? cells : widths[k];
		}
	}
	put_table_row(b, NULL, cols, widths, n);
	json_array_foreach (rows, i, row)
		put_table_row(b, row, cols, widths, n);
}

void rows_put_text(struct buf *b, const json_t *rows, const struct command_line *l)
{
	const struct command *c = l->command;
	size_t i;
	json_t *row;
	/* One row is read more easily as a list of what it says. */
	if (c->shape == SHAPE_TABLE && c->keys && json_array_size(rows) != 1) {
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
