#include "core/rtc/stun.h"

#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/stun_priv.h"

#include <openssl/evp.h>
#include <string.h>

bool stun_looks_like(const void *p, size_t n)
{
	const uint8_t *u = p;
	return n >= STUN_HEADER && (u[0] & 0xc0) == 0 && get32(u + 4) == STUN_COOKIE &&
	       (size_t)get16(u + 2) + STUN_HEADER == n && n % 4 == 0;
}

uint32_t stun_crc32(const uint8_t *p, size_t n)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < n; i++) {
		crc = nibble[(crc ^ p[i]) & 15] ^ crc >> 4;
		crc = nibble[(crc ^ (uint32_t)(p[i] >> 4)) & 15] ^ crc >> 4;
	}
	return ~crc;
}

void stun_hmac(struct span key, const uint8_t *p, size_t n, uint8_t ret[20])
{
	crypto_hmac_sha1(key, (struct span){(const char *)p, n}, ret);
}

bool stun_check_integrity(const struct stun *m, struct span password)
{
	uint8_t copy[STUN_MESSAGE_MAX], mac[20];
	if (!m->integrity_at || !password.n || m->raw.n > sizeof(copy))
		return false;
	/* The length covers up to and with MESSAGE-INTEGRITY. */
	memcpy(copy, m->raw.p, m->integrity_at);
	put16(copy + 2, (uint16_t)(m->integrity_at + 24 - STUN_HEADER));
	stun_hmac(password, copy, m->integrity_at, mac);
	return crypto_equal(mac, m->raw.p + m->integrity_at + 4, sizeof(mac));
}

static bool parse_address(const uint8_t *v, size_t n, const struct stun_tid *xor_with,
			  struct net_addr *ret)
{
	uint8_t ip[16], mask[16];
	if (n < 4)
		return false;
	size_t ip_n = v[1] == 1 ? 4 : v[1] == 2 ? 16 : 0;
	if (!ip_n || n != 4 + ip_n)
		return false;
	uint16_t port = get16(v + 2);
	memcpy(ip, v + 4, ip_n);
	if (xor_with) {
		port ^= STUN_COOKIE >> 16;
		put32(mask, STUN_COOKIE);
		memcpy(mask + 4, xor_with->b, 12);
		for (size_t i = 0; i < ip_n; i++)
			ip[i] ^= mask[i];
	}
	*ret = net_addr_make(ip_n == 4 ? 4 : 6, ip, port);
	return true;
}

static bool parse_error(struct stun *m, const uint8_t *v, size_t n)
{
	if (n < 4)
		return false;
	int cls = v[2] & 7, number = v[3];
	if (cls < 3 || cls > 6 || number > 99)
		return false;
	m->error = cls * 100 + number;
	return true;
}

static bool parse_role(struct stun *m, bool controlling, const uint8_t *v, size_t n)
{
	if (n != 8 || m->controlling || m->controlled)
		return false;
	m->controlling = controlling;
	m->controlled = !controlling;
	m->tie_breaker = get64(v);
	return true;
}

static bool parse_attribute(struct stun *m, unsigned type, const uint8_t *v, size_t n)
{
	struct net_addr plain;
	switch (type) {
	case STUN_USERNAME:
		m->username = (struct span){(const char *)v, n};
		return n <= STUN_USERNAME_MAX;
	case STUN_XOR_MAPPED_ADDRESS:
		return parse_address(v, n, &m->tid, &m->mapped);
	case STUN_MAPPED_ADDRESS:
		if (!parse_address(v, n, NULL, &plain))
			return false;
		if (!m->mapped.family)
			m->mapped = plain;
		return true;
	case STUN_ERROR_CODE:
		return parse_error(m, v, n);
	case STUN_PRIORITY:
		m->has_priority = n == 4;
		m->priority = n == 4 ? get32(v) : 0;
		return n == 4;
	case STUN_USE_CANDIDATE:
		m->use_candidate = true;
		return true;
	case STUN_ICE_CONTROLLING:
	case STUN_ICE_CONTROLLED:
		return parse_role(m, type == STUN_ICE_CONTROLLING, v, n);
	case STUN_REALM:
	case STUN_NONCE:
	case STUN_UNKNOWN_ATTRIBUTES:
		return true;
	default:
		if (type < 0x8000 && m->unknown_n < STUN_UNKNOWN_MAX)
			m->unknown[m->unknown_n++] = (uint16_t)type;
		return true;
	}
}

/* FINGERPRINT must be last; its CRC covers the length as it is on the wire. */
static bool parse_fingerprint(struct stun *m, const uint8_t *p, size_t at, size_t len)
{
	if (len != 4 || at + 8 != m->raw.n)
		return false;
	m->has_fingerprint = (stun_crc32(p, at) ^ STUN_FINGERPRINT_XOR) == get32(p + at + 4);
	return m->has_fingerprint;
}

bool stun_parse(const void *data, size_t n, struct stun *ret)
{
	const uint8_t *p = data;
	if (n > STUN_MESSAGE_MAX || !stun_looks_like(data, n))
		return false;
	struct stun m = {.raw = {data, n}};
	unsigned type = get16(p);
	m.cls = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
	m.method = (type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80);
	memcpy(m.tid.b, p + 8, sizeof(m.tid.b));
	for (size_t at = STUN_HEADER; at < n;) {
		if (n - at < 4)
			return false;
		unsigned kind = get16(p + at);
		size_t len = get16(p + at + 2), whole = 4 + ((len + 3) & ~(size_t)3);
		if (whole > n - at)
			return false;
		if (kind == STUN_FINGERPRINT) {
			if (!parse_fingerprint(&m, p, at, len))
				return false;
		} else if (kind == STUN_MESSAGE_INTEGRITY && !m.integrity_at) {
			if (len != 20)
				return false;
			m.integrity_at = at;
		} else if (!m.integrity_at && !parse_attribute(&m, kind, p + at + 4, len)) {
			return false;
		}
		at += whole;
	}
	*ret = m;
	return true;
}

static bool parse_relayed(const struct stun *m, const uint8_t *v, size_t n, struct stun_turn *ret)
{
	struct net_addr a;
	if (!parse_address(v, n, &m->tid, &a))
		return false;
	/* coturn says 0.0.0.0:0 where it has none of a family. */
	if (net_addr_is_any(&a) || !a.port)
		return true;
	*(a.family == 6 ? &ret->relayed6 : &ret->relayed) = a;
	return true;
}

static bool turn_attribute(const struct stun *m, unsigned kind, const uint8_t *v, size_t n,
			   struct stun_turn *ret)
{
	struct span s = {(const char *)v, n};
	switch (kind) {
	case STUN_REALM:
		ret->realm = s;
		return n <= STUN_REALM_MAX;
	case STUN_NONCE:
		ret->nonce = s;
		return n <= STUN_REALM_MAX;
	case TURN_DATA_VALUE:
		ret->data = s;
		return true;
	case TURN_XOR_PEER_ADDRESS:
		return parse_address(v, n, &m->tid, &ret->peer);
	case TURN_XOR_RELAYED_ADDRESS:
		return parse_relayed(m, v, n, ret);
	case TURN_LIFETIME:
		ret->has_lifetime = n == 4;
		ret->lifetime_s = n == 4 ? get32(v) : 0;
		return n == 4;
	default:
		return true;
	}
}

bool stun_turn_parse(const struct stun *m, struct stun_turn *ret)
{
	const uint8_t *p = (const uint8_t *)m->raw.p;
	size_t end = m->integrity_at ? m->integrity_at : m->raw.n;
	*ret = (struct stun_turn){.has_lifetime = false};
	/* The lengths fit: stun_parse has looked. */
	for (size_t at = STUN_HEADER; at < end;) {
		size_t len = get16(p + at + 2);
		if (!turn_attribute(m, get16(p + at), p + at + 4, len, ret))
			return false;
		at += 4 + ((len + 3) & ~(size_t)3);
	}
	return true;
}

bool stun_long_term_key(struct span username, struct span realm, struct span password,
			uint8_t ret[16])
{
	const struct span parts[] = {username, SPAN_LIT(":"), realm, SPAN_LIT(":"), password};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		ok = ok && EVP_DigestUpdate(ctx, parts[i].p ? parts[i].p : "", parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, ret, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

struct stun_tid stun_tid_new(void)
{
	struct stun_tid t;
	crypto_random(t.b, sizeof(t.b));
	return t;
}

bool stun_tid_eq(const struct stun_tid *a, const struct stun_tid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
