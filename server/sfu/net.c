#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/rtc/ice_lite.h"
#include "server/sfu/internal.h"
#include "server/sfu/tcp.h"

#include <string.h>

#define PORT_TRIES 8

/* The same number for both; of one that the system chose another may be listening by TCP. */
static int open_both(struct sfu_net *n, struct loop *l, const struct udp_options *u,
		     udp_receive_fn *fn, struct sfu_engine *e, struct err *err)
{
	struct err why = {0};
	for (int i = 0;; i++) {
		int rc = udp_open(l, u, fn, e, &n->udp, err);
		if (rc)
			return rc;
		n->bound = *udp_local(n->udp);
		n->tcp = sfu_tcp_open(e, l, &n->bound, n->tcp_most, &why);
		if (n->tcp)
			return 0;
		if (u->bind.port || i == PORT_TRIES) {
			log_warn("calls are possible by UDP only: %s", why.msg);
			return 0;
		}
		udp_free(take(&n->udp));
	}
}

int sfu_net_open(struct sfu_net *n, struct loop *l, const struct sfu_options *o, udp_receive_fn *fn,
		 struct sfu_engine *arg, struct err *err)
{
	struct udp_options u = {.buffer_bytes = SFU_UDP_BUFFER, .join = true};
	u.bind.port = (uint16_t)o->udp_port;
	if (o->bind_ip && !net_addr_parse(span_of(o->bind_ip), (uint16_t)o->udp_port, &u.bind))
		return err_set(err, ERR_USAGE, _("\"%s\" is no address to listen on"), o->bind_ip);
	if (o->announce_ip && !net_addr_parse(span_of(o->announce_ip), 0, &n->announce))
		return err_set(err, ERR_USAGE, _("\"%s\" is no address to announce"),
			       o->announce_ip);
	n->tcp_most = o->tcp_max > 0 ? o->tcp_max : sfu_tcp_most();
	int rc = open_both(n, l, &u, fn, arg, err);
	if (rc)
		return rc;
	if (net_addr_is_any(&n->bound) && !os_udp_knows_local())
		log_warn("sound is heard on every address, but this system cannot answer from the "
			 "one that was spoken to: where there are several, name one (udp_addr)");
	n->bases_n = 1;
	sfu_net_look(n, clock_mono_ms());
	return 0;
}

static void drop_candidates(struct sfu_net *n)
{
	while (n->candidates_n)
		mem_free(n->candidates[--n->candidates_n]);
}

void sfu_net_close(struct sfu_net *n)
{
	drop_candidates(n);
	sfu_tcp_close(take(&n->tcp));
	udp_free(take(&n->udp));
}

static void add_candidate(struct sfu_net *n, struct net_addr a, bool tcp)
{
	struct ice_candidate c = {.component = 1, .type = ICE_HOST, .addr = a};
	unsigned preference = 65535 - (unsigned)n->candidates_n;
	c.addr.port = n->bound.port;
	c.transport = tcp ? ICE_TCP_PASSIVE : ICE_UDP;
	snprintf(c.foundation, sizeof(c.foundation), "%zu", n->candidates_n + 1);
	/* The first is the best. */
	c.priority = tcp ? ice_priority_tcp(preference) : ice_priority(ICE_HOST, preference);
	struct buf b = BUF_INIT(256);
	ice_candidate_put(&b, &c);
	n->candidates[n->candidates_n++] = buf_take(&b);
}

/* As others see us, then as we see ourselves. */
size_t sfu_addresses(const struct net_addr *bound, const struct net_addr *announce,
		     struct net_addr ret[SFU_ADDRESSES_MAX])
{
	struct net_addr here[NET_INTERFACES_MAX];
	size_t n = 0, k = 1;
	here[0] = *bound;
	if (announce->family)
		ret[n++] = *announce;
	if (net_addr_is_any(bound))
		k = net_interfaces(here, NET_INTERFACES_MAX, false);
	for (size_t i = 0; i < k && n < SFU_ADDRESSES_MAX; i++)
		if (!net_addr_same_ip(&here[i], announce) &&
		    (here[i].family == 4 || bound->family == 6))
			ret[n++] = here[i];
	return n;
}

void sfu_net_look(struct sfu_net *n, int64_t now)
{
	struct net_addr list[SFU_ADDRESSES_MAX];
	n->looked = now;
	drop_candidates(n);
	size_t k = sfu_addresses(&n->bound, &n->announce, list);
	for (size_t i = 0; i < k; i++)
		add_candidate(n, list[i], false);
	for (size_t i = 0; n->tcp && i < k; i++)
		add_candidate(n, list[i], true);
}

size_t sfu_net_candidates(const struct sfu_net *n, struct span ret[SFU_CANDIDATES_MAX])
{
	for (size_t i = 0; i < n->candidates_n; i++)
		ret[i] = span_of(n->candidates[i]);
	return n->candidates_n;
}

/* Packets come by few addresses, mostly by the same. */
int sfu_net_base(struct sfu_net *n, const struct net_addr *local)
{
	if (n->base_last && net_addr_same_ip(&n->bases[n->base_last], local))
		return n->base_last;
	for (int i = 1; i < n->bases_n; i++)
		if (net_addr_same_ip(&n->bases[i], local))
			return n->base_last = i;
	if (n->bases_n == SFU_BASES_MAX || net_addr_is_any(local))
		return 0;
	n->bases[n->bases_n] = *local;
	return n->base_last = n->bases_n++;
}

void sfu_net_send(struct sfu_net *n, int base, const struct net_addr *to, const void *p, size_t len)
{
	if (base >= ICE_LITE_STREAM_BASE)
		sfu_tcp_send(n->tcp, base, p, len);
	else
		udp_send(n->udp, to, base > 0 ? &n->bases[base] : NULL, p, len);
}
