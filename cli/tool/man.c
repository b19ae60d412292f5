#include "cli/tool/man.h"

#include "core/base/mem.h"

#include <ctype.h>

#define LINE 76
#define MAN_DATE "November 23, 2026"

void man_put_text(struct buf *b, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\\')
			buf_put_str(b, "\\e");
		else if (*c == '"')
			buf_put_str(b, "\\(dq");
		else
			buf_put_char(b, *c);
	}
}

static bool ends_sentence(struct span word)
{
	return word.n > 1 && strchr(".!?", word.p[word.n - 1]) && word.p[0] != '.';
}

void man_put_prose(struct buf *b, const char *text)
{
	struct span rest = span_of(text), word;
	size_t at = 0;
	while (span_split(&rest, ' ', &word)) {
		AUTO_FREE char *one = span_dup(word);
		if (at && at + 1 + word.n > LINE) {
			buf_put_char(b, '\n');
			at = 0;
		}
		if (at)
			buf_put_char(b, ' ');
		else if (word.n && strchr(".'", word.p[0]))
			buf_put_str(b, "\\&");
		man_put_text(b, one);
		at += word.n + 1;
		if (ends_sentence(word)) {
			buf_put_char(b, '\n');
			at = 0;
		}
	}
	if (at)
		buf_put_char(b, '\n');
}

/* Paragraphs are separated by an empty line in the table. */
static void put_paragraphs(struct buf *b, const char *text)
{
	for (bool first = true; *text; first = false) {
		const char *end = strstr(text, "\n\n");
		AUTO_FREE char *one =
			end ? mem_strndup(text, (size_t)(end - text)) : mem_strdup(text);
		if (!first)
			buf_put_str(b, ".Pp\n");
		man_put_prose(b, one);
		text = end ? end + 2 : text + strlen(text);
	}
}

void man_put_head(struct buf *b, const char *title, int section, const char *name, const char *what)
{
	buf_printf(b, ".\\\" Made by `muster docs man' from the command table.\n");
	buf_printf(b, ".Dd %s\n.Dt %s %d\n.Os\n", MAN_DATE, title, section);
	buf_printf(b, ".Sh NAME\n.Nm %s\n.Nd ", name);
	man_put_text(b, what);
	buf_put_char(b, '\n');
}

/* "TEXT" or "table|json": the value of an option as mdoc arguments. */
static void put_value(struct buf *b, const struct command_param *p)
{
	if (p->kind == KIND_FLAG)
		return;
	if (p->value_optional)
		buf_printf(b, " Ns Oo = Ns Ar %s Oc", command_value_name(p));
	else
		buf_printf(b, " Ar %s", command_value_name(p));
}

static void put_term(struct buf *b, const struct command_param *p, bool positional)
{
	if (positional) {
		buf_printf(b, ".It Ar %s\n", command_value_name(p));
		return;
	}
	buf_put_str(b, ".It");
	if (p->letter)
		buf_printf(b, " Fl %c ,", p->letter);
	buf_printf(b, " Fl -%s", p->name);
	put_value(b, p);
	buf_put_char(b, '\n');
}

static void put_sentence(struct buf *b, const char *what)
{
	AUTO_FREE char *s = mem_strdup(what);
	if (s[0] >= 'a' && s[0] <= 'z' && !(s[1] >= 'A' && s[1] <= 'Z'))
		s[0] = (char)(s[0] - 'a' + 'A');
	AUTO_FREE char *full = mem_printf("%s.", s);
	man_put_prose(b, full);
}

static void put_params(struct buf *b, const struct command_param *p, bool positional)
{
	bool any = false;
	for (; p && p->kind != KIND_NONE; p++) {
		if (p->hidden)
			continue;
		if (!any)
			buf_put_str(b, ".Bl -tag -width Ds\n");
		any = true;
		put_term(b, p, positional);
		put_sentence(b, p->what);
		if (p->repeat && !positional && p->kind != KIND_FLAG)
			buf_put_str(b, "May be repeated.\n");
		if (p->otherwise)
			buf_printf(b, "The default is\n.Ql %s .\n", p->otherwise);
	}
	if (any)
		buf_put_str(b, ".El\n");
}

static void put_keys(struct buf *b, const struct command_key *k)
{
	if (!k || !k->name)
		return;
	buf_put_str(b, ".Pp\nKeys of each JSON line:\n.Bl -tag -width Ds -compact\n");
	for (; k->name; k++) {
		buf_printf(b, ".It Cm %s\n", k->name);
		/* Values stand there as a program meets them: no capital letter. */
		man_put_prose(b, k->what);
	}
	buf_put_str(b, ".El\n");
}

static void put_exits(struct buf *b, const struct command_exit *x)
{
	if (!x || !x->what)
		return;
	buf_put_str(b, ".Pp\nExit status of its own:\n.Bl -tag -width Ds -compact\n");
	for (; x->what; x++) {
		buf_printf(b, ".It %d\n", x->status);
		put_sentence(b, x->what);
	}
	buf_put_str(b, ".El\n");
}

/* A line whose words are shown as they are, though some may look like macros ("No"). */
static void put_literal(struct buf *b, const char *line)
{
	struct span rest = span_of(line), word;
	for (bool first = true; span_split(&rest, ' ', &word); first = false) {
		AUTO_FREE char *one = span_dup(word);
		if (!first)
			buf_put_char(b, ' ');
		if (word.n == 2 && isupper((unsigned char)one[0]) && isalpha((unsigned char)one[1]))
			buf_put_str(b, "\\&");
		man_put_text(b, one);
	}
}

static void put_examples(struct buf *b, const struct command_example *e)
{
	for (; e && e->line; e++) {
		buf_put_str(b, ".Pp\n");
		AUTO_FREE char *what = mem_printf("%s:", e->what);
		what[0] = (char)(what[0] >= 'a' && what[0] <= 'z' ? what[0] - 32 : what[0]);
		man_put_prose(b, what);
		buf_put_str(b, ".Dl ");
		put_literal(b, e->line);
		buf_put_char(b, '\n');
	}
}

static void put_arg(struct buf *b, const struct command_param *p)
{
	buf_printf(b, p->required ? ".Ar %s" : ".Op Ar %s", command_value_name(p));
	buf_put_str(b, p->repeat ? " ...\n" : "\n");
}

static void put_synopsis(struct buf *b, const struct command *c)
{
	buf_printf(b, ".Nm muster %s\n", c->name);
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++)
		if (p->required)
			buf_printf(b, ".Fl -%s Ar %s%s\n", p->name, command_value_name(p),
				   p->repeat ? " ..." : "");
	buf_put_str(b, ".Op Ar options\n");
	for (const struct command_param *p = c->args; p && p->kind != KIND_NONE; p++)
		put_arg(b, p);
}

static void put_verb(struct buf *b, const struct command *c)
{
	buf_printf(b, ".Ss muster %s\n", c->name);
	man_put_prose(b, c->summary);
	if (c->aliases)
		buf_printf(b, "Other names:\n.Cm %s .\n", c->aliases);
	put_params(b, c->args, true);
	put_params(b, c->options, false);
	if (c->details) {
		buf_put_str(b, ".Pp\n");
		put_paragraphs(b, c->details);
	}
	put_keys(b, c->keys);
	put_exits(b, c->exits);
	put_examples(b, c->examples);
}

/* Every page but `except`, sorted by section and name as mdoc wants it. */
static void put_see_also(struct buf *b, const char *except)
{
	static const char *const pages[] = {
		"muster",      "muster-account", "muster-admin", "muster-attendance",
		"muster-call", "muster-class",	 "muster-meet",	 "muster-message",
		"muster-room", "muster-serve",	 "muster-tools",
	};
	buf_put_str(b, ".Sh SEE ALSO\n");
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (strcmp(pages[i], except) != 0)
			buf_printf(b, ".Xr %s 1 ,\n", pages[i]);
	buf_put_str(b, ".Xr muster-config 5\n");
}

void man_put_group(struct buf *b, const struct command_set *set, enum command_group g)
{
	static const char *const what[GROUP_COUNT] = {
		[GROUP_ACCOUNT] = "log in and out, local accounts, profiles",
		[GROUP_MESSAGE] = "send, read, search and follow messages",
		[GROUP_ROOM] = "rooms and the people in them",
		[GROUP_CLASS] = "classes: accounts, rooms and slips out of a list",
		[GROUP_CALL] = "calls: speak, listen, play, record",
		[GROUP_MEETING] = "meetings: schedule, change, agenda, calendar files",
		[GROUP_ATTENDANCE] = "attendance: rosters, roll-calls, registers, reports",
		[GROUP_SERVER] = "run a server",
		[GROUP_ADMIN] = "administer a server",
		[GROUP_TOOL] = "settings, help, completion and checks",
	};
	char title[40];
	const char *page = command_group_page(g);
	for (size_t i = 0; i <= strlen(page); i++)
		title[i] = (char)(page[i] >= 'a' && page[i] <= 'z' ? page[i] - 32 : page[i]);
	man_put_head(b, title, 1, page, what[g]);
	buf_put_str(b, ".Sh SYNOPSIS\n");
	for (const struct command *const *c = set->commands; *c; c++)
		if ((*c)->group == g && !(*c)->hidden)
			put_synopsis(b, *c);
	buf_put_str(b, ".Sh DESCRIPTION\nOptions that every verb takes, words such as\n"
		       ".Ar ROOM\nand\n.Ar TIME ,\nand the exit status are described in\n"
		       ".Xr muster 1 .\n");
	for (const struct command *const *c = set->commands; *c; c++)
		if ((*c)->group == g && !(*c)->hidden)
			put_verb(b, *c);
	put_see_also(b, page);
}

static void put_verb_index(struct buf *b, const struct command_set *set)
{
	for (int g = 0; g < GROUP_COUNT; g++) {
		buf_printf(b, ".Ss %s\nIn full:\n.Xr %s 1 .\n.Bl -tag -width Ds -compact\n",
			   command_group_title((enum command_group)g),
			   command_group_page((enum command_group)g));
		for (const struct command *const *c = set->commands; *c; c++) {
			if ((int)(*c)->group != g || (*c)->hidden)
				continue;
			buf_printf(b, ".It Cm %s\n", (*c)->name);
			man_put_prose(b, (*c)->summary);
		}
		buf_put_str(b, ".El\n");
	}
}

static void put_exit_status(struct buf *b)
{
	int shown = -1;
	buf_put_str(b, ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n");
	for (const struct err_exit *r = err_exit_table(); r->name; r++) {
		if (r->exit_status <= shown)
			continue;
		shown = r->exit_status;
		buf_printf(b, ".It %d\n", shown);
		man_put_prose(b, r->what);
	}
	buf_put_str(b, ".El\n");
}

void man_put_overview(struct buf *b, const struct command_set *set)
{
	man_put_head(b, "MUSTER", 1, "muster",
		     "chat, calls, lessons and roll-call for the terminal");
	buf_put_str(b, man_overview_top);
	put_verb_index(b, set);
	buf_put_str(b, ".Sh OPTIONS\nEvery verb takes these, before or behind its name.\n");
	put_params(b, set->globals, false);
	buf_put_str(b, man_overview_words);
	put_exit_status(b);
	buf_put_str(b, man_overview_end);
	put_see_also(b, "muster");
}
