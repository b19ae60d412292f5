#include "core/rtc/turn.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/demux.h"
#include "core/rtc/ice_priv.h"
#include "core/rtc/stun.h"

#include <string.h>

#define RTO_MS 500
#define STREAM_WAIT_MS 8000  /* for an answer on a connection */
#define PERMISSION_MS 240000 /* RFC 8656 9: they last five minutes */
#define RESERVED_MS 900000 /* 12: a channel lasts ten minutes, and is nobody else's for five more */
#define REFUSED_MS 5000	   /* before a peer that was refused is asked for again */
#define RETRIES_MAX 5	   /* new nonces for one request */
#define MISMATCH 437	   /* the server has no such allocation */
#define CHANNEL_FIRST 0x4000
#define CHANNEL_HEAD 4

enum state { TURN_NEW, TURN_ASKED, TURN_UP, TURN_OVER };

/* A request until it is answered. */
struct request {
	struct ice_tx tx;
	unsigned retries;
};

struct peer_of {
	struct net_addr addr; /* family 0: free */
	uint16_t channel;
	bool permitted, bound;
	bool no_channel; /* the server will not give one */
	struct request permission, bind;
	int64_t again;	  /* when to renew */
	int64_t reserved; /* until then the server may hold the channel for this peer */
	int64_t used;
	int64_t refused_until; /* nothing goes there before */
	size_t held_n;	       /* the last datagram that waits for the permission */
	uint8_t held[TURN_DATA_MAX];
};

struct turn {
	struct turn_config cfg;
	char *username, *password;
	enum state state;
	char realm[STUN_REALM_MAX + 1], nonce[STUN_REALM_MAX + 1];
	bool has_key;
	uint8_t key[16];
	struct request main; /* Allocate, then Refresh */
	int64_t refresh;
	struct peer_of peers[TURN_PEERS_MAX];
};

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

static void write_and_send(struct turn *t, struct stun_out *m)
{
	uint8_t out[STUN_MESSAGE_MAX];
	if (t->has_key) {
		m->username = span_of(t->username);
		m->realm = span_of(t->realm);
		m->nonce = span_of(t->nonce);
		m->password = (struct span){(const char *)t->key, sizeof(t->key)};
	}
	size_t n = stun_write(m, out);
	if (n)
		t->cfg.calls.send(t->cfg.arg, out, n);
}

static void send_main(struct turn *t, uint32_t lifetime_s)
{
	bool first = t->state == TURN_ASKED;
	struct stun_out m = {
		.cls = STUN_REQUEST,
		.method = first ? TURN_ALLOCATE : TURN_REFRESH,
		.tid = t->main.tx.tid,
		.relay_udp = first,
		.has_lifetime = true,
		.lifetime_s = lifetime_s,
	};
	write_and_send(t, &m);
}

static void send_of(struct turn *t, const struct peer_of *p, const struct request *r)
{
	bool bind = r == &p->bind;
	struct stun_out m = {
		.cls = STUN_REQUEST,
		.method = bind ? TURN_CHANNEL_BIND : TURN_CREATE_PERMISSION,
		.tid = r->tx.tid,
		.channel = bind ? p->channel : 0,
		.peer = p->addr,
	};
	write_and_send(t, &m);
}

/* `p` NULL: the allocation's. */
static void transmit(struct turn *t, int64_t now, struct peer_of *p, struct request *r)
{
	ice_tx_due(&r->tx, now);
	if (t->cfg.stream)
		r->tx.next = now + STREAM_WAIT_MS;
	if (p && r == &p->bind)
		p->reserved = now + RESERVED_MS;
	if (p)
		send_of(t, p, r);
	else
		send_main(t, TURN_LIFETIME_S);
}

static void begin(struct turn *t, int64_t now, struct peer_of *p, struct request *r)
{
	ice_tx_begin(&r->tx, now, RTO_MS);
	transmit(t, now, p, r);
}

static void fail(struct turn *t, const struct err *why)
{
	if (t->state == TURN_OVER)
		return;
	t->state = TURN_OVER;
	t->cfg.calls.failed(t->cfg.arg, why);
}

/* True: given up. */
static bool is_over(const struct turn *t, const struct request *r)
{
	return r->tx.sends >= (t->cfg.stream ? 1 : ICE_SENDS_MAX);
}

static bool due(const struct request *r, int64_t now)
{
	return r->tx.active && r->tx.next <= now;
}

/* -- Peers ------------------------------------------------------------------------- */

static struct peer_of *find(struct turn *t, const struct net_addr *a)
{
	for (size_t i = 0; i < TURN_PEERS_MAX; i++)
		if (net_addr_eq(&t->peers[i].addr, a))
			return &t->peers[i];
	return NULL;
}

/* A free place; channel numbers stay with the place, so that one with a channel is not reused. */
static struct peer_of *make(struct turn *t, int64_t now, const struct net_addr *a)
{
	struct peer_of *at = NULL;
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		struct peer_of *p = &t->peers[i];
		if (!p->addr.family) {
			at = p;
			break;
		}
		if (p->reserved <= now && (!at || p->used < at->used))
			at = p;
	}
	if (!at)
		return NULL;
	*at = (struct peer_of){.addr = *a,
			       .again = INT64_MAX,
			       .reserved = INT64_MIN,
			       .refused_until = INT64_MIN};
	at->channel = (uint16_t)(CHANNEL_FIRST + (at - t->peers));
	return at;
}

static void send_indication(struct turn *t, const struct peer_of *p, const void *data, size_t n)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun_out m = {
		.cls = STUN_INDICATION,
		.method = TURN_SEND,
		.tid = stun_tid_new(),
		.peer = p->addr,
		.data = {data, n},
		.no_fingerprint = true,
	};
	size_t len = stun_write(&m, out);
	if (len)
		t->cfg.calls.send(t->cfg.arg, out, len);
}

static void send_channel(struct turn *t, const struct peer_of *p, const void *data, size_t n)
{
	uint8_t out[CHANNEL_HEAD + TURN_DATA_MAX + 3] = {0};
	put16(out, p->channel);
	put16(out + 2, (uint16_t)n);
	memcpy(out + CHANNEL_HEAD, data, n);
	size_t len = CHANNEL_HEAD + n;
	/* RFC 8656 12.5: padded on streams. */
	t->cfg.calls.send(t->cfg.arg, out, t->cfg.stream ? (len + 3) & ~(size_t)3 : len);
}

void turn_send(struct turn *t, int64_t now, const struct net_addr *to, const void *p, size_t n)
{
	if (t->state != TURN_UP || n > TURN_DATA_MAX || !n)
		return;
	struct peer_of *peer = find(t, to);
	if (!peer)
		peer = make(t, now, to);
	if (!peer || now < peer->refused_until)
		return;
	peer->used = now;
	if (peer->bound) {
		send_channel(t, peer, p, n);
		return;
	}
	if (!peer->permitted) {
		memcpy(peer->held, p, n);
		peer->held_n = n;
		if (!peer->permission.tx.active)
			begin(t, now, peer, &peer->permission);
		return;
	}
	send_indication(t, peer, p, n);
	/* Checks alone are not worth one. */
	if (demux(p, n) != DEMUX_STUN && !peer->bind.tx.active && !peer->no_channel)
		begin(t, now, peer, &peer->bind);
}

/* -- Answers ------------------------------------------------------------------------- */

static void up(struct turn *t, int64_t now, const struct stun *m, const struct stun_turn *a)
{
	struct err err = {0};
	uint32_t life = a->has_lifetime ? a->lifetime_s : TURN_LIFETIME_S;
	bool first = t->state == TURN_ASKED;
	if (first && !a->relayed.family) {
		err_set(&err, ERR_PROTOCOL, _("the TURN server does not say from where it relays"));
		fail(t, &err);
		return;
	}
	life = life < 20 ? 20 : life > 86400 ? 86400 : life;
	t->refresh = now + (life > 120 ? (int64_t)life - 60 : (int64_t)life / 2) * 1000;
	t->state = TURN_UP;
	if (first)
		t->cfg.calls.up(t->cfg.arg, &a->relayed, &m->mapped);
}

static void permitted(struct turn *t, int64_t now, struct peer_of *p, const struct request *r)
{
	p->again = now + PERMISSION_MS;
	p->permitted = true;
	p->bound |= r == &p->bind;
	if (!p->held_n)
		return;
	size_t n = p->held_n;
	p->held_n = 0;
	if (p->bound)
		send_channel(t, p, p->held, n);
	else
		send_indication(t, p, p->held, n);
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

/*
 * A renewal came to nothing, so that the permission ends at the server, which
 * then drops what comes by the channel: the next datagram asks anew.
 */
static void not_renewed(struct peer_of *p, const struct request *r)
{
	bool renewal = r == &p->bind ? p->bound : p->permitted && !p->bound;
	if (!renewal)
		return;
	p->permitted = p->bound = false;
	p->again = INT64_MAX;
}

static void refused(struct turn *t, int64_t now, struct peer_of *p, const struct request *r,
		    int error)
{
	struct err err = {0};
	if (p && error != MISMATCH) {
		/* That peer is not for us now; without a channel it goes on as before. */
		p->no_channel |= r == &p->bind;
		if (!p->permitted)
			p->refused_until = now + REFUSED_MS;
		not_renewed(p, r);
		return;
	}
	if (error == STUN_UNAUTHENTICATED || error == 441)
		err_set(&err, ERR_AUTH, _("the TURN server does not accept our name and password"));
	else
		err_set(&err, ERR_NETWORK, _("the TURN server refuses to relay (error %d)"), error);
	fail(t, &err);
}

static void answered(struct turn *t, int64_t now, struct peer_of *p, struct request *r,
		     const struct stun *m, const struct stun_turn *a)
{
	bool asked_to =
		m->cls == STUN_ERROR &&
		((m->error == STUN_UNAUTHENTICATED && !t->has_key) || m->error == STUN_STALE_NONCE);
	if (asked_to && r->retries++ < RETRIES_MAX && take_challenge(t, a)) {
		begin(t, now, p, r);
		return;
	}
	r->tx.active = false;
	r->retries = 0;
	if (m->cls == STUN_ERROR)
		refused(t, now, p, r, m->error);
	else if (p)
		permitted(t, now, p, r);
	else
		up(t, now, m, a);
}

/* Whose request this answers. */
static struct request *request_of(struct turn *t, const struct stun *m, struct peer_of **ret_peer)
{
	*ret_peer = NULL;
	if (t->main.tx.active && stun_tid_eq(&t->main.tx.tid, &m->tid))
		return &t->main;
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		struct peer_of *p = &t->peers[i];
		*ret_peer = p;
		if (p->permission.tx.active && stun_tid_eq(&p->permission.tx.tid, &m->tid))
			return &p->permission;
		if (p->bind.tx.active && stun_tid_eq(&p->bind.tx.tid, &m->tid))
			return &p->bind;
	}
	return NULL;
}

static void on_response(struct turn *t, int64_t now, const struct stun *m,
			const struct stun_turn *a)
{
	struct peer_of *p;
	struct request *r = request_of(t, m, &p);
	struct span key = {(const char *)t->key, sizeof(t->key)};
	if (!r)
		return;
	/* A challenge cannot be signed; success must be. */
	if (m->cls == STUN_SUCCESS && t->has_key && !stun_check_integrity(m, key))
		return;
	answered(t, now, p, r, m, a);
}

static void on_channel(struct turn *t, int64_t now, const uint8_t *p, size_t n)
{
	unsigned channel = get16(p), i = channel - CHANNEL_FIRST;
	size_t len = get16(p + 2);
	if (channel < CHANNEL_FIRST || i >= TURN_PEERS_MAX || len > n - CHANNEL_HEAD)
		return;
	const struct peer_of *peer = &t->peers[i];
	if (now < peer->reserved)
		t->cfg.calls.data(t->cfg.arg, &peer->addr, p + CHANNEL_HEAD, len);
}

void turn_receive(struct turn *t, int64_t now, const void *p, size_t n)
{
	struct stun m;
	struct stun_turn a;
	const uint8_t *u = p;
	if (t->state == TURN_NEW || t->state == TURN_OVER)
		return;
	if (n >= CHANNEL_HEAD && (u[0] & 0xc0) == 0x40) {
		on_channel(t, now, p, n);
		return;
	}
	if (!stun_parse(p, n, &m) || !stun_turn_parse(&m, &a))
		return;
	if (m.cls == STUN_INDICATION && m.method == TURN_DATA) {
		if (a.peer.family && a.data.n && t->state == TURN_UP)
			t->cfg.calls.data(t->cfg.arg, &a.peer, a.data.p, a.data.n);
	} else if (m.cls == STUN_SUCCESS || m.cls == STUN_ERROR) {
		on_response(t, now, &m, &a);
	}
}

/* -- Time ---------------------------------------------------------------------------- */

void turn_start(struct turn *t, int64_t now)
{
	t->state = TURN_ASKED;
	begin(t, now, NULL, &t->main);
}

void turn_close(struct turn *t, int64_t now)
{
	if (t->state == TURN_UP) {
		ice_tx_begin(&t->main.tx, now, RTO_MS);
		send_main(t, 0);
	}
	t->state = TURN_OVER;
}

static void tick_peer(struct turn *t, int64_t now, struct peer_of *p)
{
	struct request *const both[] = {&p->permission, &p->bind};
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct request *r = both[i];
		if (!due(r, now))
			continue;
		if (!is_over(t, r)) {
			transmit(t, now, p, r);
			continue;
		}
		r->tx.active = false;
		not_renewed(p, r);
	}
	if (p->again <= now) {
		p->again = INT64_MAX;
		begin(t, now, p, p->bound ? &p->bind : &p->permission);
	}
}

void turn_tick(struct turn *t, int64_t now)
{
	struct err err = {0};
	if (t->state == TURN_NEW || t->state == TURN_OVER)
		return;
	if (due(&t->main, now) && is_over(t, &t->main)) {
		err_set(&err, ERR_NETWORK, _("the TURN server does not answer"));
		fail(t, &err);
		return;
	}
	if (due(&t->main, now))
		transmit(t, now, NULL, &t->main);
	if (t->refresh <= now) {
		t->refresh = INT64_MAX;
		begin(t, now, NULL, &t->main);
	}
	for (size_t i = 0; i < TURN_PEERS_MAX && t->state == TURN_UP; i++)
		if (t->peers[i].addr.family)
			tick_peer(t, now, &t->peers[i]);
}

static int64_t sooner(int64_t at, const struct request *r)
{
	return r->tx.active && r->tx.next < at ? r->tx.next : at;
}

int64_t turn_deadline(const struct turn *t)
{
	if (t->state == TURN_NEW || t->state == TURN_OVER)
		return INT64_MAX;
	int64_t at = sooner(t->refresh, &t->main);
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		const struct peer_of *p = &t->peers[i];
		if (!p->addr.family)
			continue;
		at = sooner(sooner(at, &p->permission), &p->bind);
		at = p->again < at ? p->again : at;
	}
	return at;
}
