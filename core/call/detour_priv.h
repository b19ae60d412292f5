/* Inside the detours of a connection: detour.c, relay.c. */
#ifndef MUSTER_CALL_DETOUR_PRIV_H
#define MUSTER_CALL_DETOUR_PRIV_H

#include "core/base/tcp.h"
#include "core/call/detour.h"
#include "core/rtc/framing.h"

#define DETOUR_BACKLOG 8192 /* unsent bytes beside the kernel's: a second of one voice */

/* One connection of ICE over TCP. */
struct stream {
	struct detour *d;
	int id;
	struct tcp *tcp;
	struct framing in;
	struct net_addr to;
	bool open;
};

struct detour {
	struct loop *loop;
	struct detour_options o;
	struct detour_handler h;
	void *arg;
	struct stream *streams[DETOUR_STREAMS_MAX];
	size_t streams_n;
	int next_id; /* never used again */
};

#endif
