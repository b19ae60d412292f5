/*
 * The sockets of one peer connection: one for each address of this host, each
 * a base of its ICE agent. Two connections never share a socket: a server with
 * a single port tells them apart by our address only.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_CALL_NET_H
#define MUSTER_CALL_NET_H

#include "core/base/udp.h"

#define NET_BASES_MAX 12

struct net;

struct net_handler {
	/** Must not free the net, nor refresh it. */
	void (*received)(void *arg, int base, const struct udp_packet *p, size_t n);
	/** A base that is there from now on, or no longer. */
	void (*added)(void *arg, int base, const struct net_addr *local);
	void (*removed)(void *arg, int base);
};

struct net_options {
	/** Instead of the interfaces', zero-ended, looked at anew by each net_refresh; or NULL. */
	const struct net_addr *addresses;
	bool with_loopback; /**< also 127.0.0.1 and ::1 */
};

/** No sockets yet: net_refresh opens them. The caller owns it. */
struct net *net_new(struct loop *l, const struct net_options *o, const struct net_handler *h,
		    void *arg);
void net_free(struct net *n);
/** Open what is new among this host's addresses, close what is gone. How many changed. */
size_t net_refresh(struct net *n);
size_t net_bases(const struct net *n);
void net_send(struct net *n, int base, const struct net_addr *to, const void *p, size_t size);

#endif
