#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/ice_priv.h"

#include <stdio.h>
#include <string.h>

#define FIRST_RTO_MS 250
#define QUERY_SENDS 5

int ice_base_find(const struct ice *ice, int id)
{
	for (size_t i = 0; i < ice->bases_n; i++)
		if (ice->bases[i].id == id && !ice->bases[i].gone)
			return (int)i;
	return -1;
}

/* Same type, base address and server: same foundation (RFC 8445 5.1.1.3). */
static void add_local(struct ice *ice, enum ice_type type, unsigned base, unsigned server,
		      const struct net_addr *addr)
{
	const struct ice_base *b = &ice->bases[base];
	if (ice->locals_n == ICE_LOCAL_MAX)
		return;
	struct ice_candidate *c = &ice->locals[ice->locals_n++];
	*c = (struct ice_candidate){.component = 1, .type = type, .addr = *addr};
	unsigned preference = (b->addr.family == 6 ? 65535u : 32767u) - base;
	c->priority = ice_priority(type, preference);
	unsigned same = 0;
	while (!net_addr_same_ip(&ice->bases[same].addr, &b->addr))
		same++;
	snprintf(c->foundation, sizeof(c->foundation), "%u",
		 1 + (unsigned)type * 1000 + same * 10 + server);
	if (type != ICE_HOST)
		c->related = b->addr;
	ice_tell(ice, ICE_EVENT_CANDIDATE, c);
}

int ice_add_base(struct ice *ice, int64_t now, int base, const struct net_addr *addr,
		 struct err *err)
{
	if (ice->bases_n == ICE_LOCAL_MAX)
		return err_set(err, ERR_TOO_LARGE, _("more than %d network addresses"),
			       ICE_LOCAL_MAX);
	if (ice_base_find(ice, base) >= 0)
		return err_set(err, ERR_CONFLICT, _("this socket is in use already"));
	struct ice_base *b = &ice->bases[ice->bases_n++];
	unsigned preference = (addr->family == 6 ? 65535u : 32767u) - (unsigned)(ice->bases_n - 1);
	*b = (struct ice_base){base, false, *addr, ice_priority(ICE_HOST, preference)};
	add_local(ice, ICE_HOST, (unsigned)ice->bases_n - 1, 0, addr);
	ice_pair_all(ice);
	if (ice->gathering)
		ice_gather(ice, now);
	return 0;
}

static void forget_candidates_of(struct ice *ice, const struct net_addr *base)
{
	size_t n = 0;
	for (size_t i = 0; i < ice->locals_n; i++) {
		const struct ice_candidate *c = &ice->locals[i];
		if (!net_addr_eq(c->type == ICE_HOST ? &c->addr : &c->related, base))
			ice->locals[n++] = *c;
	}
	ice->locals_n = n;
}

static void forget_queries_of(struct ice *ice, unsigned base)
{
	size_t n = 0;
	for (size_t i = 0; i < ice->queries_n; i++) {
		if (ice->queries[i].base == base)
			continue;
		ice->queries[n] = ice->queries[i];
		ice->queries[n].base -= ice->queries[n].base > base;
		n++;
	}
	ice->queries_n = n;
}

void ice_gather_forget_gone(struct ice *ice)
{
	for (unsigned b = (unsigned)ice->bases_n; b-- > 0;) {
		if (!ice->bases[b].gone)
			continue;
		forget_candidates_of(ice, &ice->bases[b].addr);
		forget_queries_of(ice, b);
		memmove(&ice->bases[b], &ice->bases[b + 1],
			(ice->bases_n - b - 1) * sizeof(ice->bases[0]));
		ice->bases_n--;
	}
}

int ice_add_server(struct ice *ice, const struct net_addr *server, struct err *err)
{
	if (ice->servers_n == ICE_SERVER_MAX)
		return err_set(err, ERR_TOO_LARGE, _("more than %d STUN servers"), ICE_SERVER_MAX);
	ice->servers[ice->servers_n++] = *server;
	return 0;
}

static bool has_query(const struct ice *ice, unsigned base, unsigned server)
{
	for (size_t i = 0; i < ice->queries_n; i++)
		if (ice->queries[i].base == base && ice->queries[i].server == server)
			return true;
	return false;
}

static void add_query(struct ice *ice, int64_t now, unsigned base, unsigned server)
{
	const struct ice_base *b = &ice->bases[base];
	if (b->gone || b->addr.family != ice->servers[server].family ||
	    has_query(ice, base, server) || ice->queries_n == ICE_QUERIES)
		return;
	struct ice_query *q = &ice->queries[ice->queries_n];
	*q = (struct ice_query){.base = base, .server = server, .refresh = INT64_MAX};
	/* New requests are paced too. */
	ice_tx_begin(&q->tx, now + ICE_PACE_MS * (int64_t)ice->queries_n, FIRST_RTO_MS);
	ice->queries_n++;
}

static void check_gathered(struct ice *ice)
{
	for (size_t i = 0; i < ice->queries_n; i++)
		if (ice->queries[i].tx.active && !ice->queries[i].answered)
			return;
	if (ice->gathering && !ice->gathered) {
		ice->gathered = true;
		ice_tell(ice, ICE_EVENT_GATHERED, NULL);
	}
}

void ice_gather(struct ice *ice, int64_t now)
{
	ice->gathering = true;
	for (unsigned b = 0; b < ice->bases_n; b++)
		for (unsigned s = 0; s < ice->servers_n; s++)
			add_query(ice, now, b, s);
	check_gathered(ice);
}

static void send_query(struct ice *ice, struct ice_query *q)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun_out m = {.cls = STUN_REQUEST, .tid = q->tx.tid};
	size_t n = stun_write(&m, out);
	ice->cfg.send(ice->cfg.arg, ice->bases[q->base].id, &ice->servers[q->server], out, n);
}

void ice_gather_tick(struct ice *ice, int64_t now)
{
	for (size_t i = 0; i < ice->queries_n; i++) {
		struct ice_query *q = &ice->queries[i];
		if (ice->bases[q->base].gone) {
			q->tx.active = false;
			q->refresh = INT64_MAX;
			continue;
		}
		if (!q->tx.active && q->refresh <= now) {
			q->refresh = now + ICE_KEEPALIVE_SERVER_MS;
			ice_tx_begin(&q->tx, now, FIRST_RTO_MS);
		}
		if (!q->tx.active || q->tx.next > now)
			continue;
		if (q->tx.sends < QUERY_SENDS && ice_tx_due(&q->tx, now))
			send_query(ice, q);
		else
			q->tx.active = false;
	}
	check_gathered(ice);
}

int64_t ice_gather_deadline(const struct ice *ice)
{
	int64_t at = INT64_MAX;
	for (size_t i = 0; i < ice->queries_n; i++) {
		const struct ice_query *q = &ice->queries[i];
		int64_t due = q->tx.active ? q->tx.next : q->refresh;
		if (due < at)
			at = due;
	}
	return at;
}

bool ice_gather_answer(struct ice *ice, int64_t now, int base, const struct net_addr *from,
		       const struct stun *m)
{
	for (size_t i = 0; i < ice->queries_n; i++) {
		struct ice_query *q = &ice->queries[i];
		if (!q->tx.active || !stun_tid_eq(&q->tx.tid, &m->tid) ||
		    ice->bases[q->base].id != base || !net_addr_eq(from, &ice->servers[q->server]))
			continue;
		q->tx.active = false;
		q->refresh = now + ICE_KEEPALIVE_SERVER_MS;
		bool known = !m->mapped.family || m->cls != STUN_SUCCESS;
		for (size_t k = 0; k < ice->locals_n; k++)
			known |= net_addr_eq(&ice->locals[k].addr, &m->mapped);
		if (!known)
			add_local(ice, ICE_SRFLX, q->base, q->server, &m->mapped);
		q->answered = true;
		check_gathered(ice);
		return true;
	}
	return false;
}

size_t ice_local_count(const struct ice *ice)
{
	return ice->locals_n;
}

const struct ice_candidate *ice_local(const struct ice *ice, size_t i)
{
	return i < ice->locals_n ? &ice->locals[i] : NULL;
}
