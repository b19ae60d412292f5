/*
 * Text that flows into a column: words wrap, wide characters break anywhere
 * but before what closes, over-long words are cut between clusters. The same
 * code measures (without a canvas) and draws, so the two cannot disagree.
 */
#ifndef MUSTER_TUI_FLOW_H
#define MUSTER_TUI_FLOW_H

#include "tui/canvas.h"

struct flow {
	struct canvas *c; /**< NULL: only measure */
	struct rect clip;
	int left, width; /**< of the column, in the canvas's cells */
	int x, y;	 /**< where the next text goes */
	int hang;	 /**< further lines of the paragraph begin so far in */
};

/** A column at `r`'s left edge, beginning at row `y` (may be above `r`). */
struct flow flow_new(struct canvas *c, struct rect r, int y);
void flow_text(struct flow *f, struct span clean, struct look look);
void flow_own(struct flow *f, const char *sentence, struct look look);
/** To the start of a new line. */
void flow_newline(struct flow *f);
/** The same unless there already. */
void flow_end(struct flow *f);
/** Continue in a column that begins `by` cells further right. */
void flow_indent(struct flow *f, int by);

#endif
