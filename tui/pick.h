/*
 * A popup with a line of input above a list of what fits it: the switcher,
 * emoji, people, results. Whoever opens it fills the list for what was typed,
 * draws a row, and is told what was chosen.
 */
#ifndef MUSTER_TUI_PICK_H
#define MUSTER_TUI_PICK_H

#include "tui/app.h"
#include "tui/edit.h"
#include "tui/list.h"

struct pick;

struct pick_class {
	const char *title;   /**< N_() */
	const char *prompt;  /**< N_(): in the empty line of input */
	const char *nothing; /**< N_(): instead of an empty list */
	bool after_text;     /**< `nothing` is said only when something was typed */
	int width, rows;     /**< wished */
	/** The text has changed, or the cache: how many rows fit it? */
	size_t (*fill)(struct pick *p, const char *text);
	/** Draw row `i` into `r`, one row high; the chosen one is tinted afterwards. */
	void (*row)(struct pick *p, size_t i, struct canvas *c, struct rect r);
	/** Enter or a click. Usually does something and calls tui_close(pick_view(p)). */
	void (*choose)(struct pick *p, size_t i);
	/** Any other action; may be NULL. */
	bool (*act)(struct pick *p, enum action a);
	/** Free what `arg` points to; may be NULL. */
	void (*free)(struct pick *p);
};

struct pick {
	struct view view;
	const struct pick_class *cls;
	struct edit input;
	struct list list;
	void *arg;
	char *title; /**< stands before the class's, or NULL; ours */
};

/** A new popup for tui_push or tui_side. */
struct view *pick_new(struct tui *t, const struct pick_class *cls, void *arg);
struct view *pick_view(struct pick *p);
/** What it is called instead of its class's title. Takes over `title`, which is sanitised. */
void pick_title(struct view *v, char *title);
/** A line of input, with `prompt` where it is empty: for other popups, too. */
void pick_draw_input(struct edit *e, const char *prompt, struct canvas *c, struct rect r,
		     bool focused);
/** Ask `fill` again: something has come. */
void pick_refill(struct pick *p);

#endif
