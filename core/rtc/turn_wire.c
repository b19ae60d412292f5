#include "core/rtc/bytes.h"
#include "core/rtc/turn_priv.h"

#include <string.h>

#define CHANNEL_HEAD 4

/* -- To the server ------------------------------------------------------------------ */

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

void turn_put_main(struct turn *t, uint32_t lifetime_s)
{
	bool first = t->state == TURN_ASKED;
	struct stun_out m = {
		.cls = STUN_REQUEST,
		.method = first ? TURN_ALLOCATE : TURN_REFRESH,
		.tid = t->main.tx.tid,
		.relay_udp = first,
		/* RFC 8656 7.1: who knows nothing of the additional one ignores it. */
		.requested_family = first && t->families == TURN_SIX ? 6 : 0,
		.also_six = first && t->families == TURN_BOTH,
		.has_lifetime = true,
		.lifetime_s = lifetime_s,
	};
	write_and_send(t, &m);
}

void turn_put_request(struct turn *t, const struct turn_peer *p, const struct turn_request *r)
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

void turn_put_indication(struct turn *t, const struct turn_peer *p, const void *data, size_t n)
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

void turn_put_channel(struct turn *t, const struct turn_peer *p, const void *data, size_t n)
{
	uint8_t out[CHANNEL_HEAD + TURN_DATA_MAX + 3] = {0};
	put16(out, p->channel);
	put16(out + 2, (uint16_t)n);
	memcpy(out + CHANNEL_HEAD, data, n);
	size_t len = CHANNEL_HEAD + n;
	/* RFC 8656 12.5: padded on streams. */
	t->cfg.calls.send(t->cfg.arg, out, t->cfg.stream ? (len + 3) & ~(size_t)3 : len);
}

/* -- From it ------------------------------------------------------------------------ */

/* Whose request this answers. */
static struct turn_request *request_of(struct turn *t, const struct stun *m,
				       struct turn_peer **ret_peer)
{
	*ret_peer = NULL;
	if (t->main.tx.active && stun_tid_eq(&t->main.tx.tid, &m->tid))
		return &t->main;
	for (size_t i = 0; i < TURN_PEERS_MAX; i++) {
		struct turn_peer *p = &t->peers[i];
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
	struct turn_peer *p;
	struct turn_request *r = request_of(t, m, &p);
	struct span key = {(const char *)t->key, sizeof(t->key)};
	if (!r)
		return;
	/* A challenge cannot be signed; success must be. */
	if (m->cls == STUN_SUCCESS && t->has_key && !stun_check_integrity(m, key))
		return;
	turn_answered(t, now, p, r, m, a);
}

static void on_channel(struct turn *t, int64_t now, const uint8_t *p, size_t n)
{
	unsigned channel = get16(p), i = channel - TURN_CHANNEL_FIRST;
	size_t len = get16(p + 2);
	if (channel < TURN_CHANNEL_FIRST || i >= TURN_PEERS_MAX || len > n - CHANNEL_HEAD)
		return;
	const struct turn_peer *peer = &t->peers[i];
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
