/*
 * Threads of a room (client-server API, "Threading").
 */
#ifndef MUSTER_CLIENT_THREADS_H
#define MUSTER_CLIENT_THREADS_H

#include "core/client/timeline.h"

struct thread_query {
	const char *room_id;
	int limit;	   /**< at most so many; 0: all */
	bool participated; /**< only those that we wrote in or began */
	bool offline;	   /**< the cache alone */
};
/**
 * Rows, the thread with the newest message first: a row of client_read for its
 * root (which may be unknown offline: then event_id alone) with replies,
 * latest_ts, latest_sender, latest_body, unread, highlights, participated.
 */
int client_thread_list(struct client *c, const struct thread_query *q, client_row_fn *fn, void *arg,
		       struct err *err);

#endif
