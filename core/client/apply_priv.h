/* What apply*.c share. */
#ifndef MUSTER_CLIENT_APPLY_PRIV_H
#define MUSTER_CLIENT_APPLY_PRIV_H

#include "core/client/apply.h"
#include "core/matrix/sync.h"

/** Where events are put. */
struct apply {
	struct store *s;
	const char *own;
	int64_t room;
	int64_t generation; /**< of a whole sync; 0: an ordinary one */
	bool restored;	    /**< the server was put back: see apply_lost.c */
	bool news, rooms_made, direct_changed, rules_changed;
	int64_t last_ts; /**< for events that do not tell theirs */
};

/** Store one event of a timeline at `pos`. */
int apply_event(struct apply *a, const struct sync_event *e, int64_t pos, bool *ret_new,
		struct err *err);
/** Before a joined room of a reply of a server that was put back: forget what it has lost. */
int apply_lost(struct apply *a, const struct sync_room *r, struct err *err);
/** Take over what a state event says (also one that does not parse). */
int apply_state(struct apply *a, const struct sync_event *e, struct err *err);
/** m.room.member: name and membership; `only_new`: unless we know that person already. */
int apply_member(struct apply *a, const struct mx_event *ev, bool only_new, struct err *err);
/** The same from older history: it only names who is gone and has no name. Newest event first. */
int apply_past_name(struct apply *a, const struct mx_event *ev, struct err *err);
/** apply_live.c: m.typing of a room, and an event of the presence list. */
int apply_typing(struct apply *a, const struct mx_event *ev, struct err *err);
int apply_presence(struct apply *a, const struct sync_event *e, struct err *err);
/** Account data of a room that has a place in its row: tags, read marker, marked as unread. */
int apply_room_data(struct apply *a, const struct mx_event *ev, struct err *err);
int apply_thread_counts(struct apply *a, const struct sync_room *r, struct err *err);
/** What a state event says of spaces and upgrades. */
int apply_structure(struct apply *a, const struct mx_event *ev, struct err *err);
/** The id of an event, made from its bytes when it has none. */
struct span apply_event_id(const struct sync_event *e, char ret[80]);

#endif
