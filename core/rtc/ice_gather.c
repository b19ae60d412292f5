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

/* Same type, base address and server: same foundation (RFC 8445 5.1.1.3). `related` NULL: none. */
static void add_local(struct ice *ice, enum ice_type type, unsigned base, unsigned server,
		      const struct net_addr *addr, const struct net_addr *related)
{
	const struct ice_base *b = &ice->bases[base];
	if (ice->locals_n == ICE_LOCAL_MAX)
		return;
	struct ice_candidate *c = &ice->locals[ice->locals_n++];
	*c = (struct ice_candidate){.component = 1, .type = type, .addr = *addr};
	unsigned preference = (b->addr.family == 6 ? 65535u : 32767u) - base;
	c->priority = type == ICE_RELAY ? b->priority : ice_priority(type, preference);
	unsigned same = 0;
	while (!net_addr_same_ip(&ice->bases[same].addr, &b->addr))
		same++;
	snprintf(c->foundation, sizeof(c->foundation), "%u",
		 1 + (unsigned)type * 1000 + same * 10 + server);
	if (related)
		c->related = *related;
	ice_tell(ice, ICE_EVENT_CANDIDATE, c);
}

static void forget_candidates_of(struct ice *ice, const struct net_addr *base)
{
	size_t n = 0;
	for (size_t i = 0; i < ice->locals_n; i++) {
		const struct ice_candidate *c = &ice->locals[i];
		bool own = c->type == ICE_HOST || c->type == ICE_RELAY;
		if (!net_addr_eq(own ? &c->addr : &c->related, base))
			ice->locals[n++] = *c;
	}
	ice->locals_n = n;
}

/* `shift`: those behind it move up. */
static void forget_queries_of(struct ice *ice, unsigned base, bool shift)
{
	size_t n = 0;
	for (size_t i = 0; i < ice->queries_n; i++) {
		if (ice->queries[i].base == base)
			continue;
		ice->queries[n] = ice->queries[i];
		ice->queries[n].base -= shift && ice->queries[n].base > base;
		n++;
	}
	ice->queries_n = n;
}

/* A place for a base: a free one, or that of one which is gone. -1: none. */
static int new_slot(struct ice *ice)
{
	if (ice->bases_n < ICE_LOCAL_MAX)
		return (int)ice->bases_n++;
	for (unsigned b = 0; b < ice->bases_n; b++) {
		if (!ice->bases[b].gone)
			continue;
		forget_candidates_of(ice, &ice->bases[b].addr);
		forget_queries_of(ice, b, false);
		ice_pair_forget_base(ice, b);
		return (int)b;
	}
	return -1;
}

/* What all kinds of base begin with; NULL: no. */
static struct ice_base *new_base(struct ice *ice, int id, const struct net_addr *addr,
				 unsigned *ret_preference, struct err *err)
{
	if (ice_base_find(ice, id) >= 0) {
		err_set(err, ERR_CONFLICT, _("this socket is in use already"));
		return NULL;
	}
	int b = new_slot(ice);
	if (b < 0) {
		err_set(err, ERR_TOO_LARGE, _("more than %d network addresses"), ICE_LOCAL_MAX);
		return NULL;
	}
	*ret_preference = (addr->family == 6 ? 65535u : 32767u) - (unsigned)b;
	ice->bases[b] = (struct ice_base){.id = id, .addr = *addr};
	return &ice->bases[b];
}

int ice_add_base(struct ice *ice, int64_t now, int base, const struct net_addr *addr,
		 struct err *err)
{
	unsigned preference;
	struct ice_base *b = new_base(ice, base, addr, &preference, err);
	if (!b)
		return err ? err->code : ERR_TOO_LARGE;
	b->priority = ice_priority(ICE_HOST, preference);
	add_local(ice, ICE_HOST, (unsigned)(b - ice->bases), 0, addr, NULL);
	ice_pair_all(ice);
	if (ice->gathering)
		ice_gather(ice, now);
	return 0;
}

/* Nobody could call an active candidate: it is not told. */
int ice_add_stream(struct ice *ice, int64_t now, int base, const struct net_addr *local,
		   const struct net_addr *peer, struct err *err)
{
	unsigned preference;
	struct ice_base *b = new_base(ice, base, local, &preference, err);
	(void)now;
	if (!b)
		return err ? err->code : ERR_TOO_LARGE;
	b->stream = true;
	b->peer = *peer;
	b->priority = ice_priority_tcp(preference);
	ice_pair_all(ice);
	return 0;
}

int ice_add_relay(struct ice *ice, int64_t now, int base, const struct net_addr *relayed,
		  const struct net_addr *mapped, unsigned preference, struct err *err)
{
	unsigned unused;
	struct ice_base *b = new_base(ice, base, relayed, &unused, err);
	(void)now;
	if (!b)
		return err ? err->code : ERR_TOO_LARGE;
	b->relay = true;
	b->priority = ice_priority(ICE_RELAY, (preference & 255) << 8 | (unused & 255));
	add_local(ice, ICE_RELAY, (unsigned)(b - ice->bases), 0, relayed, mapped);
	ice_pair_all(ice);
	return 0;
}

void ice_gather_forget_gone(struct ice *ice)
{
	for (unsigned b = (unsigned)ice->bases_n; b-- > 0;) {
		if (!ice->bases[b].gone)
			continue;
		forget_candidates_of(ice, &ice->bases[b].addr);
		forget_queries_of(ice, b, true);
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
	if (b->gone || ice_base_is_detour(b) || b->addr.family != ice->servers[server].family ||
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
			add_local(ice, ICE_SRFLX, q->base, q->server, &m->mapped,
				  &ice->bases[q->base].addr);
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
