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
	bool news, rooms_made, direct_changed;
	int64_t last_ts; /**< for events that do not tell theirs */
};

/** Store one event of a timeline at `pos`. */
int apply_event(struct apply *a, const struct sync_event *e, int64_t pos, bool *ret_new,
		struct err *err);
/** Take over what a state event says (also one that does not parse). */
int apply_state(struct apply *a, const struct sync_event *e, struct err *err);
/** m.room.member: name and membership; `only_new`: unless we know that person already. */
int apply_member(struct apply *a, const struct mx_event *ev, bool only_new, struct err *err);
/** The id of an event, made from its bytes when it has none. */
struct span apply_event_id(const struct sync_event *e, char ret[80]);

#endif
