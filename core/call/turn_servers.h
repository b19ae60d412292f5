/*
 * STUN and TURN servers that a call may use, as LiveKit's JoinResponse or a
 * Matrix server's /voip/turnServer names them. A value; text is owned.
 */
#ifndef MUSTER_CALL_TURN_SERVERS_H
#define MUSTER_CALL_TURN_SERVERS_H

#include "core/base/span.h"
#include "core/rtc/turn_uri.h"

#define TURN_SERVERS_MAX 8

struct turn_server {
	struct turn_uri uri;
	char *username, *password; /**< "" for STUN */
};

struct turn_servers {
	struct turn_server list[TURN_SERVERS_MAX];
	size_t n;
};

/** One more; what is no address, is there already, or one too many, is left out (and logged). */
void turn_servers_add(struct turn_servers *s, const char *uri, const char *username,
		      const char *password);
/** `to` is empty. */
void turn_servers_copy(struct turn_servers *to, const struct turn_servers *from);
/** Forget all. */
void turn_servers_clear(struct turn_servers *s);

#endif
