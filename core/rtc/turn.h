/*
 * A client of a TURN server (RFC 8656, and RFC 5766 of older servers): one
 * allocation that relays UDP, with long-term credentials, from an address of
 * IPv4 and one of IPv6 where the server has both. Sans I/O: messages
 * of the server come in one at a time (framing.h takes a stream apart), time
 * comes in, messages go out through callbacks, which run inside the calls
 * below and may not free the client. One thread.
 *
 * Peers are made known to the server as they are spoken to: first a
 * permission, then, when more than checks go there, a channel.
 */
#ifndef MUSTER_RTC_TURN_H
#define MUSTER_RTC_TURN_H

#include "core/base/err.h"
#include "core/base/net_addr.h"

#define TURN_PEERS_MAX 16
#define TURN_DATA_MAX 1400 /**< bytes of one datagram that is relayed */
#define TURN_LIFETIME_S 600

struct turn;

struct turn_calls {
	/** To the server. */
	void (*send)(void *arg, const void *p, size_t n);
	/** The server relays from there; `mapped`: our address as it sees us. Once for each
	 * family of addresses that it relays from. */
	void (*up)(void *arg, const struct net_addr *relayed, const struct net_addr *mapped);
	/** What a peer sent. */
	void (*data)(void *arg, const struct net_addr *from, const void *p, size_t n);
	/** It will not do: refused, or silent. The last call. */
	void (*failed)(void *arg, const struct err *why);
};

struct turn_config {
	const char *username, *password; /**< copied */
	bool stream;			 /**< TCP or TLS: nothing is sent twice */
	struct turn_calls calls;
	void *arg;
};

/** The caller owns it. */
struct turn *turn_new(const struct turn_config *c);
void turn_free(struct turn *t);
/** Ask for an allocation. Once. */
void turn_start(struct turn *t, int64_t now);
/** One message from the server. What makes no sense is ignored. */
void turn_receive(struct turn *t, int64_t now, const void *p, size_t n);
/** To a peer; dropped when too long, when nothing is relayed to addresses of its family, or while the server does not know the peer and another waits. */
void turn_send(struct turn *t, int64_t now, const struct net_addr *to, const void *p, size_t n);
/** Give the allocation back; the answer is not waited for. */
void turn_close(struct turn *t, int64_t now);
void turn_tick(struct turn *t, int64_t now);
int64_t turn_deadline(const struct turn *t);

#endif
