#include "cli/help.h"

#include "cli/output.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <unistd.h>
#include <wchar.h>

#define INDENT 2
#define DEEP 6

int help_width(void)
{
	struct output o;
	output_init(&o, STDOUT_FILENO, OUTPUT_TABLE, false);
	return o.width ? o.width : 80;
}

static void spaces(struct buf *b, int n)
{
	for (; n > 0; n--)
		buf_put_char(b, ' ');
}

/* One piece, which may be longer than a line. */
static int put_word(struct buf *b, struct span word, int indent, int at, int width)
{
	while (word.n && at + text_cells(word) > width) {
		size_t n = text_fit(word, width - at);
		if (n == 0 && at == indent)
			break;
		buf_put(b, word.p, n);
		word = span_from(word, n);
		buf_put_char(b, '\n');
		spaces(b, indent);
		at = indent;
	}
	buf_put_span(b, word);
	return at + text_cells(word);
}

/* What may not stand at the start of a line, and what not at its end, where words have no blanks between
 * them (Unicode's line breaking classes CL, CP, EX, NS and OP, for what catalogues use). */
static bool holds_before(uint32_t cp)
{
	return wcschr(L"\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff09\u300d\u300f\u300b"
		      L"\u3011\u2019\u201d\u2026"
		      L"\u30fc\u30fb\u3005\u3063\u3083\u3085\u3087\u30c3\u30e3\u30e5\u30e7,.:;!?)]}"
		      L"%",
		      (wchar_t)cp) != NULL;
}

static bool holds_after(uint32_t cp)
{
	return wcschr(L"\uff08\u300c\u300e\u300a\u3010\u2018\u201c([{", (wchar_t)cp) != NULL;
}

/* Bytes of `word` up to the first place where a line may end; all of it when there is none. */
static size_t piece_of(struct span word)
{
	struct span rest = word;
	bool ok;
	uint32_t before = utf8_next(&rest, &ok);
	while (rest.n) {
		struct span here = rest;
		uint32_t next = utf8_next(&rest, &ok);
		bool wide = text_cells_of(before) == 2 || text_cells_of(next) == 2;
		if (wide && !holds_before(next) && !holds_after(before))
			return word.n - here.n;
		before = next;
	}
	return word.n;
}

void help_put_wrapped(struct buf *b, const char *text, int indent, int at, int width)
{
	struct span rest = span_of(text), word;
	bool first = true;
	while (span_split(&rest, ' ', &word)) {
		int blank = first ? 0 : 1;
		do {
			struct span piece = {word.p, piece_of(word)};
			int cells = text_cells(piece);
			bool fits = at + blank + cells <= width;
			if (!first && !fits && indent + cells <= width) {
				buf_put_char(b, '\n');
				spaces(b, indent);
				at = indent;
			} else if (blank) {
				buf_put_char(b, ' ');
				at++;
			}
			at = put_word(b, piece, indent, at, width);
			word = span_from(word, piece.n);
			first = false;
			blank = 0;
		} while (word.n);
	}
	buf_put_char(b, '\n');
}

/* "  term    what" with the sentence wrapped under itself. */
static void put_pair(struct buf *b, const char *term, const char *what, int column, int width)
{
	int cells = text_cells(span_of(term));
	spaces(b, INDENT);
	buf_put_str(b, term);
	if (INDENT + cells + 1 > column) {
		buf_put_char(b, '\n');
		cells = -INDENT;
	}
	spaces(b, column - INDENT - cells);
	help_put_wrapped(b, what, column, column, width);
}

static void put_paragraphs(struct buf *b, const char *text, int width)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		AUTO_FREE char *one =
			end ? mem_strndup(text, (size_t)(end - text)) : mem_strdup(text);
		help_put_wrapped(b, one, 0, 0, width);
		text = end ? end + 2 : text + strlen(text);
		buf_put_char(b, '\n');
	}
}

void help_put_option(struct buf *b, const struct command_param *p)
{
	if (p->letter)
		buf_printf(b, "-%c, ", p->letter);
	buf_printf(b, "--%s", p->name);
	if (p->kind == KIND_FLAG)
		return;
	buf_printf(b, p->value_optional ? "[=%s]" : " %s", command_value_name(p));
}

static void put_params(struct buf *b, const char *title, const struct command_param *p,
		       bool positional, int width)
{
	bool any = false;
	for (; p && p->kind != KIND_NONE; p++) {
		struct buf term = BUF_INIT(400), what = BUF_INIT(4000);
		if (p->hidden)
			continue;
		if (!any)
			buf_printf(b, "%s:\n", title);
		any = true;
		if (positional)
			buf_put_str(&term, command_value_name(p));
		else
			help_put_option(&term, p);
		buf_put_str(&what, _(p->what));
		if (p->repeat && p->kind != KIND_FLAG && !positional)
			buf_put_str(&what, _("; may be repeated"));
		if (p->otherwise)
			buf_printf(&what, _(" (%s unless given)"), p->otherwise);
		put_pair(b, buf_str(&term), buf_str(&what), 26, width);
		buf_done(&term);
		buf_done(&what);
	}
	if (any)
		buf_put_char(b, '\n');
}

/* Every verb takes them: here only their names, `muster help` has the rest. */
static void put_global_names(struct buf *b, const struct command_param *p, int width)
{
	struct buf all = BUF_INIT(4000);
	for (; p->kind != KIND_NONE; p++) {
		buf_put_str(&all, all.n ? ", " : "");
		help_put_option(&all, p);
	}
	buf_printf(b, "%s:\n", _("Options of every verb (muster help explains them)"));
	spaces(b, INDENT);
	help_put_wrapped(b, buf_str(&all), INDENT, INDENT, width);
	buf_put_char(b, '\n');
	buf_done(&all);
}

static void put_examples(struct buf *b, const struct command_example *e, int width)
{
	if (!e || !e->line)
		return;
	buf_printf(b, "%s:\n", _("Examples"));
	for (; e->line; e++) {
		spaces(b, INDENT);
		buf_printf(b, "%s\n", e->line);
		spaces(b, DEEP);
		help_put_wrapped(b, _(e->what), DEEP, DEEP, width);
	}
	buf_put_char(b, '\n');
}

static void put_keys(struct buf *b, const struct command_key *k, int width)
{
	if (!k || !k->name)
		return;
	buf_printf(b, "%s:\n", _("Keys of each JSON line"));
	for (; k->name; k++)
		put_pair(b, k->name, _(k->what), 26, width);
	buf_put_char(b, '\n');
}

static void put_exits(struct buf *b, const struct command_exit *x, int width)
{
	char status[16];
	if (!x || !x->what)
		return;
	buf_printf(b, "%s:\n", _("Exit status of its own"));
	for (; x->what; x++) {
		snprintf(status, sizeof(status), "%d", x->status);
		put_pair(b, status, _(x->what), INDENT + 4, width);
	}
	buf_put_char(b, '\n');
}

void help_put_verb(struct buf *b, const struct command_set *set, const struct command *c, int width)
{
	buf_printf(b, "%s: ", _("Usage"));
	command_put_usage(b, c);
	buf_put_str(b, "\n\n");
	put_paragraphs(b, _(c->summary), width);
	put_examples(b, c->examples, width);
	if (c->details)
		put_paragraphs(b, _(c->details), width);
	if (c->aliases)
		buf_printf(b, "%s: %s\n\n", _("Other names"), c->aliases);
	put_params(b, _("Arguments"), c->args, true, width);
	put_params(b, _("Options"), c->options, false, width);
	put_global_names(b, set->globals, width);
	put_keys(b, c->keys, width);
	put_exits(b, c->exits, width);
	buf_printf(b, _("See also: man %s, muster help exit-codes, muster schema %s\n"),
		   command_group_page(c->group), c->name);
}

static void put_list(struct buf *b, const struct command_set *set, const char *prefix, int group,
		     int width)
{
	size_t n = prefix ? strlen(prefix) : 0;
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden || (group >= 0 && (int)(*c)->group != group))
			continue;
		if (prefix && (strncmp((*c)->name, prefix, n) != 0 || (*c)->name[n] != ' '))
			continue;
		put_pair(b, (*c)->name, _((*c)->summary), 22, width);
	}
}

void help_put_prefix(struct buf *b, const struct command_set *set, const char *prefix, int width)
{
	buf_printf(b, "%s: muster %s %s\n\n", _("Usage"), prefix, _("VERB ..."));
	put_list(b, set, prefix, -1, width);
	buf_printf(b, _("\nmuster %s VERB --help shows one of them.\n"), prefix);
}

void help_put_overview(struct buf *b, const struct command_set *set, int width)
{
	buf_printf(b, "%s: muster %s\n\n", _("Usage"), _("VERB [options] ..."));
	put_paragraphs(b,
		       _("Chat, calls, lessons and roll-call for the terminal. \"muster\" alone "
			 "opens the full screen, which helps with the first steps. In a shell "
			 "start "
			 "with \"muster login SERVER --user NAME\", or run your own server with "
			 "\"muster serve\"."),
		       width);
	for (int g = 0; g < GROUP_COUNT; g++) {
		buf_printf(b, "%s:\n", command_group_title((enum command_group)g));
		put_list(b, set, NULL, g, width);
		buf_put_char(b, '\n');
	}
	put_params(b, _("Options of every verb"), set->globals, false, width);
	buf_put_str(b, _("muster VERB --help shows one verb, examples first.\n"));
}

void help_put_exit_codes(struct buf *b, int width)
{
	int shown = -1;
	char status[16];
	for (const struct err_exit *r = err_exit_table(); r->name; r++) {
		if (r->exit_status <= shown)
			continue;
		shown = r->exit_status;
		snprintf(status, sizeof(status), "%d", shown);
		put_pair(b, status, _(r->what), INDENT + 5, width);
	}
}
