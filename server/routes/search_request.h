/*
 * What POST /search asks for, read and checked.
 */
#ifndef MUSTER_SERVER_ROUTES_SEARCH_REQUEST_H
#define MUSTER_SERVER_ROUTES_SEARCH_REQUEST_H

#include "server/routes/route.h"
#include "server/sync/filter.h"

#define SEARCH_LIMIT_DEFAULT 10
#define SEARCH_LIMIT_MAX 50
#define SEARCH_CONTEXT_DEFAULT 5
#define SEARCH_CONTEXT_MAX 10

/**
 * A place in the results, and what they are narrowed to. As a token:
 * s<order>.<upto>.<skip>.<room>.<sender>
 */
struct search_page {
	int64_t upto;	    /**< newest position that is looked at */
	int64_t skip;	    /**< by rank: results that were shown before */
	int64_t room_nid;   /**< of one group, or 0 */
	int64_t sender_nid; /**< of one group, or 0 */
};

struct search_request {
	bool ranked; /**< else the newest first */
	bool context, profiles, state, by_room, by_sender;
	int limit, before, after;
	char *term;
	char *columns; /**< "body name topic" */
	struct event_filter filter;
	struct search_page page;
};

/** Read the request; replies and returns false when it is wrong. search_request_done afterwards. */
bool search_request_read(struct rq *rq, struct search_request *ret);
/** All-zero is fine. */
void search_request_done(struct search_request *r);
void search_page_put(struct buf *b, const struct search_request *r, const struct search_page *p);

#endif
