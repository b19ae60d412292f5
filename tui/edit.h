/*
 * Text being written: several lines, a cursor that moves by what people take
 * for characters, words, undo, cut and put back. Knows no screen; widths are
 * those of sanitised text, and what is typed or pasted is sanitised as it comes in.
 */
#ifndef MUSTER_TUI_EDIT_H
#define MUSTER_TUI_EDIT_H

#include "core/base/buf.h"
#include "tui/keymap.h"

#define EDIT_MAX 60000 /* bytes: an event takes at most 65,536 in all */

struct edit_state;

struct edit {
	struct buf text;
	size_t at;     /**< of the cursor, in bytes, at the start of a cluster or the end */
	int goal;      /**< column that up and down aim at; -1: where the cursor is */
	bool one_line; /**< newlines become blanks */
	bool secret;   /**< a password: kept as typed, wiped when freed, drawn as dots */
	struct buf cut;
	struct edit_state *undo, *redo;
	int last; /* what the last change was, to undo runs of typing at once */
};

void edit_init(struct edit *e, bool one_line);
/** Wipes a secret. */
void edit_done(struct edit *e);
/** Replace everything; the cursor goes to the end. Can be undone. */
void edit_set(struct edit *e, struct span text);
/** Forget everything, history of changes too. */
void edit_clear(struct edit *e);
/** Put in at the cursor; false when it would be too long (nothing is put in). */
bool edit_insert(struct edit *e, struct span raw);
/** Replace bytes [from, to). The cursor goes behind what was put in. */
void edit_replace(struct edit *e, size_t from, size_t to, struct span raw);
/** Moves, deletions, undo. False: another action, or nothing was to be done (the first line's up). */
bool edit_act(struct edit *e, enum action a);
bool edit_is_empty(const struct edit *e);
/** Borrowed until the next change. */
const char *edit_text(const struct edit *e);

/** Wrapped to `width` cells: number of lines, and where the cursor is. */
int edit_wrap(const struct edit *e, int width, int *ret_line, int *ret_column);
/** The i-th of these lines; false past the end. */
bool edit_line(const struct edit *e, int width, int i, struct span *ret);
/** Cursor to a place of the wrapped text. */
void edit_point(struct edit *e, int width, int line, int column);
/** One wrapped line up or down; false at the edge. */
bool edit_vertical(struct edit *e, int width, int by);

#endif
