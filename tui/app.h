/*
 * The terminal interface as a whole, for its views: the account, the models,
 * what views may ask of the screen around them. Loop thread.
 */
#ifndef MUSTER_TUI_APP_H
#define MUSTER_TUI_APP_H

#include "core/client/command.h"
#include "core/client/config.h"
#include "core/client/sync.h"
#include "core/client/view/drafts.h"
#include "core/client/view/room_list.h"
#include "core/client/view/work.h"
#include "tui/tty.h"
#include "tui/tui.h"
#include "tui/view.h"

#define POPUPS_MAX 8

struct talk;

/** The linear mode in the screen's place. */
struct tui_plain {
	void (*print)(struct tui *t, struct span text); /**< sanitised there */
	const char *(*room)(struct tui *t);		/**< the open one, or NULL */
	void (*open)(struct tui *t, const char *room_id);
	const char *(*event)(struct tui *t, int64_t number); /**< a message's id, or NULL */
};

enum focus { FOCUS_ROOMS, FOCUS_TALK, FOCUS_SIDE };

struct tui {
	const struct tui_options *o;
	struct loop *loop;
	const struct tui_plain *plain; /* or NULL */
	struct tty *tty;
	struct keymap *keys;
	struct canvas canvas;
	struct loop_timer *frame; /* the next paint, when one is due */
	int64_t painted_ms;	  /* clock_mono_ms of the last one */
	bool paint_due, news_due, quitting, window_focused;

	/* The account; all NULL on the first-run screen. */
	struct client *client;
	struct store *store; /* of the client */
	struct engine *engine;
	struct work *sending, *looking; /* what people send, in order; what they look up */
	struct work *moving;		/* files, as long as they take */
	struct drafts *drafts;		/* NULL with `plain` */
	struct room_list *rooms;
	struct phone *phone; /* calls; NULL until the account syncs, and with `plain` */
	const char *user_id;

	struct view *rooms_view, *side;
	struct talk *talk; /* the open room; NULL: none */
	struct view *popups[POPUPS_MAX];
	int n_popups;
	enum focus focus;
	bool rooms_hidden; /* by the person */
	char *room_before; /* open before this one */

	struct classroom *classroom; /* a server that we started */
	struct opening *openings;    /* links on their way into a browser */
	int64_t told;		     /* what bells have told of; -1: nothing yet */
	int64_t told_seq;	     /* the newest event then: order of arrival */
	char *told_but;		     /* the room that was being looked at then, or NULL */
	struct editing *editing;     /* $EDITOR has the terminal */
	struct loop_timer *sends;    /* looks at the outbox while something goes out */
	struct loop_timer *minute;   /* quiet.h; NULL until the account syncs */
	int64_t relayed_seq; /* what people said to staff is sent on up to here (attendance.h) */

	const char *meant; /* while a command is run: the message that it is about, or NULL */

	char said[512]; /* the last sentence for the person, sanitised */
	bool said_is_error;
	int64_t said_ms;
};

/* -- The screen -------------------------------------------------------------- */

/** Paint soon: many calls in a row cost one paint. */
void tui_redraw(struct tui *t);
/** Put a view above all others; the app owns it from here on. */
void tui_push(struct tui *t, struct view *v);
/** Into the side pane instead of what is there; NULL closes it. The app owns it. */
void tui_side(struct tui *t, struct view *v);
/** Close and free a popup or the side pane: after the callback that this is called in. */
void tui_close(struct view *v);
/** A sentence in the line at the bottom. Sanitised here. */
void tui_say(struct tui *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tui_say_err(struct tui *t, const struct err *err);
/** End the program after this turn. */
void tui_quit(struct tui *t);

/* -- What is shown ------------------------------------------------------------ */

/** Open a room; `event_id`: at that message, or NULL. An unknown one is said so. */
void tui_open(struct tui *t, const char *room_id, const char *event_id);
/** Write into the open room's composer (NULL: just go there). */
void tui_compose(struct tui *t, const char *text);
/**
 * Run what follows a slash, as the command line would. False: it was refused, and why was said. One
 * that fails later comes back to the line it was typed in.
 */
bool tui_command(struct tui *t, const char *line);
/** Read the cache anew, as after a commit. */
void tui_news(struct tui *t);
/** Something was given to `sending`: show its echo as it goes through the outbox. */
void tui_watch_sending(struct tui *t);
/** Show a link in the person's browser, or say and copy it where there is none. */
void tui_open_link(struct tui *t, const char *url);
/** The open room's id, or NULL. Borrowed. */
const char *tui_room(struct tui *t);
/** The program ends: what was begun ends too. */
void tui_openings_stop(struct tui *t);
void tui_editing_stop(struct tui *t);

/* -- Settings ------------------------------------------------------------------- */

const char *tui_setting(const struct tui *t, const char *key);
bool tui_setting_bool(const struct tui *t, const char *key);

#endif
