#include "tui/complete.h"

#include "core/base/mem.h"
#include "tui/emoji.h"

#include <string.h>

#define EMOJI_FROM 2 /* letters after the colon: ":)" and "12:30" are none */

void completion_clear(struct completion *co)
{
	for (size_t i = 0; i < co->n; i++) {
		mem_free(co->offers[i].insert);
		text_done(&co->offers[i].shown);
		text_done(&co->offers[i].note);
	}
	*co = (struct completion){.n = 0};
}

void completion_add(struct completion *co, const char *insert, const char *shown, const char *note)
{
	if (co->n == OFFERS_MAX)
		return;
	co->offers[co->n++] = (struct offer){
		.insert = mem_strdup(insert),
		.shown = text_make(span_of(shown), TEXT_LINE),
		.note = text_make(span_of(note), TEXT_LINE),
	};
}

void completion_people(struct completion *co, struct conversation *c, const char *part,
		       const char *before, const char *after)
{
	struct room_person people[OFFERS_MAX];
	size_t n = c ? conversation_people(c, part, people, OFFERS_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		/* Two of one name are told apart by their ids, which mentions know too. */
		bool twice = strchr(people[i].name.s, '@') != NULL;
		const char *name = twice ? people[i].user_id : people[i].name.s;
		AUTO_FREE char *insert =
			mem_printf("%s%s%s", name[0] == '@' ? "" : before, name, after);
		completion_add(co, insert, people[i].name.s, people[i].user_id);
	}
}

void completion_put_quoted(struct buf *b, const char *s)
{
	bool plain = *s && !strpbrk(s, " \"'\\");
	if (!plain)
		buf_put_char(b, '"');
	for (; *s; s++) {
		if (!plain && (*s == '"' || *s == '\\'))
			buf_put_char(b, '\\');
		buf_put_char(b, *s);
	}
	if (!plain)
		buf_put_char(b, '"');
}

void completion_rooms(struct completion *co, struct tui *t, const char *part, bool quote)
{
	struct room_match m[OFFERS_MAX];
	size_t n = t->rooms ? room_list_match(t->rooms, part, m, OFFERS_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT(8192);
		if (quote)
			completion_put_quoted(&b, m[i].row->room_id);
		else
			buf_printf(&b, "[%s](https://matrix.to/#/%s)", m[i].row->name.s,
				   m[i].row->room_id);
		buf_put_char(&b, ' ');
		completion_add(co, buf_str(&b), m[i].row->name.s, "");
		buf_done(&b);
	}
}

static void complete_emoji(struct completion *co, const char *part)
{
	struct emoji e;
	for (size_t i = 0; i < OFFERS_MAX && emoji_find(part, i, &e); i++) {
		AUTO_FREE char *shown = mem_printf("%s  %s", e.text, e.name);
		completion_add(co, e.text, shown, "");
	}
}

/* Start of the word that ends at `at`. */
static size_t word_start(struct span text, size_t at)
{
	while (at > 0 && text.p[at - 1] != ' ' && text.p[at - 1] != '\n')
		at--;
	return at;
}

void completion_find(struct completion *co, struct tui *t, struct conversation *c, struct span text,
		     size_t at, bool tab)
{
	completion_clear(co);
	co->by_hand = tab;
	struct span before = span_head(text, at);
	co->from = word_start(text, at);
	co->to = at;
	if (text.n && text.p[0] == '/' && !span_starts(text, "//") && span_find(text, '\n') < 0) {
		completion_command(co, t, c, before);
		return;
	}
	AUTO_FREE char *word = span_dup(span_from(before, co->from));
	if (word[0] == '@')
		completion_people(co, c, word + 1, "@", " ");
	else if (word[0] == '#' && (tab || word[1]))
		completion_rooms(co, t, word + 1, false);
	else if (word[0] == ':' && (strlen(word) > EMOJI_FROM || tab) && !strchr(word + 1, ':'))
		complete_emoji(co, word + 1);
	else if (tab && word[0])
		completion_people(co, c, word, "@", " ");
}
