/*
 * A network without sockets and a clock that jumps: nodes with addresses,
 * loss, delay, reordering, NATs that can be rebound, links that can be cut.
 * Everything depends on the seed only.
 */
#ifndef MUSTER_TESTS_FAKENET_H
#define MUSTER_TESTS_FAKENET_H

#include "core/base/net_addr.h"

#define FAKENET_NODES 16
#define FAKENET_BASES 4
#define FAKENET_PACKETS 4096

struct fakenet;
struct fakenet_node {
	void *arg;
	int64_t (*deadline)(void *arg);
	void (*tick)(void *arg, int64_t now);
	void (*receive)(void *arg, int64_t now, int base, const struct net_addr *from,
			const void *p, size_t n);
	struct net_addr base[FAKENET_BASES]; /**< number = what `receive` calls base */
	size_t bases_n;
	/** A NAT before all bases (endpoint-independent mapping, address-restricted filter). */
	bool nat;
	struct net_addr outside; /**< port + base number is the mapping of a base */
	uint64_t sent, received;
};

struct fakenet_packet {
	int64_t due;
	uint64_t order;
	struct net_addr from, to;
	size_t n;
	uint8_t p[1600];
};

struct fakenet {
	int64_t now;
	uint64_t rng, order;
	unsigned loss_percent;
	unsigned delay_ms, jitter_ms; /**< delay is delay_ms to delay_ms + jitter_ms */
	bool cut;		      /**< nothing gets through */
	struct net_addr stun;	      /**< a STUN server answers here; family 0: none */
	struct fakenet_node *nodes[FAKENET_NODES];
	size_t nodes_n;
	struct fakenet_packet *packets; /**< FAKENET_PACKETS of them */
	size_t packets_n;
	/** Sees every packet before its fate; false drops it. */
	bool (*filter)(void *arg, const struct fakenet_packet *p);
	void *filter_arg;
	uint64_t lost;
	/** Whom each NATed node has sent to: what may come back in. */
	struct {
		struct fakenet_node *node;
		struct net_addr peer, outside;
	} holes[256];
	size_t holes_n;
};

void fakenet_init(struct fakenet *net, uint64_t seed);
void fakenet_done(struct fakenet *net);
void fakenet_add(struct fakenet *net, struct fakenet_node *node);
/** Address from text, for tests. */
struct net_addr fakenet_addr(const char *ip, uint16_t port);
/** From a base of a node, through its NAT. */
void fakenet_send(struct fakenet *net, struct fakenet_node *node, int base,
		  const struct net_addr *to, const void *p, size_t n);
/** The NAT forgets its mapping and takes other ports. */
void fakenet_rebind(struct fakenet *net, struct fakenet_node *node);
/** Let time pass until `done` says so (checked after every step) or `until`; true: done. */
bool fakenet_run(struct fakenet *net, int64_t until, bool (*done)(void *arg), void *arg);
unsigned fakenet_random(struct fakenet *net, unsigned below);

#endif
