/*
 * What keys do: one table of actions (a name for settings, a sentence for
 * help) and one of bindings for each set of keys. The help overlay, hints and
 * settings all read these tables, so they cannot disagree.
 */
#ifndef MUSTER_TUI_KEYMAP_H
#define MUSTER_TUI_KEYMAP_H

#include "core/base/err.h"
#include "tui/input.h"

enum action {
	ACT_NONE,
	/* everywhere */
	ACT_QUIT,
	ACT_INTERRUPT,
	ACT_HELP,
	ACT_SWITCH,
	ACT_SEARCH,
	ACT_NEXT_UNREAD,
	ACT_NEXT_ROOM,
	ACT_PREV_ROOM,
	ACT_LAST_ROOM,
	ACT_ROOMS,
	ACT_MEMBERS,
	ACT_THREADS,
	ACT_DIRECTORY,
	ACT_AGENDA,
	ACT_SPACE,
	ACT_ONLY_UNREAD,
	ACT_DETAILS,
	ACT_FAVOURITE,
	ACT_LOW,
	ACT_NOTIFY,
	ACT_MARK_UNREAD,
	ACT_CALL,
	ACT_MUTE,
	ACT_HAND,
	ACT_CALL_PEOPLE,
	ACT_COMMAND,
	ACT_CLOSE,
	ACT_FOCUS_NEXT,
	ACT_FOCUS_PREV,
	ACT_PAGE_UP,
	ACT_PAGE_DOWN,
	ACT_TOP,
	ACT_BOTTOM,
	ACT_TO_UNREAD,
	ACT_MARK_READ,
	ACT_SUSPEND,
	ACT_REDRAW,
	/* lists and messages */
	ACT_UP,
	ACT_DOWN,
	ACT_CHOOSE,
	ACT_COMPOSE,
	ACT_REPLY,
	ACT_EDIT,
	ACT_REACT,
	ACT_DELETE,
	ACT_THREAD,
	ACT_COPY,
	ACT_COPY_LINK,
	ACT_OPEN,
	ACT_SAVE,
	ACT_REVEAL,
	ACT_PIN,
	ACT_RECEIPTS,
	ACT_RETRY,
	ACT_SELECT,
	/* the composer */
	ACT_SEND,
	ACT_NEWLINE,
	ACT_EDITOR,
	ACT_COMPLETE,
	ACT_HISTORY_PREV,
	ACT_HISTORY_NEXT,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_WORD_LEFT,
	ACT_WORD_RIGHT,
	ACT_LINE_START,
	ACT_LINE_END,
	ACT_DEL_LEFT,
	ACT_DEL_RIGHT,
	ACT_DEL_WORD,
	ACT_DEL_WORD_RIGHT,
	ACT_KILL_LINE,
	ACT_KILL_START,
	ACT_YANK,
	ACT_UNDO,
	ACT_REDO,
	ACT_COUNT
};

/** Where a binding counts. An inner place is asked before PLACE_ALL. */
enum place {
	PLACE_ALL,
	PLACE_COMPOSER,
	PLACE_MESSAGES, /**< a message is chosen */
	PLACE_LIST,	/**< rooms, members, search results, popups with a list */
	PLACE_INPUT,	/**< a popup's line of input */
	PLACE_COUNT
};

struct keymap;

/**
 * `set` is "default" or "vim"; `extra` are bindings from the settings, such as
 * "ctrl-g=switch, composer:alt-m=mute, ctrl-t=" (nothing: unbound), or NULL.
 * ERR_INVALID names the first one that is not understood. The caller owns *ret.
 */
int keymap_new(const char *set, const char *extra, struct keymap **ret, struct err *err);
/** NULL is allowed. */
void keymap_free(struct keymap *m);
/**
 * What `k` does in `place`. *ret_more: it begins a sequence of keys; then the
 * next key is asked with it in mind, and ACT_NONE is returned now.
 */
enum action keymap_find(struct keymap *m, enum place place, const struct key *k, bool *ret_more);
/** Forget a begun sequence. */
void keymap_forget(struct keymap *m);
/** The first keys bound to an action in a place (or everywhere), as people read them; "" if none. */
void keymap_put_keys(struct buf *b, const struct keymap *m, enum place place, enum action a);

/** One line for each binding, in the order of the help overlay; false past the end. */
bool keymap_row(const struct keymap *m, size_t i, enum place *ret_place, enum action *ret,
		struct buf *keys);
/** Sentence of an action and title of a place, N_(). */
const char *action_what(enum action a);
const char *action_name(enum action a);
const char *place_title(enum place p);

#endif
