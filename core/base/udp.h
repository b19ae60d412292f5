/*
 * UDP on the loop, many datagrams at a time. One socket may serve everybody
 * on a host with several interfaces: each datagram tells which of our
 * addresses it came to, and what is sent may name the address it comes from
 * (IP_PKTINFO, RFC 3542). Without that a peer sees answers from an address it
 * never spoke to and drops them. Where the system cannot do this, or cannot
 * send several at once, os_posix.c sends them singly, from the kernel's choice.
 *
 * Owner thread of the loop. What is sent is queued and goes out in one go
 * when the loop next waits, or with udp_flush; when the kernel's buffer is
 * full, datagrams are dropped and counted, as a network would.
 */
#ifndef MUSTER_BASE_UDP_H
#define MUSTER_BASE_UDP_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/net_addr.h"

#include <stddef.h>

#define UDP_DATAGRAM_MAX 1600 /* longer ones are dropped and counted */
#define UDP_BATCH 64

struct udp;

struct udp_packet {
	struct net_addr from;
	struct net_addr to; /**< ours; the bound address where the system does not tell */
	const uint8_t *data;
	size_t n;
	int waited_ms; /**< since it had arrived at this host; 0 where it is not known */
};

/** Packets that arrived together; borrowed. udp_free must not be called inside. */
typedef void udp_receive_fn(void *arg, const struct udp_packet *p, size_t n);

struct udp_options {
	/** All zero IP: every interface (IPv6: IPv4 too); family 0: the same, whatever this host
	 * has. Port 0: any. */
	struct net_addr bind;
	int buffer_bytes; /**< of the kernel, each way; 0: the system's default */
	/** What is queued one behind the other for one place goes as one where the system can,
	 * which is cheaper: datagrams of one length, and a shorter one at their end. */
	bool join;
};

/** The caller owns *ret. ERR_CONFLICT when the port is taken. */
int udp_open(struct loop *l, const struct udp_options *o, udp_receive_fn *fn, void *arg,
	     struct udp **ret, struct err *err);
/** What is queued is sent first. NULL is allowed. */
void udp_free(struct udp *u);
/** Where it is bound, with the port that was free. */
const struct net_addr *udp_local(const struct udp *u);
/** Queue one datagram (copied). `source`: address of ours to send from; NULL: the kernel's choice.
 */
void udp_send(struct udp *u, const struct net_addr *to, const struct net_addr *source,
	      const void *data, size_t n);
void udp_flush(struct udp *u);

struct udp_stats {
	uint64_t sent, received;
	uint64_t send_dropped;	  /**< the kernel's buffer was full */
	uint64_t receive_dropped; /**< the same on arrival, where the system tells */
	uint64_t unreachable;	  /**< the kernel refused: no route, port closed ... */
	uint64_t too_long;
};
/** Since udp_open. */
void udp_stats(const struct udp *u, struct udp_stats *ret);

/* -- Interfaces of this host ---------------------------------------------- */

#define NET_INTERFACES_MAX 64
/**
 * Addresses of interfaces that are up, port 0, at most `max`; how many. IPv6
 * link-local ones are left out, loopback ones come last and only where
 * `with_loopback` or nothing else is there.
 */
size_t net_interfaces(struct net_addr *ret, size_t max, bool with_loopback);

#endif
