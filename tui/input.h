/*
 * Bytes of a terminal to keys: UTF-8, control characters, escape sequences of
 * xterm and its kin (with modifiers, CSI u too), SGR mouse reports, bracketed
 * paste, focus reports. Knows no terminal and no clock: whoever feeds it calls
 * input_timeout when a lone ESC has waited long enough. Any bytes are survived.
 */
#ifndef MUSTER_TUI_INPUT_H
#define MUSTER_TUI_INPUT_H

#include "core/base/buf.h"

#define INPUT_ESC_MS 25			  /* how long a lone ESC waits for what may follow it */
#define INPUT_PASTE_MAX ((size_t)1 << 18) /* bytes of one paste; the rest is left out */

/** What was pressed. KC_CHAR: `cp`; others by name. */
enum key_code {
	KC_NONE,
	KC_CHAR,
	KC_ENTER,
	KC_TAB,
	KC_BACKSPACE,
	KC_ESCAPE,
	KC_UP,
	KC_DOWN,
	KC_LEFT,
	KC_RIGHT,
	KC_HOME,
	KC_END,
	KC_PAGE_UP,
	KC_PAGE_DOWN,
	KC_INSERT,
	KC_DELETE,
	KC_F1,
	KC_F12 = KC_F1 + 11,
	KC_MOUSE,
	KC_PASTE,
	KC_FOCUS_IN,
	KC_FOCUS_OUT,
};

/** Bits, as xterm counts them. */
enum key_mod { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

enum mouse_what { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_DRAG, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct key {
	enum key_code code;
	unsigned mods;
	uint32_t cp; /**< KC_CHAR; with MOD_CTRL in lower case */
	/* KC_MOUSE */
	enum mouse_what mouse;
	int button, x, y;  /**< x, y from 0 */
	struct span paste; /**< KC_PASTE: raw, borrowed during the call */
};

typedef void input_fn(const struct key *k, void *arg);

struct input {
	char pending[64]; /**< the beginning of something */
	size_t n;
	bool pasting;
	struct buf paste;
};

void input_init(struct input *in);
void input_done(struct input *in);
/** Call `fn` for each key that is complete now. */
void input_feed(struct input *in, struct span bytes, input_fn *fn, void *arg);
/** Is something begun that only more bytes or time can decide? Then start the timer. */
bool input_waits(const struct input *in);
/** Nothing followed: what is there stands for itself. */
void input_timeout(struct input *in, input_fn *fn, void *arg);

/** "ctrl-k", "alt-up", "f1", "space", "?"; false for what is no key. */
bool key_parse(struct span name, struct key *ret);
/** The same the other way round, as people read it ("Ctrl-K", "Alt-↑", "F1"). */
void key_put_name(struct buf *b, const struct key *k);
bool key_eq(const struct key *a, const struct key *b);
/** A character that is text: no modifiers but Shift, no control character. */
bool key_is_text(const struct key *k);

#endif
