/*
 * What the parts of the dispatcher share; routes include route.h only.
 */
#ifndef MUSTER_SERVER_ROUTES_ROUTE_IMPL_H
#define MUSTER_SERVER_ROUTES_ROUTE_IMPL_H

#include "server/routes/router.h"

#define ROUTE_MAX_SEGMENTS 20
#define ROUTE_MAX_QUERY 48

struct session;

/** A path cut at its slashes, each segment decoded and terminated. */
struct route_path {
	struct span seg[ROUTE_MAX_SEGMENTS];
	int n;
};

struct route_found {
	const struct route *route; /**< NULL: nothing for this method */
	bool path_known;	   /**< some other method has it */
	char allow[64];		   /**< "GET, HEAD, PUT", when no method fits */
	struct span param[ROUTE_MAX_PARAMS];
};

/**
 * Fixed words go before parameters. *ret: route NULL when the path is known but not with this
 * method.
 */
void router_match(const struct router *r, const char *method, const struct route_path *path,
		  struct route_found *ret);

/**
 * Percent-decode `in` into `out` (room for in.n + 1 bytes; terminated). With
 * `plus`, '+' is a space. False for a broken escape, NUL or text that is not UTF-8.
 */
bool route_decode(struct span in, bool plus, char *out, struct span *ret);
/**
 * Cut and decode a raw path into `room` (path.n + 2 bytes). Returns 0, 400 (a
 * bad escape), or 404 (no leading slash, too many segments). "r0" becomes "v3".
 */
int route_split(struct span path, char *room, struct route_path *ret);

struct route_query {
	const char *name[ROUTE_MAX_QUERY], *value[ROUTE_MAX_QUERY];
	int n;
};
/** Decode a query into `room` (query.n + 2 bytes); false when it is malformed. */
bool route_split_query(struct span query, char *room, struct route_query *ret);

enum rq_stage {
	RQ_BODY,    /**< the body is still coming */
	RQ_RUNNING, /**< the route has it */
};

struct rq_impl {
	struct rq rq;
	enum rq_stage stage;
	struct session *session;
	char *room; /**< decoded path and query */
	struct route_query query;
	char peer[48];
};

/** Fill who from the request's token. Replies and returns false when the route may not run. */
bool route_authenticate(struct rq *rq);
/** Read and check the JSON body. Replies and returns false when it is bad. */
bool route_read_json(struct rq *rq);
/** Deepest nesting of JSON text, without parsing it. */
int route_json_depth(struct span text);
/** Release a request that has been answered or whose client is gone. */
void rq_free(struct rq *rq);
/** JSON of a Matrix error. */
void route_put_error(struct buf *b, const char *errcode, const char *message);

#endif
