#include "core/rtc/turn.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/turn_priv.h"

#include <stdio.h>

#define RTO_MS 500
#define STREAM_WAIT_MS 8000 /* for an answer on a connection */
#define RESERVED_MS 900000 /* 12: a channel lasts ten minutes, and is nobody else's for five more */
#define RETRIES_MAX 5	   /* new nonces for one request */

struct turn *turn_new(const struct turn_config *c)
{
	struct turn *t = NEW(struct turn);
	t->cfg = *c;
	t->username = mem_strdup(c->username);
	t->password = mem_strdup(c->password);
	t->refresh = INT64_MAX;
	return t;
}

void turn_free(struct turn *t)
{
	if (!t)
		return;
	mem_free(t->username);
	mem_free_secret(t->password);
	mem_wipe(t, sizeof(*t));
	mem_free(t);
}

/* -- Requests ---------------------------------------------------------------------- */

/* `p` NULL: the allocation's. */
void turn_transmit(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r)
{
	ice_tx_due(&r->tx, now);
	if (t->cfg.stream)
		r->tx.next = now + STREAM_WAIT_MS;
	if (p && r == &p->bind)
		p->reserved = now + RESERVED_MS;
	if (p)
		turn_put_request(t, p, r);
	else
		turn_put_main(t, TURN_LIFETIME_S);
}

void turn_begin(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r)
{
	ice_tx_begin(&r->tx, now, RTO_MS);
	turn_transmit(t, now, p, r);
}

static void fail(struct turn *t, const struct err *why)
{
	if (t->state == TURN_OVER)
		return;
	t->state = TURN_OVER;
	t->cfg.calls.failed(t->cfg.arg, why);
}

/* True: given up. */
bool turn_is_over(const struct turn *t, const struct turn_request *r)
{
	return r->tx.sends >= (t->cfg.stream ? 1 : ICE_SENDS_MAX);
}

bool turn_is_due(const struct turn_request *r, int64_t now)
{
	return r->tx.active && r->tx.next <= now;
}

/* -- Answers ------------------------------------------------------------------------- */

static void up(struct turn *t, int64_t now, const struct stun *m, const struct stun_turn *a)
{
	struct err err = {0};
	uint32_t life = a->has_lifetime ? a->lifetime_s : TURN_LIFETIME_S;
	bool first = t->state == TURN_ASKED;
	if (first && !a->relayed.family && !a->relayed6.family) {
		err_set(&err, ERR_PROTOCOL, _("the TURN server does not say from where it relays"));
		fail(t, &err);
		return;
	}
	life = life < 20 ? 20 : life > 86400 ? 86400 : life;
	t->refresh = now + (life > 120 ? (int64_t)life - 60 : (int64_t)life / 2) * 1000;
	t->state = TURN_UP;
	if (!first)
		return;
	t->relays_four = a->relayed.family != 0;
	t->relays_six = a->relayed6.family != 0;
	if (t->relays_four)
		t->cfg.calls.up(t->cfg.arg, &a->relayed, &m->mapped);
	if (t->relays_six)
		t->cfg.calls.up(t->cfg.arg, &a->relayed6, &m->mapped);
}

/* What the server says of long-term credentials. False: nothing to go on with. */
static bool take_challenge(struct turn *t, const struct stun_turn *a)
{
	if (!a->nonce.n || (!a->realm.n && !t->has_key))
		return false;
	snprintf(t->nonce, sizeof(t->nonce), "%.*s", SPAN_ARG(a->nonce));
	if (a->realm.n)
		snprintf(t->realm, sizeof(t->realm), "%.*s", SPAN_ARG(a->realm));
	t->has_key = stun_long_term_key(span_of(t->username), span_of(t->realm),
					span_of(t->password), t->key);
	return t->has_key;
}

static void refused(struct turn *t, int64_t now, struct turn_peer *p, const struct turn_request *r,
		    int error)
{
	struct err err = {0};
	if (p && error != TURN_MISMATCH) {
		turn_peer_refused(p, now, r);
		return;
	}
	if (error == STUN_UNAUTHENTICATED || error == 441)
		err_set(&err, ERR_AUTH, _("the TURN server does not accept our name and password"));
	else
		err_set(&err, ERR_NETWORK, _("the TURN server refuses to relay (error %d)"), error);
	fail(t, &err);
}

/* It has no addresses of IPv4 to relay from, or does not take the question. */
static bool asks_otherwise(struct turn *t, int error)
{
	if (t->state != TURN_ASKED || t->families != TURN_BOTH ||
	    (error != TURN_FAMILY_NOT_SUPPORTED && error != STUN_BAD_REQUEST))
		return false;
	t->families = error == STUN_BAD_REQUEST ? TURN_FOUR : TURN_SIX;
	return true;
}

void turn_answered(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r,
		   const struct stun *m, const struct stun_turn *a)
{
	bool asked_to =
		m->cls == STUN_ERROR &&
		((m->error == STUN_UNAUTHENTICATED && !t->has_key) || m->error == STUN_STALE_NONCE);
	if (asked_to && r->retries++ < RETRIES_MAX && take_challenge(t, a)) {
		turn_begin(t, now, p, r);
		return;
	}
	r->tx.active = false;
	r->retries = 0;
	if (m->cls == STUN_ERROR && !p && asks_otherwise(t, m->error)) {
		turn_begin(t, now, NULL, r);
		return;
	}
	if (m->cls == STUN_ERROR)
		refused(t, now, p, r, m->error);
	else if (p)
		turn_peer_permitted(t, now, p, r);
	else
		up(t, now, m, a);
}

/* -- Time ---------------------------------------------------------------------------- */

void turn_start(struct turn *t, int64_t now)
{
	t->state = TURN_ASKED;
	turn_begin(t, now, NULL, &t->main);
}

void turn_close(struct turn *t, int64_t now)
{
	if (t->state == TURN_UP) {
		ice_tx_begin(&t->main.tx, now, RTO_MS);
		turn_put_main(t, 0);
	}
	t->state = TURN_OVER;
}

void turn_tick(struct turn *t, int64_t now)
{
	struct err err = {0};
	if (t->state == TURN_NEW || t->state == TURN_OVER)
		return;
	if (turn_is_due(&t->main, now) && turn_is_over(t, &t->main)) {
		err_set(&err, ERR_NETWORK, _("the TURN server does not answer"));
		fail(t, &err);
		return;
	}
	if (turn_is_due(&t->main, now))
		turn_transmit(t, now, NULL, &t->main);
	if (t->refresh <= now) {
		t->refresh = INT64_MAX;
		turn_begin(t, now, NULL, &t->main);
	}
	for (size_t i = 0; i < TURN_PEERS_MAX && t->state == TURN_UP; i++)
		if (t->peers[i].addr.family)
			turn_peer_tick(t, now, &t->peers[i]);
}

int64_t turn_sooner(int64_t at, const struct turn_request *r)
{
	return r->tx.active && r->tx.next < at ? r->tx.next : at;
}

int64_t turn_deadline(const struct turn *t)
{
	if (t->state == TURN_NEW || t->state == TURN_OVER)
		return INT64_MAX;
	int64_t at = turn_sooner(t->refresh, &t->main);
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		int64_t peer = turn_peer_deadline(&t->peers[i]);
		at = peer < at ? peer : at;
	}
	return at;
}
