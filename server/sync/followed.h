/*
 * Who follows a room into its replacement takes along what they had set for it:
 * tags, a push rule of the room, and that it is a direct chat.
 */
#ifndef MUSTER_SERVER_SYNC_FOLLOWED_H
#define MUSTER_SERVER_SYNC_FOLLOWED_H

#include "core/base/err.h"
#include "server/db/db.h"

/** The person has just joined the room. Inside a job. */
int followed_join(struct db_tx *tx, int64_t user_nid, const char *user_id, int64_t room_nid,
		  struct err *err);

#endif
