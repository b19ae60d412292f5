/*
 * What the files of a room's upgrade share.
 */
#ifndef MUSTER_SERVER_ROOMS_UPGRADE_PRIV_H
#define MUSTER_SERVER_ROOMS_UPGRADE_PRIV_H

#include "core/base/json.h"
#include "core/matrix/power.h"
#include "server/rooms/upgrade.h"

/** An upgrade under way. */
struct moving {
	struct db_tx *tx;
	struct sql *db;
	struct room_upgrade *u;
	char old_id[LIMIT_ID_BYTES + 1];
	struct power power; /**< of the old room */
	bool space, open;   /**< anybody may join */
};

/** Append a state event to the new room, whatever its levels; takes `steal`. */
int upgrade_put(struct moving *m, const char *type, const char *key, json_t *steal,
		struct err *err);

/** What of the state of the old room is copied, with an empty key; ends with NULL. */
extern const char *const upgrade_copied[];

/**
 * The same person has begun to replace this room before, a little while ago: the reply was lost, the server killed, or it is
 * still being done. Fills u->new_nid and u->new_id. *ret_done: that one was the last piece.
 */
bool upgrade_find_begun(struct moving *m, bool *ret_done);
/** The room was replaced a little while ago, by whomever, and not by u's room. Fills u->new_nid and u->new_id. */
bool upgrade_find_other(struct moving *m);
/** Somebody else has begun to replace this room just now, and is not done. */
bool upgrade_is_others(struct moving *m);
/** What was changed in the old room since the new one was made. *ret_more as room_upgrade. */
int upgrade_catch_up(struct moving *m, bool *ret_more, struct err *err);

#endif
