/*
 * One item of a conversation as lines on the screen. The same code measures
 * and draws.
 */
#ifndef MUSTER_TUI_ITEM_DRAW_H
#define MUSTER_TUI_ITEM_DRAW_H

#include "core/client/view/conversation.h"
#include "tui/canvas.h"

/** How items are laid out in a pane. */
struct item_pane {
	struct canvas *c; /**< NULL: only measure */
	struct rect r;	  /**< of the pane */
	bool revealed;	  /**< spoilers are shown */
	bool chosen;	  /**< its lines are tinted */
	bool focused;
};

/** Draw `it` from row `y` on (may be above the pane); returns how many rows it takes. */
int item_draw(const struct item_pane *p, const struct item *it, int y);
/** The colour of somebody's name: always the same. */
enum role item_name_role(const char *user_id);
/** "Monday, 29 November 2026" in the person's language, local time. */
void item_put_day(struct buf *b, int64_t ts_ms);
/** "09:12", local time. */
void item_put_time(struct buf *b, int64_t ts_ms);
/** "1.2 MB". */
void item_put_size(struct buf *b, int64_t bytes);
/** All text of a message without looks, for copying and linear mode; spoilers too when `all`. */
void item_put_text(struct buf *b, const struct item *it, bool all);
/** "Open until 09:10 · you are here": how it stands, and what we said to it. */
void item_put_roll(struct buf *b, const struct item_roll *roll);
/** "12 here · 1 late · 2 cannot come", for staff. */
void item_put_roll_counts(struct buf *b, const struct item_roll *roll);
/** Only where there are any. */
void item_put_roll_excused(struct buf *b, const struct item_roll *roll);
/** The first link of a message; empty without. Borrowed. */
struct span item_link(const struct item *it);

#endif
