/*
 * The join page: one HTML document that holds its style, its script and its
 * sentences, so that it is one request and its Content-Security-Policy can
 * name everything by hash. Pure: nothing is read or kept; any thread.
 */
#ifndef MUSTER_SERVER_PAGE_JOINPAGE_H
#define MUSTER_SERVER_PAGE_JOINPAGE_H

#include "server/page/words.h"

struct joinpage {
	struct buf html;
	struct buf headers; /**< for httpd_reply */
	char etag[67];	    /**< quoted, as the headers have it */
};

/** The page in language `w` of the server at `base_url`; joinpage_done frees it. */
void joinpage_make(const struct words *w, const char *base_url, struct joinpage *ret);
void joinpage_done(struct joinpage *j);

#endif
