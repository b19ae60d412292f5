/*
 * Syncs that wait (long polls). A waiter belongs to its person's list; what
 * changes marks it, and all marked ones are looked at once at the end of the
 * loop's turn, so a batch of many changes makes one reply.
 */
#ifndef MUSTER_SERVER_SYNC_WAITERS_H
#define MUSTER_SERVER_SYNC_WAITERS_H

#include "server/sync/builder.h"
#include "server/sync/hub.h"

struct rq;

#define WAITERS_PER_USER 64 /* over it the oldest is answered at once */

/** Hold `rq` until there is something to tell or `timeout_ms` passed. Takes over `q`'s filter. */
void waiters_add(struct hub *h, struct rq *rq, const struct sync_query *q, int timeout_ms);
/** Mark all of one person's waiters. */
void waiters_mark(struct hub *h, struct hub_user *user);
/** Answer all of one person's waiters now, of one device only unless `device_nid` is 0. */
void waiters_end(struct hub *h, struct hub_user *user, int64_t device_nid);

#endif
