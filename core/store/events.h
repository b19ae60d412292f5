/*
 * Events of a room's timeline, gaps in it, and relations between events.
 */
#ifndef MUSTER_STORE_EVENTS_H
#define MUSTER_STORE_EVENTS_H

#include "core/store/store.h"

/** One event. Spans are borrowed; an absent text has p == NULL. */
struct store_event {
	int64_t seq; /**< order of arrival here; 0 before it is stored */
	int64_t room, pos, ts;
	struct span event_id, type, sender, state_key;
	struct span body; /**< what a person reads */
	struct span rel_type, rel_to, txn_id;
	struct span redacted_by;
	struct span unreadable; /**< why it does not parse */
	struct span json;	/**< as the server sent it */
};

/**
 * Add at e->room, e->pos. *ret_new false: known already by its id (nothing
 * changes, except that a transaction id or a redaction learnt now is kept).
 */
int store_event_add(struct store *s, const struct store_event *e, bool *ret_new, struct err *err);
/** Position of an event in its room, 0 when not here. */
int64_t store_event_pos(struct store *s, int64_t room, struct span event_id);
/** Highest position, 0 for an empty timeline. */
int64_t store_newest_pos(struct store *s, int64_t room);
int64_t store_oldest_pos(struct store *s, int64_t room);
/** Highest arrival number of the whole cache, 0 when empty. */
int64_t store_newest_seq(struct store *s);

/**
 * Forget the content of `target`, which `by` redacted. That it stood in a
 * thread or edited another stays known, so that it is not taken for a message
 * of the room itself.
 */
int store_event_redact(struct store *s, int64_t room, struct span target, struct span by,
		       struct err *err);

/** Called with a borrowed event; anything but 0 ends the walk. It must not start the same walk. */
typedef int store_event_fn(const struct store_event *e, void *arg);

/** Events with from < pos < to, oldest first (or newest first). Returns what `fn` returned. */
int store_events_walk(struct store *s, int64_t room, int64_t from, int64_t to, bool backwards,
		      store_event_fn *fn, void *arg);
/** One event by id; `room` 0: any room. false when not here. */
bool store_event_get(struct store *s, int64_t room, struct span event_id, store_event_fn *fn,
		     void *arg);
/** The newest m.replace of `event_id` by `sender`. */
bool store_event_edit(struct store *s, int64_t room, struct span event_id, struct span sender,
		      store_event_fn *fn, void *arg);
/** What relates to `event_id` by `rel_type`, oldest first. */
int store_events_related(struct store *s, int64_t room, struct span event_id, const char *rel_type,
			 store_event_fn *fn, void *arg);
/** Event id of what we sent with this transaction id, or NULL. The caller owns it. */
char *store_event_by_txn(struct store *s, int64_t room, const char *txn_id);
/** Rooms with events that arrived after `seq`: ids, ended by 0. The caller owns it. */
int64_t *store_rooms_changed(struct store *s, int64_t seq);
#define STORE_FIRST_POS ((int64_t)1 << 62)
#define STORE_GAP_POS ((int64_t)1 << 32)

struct store_gap {
	int64_t room, pos, low;
	char token[4096];
};
/** Remember that events between `low` and `pos` are missing. */
int store_gap_add(struct store *s, const struct store_gap *g, struct err *err);
int store_gap_remove(struct store *s, int64_t room, int64_t pos, struct err *err);
/** Move a gap's upper edge down to `to` with the token that goes on from there. */
int store_gap_move(struct store *s, int64_t room, int64_t pos, int64_t to, struct span token,
		   struct err *err);
/** The highest gap at or below `below` (INT64_MAX: the newest one). */
bool store_gap_find(struct store *s, int64_t room, int64_t below, struct store_gap *ret);
/** The lowest gap above `above` that is not the history before the first chunk. */
bool store_gap_after(struct store *s, int64_t room, int64_t above, struct store_gap *ret);
/** Any gap that is not history before the first chunk, of a joined room that `skip` (NULL: none)
 * does not name: to be filled at once. */
bool store_gap_live(struct store *s, bool (*skip)(int64_t room, void *arg), void *arg,
		    struct store_gap *ret);

#endif
