/*
 * What clients are told to connect to.
 */
#ifndef MUSTER_SERVER_ADDRESS_H
#define MUSTER_SERVER_ADDRESS_H

#include "server/server.h"

/** public_url, or made from the listening address; no trailing slash. */
void address_base_url(const struct server_config *c, int port, char *ret, size_t size);
/** First address of this machine that is not loopback; "127.0.0.1" when there is none. */
void address_of_machine(char *ret, size_t size);

#endif
