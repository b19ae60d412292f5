/*
 * ICE over TCP (RFC 6544) for who has no UDP: a listener on the number of the
 * UDP port, on the SFU's thread. Each connection is a base of its own, from
 * ICE_LITE_STREAM_BASE on; datagrams on it are framed as RFC 4571 says. Who
 * proves nothing soon, frames what is too long, or is silent, is cut off;
 * sound that does not go out at once is dropped. Nobody has more connections
 * than ICE keeps addresses of (SFU_TCP_EACH_MAX).
 */
#ifndef MUSTER_SERVER_SFU_TCP_H
#define MUSTER_SERVER_SFU_TCP_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/net_addr.h"

#include <stddef.h>

struct sfu_engine;
struct sfu_tcp;

struct sfu_tcp_stats {
	size_t connections;
	uint64_t dropped; /**< packets that found too much unsent */
	uint64_t
		refused; /**< connections that proved nothing, broke the rules, or were one too many */
};

/** At most so many connections. NULL: the port is taken, or cannot be listened on: see `err`.
 * SFU's thread, as all here. */
struct sfu_tcp *sfu_tcp_open(struct sfu_engine *e, struct loop *l, const struct net_addr *bound,
			     int most, struct err *err);
/** NULL is allowed. */
void sfu_tcp_close(struct sfu_tcp *t);
/** To the connection of that number, if it is still there. */
void sfu_tcp_send(struct sfu_tcp *t, int base, const void *p, size_t n);
void sfu_tcp_stats(const struct sfu_tcp *t, struct sfu_tcp_stats *ret);

#endif
