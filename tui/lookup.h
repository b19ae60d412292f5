/*
 * Rows that a verb gives, for a pick: asked for a moment after the last key,
 * in the background; what comes too late is forgotten.
 */
#ifndef MUSTER_TUI_LOOKUP_H
#define MUSTER_TUI_LOOKUP_H

#include "core/client/view/actions.h"
#include "tui/pick.h"

struct lookup {
	struct tui *t;
	struct pick *pick; /* once its first fill has run */
	action_fn *fn;
	/** What to ask for this text; NULL: nothing, there are no rows then. Owned by the caller. */
	json_t *(*ask)(struct lookup *l, const char *text);
	struct action_job *action;
	struct loop_timer *timer;
	json_t *rows;	/* array */
	char *text;	/* that was asked for */
	char *trouble;	/* why nothing came, or NULL */
	char *room_id;	/* for `ask`: a room that is meant, or NULL */
	char *event_id; /* the same */
	int64_t seen;	/* the room's counter when it was asked */
	bool follows;	/* asks again when something happens in the room */
	bool due;	/* will ask soon */
};

/** The caller owns it. `room_id` and `event_id` are copied, or NULL. */
struct lookup *lookup_new(struct tui *t, action_fn *fn,
			  json_t *(*ask)(struct lookup *l, const char *text), const char *room_id,
			  const char *event_id);
void lookup_free(struct lookup *l);

/* For a struct pick_class whose picks have a lookup as `arg`. */
/** `fill`: asks anew when the text is another one. One row while it waits. */
size_t lookup_fill(struct pick *p, const char *text);
/**
 * `fill`: shows the rows that fit the text by `keys` (NULL-ended). Asks once, and again when
 * something happens in room_id.
 */
size_t lookup_filter(struct pick *p, const char *text, const char *const *keys);
/** `free` */
void lookup_done(struct pick *p);
/** Row `i`; NULL: it is the row that says that one waits, which was drawn into `r` if `c`. */
const json_t *lookup_row(struct pick *p, size_t i, struct canvas *c, struct rect r);

/** Foreign text of a row, sanitised and cut to `cells`; returns the cell after it. */
int lookup_draw(struct canvas *c, struct rect clip, int x, int cells, const json_t *row,
		const char *key, enum role role);
/** The name of a row's person, or the local part of their id. */
int lookup_draw_person(struct canvas *c, struct rect clip, int x, int cells, const json_t *row,
		       const char *name, const char *id, enum role role);
/** A time for people, at the right end of `r`; returns the cell where it begins. */
int lookup_draw_time(struct canvas *c, struct rect r, int64_t ts);

#endif
