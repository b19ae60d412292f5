/*
 * Ways of one peer connection where UDP does not get through: connections of
 * ICE over TCP to the server's passive candidates, and relays of TURN servers.
 * Each is a base of the ICE agent, from DETOUR_BASE on. Nothing is opened
 * before it is asked for, and what is not needed is closed.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_CALL_DETOUR_H
#define MUSTER_CALL_DETOUR_H

#include "core/base/loop.h"
#include "core/base/net_addr.h"

#include <stddef.h>

#define DETOUR_BASE (1 << 20)
#define DETOUR_STREAMS_MAX 6 /**< connections at once */

struct detour;
struct turn_servers;

struct detour_handler {
	/** A datagram; borrowed. None of these may free the detour. */
	void (*received)(void *arg, int base, const struct net_addr *from, const void *p, size_t n);
	/** A connection to a candidate of the peer is open. */
	void (*stream)(void *arg, int base, const struct net_addr *local,
		       const struct net_addr *peer);
	/** A server relays from this address; it sees us as `mapped`. */
	void (*relay)(void *arg, int base, const struct net_addr *relayed,
		      const struct net_addr *mapped, unsigned preference);
	/** It is of no use any more. */
	void (*closed)(void *arg, int base);
};

struct detour_options {
	/** Servers that relay; NULL: none. Borrowed while the detour lives. */
	const struct turn_servers *servers;
	const char *ca_file; /**< for TLS to them; NULL: the system's */
};

/** Nothing is opened yet. The caller owns it. */
struct detour *detour_new(struct loop *l, const struct detour_options *o,
			  const struct detour_handler *h, void *arg);
/** Closes everything without a word. NULL is allowed. */
void detour_free(struct detour *d);
/** Connect to these candidates, and ask the servers, where that is not under way or done. */
void detour_open(struct detour *d, const struct net_addr *passive, size_t n);
/** Close all but this one; -1: all. `closed` is told of each that was open. */
void detour_keep(struct detour *d, int base);
/** Whether it goes by a TURN server. */
bool detour_is_relay(const struct detour *d, int base);
/** Dropped when it cannot go out soon. */
void detour_send(struct detour *d, int base, const struct net_addr *to, const void *p, size_t n);

#endif
