#include "core/call/net.h"

#include "core/base/log.h"
#include "core/base/mem.h"

#include <string.h>

struct base {
	struct net *net;
	int id; /* never used again */
	struct net_addr addr;
	struct udp *udp;
	bool wanted;
};

struct net {
	struct loop *loop;
	const struct net_addr *fixed; /* NULL: those of the interfaces */
	bool with_loopback;
	struct net_handler h;
	void *arg;
	struct base *bases[NET_BASES_MAX];
	size_t bases_n;
	int next_id;
};

struct net *net_new(struct loop *l, const struct net_options *o, const struct net_handler *h,
		    void *arg)
{
	struct net *n = NEW(struct net);
	n->loop = l;
	n->with_loopback = o->with_loopback;
	n->h = *h;
	n->arg = arg;
	n->fixed = o->addresses;
	return n;
}

static void base_free(struct base *b)
{
	udp_free(b->udp);
	mem_free(b);
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->bases_n; i++)
		base_free(n->bases[i]);
	mem_free(n);
}

static void on_packets(void *arg, const struct udp_packet *p, size_t n)
{
	struct base *b = arg;
	b->net->h.received(b->net->arg, b->id, p, n);
}

static bool have(struct net *n, const struct net_addr *a)
{
	for (size_t i = 0; i < n->bases_n; i++) {
		if (!net_addr_same_ip(&n->bases[i]->addr, a))
			continue;
		n->bases[i]->wanted = true;
		return true;
	}
	return false;
}

static bool open_base(struct net *n, const struct net_addr *a)
{
	struct udp_options o = {.bind = *a};
	struct err err;
	if (n->bases_n == NET_BASES_MAX)
		return false;
	struct base *b = NEW(struct base);
	b->net = n;
	b->addr = *a;
	if (udp_open(n->loop, &o, on_packets, b, &b->udp, &err)) {
		/* An address may be going, or not be ready yet: the others do. */
		log_debug("call: %s", err.msg);
		mem_free(b);
		return false;
	}
	b->id = n->next_id++;
	b->wanted = true;
	n->bases[n->bases_n++] = b;
	n->h.added(n->arg, b->id, udp_local(b->udp));
	return true;
}

static size_t close_unwanted(struct net *n)
{
	size_t closed = 0;
	for (size_t i = n->bases_n; i-- > 0;) {
		struct base *b = n->bases[i];
		if (b->wanted)
			continue;
		n->bases[i] = n->bases[--n->bases_n];
		n->h.removed(n->arg, b->id);
		base_free(b);
		closed++;
	}
	return closed;
}

size_t net_refresh(struct net *n)
{
	struct net_addr found[NET_INTERFACES_MAX];
	const struct net_addr *list = n->fixed;
	size_t list_n = 0, changed = 0;
	while (list && list[list_n].family)
		list_n++;
	if (!list) {
		list_n = net_interfaces(found, NET_INTERFACES_MAX, n->with_loopback);
		list = found;
	}
	for (size_t i = 0; i < n->bases_n; i++)
		n->bases[i]->wanted = false;
	for (size_t i = 0; i < list_n; i++)
		have(n, &list[i]);
	changed += close_unwanted(n);
	for (size_t i = 0; i < list_n; i++)
		changed += !have(n, &list[i]) && open_base(n, &list[i]);
	return changed;
}

size_t net_bases(const struct net *n)
{
	return n->bases_n;
}

void net_send(struct net *n, int base, const struct net_addr *to, const void *p, size_t size)
{
	for (size_t i = 0; i < n->bases_n; i++)
		if (n->bases[i]->id == base)
			udp_send(n->bases[i]->udp, to, NULL, p, size);
}
