/*
 * Whose devices a client must look at again, and whose no longer (client-server
 * API, "Tracking the device list for a user"): everybody with whom it shares
 * any room, encrypted or not. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_DEVICE_LISTS_H
#define MUSTER_SERVER_SYNC_DEVICE_LISTS_H

#include "core/base/buf.h"
#include "server/sync/hub.h"

/** Find the newest change in the database. */
void device_lists_load(struct hub *h);
/** CHANGE_DEVICE_LIST: wakes whom it concerns. */
void device_lists_change(struct hub *h, const struct db_change *c);
/**
 * Append {"changed":[...],"left":[...]} for what happened in (since, upto].
 * Returns whether anybody is in it.
 */
bool device_lists_put(struct hub *h, struct hub_user *me, int64_t since, int64_t upto,
		      struct buf *b);

#endif
