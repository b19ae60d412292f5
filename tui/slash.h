/*
 * What follows a slash: a few words of the screen's own, and every verb of the
 * command line that makes sense here, run in the background by the same table.
 * Where ROOM is not named, the open room is meant; where EVENT is not, the
 * message that was chosen when the slash was pressed.
 */
#ifndef MUSTER_TUI_SLASH_H
#define MUSTER_TUI_SLASH_H

#include "tui/app.h"
#include "tui/words.h"

#define SLASH_VERB_SIZE 40

struct slash_own {
	const char *name, *what; /**< what: N_() */
};
/** Commands of the screen itself; ends with name == NULL. */
const struct slash_own *slash_own_commands(void);
/** May this verb run here? Those that serve, follow or ask for passwords need a shell. */
bool slash_may(const struct command *c);
/**
 * Run a line without its slash. False: it was refused at once, and why was said. A line that fails
 * later comes back to where it was typed when `typed`.
 */
bool slash_run(struct tui *t, const char *line, bool typed);
/**
 * Run a verb with these words (NULL-ended, copied) in the background; rows and
 * remarks are shown when `show`, errors always. `done` (may be NULL) runs
 * before that.
 */
void slash_words(struct tui *t, struct work *w, const char *const *words, bool show);
/** Short words and those that people know from elsewhere become verbs: /topic, /file, /poll ... */
void slash_short(const struct command_set *set, struct words *w);
/** The i-th word that people know from elsewhere, and its verb; false after the last. */
bool slash_alias(size_t i, const char **ret_word, char ret_verb[SLASH_VERB_SIZE]);
/** Such a word at the beginning becomes the verb. */
void slash_unalias(struct words *w);
/** Fill in what is not said: the open room, the chosen message. */
void slash_fill(struct words *w, const struct command *c, size_t verb, const char *room_id,
		const char *event_id, bool (*is_room)(void *arg, const char *word), void *arg);

#endif
