/* Inside the detours of a connection: detour.c, relay.c. */
#ifndef MUSTER_CALL_DETOUR_PRIV_H
#define MUSTER_CALL_DETOUR_PRIV_H

#include "core/base/tcp.h"
#include "core/call/detour.h"
#include "core/call/relay.h"
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

/* One server, and its relay while there is one. */
struct lent {
	struct detour *d;
	struct relay *relay;
	/* Its bases, by families of addresses: IPv4, IPv6. */
	struct {
		int id;
		bool up;
	} base[2];
	int64_t again; /* not to be asked before */
};

struct detour {
	struct loop *loop;
	struct detour_options o;
	struct detour_handler h;
	void *arg;
	struct stream *streams[DETOUR_STREAMS_MAX];
	size_t streams_n;
	struct lent lent[TURN_SERVERS_MAX]; /* in the order of the servers */
	int next_id;			    /* never used again */
};

#endif
