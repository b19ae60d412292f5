/*
 * Completion of what is being written: @people, #rooms, :emoji:, /commands
 * with their options and words. Offers; whoever writes takes one.
 */
#ifndef MUSTER_TUI_COMPLETE_H
#define MUSTER_TUI_COMPLETE_H

#include "core/client/view/conversation.h"
#include "tui/app.h"

#define OFFERS_MAX 40

struct offer {
	char *insert;		/**< what comes into the text */
	struct term_text shown; /**< in the list */
	struct term_text note;	/**< dim, beside it */
};

struct completion {
	size_t from, to; /**< bytes of the text that are replaced */
	struct offer offers[OFFERS_MAX];
	size_t n, chosen;
	bool by_hand; /**< Tab was pressed, or one was chosen: Enter takes it */
};

/**
 * What fits the word before `at`. `tab`: the person asked; else only what
 * begins with a sign of its own is offered. `c` may be NULL.
 */
void completion_find(struct completion *co, struct tui *t, struct conversation *c, struct span text,
		     size_t at, bool tab);
void completion_clear(struct completion *co);
/** Add one; texts are sanitised here. For complete_command.c. */
void completion_add(struct completion *co, const char *insert, const char *shown, const char *note);

/** complete_command.c: the words of a command up to the one that ends at `text`'s end. */
void completion_command(struct completion *co, struct tui *t, struct conversation *c,
			struct span text);
/** Rooms and people whose name fits; `quote`: as words of a command. */
void completion_rooms(struct completion *co, struct tui *t, const char *part, bool quote);
/** complete_path.c: files and folders whose path begins so. */
void completion_paths(struct completion *co, const char *part);
/** A word as words_split reads it again. */
void completion_put_quoted(struct buf *b, const char *s);
void completion_people(struct completion *co, struct conversation *c, const char *part,
		       const char *before, const char *after);

#endif
