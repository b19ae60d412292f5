/* CSV (RFC 4180) and TSV: every declared key is a column. */
#include "cli/output.h"

#include "core/base/text.h"

/* Values as a program wants them: times are ISO already, arrays are joined by spaces. */
static void put_value(struct buf *b, const json_t *v)
{
	const json_t *one;
	size_t i;
	if (json_is_string(v)) {
		buf_put(b, json_string_value(v), json_string_length(v));
	} else if (json_is_array(v)) {
		json_array_foreach (v, i, one) {
			if (i)
				buf_put_char(b, ' ');
			put_value(b, one);
		}
	} else if (v && !json_is_null(v)) {
		output_put_json(b, v);
	}
}

static void put_quoted(struct buf *b, struct span s)
{
	bool plain = true;
	for (size_t i = 0; i < s.n && plain; i++)
		plain = !strchr(",\"\n\r", s.p[i]);
	if (plain) {
		buf_put_span(b, s);
		return;
	}
	buf_put_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_put_char(b, '"');
		buf_put_char(b, s.p[i]);
	}
	buf_put_char(b, '"');
}

/* TSV has no quotes: \t, \n and \\ are escapes. */
static void put_tabbed(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			buf_put_str(b, "\\n");
		else if (s.p[i] == '\\')
			buf_put_str(b, "\\\\");
		else
			buf_put_char(b, s.p[i] == '\t' ? ' ' : s.p[i]);
	}
}

static void put_field(struct buf *b, const struct output *o, struct span raw)
{
	struct buf clean = BUF_INIT(BUF_CAP_OWN);
	text_put(&clean, raw, TEXT_BLOCK);
	if (o->format == OUTPUT_TSV)
		put_tabbed(b, buf_span(&clean));
	else
		put_quoted(b, buf_span(&clean));
	buf_done(&clean);
}

static char separator(const struct output *o)
{
	return o->format == OUTPUT_TSV ? '\t' : ',';
}

void output_put_csv_head(struct buf *b, const struct output *o)
{
	const struct command_key *first = o->command->keys;
	for (const struct command_key *k = first; k && k->name; k++) {
		if (k != first)
			buf_put_char(b, separator(o));
		buf_put_str(b, k->name);
	}
}

void output_put_csv(struct buf *b, const struct output *o, const json_t *row)
{
	const struct command_key *first = o->command->keys;
	struct buf raw = BUF_INIT(BUF_CAP_OWN);
	for (const struct command_key *k = first; k && k->name; k++) {
		if (k != first)
			buf_put_char(b, separator(o));
		buf_clear(&raw);
		put_value(&raw, json_object_get(row, k->name));
		put_field(b, o, buf_span(&raw));
	}
	buf_done(&raw);
}
