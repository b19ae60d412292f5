/*
 * Filters that clients store, and the one a request names.
 */
#ifndef MUSTER_SERVER_ROUTES_FILTER_H
#define MUSTER_SERVER_ROUTES_FILTER_H

#include "server/routes/route.h"
#include "server/sync/filter.h"

#define FILTERS_PER_USER 1000

/**
 * The filter of the query's `filter`: an id, or JSON. *ret is a new reference,
 * or NULL when none was named. Replies and returns false when it is bad.
 */
bool filter_of_request(struct rq *rq, struct filter **ret);

#endif
