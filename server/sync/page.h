/*
 * One page of a room's history, in either direction.
 */
#ifndef MUSTER_SERVER_SYNC_PAGE_H
#define MUSTER_SERVER_SYNC_PAGE_H

#include "server/sync/access.h"
#include "server/sync/filter.h"

#define PAGE_LIMIT_DEFAULT 10
#define PAGE_LIMIT_MAX 1000
#define PAGE_SCAN_MAX 5000 /* events looked at for one page */

struct page {
	bool forward;
	int64_t from; /**< a point after this position */
	int64_t to;   /**< stop there; -1: go on to the end */
	int limit;
	const struct event_filter *filter; /**< or NULL */
};

/**
 * Append what this person may see, in the direction's order. *ret_end is the
 * point where the next page begins; false when there is nothing more.
 */
bool page_read(struct room_access *a, const struct page *p, struct event_list *l, int64_t *ret_end);

#endif
