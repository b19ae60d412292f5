/*
 * Paths, queries and JSON nesting as they come from the network.
 */
#include "core/base/mem.h"
#include "server/routes/route_impl.h"

static void fn(struct rq *rq)
{
	(void)rq;
}

static const struct route table[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/state", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/state/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/{}/{}/{}/{}/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/a/", ROUTE_OPEN, 0, fn, 0},
	{0},
};

static const struct route *const groups[] = {table, NULL};

static void check_text(struct span s)
{
	if (s.p[s.n] != '\0' || strlen(s.p) != s.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct router *router;
	struct span text = {(const char *)data, size};
	struct route_path path;
	struct route_query query;
	struct route_found found;
	if (!router)
		router = router_new(groups);
	ptrdiff_t mark = span_find(text, '?');
	struct span target = mark < 0 ? text : span_head(text, (size_t)mark);
	struct span rest = mark < 0 ? (struct span){NULL, 0} : span_from(text, (size_t)mark + 1);
	/* Exactly as much room as is promised, so that one byte more is seen. */
	AUTO_FREE char *room = mem_alloc(target.n + 2);
	AUTO_FREE char *room2 = mem_alloc(rest.n + 2);
	if (route_split(target, room, &path) == 0) {
		for (int i = 0; i < path.n; i++)
			check_text(path.seg[i]);
		router_match(router, "GET", &path, &found);
	}
	if (route_split_query(rest, room2, &query))
		for (int i = 0; i < query.n; i++)
			if (!query.name[i] || !query.value[i])
				abort();
	return route_json_depth(text) < 0;
}
