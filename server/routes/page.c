/*
 * The join page: where a one-time link leads. See server/page/joinpage.h.
 */
#include "server/page/joinpage.h"
#include "server/routes/route.h"

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

const struct route page_routes[] = {
	{"GET", "/join", ROUTE_OPEN, 0, get_join, 0},
	{0},
};
