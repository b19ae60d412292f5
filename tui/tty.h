/*
 * The terminal: ncurses paints what a canvas holds, bytes of the keyboard come
 * through the loop. One per process. Whatever ends the process (a crash, too),
 * the terminal is put back to what it was.
 */
#ifndef MUSTER_TUI_TTY_H
#define MUSTER_TUI_TTY_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "tui/canvas.h"
#include "tui/input.h"

struct tty;

struct tty_handler {
	input_fn *key;
	void (*resized)(void *arg, int w, int h);
	/** The terminal is gone, or a signal says to end. */
	void (*gone)(void *arg);
};

struct tty_options {
	bool mouse;
	const char *theme;
};

/**
 * Take stdin and stdout over. ERR_UNSUPPORTED: TERM is not known, or cannot
 * move its cursor. Owner thread; the caller owns *ret.
 */
int tty_new(struct loop *l, const struct tty_options *o, const struct tty_handler *h, void *arg,
	    struct tty **ret, struct err *err);
/** Give the terminal back. NULL is allowed. */
void tty_free(struct tty *t);

const struct theme *tty_theme(const struct tty *t);
void tty_size(const struct tty *t, int *ret_w, int *ret_h);
/** Show the canvas: only what differs from the screen is written. */
void tty_paint(struct tty *t, const struct canvas *c);
/** Have the next paint write everything. */
void tty_redraw_all(struct tty *t);
/** Name of the window; sanitised here. */
void tty_title(struct tty *t, const char *title);
void tty_bell(struct tty *t);
/** A notice by OSC 9 of the terminal's window system; sanitised here. */
void tty_notice(struct tty *t, const char *text);
/** Into the clipboard by OSC 52. */
void tty_copy(struct tty *t, struct span text);
/** Give the terminal to another program, and take it back. Nothing is painted or read between. */
void tty_release(struct tty *t);
void tty_take(struct tty *t);
/** Stop the process as Ctrl-Z does with the terminal as it was; then go on. */
void tty_suspend(struct tty *t);

#endif
