/*
 * GET /metrics for Prometheus (text format 0.0.4), on a listener of its own that only
 * this machine reaches. Loop thread.
 */
#ifndef MUSTER_SERVER_METRICS_METRICS_H
#define MUSTER_SERVER_METRICS_METRICS_H

#include "server/server.h"

struct metrics;

/** Listen where the settings say; *ret is NULL when they say nowhere. The caller owns it. */
int metrics_open(struct server *srv, struct metrics **ret, struct err *err);
/** While the loop runs on. NULL is allowed. */
void metrics_close(struct metrics *m);
/** Port that it listens on. */
int metrics_port(const struct metrics *m);
/** Append all of them. */
void metrics_put(struct server *srv, struct buf *b);

#endif
