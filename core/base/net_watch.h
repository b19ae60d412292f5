/*
 * News of this host's addresses as they change, where the system tells
 * (Linux: rtnetlink). Who watches looks at net_interfaces (udp.h) then, and
 * now and again anyway: news may be missed, or be of nothing that matters.
 */
#ifndef MUSTER_BASE_NET_WATCH_H
#define MUSTER_BASE_NET_WATCH_H

#include "core/base/loop.h"

struct net_watch;

/** `fn` runs on the loop soon after a change. Owner thread; the caller owns it. NULL: this system
 * does not tell. */
struct net_watch *net_watch_new(struct loop *l, loop_fn *fn, void *arg);
/** NULL is allowed. */
void net_watch_free(struct net_watch *w);

#endif
