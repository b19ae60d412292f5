/*
 * Being called: the newest call that rings for us, and declining it. Blocking,
 * as other verb functions.
 */
#ifndef MUSTER_CLIENT_CALL_RING_H
#define MUSTER_CLIENT_CALL_RING_H

#include "core/client/client.h"

/**
 * The newest ring that is meant for us, has not run out, was not declined from
 * here, and whose call is still going on; of one room, or of all (`room_id`
 * NULL). *ret: event_id, room_id, room, sender, sender_name, ts, ring, until_ts.
 * ERR_NOT_FOUND when nobody calls.
 */
int ring_find(struct client *c, const char *room_id, json_t **ret, struct err *err);
/** Tell the caller that we do not come. *ret: event_id (of the answer), room_id, sender. */
int ring_decline(struct client *c, const char *room_id, json_t **ret, struct err *err);

#endif
