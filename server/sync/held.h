/*
 * Receipts and typing of a room are told together: each would otherwise wake
 * everybody, and one message read by three hundred people would be ninety
 * thousand replies. What is held back is told with the next event of the room,
 * with any other reply, or after HELD_MS_EACH for each person in the room; between
 * two people, and to the reader's own devices, at once. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_HELD_H
#define MUSTER_SERVER_SYNC_HELD_H

#include "server/sync/hub.h"

#define HELD_MS_EACH 10
#define HELD_MS_MAX 5000

/** There is a new receipt, or who types has changed: have it told in time. */
void held_add(struct hub *h, struct hub_room *room);
/** Everybody in the room is being told everything. */
void held_end(struct hub *h, struct hub_room *room);
/** Timer callback: `arg` is the hub. */
void held_due(void *arg);
/**
 * Is there anything of the room after `since` (and typing after `typing`) that
 * this member need not wait for?
 */
bool held_not(const struct hub_member *m, int64_t since, uint64_t typing);

#endif
