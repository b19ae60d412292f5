/* What may follow in a command, from the command line's own table. */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/complete.h"
#include "tui/complete.h"
#include "tui/slash.h"
#include "tui/words.h"

#include <string.h>

static void offer_verbs(struct completion *co, const struct tui *t, const char *typed)
{
	size_t n = strlen(typed);
	for (const struct slash_own *o = slash_own_commands(); o->name; o++)
		if (!strncmp(o->name, typed, n)) {
			AUTO_FREE char *insert = mem_printf("/%s ", o->name);
			completion_add(co, insert, o->name, _(o->what));
		}
	const char *word;
	char verb[SLASH_VERB_SIZE];
	for (size_t i = 0; slash_alias(i, &word, verb); i++)
		if (!strncmp(word, typed, n)) {
			AUTO_FREE char *insert = mem_printf("/%s ", word);
			completion_add(co, insert, word, verb);
		}
	for (const struct command *const *c = t->o->commands->commands; *c; c++) {
		if ((*c)->hidden || strncmp((*c)->name, typed, n) != 0 || !slash_may(*c))
			continue;
		AUTO_FREE char *insert = mem_printf("/%s ", (*c)->name);
		completion_add(co, insert, (*c)->name, _((*c)->summary));
	}
}

static void offer_options(struct completion *co, const struct command *c, const char *typed)
{
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++) {
		AUTO_FREE char *name = mem_printf("--%s", p->name);
		if (p->hidden || strncmp(name, typed, strlen(typed)) != 0)
			continue;
		AUTO_FREE char *insert = mem_printf("%s ", name);
		completion_add(co, insert, name, _(p->what));
	}
}

static void offer_choices(struct completion *co, const char *choices, const char *typed)
{
	struct span rest = span_of(choices), one;
	while (span_split(&rest, '|', &one))
		if (span_starts(one, typed)) {
			AUTO_FREE char *word = span_dup(one);
			AUTO_FREE char *insert = mem_printf("%s ", word);
			completion_add(co, insert, word, "");
		}
}

static int offer_name(json_t *row, void *arg)
{
	struct buf b = BUF_INIT(8192);
	const char *value = json_get_str(row, "value");
	completion_put_quoted(&b, value);
	buf_put_char(&b, ' ');
	completion_add(arg, buf_str(&b), value, json_get_str(row, "what"));
	buf_done(&b);
	return ((struct completion *)arg)->n == OFFERS_MAX;
}

static void offer_values(struct completion *co, struct tui *t, struct conversation *c,
			 const struct command_param *p, const char *typed)
{
	if (p->kind == KIND_ROOM)
		completion_rooms(co, t, typed, true);
	else if (p->kind == KIND_USER && c)
		completion_people(co, c, typed[0] == '@' ? typed + 1 : typed, "", " ");
	else if (p->kind == KIND_CHOICE)
		offer_choices(co, p->choices, typed);
	else if (p->kind == KIND_FILE || p->kind == KIND_FOLDER)
		completion_paths(co, typed);
	else
		names_complete(t->o->commands, p->kind, t->client, typed, offer_name, co);
}

/* The parameter that the last word belongs to: an option's value, or a positional. */
static void offer_word(struct completion *co, struct tui *t, struct conversation *c,
		       const struct command *cmd, const struct words *w, size_t verb,
		       const char *typed)
{
	size_t last = w->n; /* words before the one that is typed */
	const char *before = last > verb ? w->word[last - 1] : "";
	if (before[0] == '-' && before[1] == '-') {
		const struct command_param *p = command_option(t->o->commands, cmd, before + 2);
		if (p && p->kind != KIND_FLAG) {
			offer_values(co, t, c, p, typed);
			return;
		}
	}
	/* The open room is meant where none is named, so its people are offered in the room's place. */
	size_t nth = last - verb;
	for (const struct command_param *p = cmd->args; p && p->kind != KIND_NONE; p++) {
		if (p == cmd->args && p->kind == KIND_ROOM && nth == 0 && p[1].kind != KIND_NONE) {
			offer_values(co, t, c, &p[1], typed);
			offer_values(co, t, c, p, typed);
			return;
		}
		if (nth-- == 0 || p->repeat) {
			offer_values(co, t, c, p, typed);
			return;
		}
	}
}

void completion_command(struct completion *co, struct tui *t, struct conversation *c,
			struct span text)
{
	struct words w;
	size_t verb = 0;
	struct span line = span_from(text, 1);
	if (words_split(line, &w, NULL)) {
		words_done(&w);
		return;
	}
	bool at_new = !line.n || line.p[line.n - 1] == ' ';
	if (w.n > 1 || at_new)
		slash_unalias(&w);
	const struct command *cmd = words_verb(t->o->commands, &w, &verb);
	if (!cmd && w.n && !strcmp(w.word[0], "file") && w.n + at_new == 2) {
		completion_paths(co, at_new ? "" : w.word[1]);
	} else if (!cmd || (w.n == verb && !at_new)) {
		AUTO_FREE char *typed = span_dup(line);
		co->from = 0;
		offer_verbs(co, t, typed);
	} else {
		AUTO_FREE char *typed = at_new ? mem_strdup("") : mem_strdup(w.word[w.n - 1]);
		if (!at_new)
			mem_free(w.word[--w.n]);
		if (typed[0] == '-')
			offer_options(co, cmd, typed);
		else
			offer_word(co, t, c, cmd, &w, verb, typed);
	}
	words_done(&w);
}
