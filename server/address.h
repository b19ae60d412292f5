/*
 * What clients are told to connect to.
 */
#ifndef MUSTER_SERVER_ADDRESS_H
#define MUSTER_SERVER_ADDRESS_H

#include "core/base/net_addr.h"
#include "server/server.h"

/** public_url, or made from the listening address; no trailing slash. */
void address_base_url(const struct server_config *c, int port, char *ret, size_t size);
/** The URL of one address of this machine. */
void address_url(const struct server_config *c, const struct net_addr *a, int port, char *ret,
		 size_t size);
/** Are clients told whatever address the interfaces have? server/lan.h */
bool address_is_of_interfaces(const struct server_config *c);

#endif
