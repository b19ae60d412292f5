/*
 * A grid of cells that views draw into and tty.c paints. It holds no control
 * character whatever is put into it, cuts no wide character in two, and clips
 * everything to the rectangle it is told. Knows no terminal.
 */
#ifndef MUSTER_TUI_CANVAS_H
#define MUSTER_TUI_CANVAS_H

#include "core/base/text.h"
#include "tui/theme.h"

#define CELL_MARKS 4 /* combining characters on one base, as text.h allows */
#define CANVAS_SIDE_MAX 2000

struct rect {
	int x, y, w, h;
};

struct cell {
	uint32_t cp[1 + CELL_MARKS]; /**< ended by 0 when shorter; cp[0] 0: a blank */
	uint8_t width;		     /**< 1, 2, or 0: the right half of a wide one */
	struct look look;
};

struct canvas {
	int w, h;
	struct cell *cells;
	const struct theme *theme;
	int cursor_x, cursor_y; /**< -1: not shown */
};

void canvas_init(struct canvas *c, const struct theme *t);
void canvas_done(struct canvas *c);
/** Sides are kept from 1 to CANVAS_SIDE_MAX. All cells become blank. */
void canvas_resize(struct canvas *c, int w, int h);
void canvas_clear(struct canvas *c);
/** The part of `r` that is on the canvas (w or h 0: none). */
struct rect canvas_clip(const struct canvas *c, struct rect r);
struct rect canvas_all(const struct canvas *c);

/* -- Drawing: y and x are the canvas's; what falls outside `clip` is left out. -- */

/** Sanitised text in one line; returns the cell after it. */
int draw_text(struct canvas *c, struct rect clip, int x, int y, struct span clean, enum role role);
/** The same with a look of its own. */
int draw_look(struct canvas *c, struct rect clip, int x, int y, struct span clean,
	      struct look look);
/** At most `cells` wide; longer text ends in an ellipsis. */
int draw_fit(struct canvas *c, struct rect clip, int x, int y, int cells, struct span clean,
	     enum role role);
/** A sentence of our own (a literal or _()). */
int draw_own(struct canvas *c, struct rect clip, int x, int y, const char *sentence,
	     enum role role);
void draw_fill(struct canvas *c, struct rect r, enum role role);
/** Put a role's look on what is there, keeping the letters. */
void draw_tint(struct canvas *c, struct rect r, enum role role);
/** A horizontal and a vertical line of box characters. */
void draw_hline(struct canvas *c, struct rect clip, int x, int y, int n, enum role role);
void draw_vline(struct canvas *c, struct rect clip, int x, int y, int n, enum role role);
/** A frame with a title, blank inside; returns the inside. */
struct rect draw_box(struct canvas *c, struct rect r, const char *title);
/** Where the cursor is; the last one told counts. Nothing when it is outside `clip`. */
void draw_cursor(struct canvas *c, struct rect clip, int x, int y);

struct look look_of(const struct canvas *c, enum role role);
/** The rectangle without so many rows or columns at a side. */
struct rect rect_cut_top(struct rect *r, int rows);
struct rect rect_cut_bottom(struct rect *r, int rows);
struct rect rect_cut_left(struct rect *r, int columns);
struct rect rect_cut_right(struct rect *r, int columns);
bool rect_has(struct rect r, int x, int y);
/** A rectangle of at most w x h in the middle of `in`. */
struct rect rect_middle(struct rect in, int w, int h);

#endif
