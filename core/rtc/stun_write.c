#include "core/rtc/bytes.h"
#include "core/rtc/stun.h"
#include "core/rtc/stun_priv.h"

#include <string.h>

struct out {
	uint8_t *p;
	size_t n;
	bool over;
	uint8_t padding;
};

/* Room for a value of `n` bytes, padded; NULL when the message is full. */
static uint8_t *attribute(struct out *o, unsigned type, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;
	if (o->over || padded > STUN_MESSAGE_MAX || o->n + 4 + padded > STUN_MESSAGE_MAX) {
		o->over = true;
		return NULL;
	}
	uint8_t *at = o->p + o->n;
	put16(at, (uint16_t)type);
	put16(at + 2, (uint16_t)n);
	memset(at + 4 + n, o->padding, padded - n);
	o->n += 4 + padded;
	return at + 4;
}

static void put_span(struct out *o, unsigned type, struct span s)
{
	uint8_t *v = s.n ? attribute(o, type, s.n) : NULL;
	if (v)
		memcpy(v, s.p, s.n);
}

static void put_address(struct out *o, unsigned type, const struct stun_tid *tid,
			const struct net_addr *a)
{
	uint8_t mask[16];
	size_t ip_n = a->family == 4 ? 4 : 16;
	uint8_t *v = a->family ? attribute(o, type, 4 + ip_n) : NULL;
	if (!v)
		return;
	put32(mask, STUN_COOKIE);
	memcpy(mask + 4, tid->b, 12);
	v[0] = 0;
	v[1] = a->family == 4 ? 1 : 2;
	put16(v + 2, (uint16_t)(a->port ^ STUN_COOKIE >> 16));
	for (size_t i = 0; i < ip_n; i++)
		v[4 + i] = a->ip[i] ^ mask[i];
}

static const char *reason_of(int error)
{
	switch (error) {
	case STUN_BAD_REQUEST:
		return "Bad Request";
	case STUN_UNAUTHENTICATED:
		return "Unauthenticated";
	case STUN_UNKNOWN_ATTRIBUTE:
		return "Unknown Attribute";
	case STUN_STALE_NONCE:
		return "Stale Nonce";
	case STUN_ROLE_CONFLICT:
		return "Role Conflict";
	default:
		return "Error";
	}
}

static void put_error(struct out *o, const struct stun_out *m)
{
	const char *reason = reason_of(m->error);
	size_t n = strlen(reason);
	uint8_t *v = attribute(o, STUN_ERROR_CODE, 4 + n);
	if (v) {
		put16(v, 0);
		v[2] = (uint8_t)(m->error / 100);
		v[3] = (uint8_t)(m->error % 100);
		for (size_t i = 0; i < n; i++)
			v[4 + i] = (uint8_t)reason[i];
	}
	v = m->unknown_n ? attribute(o, STUN_UNKNOWN_ATTRIBUTES, 2 * m->unknown_n) : NULL;
	for (size_t i = 0; v && i < m->unknown_n; i++)
		put16(v + 2 * i, m->unknown[i]);
}

static void put_ice(struct out *o, const struct stun_out *m)
{
	uint8_t *v;
	if (m->priority && (v = attribute(o, STUN_PRIORITY, 4)))
		put32(v, m->priority);
	if (m->controlling && (v = attribute(o, STUN_ICE_CONTROLLING, 8)))
		put64(v, m->tie_breaker);
	if (m->controlled && (v = attribute(o, STUN_ICE_CONTROLLED, 8)))
		put64(v, m->tie_breaker);
	if (m->use_candidate)
		attribute(o, STUN_USE_CANDIDATE, 0);
}

#define PROTOCOL_UDP 17u
#define FAMILY_IPV4 1u
#define FAMILY_IPV6 2u

static void put_families(struct out *o, const struct stun_out *m)
{
	uint8_t *v;
	if (m->requested_family && (v = attribute(o, TURN_REQUESTED_ADDRESS_FAMILY, 4)))
		put32(v, (m->requested_family == 6 ? FAMILY_IPV6 : FAMILY_IPV4) << 24);
	if (m->also_six && (v = attribute(o, TURN_ADDITIONAL_ADDRESS_FAMILY, 4)))
		put32(v, FAMILY_IPV6 << 24);
	/* Who knows one of them ignores the other. */
	if (m->also_six && (v = attribute(o, TURN_ADDITIONAL_FAMILY_DRAFT, 4)))
		put32(v, FAMILY_IPV6 << 24);
}

static void put_turn(struct out *o, const struct stun_out *m)
{
	uint8_t *v;
	if (m->channel && (v = attribute(o, TURN_CHANNEL_NUMBER, 4)))
		put32(v, (uint32_t)m->channel << 16);
	if (m->relay_udp && (v = attribute(o, TURN_REQUESTED_TRANSPORT, 4)))
		put32(v, PROTOCOL_UDP << 24);
	put_families(o, m);
	if (m->has_lifetime && (v = attribute(o, TURN_LIFETIME, 4)))
		put32(v, m->lifetime_s);
	put_address(o, TURN_XOR_PEER_ADDRESS, &m->tid, &m->peer);
	for (int i = 0; i < 2; i++)
		put_address(o, TURN_XOR_RELAYED_ADDRESS, &m->tid, &m->relayed[i]);
	put_span(o, TURN_DATA_VALUE, m->data);
}

static void put_tail(struct out *o, const struct stun_out *m)
{
	uint8_t *v;
	/* The length must already count the attribute being computed. */
	if (m->password.n && (v = attribute(o, STUN_MESSAGE_INTEGRITY, 20))) {
		put16(o->p + 2, (uint16_t)(o->n - STUN_HEADER));
		stun_hmac(m->password, o->p, o->n - 24, v);
	}
	if (!m->no_fingerprint && (v = attribute(o, STUN_FINGERPRINT, 4))) {
		put16(o->p + 2, (uint16_t)(o->n - STUN_HEADER));
		put32(v, stun_crc32(o->p, o->n - 8) ^ STUN_FINGERPRINT_XOR);
	}
}

size_t stun_write(const struct stun_out *m, void *ret)
{
	struct out o = {.p = ret, .n = STUN_HEADER, .padding = m->padding};
	unsigned cls = (unsigned)m->cls;
	unsigned method = m->method ? m->method : STUN_BINDING;
	method = (method & 0xf) | (method & 0x70) << 1 | (method & 0xf80) << 2;
	put16(o.p, (uint16_t)(method | (cls & 1) << 4 | (cls & 2) << 7));
	put32(o.p + 4, STUN_COOKIE);
	memcpy(o.p + 8, m->tid.b, sizeof(m->tid.b));
	if (m->error)
		put_error(&o, m);
	put_span(&o, STUN_SOFTWARE, m->software);
	put_address(&o, STUN_XOR_MAPPED_ADDRESS, &m->tid, &m->mapped);
	put_turn(&o, m);
	put_ice(&o, m);
	put_span(&o, STUN_USERNAME, m->username);
	put_span(&o, STUN_REALM, m->realm);
	put_span(&o, STUN_NONCE, m->nonce);
	put_tail(&o, m);
	put16(o.p + 2, (uint16_t)(o.n - STUN_HEADER));
	return o.over ? 0 : o.n;
}
