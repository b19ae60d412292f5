#include "core/rtc/ice_priv.h"

#include <string.h>

#define NAMED_STALE_MS 1000 /* a nomination this old gives way to one of a lower pair */

uint64_t ice_pair_priority(const struct ice *ice, unsigned base, unsigned remote)
{
	uint64_t ours = ice->bases[base].priority, theirs = ice->remotes[remote].priority;
	uint64_t g = ice->controlling ? ours : theirs, d = ice->controlling ? theirs : ours;
	return (g < d ? g : d) << 32 | (g > d ? g : d) << 1 | (g > d);
}

void ice_pair_reprioritise(struct ice *ice)
{
	for (size_t i = 0; i < ice->pairs_n; i++)
		ice->pairs[i].priority =
			ice_pair_priority(ice, ice->pairs[i].base, ice->pairs[i].remote);
}

int ice_remote_find(const struct ice *ice, const struct net_addr *a, bool tcp)
{
	for (size_t i = 0; i < ice->remotes_n; i++)
		if (net_addr_eq(&ice->remotes[i].addr, a) &&
		    (ice->remotes[i].transport != ICE_UDP) == tcp)
			return (int)i;
	return -1;
}

bool ice_base_is_detour(const struct ice_base *b)
{
	return b->stream || b->relay;
}

/* Can they be spoken to from there? */
static bool may_pair(const struct ice_base *b, const struct ice_candidate *c)
{
	if (b->gone || b->stream != (c->transport != ICE_UDP))
		return false;
	if (b->stream)
		return net_addr_eq(&b->peer, &c->addr);
	return b->addr.family == c->addr.family &&
	       net_addr_is_link_local(&b->addr) == net_addr_is_link_local(&c->addr);
}

void ice_pair_forget_base(struct ice *ice, unsigned base)
{
	for (int i = (int)ice->pairs_n; i-- > 0;) {
		if (ice->pairs[i].base != base)
			continue;
		int last = (int)--ice->pairs_n;
		ice->pairs[i] = ice->pairs[last];
		ice->selected = ice->selected == i ? -1 : ice->selected == last ? i : ice->selected;
		ice->nominating = ice->nominating == i	    ? -1
				  : ice->nominating == last ? i
							    : ice->nominating;
	}
}

/* A place for a pair of this priority: free, or that of a failed or worse one. */
static int place(struct ice *ice, uint64_t priority)
{
	int worst = -1;
	if (ice->pairs_n < ICE_PAIR_MAX)
		return (int)ice->pairs_n++;
	for (int i = 0; i < ICE_PAIR_MAX; i++) {
		const struct ice_pair *p = &ice->pairs[i];
		if (p->state == ICE_SUCCEEDED || i == ice->selected || i == ice->nominating)
			continue;
		if (p->state == ICE_PAIR_FAILED)
			return i;
		if (worst < 0 || p->priority < ice->pairs[worst].priority)
			worst = i;
	}
	return worst >= 0 && ice->pairs[worst].priority < priority ? worst : -1;
}

int ice_pair_find(struct ice *ice, unsigned base, unsigned remote, bool make)
{
	for (size_t i = 0; i < ice->pairs_n; i++)
		if (ice->pairs[i].base == base && ice->pairs[i].remote == remote)
			return (int)i;
	if (!make || !may_pair(&ice->bases[base], &ice->remotes[remote]))
		return -1;
	uint64_t priority = ice_pair_priority(ice, base, remote);
	int i = place(ice, priority);
	if (i < 0)
		return -1;
	ice->pairs[i] = (struct ice_pair){
		.base = base,
		.remote = remote,
		.state = ICE_FROZEN,
		.priority = priority,
		.answered = INT64_MIN,
		.named = INT64_MIN,
		.rtt_ms = -1,
	};
	return i;
}

void ice_pair_all(struct ice *ice)
{
	for (unsigned b = 0; b < ice->bases_n; b++)
		for (unsigned r = 0; r < ice->remotes_n; r++)
			ice_pair_find(ice, b, r, true);
}

/* Pair foundations: each base is one of ours, the peer tells its own. */
static bool same_foundation(const struct ice *ice, const struct ice_pair *a,
			    const struct ice_pair *b)
{
	const struct ice_base *ours = &ice->bases[a->base], *other = &ice->bases[b->base];
	return net_addr_same_ip(&ours->addr, &other->addr) && ours->relay == other->relay &&
	       ours->stream == other->stream &&
	       strcmp(ice->remotes[a->remote].foundation, ice->remotes[b->remote].foundation) == 0;
}

static bool foundation_busy(const struct ice *ice, const struct ice_pair *p)
{
	for (size_t i = 0; i < ice->pairs_n; i++) {
		const struct ice_pair *q = &ice->pairs[i];
		if ((q->state == ICE_WAITING || q->state == ICE_PROGRESS) &&
		    same_foundation(ice, p, q))
			return true;
	}
	return false;
}

static int best(const struct ice *ice, enum ice_pair_state state)
{
	int found = -1;
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		const struct ice_pair *p = &ice->pairs[i];
		if (p->state != state || (state == ICE_FROZEN && foundation_busy(ice, p)))
			continue;
		if (found < 0 || p->priority > ice->pairs[found].priority)
			found = i;
	}
	return found;
}

static int first_triggered(const struct ice *ice)
{
	int found = -1;
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		uint64_t t = ice->pairs[i].triggered;
		if (t && (found < 0 || t < ice->pairs[found].triggered))
			found = i;
	}
	return found;
}

/* The selected pair may be of no use any more. */
static bool unsure(const struct ice *ice)
{
	return ice->state == ICE_DISCONNECTED || ice->doubt;
}

/* Ordinary checks end once a pair is selected and answers, if it is no detour. */
static bool ordinary(const struct ice *ice)
{
	return ice->selected < 0 || unsure(ice) || ice->better_since != INT64_MAX;
}

int ice_pair_next(struct ice *ice)
{
	int i = first_triggered(ice);
	if (i >= 0) {
		ice->pairs[i].triggered = 0;
		return i;
	}
	if (!ordinary(ice))
		return -1;
	/* Of every foundation one pair waits; the others thaw when it is done. */
	for (int f; (f = best(ice, ICE_FROZEN)) >= 0;)
		ice->pairs[f].state = ICE_WAITING;
	return best(ice, ICE_WAITING);
}

bool ice_pair_pending(const struct ice *ice)
{
	if (first_triggered(ice) >= 0)
		return true;
	return ordinary(ice) && (best(ice, ICE_WAITING) >= 0 || best(ice, ICE_FROZEN) >= 0);
}

void ice_pair_trigger(struct ice *ice, int i)
{
	struct ice_pair *p = &ice->pairs[i];
	if (p->triggered)
		return;
	p->tx.active = false;
	p->state = ICE_WAITING;
	p->triggered = ++ice->trigger_seq;
}

void ice_pair_select(struct ice *ice, int64_t now, int i)
{
	bool changed = ice->selected != i;
	ice->selected = i;
	ice->nominating = -1;
	ice->old_path = false;
	ice->doubt = false;
	if (changed) {
		bool detour =
			ice->controlling && ice_base_is_detour(&ice->bases[ice->pairs[i].base]);
		ice->better_since = detour ? now : INT64_MAX;
		ice->next_better = detour ? now + ICE_BETTER_MS : INT64_MAX;
		ice_consent_soon(ice, now);
	}
	ice_set_state(ice, ICE_CONNECTED);
	if (changed)
		ice_tell(ice, ICE_EVENT_PATH, NULL);
}

/* The peer named this pair, which works. */
void ice_pair_named(struct ice *ice, int64_t now, int i)
{
	const struct ice_pair *old = ice->selected >= 0 ? &ice->pairs[ice->selected] : NULL;
	if (!old || ice->selected == i || unsure(ice) || old->state != ICE_SUCCEEDED ||
	    ice->pairs[i].priority > old->priority || old->named == INT64_MIN ||
	    now - old->named >= NAMED_STALE_MS)
		ice_pair_select(ice, now, i);
}

void ice_pair_succeeded(struct ice *ice, int64_t now, int i)
{
	struct ice_pair *p = &ice->pairs[i];
	p->state = ICE_SUCCEEDED;
	p->triggered = 0;
	p->answered = now;
	if (ice->first_valid == INT64_MAX)
		ice->first_valid = now;
	for (size_t k = 0; k < ice->pairs_n; k++)
		if (ice->pairs[k].state == ICE_FROZEN && same_foundation(ice, p, &ice->pairs[k]))
			ice->pairs[k].state = ICE_WAITING;
	if (!ice->controlling && p->nominate) {
		p->nominate = false;
		ice_pair_named(ice, now, i);
	}
	if (i == ice->nominating)
		ice_pair_select(ice, now, i);
}

void ice_pair_failed(struct ice *ice, int64_t now, int i)
{
	struct ice_pair *p = &ice->pairs[i];
	(void)now;
	p->state = ICE_PAIR_FAILED;
	p->tx.active = false;
	p->triggered = 0;
	p->nominate = false;
	if (i == ice->nominating)
		ice->nominating = -1;
}

/* A better pair than this may still turn out to work. */
static bool better_ahead(const struct ice *ice, int than)
{
	for (size_t i = 0; i < ice->pairs_n; i++)
		if (ice->pairs[i].state <= ICE_PROGRESS &&
		    ice->pairs[i].priority > ice->pairs[than].priority)
			return true;
	return false;
}

static int best_valid(const struct ice *ice, int64_t answered_after)
{
	int found = -1;
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		const struct ice_pair *p = &ice->pairs[i];
		if (i == ice->selected || p->state != ICE_SUCCEEDED ||
		    p->answered <= answered_after)
			continue;
		if (found < 0 || p->priority > ice->pairs[found].priority)
			found = i;
	}
	return found;
}

/* The one to go over to from the selected one; -1: none. */
static int successor(const struct ice *ice)
{
	const struct ice_pair *old = &ice->pairs[ice->selected];
	/* It is silent; another was answered since. */
	if (unsure(ice))
		return best_valid(ice, old->answered);
	if (ice->better_since == INT64_MAX)
		return -1;
	int i = best_valid(ice, ice->better_since - 1);
	return i >= 0 && ice->pairs[i].priority > old->priority ? i : -1;
}

void ice_pair_improve(struct ice *ice, int64_t now)
{
	if (ice->selected < 0 || now < ice->next_better)
		return;
	ice->next_better = now + ICE_BETTER_MS;
	ice->better_since = now;
	for (size_t i = 0; i < ice->pairs_n; i++) {
		struct ice_pair *p = &ice->pairs[i];
		if (p->priority <= ice->pairs[ice->selected].priority || ice->bases[p->base].gone)
			continue;
		p->tx.active = false;
		p->state = ICE_FROZEN;
		p->triggered = 0;
	}
}

int64_t ice_pair_improve_deadline(const struct ice *ice)
{
	return ice->selected < 0 ? INT64_MAX : ice->next_better;
}

int ice_pair_nominee(struct ice *ice, int64_t now)
{
	if (!ice->controlling || ice->nominating >= 0)
		return -1;
	if (ice->selected < 0) {
		int i = best_valid(ice, INT64_MIN);
		if (i < 0 ||
		    (better_ahead(ice, i) && now < ice->first_valid + ICE_NOMINATE_WAIT_MS))
			return -1;
		return i;
	}
	return successor(ice);
}

int64_t ice_pair_nominee_deadline(const struct ice *ice)
{
	if (!ice->controlling || ice->nominating >= 0)
		return INT64_MAX;
	if (ice->selected >= 0)
		return successor(ice) >= 0 ? INT64_MIN : INT64_MAX;
	int i = best_valid(ice, INT64_MIN);
	if (i < 0)
		return INT64_MAX;
	return better_ahead(ice, i) ? ice->first_valid + ICE_NOMINATE_WAIT_MS : INT64_MIN;
}

void ice_pair_revive(struct ice *ice)
{
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		struct ice_pair *p = &ice->pairs[i];
		if (i == ice->selected || ice->bases[p->base].gone)
			continue;
		p->tx.active = false;
		p->state = ICE_FROZEN;
		p->triggered = 0;
	}
	ice->nominating = -1;
}
