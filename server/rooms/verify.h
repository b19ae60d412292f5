/*
 * Checking that a room's history is what was stored: see the event ids of room.h.
 */
#ifndef MUSTER_SERVER_ROOMS_VERIFY_H
#define MUSTER_SERVER_ROOMS_VERIFY_H

#include "core/base/err.h"
#include "core/base/sql.h"

/**
 * Compute hash and id of every event of the room anew, in order. 0 and their
 * number, or ERR_FAILED with the first that was changed, moved or taken out.
 * The newest events can be cut off unnoticed, unless their ids are known
 * elsewhere (clients have them).
 */
int room_verify(struct sql *db, int64_t room_nid, int64_t *ret_events, struct err *err);

#endif
