/*
 * What the routes about keys share.
 */
#ifndef MUSTER_SERVER_ROUTES_KEYS_H
#define MUSTER_SERVER_ROUTES_KEYS_H

#include "server/keys/keys.h"
#include "server/routes/route.h"

#define KEYS_BODY_MAX (4u << 20) /* bytes of a request with keys or messages of many devices */

/** Whom the request works for; borrowed from it. */
struct keys_owner keys_owner_of(const struct rq *rq);

#endif
