/*
 * Which address of this machine others in its network can reach: what people
 * are told to type.
 */
#ifndef MUSTER_BASE_NET_LAN_H
#define MUSTER_BASE_NET_LAN_H

#include "core/base/net_addr.h"

#define NET_LAN_MAX 16

struct net_lan {
	struct net_addr addr; /**< port 0 */
	char interface[32];
	bool is_virtual; /**< of containers, virtual machines or a VPN: others hardly reach it */
	int rank;	 /**< higher is better */
};

/**
 * Addresses of interfaces that are up, best first, loopback and IPv6 link-local
 * ones left out; how many. Best is a real interface, then the one of the
 * default route, then IPv4 (shorter to type), private before public.
 */
size_t net_lan(struct net_lan ret[NET_LAN_MAX]);
/** Is an interface of this name made by software, as far as its name tells? */
bool net_lan_is_virtual(const char *interface);

/**
 * The multicast DNS name of this machine ("lab.local"), if this system looks up
 * such names and finds `addr` by it; false otherwise. Blocks, up to seconds:
 * for the pool.
 */
bool net_lan_name(const struct net_addr *addr, char *ret, size_t size);

#endif
