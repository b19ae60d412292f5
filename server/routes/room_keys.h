/*
 * What the routes about backups of room keys share.
 */
#ifndef MUSTER_SERVER_ROUTES_ROOM_KEYS_H
#define MUSTER_SERVER_ROUTES_ROOM_KEYS_H

#include "server/routes/route.h"

/** The query's "version"; replies and returns false when it is none. */
bool room_keys_version(struct rq *rq, int64_t *ret);

#endif
