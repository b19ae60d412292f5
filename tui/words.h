/*
 * A command as a line of words: "/room invite Ana" without its slash. Quotes
 * and backslashes as in a shell, nothing else of one.
 */
#ifndef MUSTER_TUI_WORDS_H
#define MUSTER_TUI_WORDS_H

#include "core/base/err.h"
#include "core/base/span.h"
#include "core/client/command.h"

#define WORDS_MAX 200

struct words {
	char *word[WORDS_MAX + 1];
	size_t n;
	bool open; /**< the last one's quotation is not closed */
};

/** Split; more than WORDS_MAX is ERR_TOO_LARGE. words_done in any case. */
int words_split(struct span line, struct words *ret, struct err *err);
void words_done(struct words *w);
/** Put a copy of `word` in at place `i`. */
void words_insert(struct words *w, size_t i, const char *word);
/** The verb that the words begin with and how many words it has; NULL. */
const struct command *words_verb(const struct command_set *set, const struct words *w,
				 size_t *ret_n);

#endif
