#include "tests/lib/fakenet.h"

#include "core/base/mem.h"
#include "core/rtc/stun.h"

#include <stdlib.h>
#include <string.h>

void fakenet_init(struct fakenet *net, uint64_t seed)
{
	*net = (struct fakenet){.now = 1000, .rng = seed * 2 + 1, .delay_ms = 5};
	net->packets = mem_alloc(FAKENET_PACKETS * sizeof(net->packets[0]));
}

void fakenet_done(struct fakenet *net)
{
	mem_free(net->packets);
}

void fakenet_add(struct fakenet *net, struct fakenet_node *node)
{
	if (net->nodes_n == FAKENET_NODES)
		abort();
	net->nodes[net->nodes_n++] = node;
}

struct net_addr fakenet_addr(const char *ip, uint16_t port)
{
	struct net_addr a;
	if (!net_addr_parse(span_of(ip), port, &a))
		abort();
	return a;
}

unsigned fakenet_random(struct fakenet *net, unsigned below)
{
	net->rng = net->rng * 6364136223846793005u + 1442695040888963407u;
	return below ? (unsigned)(net->rng >> 33) % below : 0;
}

static void queue(struct fakenet *net, const struct net_addr *from, const struct net_addr *to,
		  const void *p, size_t n)
{
	if (net->packets_n == FAKENET_PACKETS || n > sizeof(net->packets[0].p))
		abort();
	struct fakenet_packet *k = &net->packets[net->packets_n];
	*k = (struct fakenet_packet){.from = *from, .to = *to, .n = n, .order = net->order++};
	memcpy(k->p, p, n);
	k->due = net->now + net->delay_ms + fakenet_random(net, net->jitter_ms + 1);
	if (net->cut || fakenet_random(net, 100) < net->loss_percent ||
	    (net->filter && !net->filter(net->filter_arg, k))) {
		net->lost++;
		return;
	}
	net->packets_n++;
}

static void open_hole(struct fakenet *net, struct fakenet_node *node, const struct net_addr *peer,
		      const struct net_addr *outside)
{
	for (size_t i = 0; i < net->holes_n; i++)
		if (net->holes[i].node == node && net_addr_same_ip(&net->holes[i].peer, peer) &&
		    net_addr_eq(&net->holes[i].outside, outside))
			return;
	if (net->holes_n == 256)
		abort();
	net->holes[net->holes_n].node = node;
	net->holes[net->holes_n].peer = *peer;
	net->holes[net->holes_n++].outside = *outside;
}

void fakenet_send(struct fakenet *net, struct fakenet_node *node, int base,
		  const struct net_addr *to, const void *p, size_t n)
{
	struct net_addr from = node->base[base];
	node->sent++;
	if (node->nat) {
		from = node->outside;
		from.port = (uint16_t)(from.port + base);
		open_hole(net, node, to, &from);
	}
	queue(net, &from, to, p, n);
}

void fakenet_rebind(struct fakenet *net, struct fakenet_node *node)
{
	(void)net;
	node->outside.port = (uint16_t)(node->outside.port + 100);
}

static void stun_answer(struct fakenet *net, const struct fakenet_packet *k)
{
	struct stun m;
	uint8_t out[STUN_MESSAGE_MAX];
	if (!stun_parse(k->p, k->n, &m) || m.cls != STUN_REQUEST)
		return;
	struct stun_out r = {.cls = STUN_SUCCESS, .tid = m.tid, .mapped = k->from};
	size_t n = stun_write(&r, out);
	queue(net, &net->stun, &k->from, out, n);
}

static bool through_nat(const struct fakenet *net, const struct fakenet_node *node,
			const struct fakenet_packet *k)
{
	for (size_t i = 0; i < net->holes_n; i++)
		if (net->holes[i].node == node && net_addr_same_ip(&net->holes[i].peer, &k->from) &&
		    net_addr_eq(&net->holes[i].outside, &k->to))
			return true;
	return false;
}

static void deliver(struct fakenet *net, const struct fakenet_packet *k)
{
	if (net->stun.family && net_addr_eq(&k->to, &net->stun)) {
		stun_answer(net, k);
		return;
	}
	for (size_t i = 0; i < net->nodes_n; i++) {
		struct fakenet_node *node = net->nodes[i];
		for (size_t b = 0; b < node->bases_n; b++) {
			struct net_addr at = node->nat ? node->outside : node->base[b];
			if (node->nat)
				at.port = (uint16_t)(at.port + b);
			if (!net_addr_eq(&at, &k->to) || (node->nat && !through_nat(net, node, k)))
				continue;
			node->received++;
			node->receive(node->arg, net->now, (int)b, &k->from, k->p, k->n);
			return;
		}
	}
}

static size_t earliest(const struct fakenet *net)
{
	size_t at = 0;
	for (size_t i = 1; i < net->packets_n; i++) {
		const struct fakenet_packet *a = &net->packets[i], *b = &net->packets[at];
		if (a->due < b->due || (a->due == b->due && a->order < b->order))
			at = i;
	}
	return at;
}

/* One packet or one round of timers; false when `until` comes first. */
static bool step(struct fakenet *net, int64_t until)
{
	int64_t at = until;
	size_t next = earliest(net);
	if (net->packets_n && net->packets[next].due <= at) {
		struct fakenet_packet k = net->packets[next];
		at = k.due;
		for (size_t i = 0; i < net->nodes_n; i++)
			if (net->nodes[i]->deadline(net->nodes[i]->arg) < at)
				goto timers;
		net->packets[next] = net->packets[--net->packets_n];
		net->now = k.due > net->now ? k.due : net->now;
		deliver(net, &k);
		return true;
	}
timers:
	at = until;
	for (size_t i = 0; i < net->nodes_n; i++) {
		int64_t d = net->nodes[i]->deadline(net->nodes[i]->arg);
		at = d < at ? d : at;
	}
	if (at > net->now)
		net->now = at;
	if (net->now >= until)
		return false;
	for (size_t i = 0; i < net->nodes_n; i++)
		if (net->nodes[i]->deadline(net->nodes[i]->arg) <= net->now)
			net->nodes[i]->tick(net->nodes[i]->arg, net->now);
	return true;
}

bool fakenet_run(struct fakenet *net, int64_t until, bool (*done)(void *arg), void *arg)
{
	/* A timer that is always due would never let time pass. */
	int64_t was = net->now;
	unsigned spins = 0;
	for (;;) {
		if (done && done(arg))
			return true;
		if (!step(net, until))
			return false;
		spins = net->now == was ? spins + 1 : 0;
		was = net->now;
		if (spins > 100000)
			abort();
	}
}
