/*
 * One POST /search under way. Loop thread.
 */
#ifndef MUSTER_SERVER_ROUTES_SEARCH_JOB_H
#define MUSTER_SERVER_ROUTES_SEARCH_JOB_H

#include "server/routes/read.h"
#include "server/routes/search_request.h"
#include "server/sync/search.h"

/** A room that results come from. */
struct search_place {
	int64_t nid;
	bool open;
	struct room_access a;
};

/** One request, from the question to the reply. */
struct search_job {
	struct rq *rq;
	struct hub *h;
	struct search_request r;
	struct search_place *places;
	size_t place_n;
	struct search_hit *found; /**< what the index gave; looked at up to `at` */
	size_t found_n, at;
	struct event_list results;
	struct search_hit *hits; /**< of the results */
	int64_t count, skip;
	bool more;     /**< there are further results */
	int64_t older; /**< where hits that were not looked at begin, or 0 */
	bool asking;   /**< the index is asked once more */
	struct buf b;  /**< the reply, with results up to `put`, their state up to `stated` */
	size_t put, stated;
};

/** What the person may do in a room, opened once for each; NULL: they may not read there. Borrowed. */
struct room_access *search_room(struct search_job *j, int64_t nid);

/* The reply in `b`, piece by piece: its beginning, each result, the state of each result's room. */
void search_reply_begin(struct search_job *j);
void search_reply_result(struct search_job *j, size_t i);
/** The state of the room of result `at`, as this person knows it; once for each room. */
void search_reply_state(struct search_job *j, size_t at);
/** Groups, where the next page begins; the reply goes out. */
void search_reply_end(struct search_job *j);

#endif
