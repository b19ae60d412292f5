#include "core/base/mem.h"
#include "core/rtc/demux.h"
#include "core/rtc/turn_priv.h"

#include <string.h>

#define PERMISSION_MS 240000 /* RFC 8656 9: they last five minutes */
#define REFUSED_MS 5000	     /* before a peer that was refused is asked for again */

static struct turn_peer *find(struct turn *t, const struct net_addr *a)
{
	for (size_t i = 0; i < TURN_PEERS_MAX; i++)
		if (net_addr_eq(&t->peers[i].addr, a))
			return &t->peers[i];
	return NULL;
}

/* A free place; channel numbers stay with the place, so that one with a channel is not reused. */
static struct turn_peer *make(struct turn *t, int64_t now, const struct net_addr *a)
{
	struct turn_peer *at = NULL;
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		struct turn_peer *p = &t->peers[i];
		if (!p->addr.family) {
			at = p;
			break;
		}
		if (p->reserved <= now && (!at || p->used < at->used))
			at = p;
	}
	if (!at)
		return NULL;
	*at = (struct turn_peer){.addr = *a,
				 .again = INT64_MAX,
				 .reserved = INT64_MIN,
				 .refused_until = INT64_MIN};
	at->channel = (uint16_t)(TURN_CHANNEL_FIRST + (at - t->peers));
	return at;
}

void turn_send(struct turn *t, int64_t now, const struct net_addr *to, const void *p, size_t n)
{
	bool relayed = to->family == 6 ? t->relays_six : t->relays_four;
	if (t->state != TURN_UP || n > TURN_DATA_MAX || !n || !relayed)
		return;
	struct turn_peer *peer = find(t, to);
	if (!peer)
		peer = make(t, now, to);
	if (!peer || now < peer->refused_until)
		return;
	peer->used = now;
	if (peer->bound) {
		turn_put_channel(t, peer, p, n);
		return;
	}
	if (!peer->permitted) {
		memcpy(peer->held, p, n);
		peer->held_n = n;
		if (!peer->permission.tx.active)
			turn_begin(t, now, peer, &peer->permission);
		return;
	}
	turn_put_indication(t, peer, p, n);
	/* Checks alone are not worth one. */
	if (demux(p, n) != DEMUX_STUN && !peer->bind.tx.active && !peer->no_channel)
		turn_begin(t, now, peer, &peer->bind);
}

void turn_peer_permitted(struct turn *t, int64_t now, struct turn_peer *p,
			 const struct turn_request *r)
{
	p->again = now + PERMISSION_MS;
	p->permitted = true;
	p->bound |= r == &p->bind;
	if (!p->held_n)
		return;
	size_t n = p->held_n;
	p->held_n = 0;
	if (p->bound)
		turn_put_channel(t, p, p->held, n);
	else
		turn_put_indication(t, p, p->held, n);
}

/*
 * A renewal came to nothing, so that the permission ends at the server, which
 * then drops what comes by the channel: the next datagram asks anew.
 */
static void not_renewed(struct turn_peer *p, const struct turn_request *r)
{
	bool renewal = r == &p->bind ? p->bound : p->permitted && !p->bound;
	if (!renewal)
		return;
	p->permitted = p->bound = false;
	p->again = INT64_MAX;
}

void turn_peer_refused(struct turn_peer *p, int64_t now, const struct turn_request *r)
{
	/* That peer is not for us now; without a channel it goes on as before. */
	p->no_channel |= r == &p->bind;
	if (!p->permitted)
		p->refused_until = now + REFUSED_MS;
	not_renewed(p, r);
}

void turn_peer_tick(struct turn *t, int64_t now, struct turn_peer *p)
{
	struct turn_request *const both[] = {&p->permission, &p->bind};
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct turn_request *r = both[i];
		if (!turn_is_due(r, now))
			continue;
		if (!turn_is_over(t, r)) {
			turn_transmit(t, now, p, r);
			continue;
		}
		r->tx.active = false;
		not_renewed(p, r);
	}
	if (p->again <= now) {
		p->again = INT64_MAX;
		turn_begin(t, now, p, p->bound ? &p->bind : &p->permission);
	}
}

int64_t turn_peer_deadline(const struct turn_peer *p)
{
	if (!p->addr.family)
		return INT64_MAX;
	int64_t at = turn_sooner(turn_sooner(INT64_MAX, &p->permission), &p->bind);
	return p->again < at ? p->again : at;
}
