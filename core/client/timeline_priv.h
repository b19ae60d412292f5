/* What timeline.c, threads.c and follow.c share. */
#ifndef MUSTER_CLIENT_TIMELINE_PRIV_H
#define MUSTER_CLIENT_TIMELINE_PRIV_H

#include "core/client/row.h"

/** Events of one room older than position `to`, as client_read. */
int timeline_read_room(struct client *c, const struct store_room *room,
		       const struct read_request *rq, int64_t to, client_row_fn *fn, void *arg,
		       struct err *err);
/** rq->thread of that room: its root and what was said in it. */
int timeline_read_thread(struct client *c, const struct store_room *room,
			 const struct read_request *rq, client_row_fn *fn, void *arg,
			 struct err *err);

#endif
