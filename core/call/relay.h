/*
 * One relay of a TURN server: its name is looked up, the server is spoken to
 * by UDP, TCP or TLS, and what peers send comes out of the allocation.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_CALL_RELAY_H
#define MUSTER_CALL_RELAY_H

#include "core/base/loop.h"
#include "core/base/net_addr.h"
#include "core/call/turn_servers.h"

struct relay;

struct relay_handler {
	/** Once for each family of addresses: IPv4, IPv6. */
	void (*up)(void *arg, const struct net_addr *relayed, const struct net_addr *mapped);
	/** A datagram; borrowed. Must not free the relay. */
	void (*received)(void *arg, const struct net_addr *from, const void *p, size_t n);
	/** It is of no use any more; never inside relay_new or relay_send: free it. */
	void (*failed)(void *arg);
};

/** Begin. The caller owns it. `ca_file` NULL: the system's certificates. */
struct relay *relay_new(struct loop *l, const struct turn_server *server, const char *ca_file,
			const struct relay_handler *h, void *arg);
/** The server is told to give the allocation up. NULL is allowed. */
void relay_free(struct relay *r);
void relay_send(struct relay *r, const struct net_addr *to, const void *p, size_t n);

#endif
