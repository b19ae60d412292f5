/*
 * The join page: where a one-time link leads. See server/page/joinpage.h.
 */
#include "server/page/joinpage.h"
#include "server/routes/route.h"

#include <string.h>

extern const struct route page_routes[];

/* Is the ETag one of those of If-None-Match? Ours are too long to be part of another. */
static bool has_it(struct span header, const char *etag)
{
	for (size_t i = 0; i < header.n; i++)
		if (span_starts(span_from(header, i), etag))
			return true;
	return false;
}

static void get_join(struct rq *rq)
{
	struct joinpage page;
	struct span have = httpd_header(rq->http, "If-None-Match");
	struct words w = words_pick(span_of(rq_query(rq, "lang")),
				    httpd_header(rq->http, "Accept-Language"));
	joinpage_make(&w, rq->srv->base_url, &page);
	if (has_it(have, page.etag))
		rq_raw(rq, 304, buf_str(&page.headers), SPAN_LIT(""));
	else
		rq_raw(rq, 200, buf_str(&page.headers), buf_span(&page.html));
	joinpage_done(&page);
}

/*
 * Who types the server's address alone, or a stroke too many, gets there, too.
 * Relative, as the address they typed is the one that works where they are.
 */
static void get_elsewhere(struct rq *rq)
{
	bool deeper = strcmp(rq->route->pattern, "/") != 0;
	rq_raw(rq, 302, deeper ? "Location: ../join\r\n" : "Location: join\r\n", SPAN_LIT(""));
}

const struct route page_routes[] = {
	{"GET", "/join", ROUTE_OPEN, 0, get_join, 0},
	{"GET", "/join/", ROUTE_OPEN, 0, get_elsewhere, 0},
	{"GET", "/", ROUTE_OPEN, 0, get_elsewhere, 0},
	{0},
};
