/*
 * Scheduling events, for the routes that send them.
 */
#ifndef MUSTER_SERVER_ROUTES_DELAYED_H
#define MUSTER_SERVER_ROUTES_DELAYED_H

#include "server/routes/route.h"

#define DELAYED_QUERY "org.matrix.msc4140.delay"

/**
 * Answer PUT .../send and .../state that carry DELAYED_QUERY: the room is path
 * parameter 0, the type 1. Both may be NULL.
 */
void delayed_put(struct rq *rq, const char *state_key, const char *txn_id);

#endif
