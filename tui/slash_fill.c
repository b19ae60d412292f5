/* What people leave out of a command, or call by another name. */
#include "core/base/mem.h"
#include "tui/slash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What people know from elsewhere. */
#define VERB_MAX 3

static const struct {
	const char *word, *verb[VERB_MAX];
} aliases[] = {
	{"join", {"room", "join"}},
	{"leave", {"room", "leave"}},
	{"part", {"room", "leave"}},
	{"invite", {"room", "invite"}},
	{"kick", {"room", "kick"}},
	{"ban", {"room", "ban"}},
	{"unban", {"room", "unban"}},
	{"members", {"room", "members"}},
	{"pins", {"room", "pins"}},
	{"pin", {"room", "pin"}},
	{"unpin", {"room", "unpin"}},
	{"vote", {"poll", "vote"}},
	{"here", {"roll", "answer"}},
	{"topic", {"room", "set", "topic"}},
	{"nick", {"profile", "set", "name"}},
	{"away", {"presence", "set", "unavailable"}},
	{"back", {"presence", "set", "online"}},
};

/* -- Short words ------------------------------------------------------------------- */

bool slash_alias(size_t i, const char **ret_word, char ret_verb[SLASH_VERB_SIZE])
{
	if (i >= ARRAY_LEN(aliases))
		return false;
	const char *const *v = aliases[i].verb;
	*ret_word = aliases[i].word;
	snprintf(ret_verb, SLASH_VERB_SIZE, "%s %s%s%s", v[0], v[1], v[2] ? " " : "",
		 v[2] ? v[2] : "");
	return true;
}

void slash_unalias(struct words *w)
{
	for (size_t i = 0; w->n && i < ARRAY_LEN(aliases); i++)
		if (!strcmp(w->word[0], aliases[i].word)) {
			mem_free(w->word[0]);
			w->word[0] = mem_strdup(aliases[i].verb[0]);
			for (size_t k = 1; k < VERB_MAX && aliases[i].verb[k]; k++)
				words_insert(w, k, aliases[i].verb[k]);
			return;
		}
}

static char *home_path(const char *path)
{
	const char *home = getenv("HOME");
	if (path[0] == '~' && (!path[1] || path[1] == '/') && home && *home)
		return mem_printf("%s%s", home, path + 1);
	return mem_strdup(path);
}

/* "/file PATH words" and "/at TIME words" send, "/poll Q A B" asks; with a verb's second word they are that verb. */
void slash_short(const struct command_set *set, struct words *w)
{
	size_t n;
	slash_unalias(w);
	if (w->n && !strcmp(w->word[0], "agenda")) /* line by line; the screen has its own */
		words_insert(w, 0, "meet");
	if (w->n < 2 || words_verb(set, w, &n))
		return;
	if (!strcmp(w->word[0], "poll")) {
		words_insert(w, 1, "create");
	} else if (!strcmp(w->word[0], "at")) {
		AUTO_FREE char *time = mem_strdup(w->word[1]);
		mem_free(w->word[0]);
		mem_free(w->word[1]);
		w->word[0] = mem_strdup("send");
		w->word[1] = mem_printf("--at=%s", time);
		if (w->n > 2)
			words_insert(w, 2, "--");
	} else if (!strcmp(w->word[0], "file")) {
		AUTO_FREE char *path = home_path(w->word[1]);
		mem_free(w->word[0]);
		mem_free(w->word[1]);
		w->word[0] = mem_strdup("send");
		w->word[1] = mem_printf("--file=%s", path);
		if (w->n > 2)
			words_insert(w, 2, "--");
	}
}

/* -- What is not said ------------------------------------------------------------- */

static size_t needed(const struct command *c)
{
	size_t n = 0;
	for (const struct command_param *p = c->args; p && p->kind != KIND_NONE; p++)
		n += p->required;
	return n;
}

static size_t given(const struct words *w, size_t from)
{
	size_t n = 0;
	for (size_t i = from; i < w->n; i++)
		n += w->word[i][0] != '-' || !w->word[i][1];
	return n;
}

static bool says(const struct words *w, size_t from, const char *name, char letter)
{
	size_t n = strlen(name);
	for (size_t i = from; i < w->n && strcmp(w->word[i], "--") != 0; i++) {
		const char *s = w->word[i];
		if (s[0] == '-' &&
		    (s[1] == '-' ? !strncmp(s + 2, name, n) : letter && s[1] == letter))
			return true;
	}
	return false;
}

/* An option --room without which the verb does not know what it is for. */
static void fill_room_option(struct words *w, const struct command *c, size_t verb,
			     const char *room_id)
{
	bool schedules = !strcmp(c->name, "meet schedule") || !strcmp(c->name, "meet import");
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++) {
		if (p->kind != KIND_ROOM || strcmp(p->name, "room") != 0 ||
		    (!p->required && !schedules) || says(w, verb, "room", p->letter) ||
		    says(w, verb, "own-room", '\0'))
			continue;
		AUTO_FREE char *option = mem_printf("--room=%s", room_id);
		words_insert(w, verb, option);
		return;
	}
}

static bool has_option(const struct command *c, const char *name)
{
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++)
		if (!strcmp(p->name, name))
			return true;
	return false;
}

/* A register is that of the open room; which lesson is not said: the one that is on, else the last. */
static void fill_lesson(struct words *w, const struct command *c, size_t verb, const char *room_id)
{
	if (!has_option(c, "room") || !has_option(c, "meeting") || !has_option(c, "roll"))
		return;
	if (!says(w, verb, "meeting", 0) && !says(w, verb, "roll", 0) && !says(w, verb, "since", 0))
		words_insert(w, verb, "--meeting=last");
	if (!says(w, verb, "room", 'r')) {
		AUTO_FREE char *option = mem_printf("--room=%s", room_id);
		words_insert(w, verb, option);
	}
}

void slash_fill(struct words *w, const struct command *c, size_t verb, const char *room_id,
		const char *event_id, bool (*is_room)(void *arg, const char *word), void *arg)
{
	const struct command_param *p = c->args;
	if (!room_id)
		return;
	if (!p || p->kind != KIND_ROOM) {
		fill_room_option(w, c, verb, room_id);
		fill_lesson(w, c, verb, room_id);
		return;
	}
	size_t n = given(w, verb), need = needed(c);
	const char *first = w->n > verb ? w->word[verb] : NULL;
	bool named = first && first[0] != '-' && n >= need && is_room(arg, first);
	if (!named)
		words_insert(w, verb++, room_id);
	else
		verb++;
	bool wants_event = p[1].kind == KIND_EVENT;
	if (wants_event && event_id && (w->n <= verb || w->word[verb][0] != '$'))
		words_insert(w, verb, event_id);
}
