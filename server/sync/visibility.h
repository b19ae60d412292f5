/*
 * Who may see which event: the one implementation of "Room History
 * Visibility" (client-server API) that every read path uses.
 *
 * The answer depends on the room's history_visibility and the person's
 * membership at the event, and on whether the person joined later.
 */
#ifndef MUSTER_SERVER_SYNC_VISIBILITY_H
#define MUSTER_SERVER_SYNC_VISIBILITY_H

#include "core/base/sql.h"
#include "server/rooms/room.h"

enum history { HISTORY_SHARED, HISTORY_WORLD, HISTORY_INVITED, HISTORY_JOINED };

struct visibility_step {
	int64_t pos;
	int value; /**< enum membership or enum history, from this event on */
};

struct visibility {
	struct visibility_step *member, *history;
	size_t member_n, history_n;
};

enum visibility_subject {
	SUBJECT_OTHER,
	SUBJECT_OWN_MEMBER, /**< the person's own m.room.member */
	SUBJECT_HISTORY,    /**< m.room.history_visibility */
};

/** Read one person's view of a room. visibility_done afterwards. */
void visibility_load(struct sql *db, int64_t room_nid, const char *user_id, struct visibility *ret);
void visibility_done(struct visibility *v);
/** May the person see the event at `pos`? */
bool visibility_sees(const struct visibility *v, int64_t pos, enum visibility_subject what);
/** What kind of subject an event is for this person. */
enum visibility_subject visibility_subject(const char *user_id, struct span type,
					   struct span state_key);
/** Membership just after `pos`. */
enum membership visibility_member_at(const struct visibility *v, int64_t pos);
/** Position of the event that ended the last stay; 0: joined now, or never was. */
int64_t visibility_stay_end(const struct visibility *v);
/** The person was joined at least once. */
bool visibility_ever_joined(const struct visibility *v);
/** Anybody may read the room now. */
bool visibility_world_now(const struct visibility *v);
enum history visibility_history_of(struct span word);
enum membership visibility_membership_of(struct span word);
/** "join", ... as in m.room.member. */
const char *visibility_word(enum membership m);

#endif
