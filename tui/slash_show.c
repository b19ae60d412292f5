#include "tui/slash_show.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "tui/rows_text.h"
#include "tui/text_view.h"

#include <string.h>

#define LINE_MAX_BYTES 300

/* Ids of what was sent are for scripts: people see it in the room. */
static bool is_ids(struct span text)
{
	struct span line;
	bool any = false;
	while (span_split(&text, '\n', &line)) {
		if (line.n && (line.p[0] != '$' || span_find(line, ' ') >= 0))
			return false;
		any = any || line.n;
	}
	return any;
}

/* What says of itself what was done. */
static bool is_one_line(const struct command *c, struct span text)
{
	text = span_trim(text);
	return c->shape == SHAPE_LINE && text.n && span_find(text, '\n') < 0;
}

bool slash_asks(const struct command *c)
{
	static const char *const words[] = {
		"show",	  "list",     "mine",	 "status", "members", "directory",
		"knocks", "pins",     "search",	 "people", "devices", "contests",
		"term",	  "get",      "test",	 "agenda", "match",   "whoami",
		"doctor", "receipts", "version", "schema", "read",    "help",
	};
	const char *last = strrchr(c->name, ' ');
	last = last ? last + 1 : c->name;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(last, words[i]))
			return true;
	return false;
}

/* What is told only once: it must not be gone with the next line at the bottom. */
static bool tells_a_secret(const json_t *rows)
{
	static const char *const keys[] = {"token", "password", "link", "code"};
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			if (json_is_string(json_object_get(row, keys[k])))
				return true;
	return false;
}

static void show_in_popup(struct tui *t, const struct slash_result *r, struct buf *b)
{
	while (b->n && b->p[b->n - 1] == '\n')
		buf_truncate(b, b->n - 1);
	tui_push(t, text_view_new(t, r->line->command->name, buf_span(b)));
	if (r->said.n) /* warnings, and where files were written */
		tui_say(t, "%.*s", SPAN_ARG(r->said));
}

static void show_at_bottom(struct tui *t, const struct slash_result *r, struct buf *b)
{
	struct span text = buf_span(b);
	const struct command *c = r->line->command;
	AUTO(buf_done) struct buf facts = BUF_INIT(BUF_CAP_OWN);
	if (r->said.n) {
		tui_say(t, "%.*s", SPAN_ARG(r->said));
		return;
	}
	if (is_one_line(c, text)) {
		text = span_trim(text);
		tui_say(t, "%.*s", SPAN_ARG(text));
		return;
	}
	if (c->shape == SHAPE_RECORD)
		rows_put_facts(&facts, json_array_get(r->rows, 0), c);
	if (facts.n && text_cells(buf_span(&facts)) > t->canvas.w - (int)strlen(c->name) - 6)
		show_in_popup(t, r, b);
	else if (facts.n)
		tui_say(t, "/%s: %s", c->name, buf_str(&facts));
	else if (json_array_size(r->rows) == 0)
		tui_say(t, _("/%s: done, nothing to show."), c->name);
	else
		tui_say(t, _("/%s: done."), c->name);
}

void slash_show(struct tui *t, const struct slash_result *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	const struct command *c = r->line->command;
	rows_put_text(&b, r->rows, r->line);
	buf_put_span(&b, r->raw);
	if (is_ids(buf_span(&b)))
		buf_clear(&b);
	size_t rows = json_array_size(r->rows);
	/* A heading without rows is nothing to read. */
	bool more = rows > 1 || b.n > LINE_MAX_BYTES || r->raw.n ||
		    (rows &&
		     (tells_a_secret(r->rows) || (slash_asks(c) && !is_one_line(c, buf_span(&b)))));
	if (t->plain && b.n)
		t->plain->print(t, buf_span(&b));
	else if (more && b.n)
		show_in_popup(t, r, &b);
	else
		show_at_bottom(t, r, &b);
}
