/*
 * The place where a message is written: text, what it answers or changes,
 * offers to complete, what was sent before.
 */
#ifndef MUSTER_TUI_COMPOSER_H
#define MUSTER_TUI_COMPOSER_H

#include "tui/complete.h"
#include "tui/edit.h"

enum composer_mode { COMPOSE_NEW, COMPOSE_REPLY, COMPOSE_EDIT, COMPOSE_REACT, COMPOSE_ABOUT };

struct composer {
	struct tui *t;
	struct conversation *c; /**< borrowed */
	struct edit e;
	enum composer_mode mode;
	char *target;		/**< event id that is answered, changed, or meant by a command */
	struct term_text label; /**< what stands above the line then */
	struct completion offers;
	char *history[50]; /**< newest last */
	int n_history, at_history;
	char *kept;	/**< what was being written when history was entered */
	int width;	/**< of the text, as drawn last */
	struct rect at; /**< of the text */
	int first_line; /**< scrolled so far */
};

void composer_init(struct composer *m, struct tui *t, struct conversation *c);
void composer_done(struct composer *m);
/** Rows that it wants of `h` in all, `w` wide. */
int composer_rows(struct composer *m, int w, int h);
void composer_draw(struct composer *m, struct canvas *c, struct rect r, bool focused,
		   const char *hint);
/** The offers, above what `composer_draw` drew. */
void composer_draw_offers(const struct composer *m, struct canvas *c, struct rect above);
/** Answer or change something; NULL label and target: an ordinary message. */
void composer_mode(struct composer *m, enum composer_mode mode, const char *target,
		   const char *label);
/** True: it was ours. Sending is not. */
bool composer_act(struct composer *m, enum action a);
bool composer_key(struct composer *m, const struct key *k);
/** After sending: remember the text and begin anew. */
void composer_sent(struct composer *m);
/** A click; coordinates of the canvas. */
void composer_click(struct composer *m, int x, int y);
/** Take the chosen offer when Enter is meant for it. */
bool composer_take_offer(struct composer *m);

#endif
