/*
 * Transport addresses as values: IPv4 or IPv6 and a port.
 * IPv4-mapped IPv6 addresses become IPv4.
 */
#ifndef MUSTER_BASE_NET_ADDR_H
#define MUSTER_BASE_NET_ADDR_H

#include "core/base/span.h"

#include <sys/socket.h>

#define NET_ADDR_TEXT 64 /**< room for net_addr_text */

struct net_addr {
	uint8_t family; /**< 4, 6, or 0: none */
	uint8_t ip[16]; /**< network order; IPv4 uses the first four, the rest is zero */
	uint16_t port;	/**< host order */
};

/** From raw bytes in network order; `family` is 4 or 6. */
struct net_addr net_addr_make(int family, const void *ip, uint16_t port);
/** "192.0.2.1" or "2001:db8::1" (no brackets, no zone); false on anything else, names included. */
bool net_addr_parse(struct span ip, uint16_t port, struct net_addr *ret);
/** "192.0.2.1" or "2001:db8::1" into `ret`; returns `ret`. */
const char *net_addr_ip_text(const struct net_addr *a, char ret[NET_ADDR_TEXT]);
/** "192.0.2.1:5000" or "[2001:db8::1]:5000" into `ret`; returns `ret`. */
const char *net_addr_text(const struct net_addr *a, char ret[NET_ADDR_TEXT]);
bool net_addr_eq(const struct net_addr *a, const struct net_addr *b);
/** Same host, whatever the port. */
bool net_addr_same_ip(const struct net_addr *a, const struct net_addr *b);
bool net_addr_is_loopback(const struct net_addr *a);
/** 0.0.0.0 or "::": every address of a host. */
bool net_addr_is_any(const struct net_addr *a);
/** 169.254/16 or fe80::/10. */
bool net_addr_is_link_local(const struct net_addr *a);
/** For tables keyed by address; not for addresses that an enemy may choose freely. */
uint64_t net_addr_hash(const struct net_addr *a);

/** For a socket of `family` (4 or 6; IPv4 becomes mapped in 6). Its length; 0 when the family does
 * not fit. */
socklen_t net_addr_to_sockaddr(const struct net_addr *a, int family, struct sockaddr_storage *ret);
/** Family 0 for anything but IPv4 and IPv6. */
struct net_addr net_addr_from_sockaddr(const struct sockaddr *sa);

#endif
