/*
 * Addresses of a host's name, without waiting. Owner thread of the loop.
 */
#ifndef MUSTER_BASE_RESOLVE_H
#define MUSTER_BASE_RESOLVE_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/net_addr.h"

#include <stddef.h>

#define RESOLVE_MAX 8

struct resolve;

/** `n` addresses with the port that was given, in the system's order; 0: `why` says why. Never
 * inside resolve_new. The query is over and freed. */
typedef void resolve_fn(void *arg, const struct net_addr *list, size_t n, const struct err *why);

/** A name or a numeric address. Ends by itself, or with resolve_cancel. */
struct resolve *resolve_new(struct loop *l, const char *host, uint16_t port, resolve_fn *fn,
			    void *arg);
/** Its fn is not called any more. NULL is allowed. */
void resolve_cancel(struct resolve *r);

#endif
