/*
 * A part of the screen: it draws itself into the rectangle it is given (of any
 * size, none included), takes keys and clicks, and is told when the cache has
 * news. One folder of such parts, one file each; app.c has them in places:
 *
 *   rooms | conversation | side pane          popups above
 *
 * A view is a struct that begins with `struct view`. All on the loop thread.
 */
#ifndef MUSTER_TUI_VIEW_H
#define MUSTER_TUI_VIEW_H

#include "tui/canvas.h"
#include "tui/keymap.h"

struct tui;
struct view;

struct view_class {
	/** Where its keys are looked up before PLACE_ALL. Changes with what it does, so a function. */
	enum place (*place)(const struct view *v);
	/** Heading of a pane or popup; NULL: draws its own. */
	const char *(*title)(const struct view *v);
	/** A popup's wish, at most the size of `in`. NULL: most of the screen. */
	void (*wish)(struct view *v, struct rect in, int *ret_w, int *ret_h);
	/** Draw all of `r`; blank already. draw_cursor where the focus is, when `focused`. */
	void (*draw)(struct view *v, struct canvas *c, struct rect r, bool focused);
	/** An action of the keymap. False: not ours, the app may have it. */
	bool (*act)(struct view *v, enum action a);
	/** Text and pastes. False: not wanted. May be NULL. */
	bool (*key)(struct view *v, const struct key *k);
	/** A click or the wheel at (x, y) of its rectangle. May be NULL. */
	bool (*mouse)(struct view *v, const struct key *k, int x, int y);
	/** The cache has news: update models; tui_redraw when that changes what is seen. May be NULL. */
	void (*news)(struct view *v);
	void (*free)(struct view *v);
};

struct view {
	const struct view_class *cls;
	struct tui *tui;
	struct rect at; /**< where it was drawn last; set by the app */
};

#endif
