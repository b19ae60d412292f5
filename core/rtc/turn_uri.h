/*
 * Addresses of STUN and TURN servers: "turn:HOST[:PORT][?transport=udp|tcp]",
 * "turns:..." for TLS (RFC 7065), "stun:HOST[:PORT]" (RFC 7064).
 */
#ifndef MUSTER_RTC_TURN_URI_H
#define MUSTER_RTC_TURN_URI_H

#include "core/base/err.h"
#include "core/base/span.h"

#define TURN_HOST_MAX 253

enum turn_way { TURN_UDP, TURN_TCP, TURN_TLS };

struct turn_uri {
	bool relay; /**< false: stun */
	enum turn_way way;
	char host[TURN_HOST_MAX + 1]; /**< a name, or a numeric address without brackets */
	uint16_t port;
};

/** ERR_INVALID for anything else; ERR_UNSUPPORTED for DTLS ("turns" by UDP) and stuns. */
int turn_uri_parse(struct span s, struct turn_uri *ret, struct err *err);

#endif
