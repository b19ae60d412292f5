/*
 * The compiled table of routes, for who starts a server.
 */
#ifndef MUSTER_SERVER_ROUTES_ROUTER_H
#define MUSTER_SERVER_ROUTES_ROUTER_H

#include "server/routes/route.h"

struct router;

/**
 * Compile tables (ended by NULL) into a trie of segments. A pattern that is
 * malformed or given twice ends the process: it is a programming error.
 */
struct router *router_new(const struct route *const *groups);
/** NULL is allowed. */
void router_free(struct router *r);

#endif
