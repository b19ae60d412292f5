/*
 * What the routes that read rooms share.
 */
#ifndef MUSTER_SERVER_ROUTES_READ_H
#define MUSTER_SERVER_ROUTES_READ_H

#include "server/routes/route.h"
#include "server/sync/access.h"
#include "server/sync/filter.h"

/** Open the room of path parameter 0; replies and returns false when that fails. */
bool read_open(struct rq *rq, struct room_access *ret);
bool read_open_joined(struct rq *rq, struct room_access *ret);
/** Path parameter `at` must be the requester's own id; replies 403 and returns false otherwise. */
bool read_own(struct rq *rq, int at);
/** A limit from the query, clamped to 1..max; replies 400 and returns false when it is no number.
 */
bool read_limit(struct rq *rq, int otherwise, int max, int *ret);
/** A page token from the query; *ret keeps its value when there is none. 400 otherwise. */
bool read_token(struct rq *rq, const char *name, int64_t *ret);
/** `dir`: "b" or "f"; `otherwise` when missing, or 0 when it is required. 400 otherwise. */
bool read_dir(struct rq *rq, char otherwise, bool *ret_forward);
/** The RoomEventFilter of `filter`; event_filter_done afterwards. 400 otherwise. */
bool read_filter(struct rq *rq, struct event_filter *ret);

#endif
