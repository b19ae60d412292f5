/*
 * How many events one person may send: config's events_per_second, and
 * PACE_BURST_S seconds' worth of them at once. No person at a keyboard and no
 * script that posts to a class meets it; one that has run wild does.
 */
#ifndef MUSTER_SERVER_ROUTES_PACE_H
#define MUSTER_SERVER_ROUTES_PACE_H

#include "server/routes/route.h"

#define PACE_BURST_S 20

/** Counts one event; replies 429 and returns false when it is too many. */
bool pace_allows(struct rq *rq);

#endif
