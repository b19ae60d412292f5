/*
 * The part of a conversation that is on the screen: where it is scrolled to,
 * which message is chosen. Stays where it is when messages come, unless it
 * stands at the newest.
 */
#ifndef MUSTER_TUI_TIMELINE_H
#define MUSTER_TUI_TIMELINE_H

#include "core/client/view/conversation.h"
#include "tui/canvas.h"
#include "tui/keymap.h"

#define REVEALED_MAX 16

struct timeline {
	struct conversation *c; /**< borrowed */
	struct rect at;		/**< as drawn last */
	char *bottom;		/**< id of the item at the lower edge; NULL: the newest */
	int hidden;		/**< lines of it below the edge */
	char *chosen;		/**< id, or NULL */
	char *revealed[REVEALED_MAX];
	int n_revealed;
	bool top_reached; /**< the oldest item was drawn: older ones are wanted */
};

void timeline_init(struct timeline *t, struct conversation *c);
void timeline_done(struct timeline *t);
void timeline_draw(struct timeline *t, struct canvas *c, struct rect r, bool focused);
/** Towards older (positive) or newer lines. */
void timeline_scroll(struct timeline *t, int lines);
/** Stands at the newest message. */
bool timeline_at_end(const struct timeline *t);
void timeline_to_end(struct timeline *t);
void timeline_to_start(struct timeline *t);
/** Show the item: in the middle, when it is not on the screen. */
void timeline_show(struct timeline *t, const char *id);

/** Choose the item, or none (NULL), and show it. */
void timeline_choose(struct timeline *t, const char *id);
/** The next message up (-1) or down (1). False: there is none in that direction. */
bool timeline_choose_by(struct timeline *t, int by);
/** The first (or last) message of the window. */
void timeline_choose_end(struct timeline *t, bool first);
/** Borrowed until the conversation's next update; NULL: none. */
const struct item *timeline_chosen(const struct timeline *t);
/** The item drawn at a row of the screen, NULL. */
const struct item *timeline_item_at(const struct timeline *t, int y);
void timeline_reveal(struct timeline *t, const char *id);

#endif
