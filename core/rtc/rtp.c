#include "core/rtc/rtp.h"

#include "core/rtc/bytes.h"

#include <string.h>

#define HEADER 12
#define ONE_BYTE 0xbede
#define TWO_BYTE 0x1000
#define NTP_OF_UNIX_S 2208988800u

bool rtp_parse(const void *data, size_t n, struct rtp *ret)
{
	const uint8_t *p = data;
	if (n < HEADER || p[0] >> 6 != 2)
		return false;
	struct rtp r = {
		.marker = p[1] >> 7,
		.pt = p[1] & 127,
		.seq = get16(p + 2),
		.timestamp = get32(p + 4),
		.ssrc = get32(p + 8),
		.csrc_n = p[0] & 15,
	};
	size_t at = HEADER + 4 * (size_t)r.csrc_n;
	if (at > n)
		return false;
	if (p[0] & 0x10) {
		if (n - at < 4)
			return false;
		r.ext_profile = get16(p + at);
		r.ext = (struct span){(const char *)p + at + 4, 4 * (size_t)get16(p + at + 2)};
		if (r.ext.n > n - at - 4)
			return false;
		at += 4 + r.ext.n;
	}
	if (p[0] & 0x20) {
		r.padding_n = n > at ? p[n - 1] : 0;
		if (!r.padding_n || r.padding_n > n - at)
			return false;
	}
	r.header_n = at;
	r.payload = (struct span){(const char *)p + at, n - at - r.padding_n};
	*ret = r;
	return true;
}

static struct span ext_one_byte(struct span e, unsigned id)
{
	for (size_t i = 0; i < e.n;) {
		unsigned head = (uint8_t)e.p[i];
		if (!head) {
			i++;
			continue;
		}
		size_t n = (head & 15) + 1;
		/* Id 15 ends the block. */
		if (head >> 4 == 15 || n > e.n - i - 1)
			break;
		if (head >> 4 == id)
			return (struct span){e.p + i + 1, n};
		i += 1 + n;
	}
	return (struct span){NULL, 0};
}

static struct span ext_two_byte(struct span e, unsigned id)
{
	for (size_t i = 0; i < e.n;) {
		unsigned this_id = (uint8_t)e.p[i];
		if (!this_id) {
			i++;
			continue;
		}
		if (e.n - i < 2)
			break;
		size_t n = (uint8_t)e.p[i + 1];
		if (n > e.n - i - 2)
			break;
		if (this_id == id)
			return (struct span){e.p + i + 2, n};
		i += 2 + n;
	}
	return (struct span){NULL, 0};
}

struct span rtp_ext(const struct rtp *r, unsigned id)
{
	if (!id || !r->ext.p)
		return (struct span){NULL, 0};
	if (r->ext_profile == ONE_BYTE)
		return id < 15 ? ext_one_byte(r->ext, id) : (struct span){NULL, 0};
	if ((r->ext_profile & 0xfff0) == TWO_BYTE)
		return ext_two_byte(r->ext, id);
	return (struct span){NULL, 0};
}

/* Bytes of the extension block with its 4-byte head; 0: none. */
static size_t ext_size(const struct rtp_out *r, bool *ret_two)
{
	size_t n = 0;
	bool two = false;
	for (size_t i = 0; i < r->ext_n; i++)
		two |= r->ext[i].id > 14 || (r->ext[i].id && (!r->ext[i].n || r->ext[i].n > 16));
	for (size_t i = 0; i < r->ext_n; i++)
		if (r->ext[i].id)
			n += (two ? 2 : 1) + (size_t)r->ext[i].n;
	*ret_two = two;
	return n ? 4 + ((n + 3) & ~(size_t)3) : 0;
}

static void ext_put(const struct rtp_out *r, bool two, uint8_t *at, size_t n)
{
	memset(at, 0, n);
	put16(at, two ? TWO_BYTE : ONE_BYTE);
	put16(at + 2, (uint16_t)((n - 4) / 4));
	at += 4;
	for (size_t i = 0; i < r->ext_n; i++) {
		const struct rtp_ext_out *e = &r->ext[i];
		if (!e->id)
			continue;
		if (two) {
			*at++ = e->id;
			*at++ = e->n;
		} else {
			*at++ = (uint8_t)(e->id << 4 | (e->n - 1));
		}
		memcpy(at, e->data, e->n);
		at += e->n;
	}
}

size_t rtp_write(const struct rtp_out *r, void *ret, size_t size)
{
	uint8_t *p = ret;
	bool two;
	if (r->ext_n > RTP_EXT_MAX)
		return 0;
	for (size_t i = 0; i < r->ext_n; i++)
		if (r->ext[i].n > sizeof(r->ext[i].data))
			return 0;
	size_t ext_n = ext_size(r, &two);
	if (r->payload.n > size || HEADER + ext_n > size - r->payload.n)
		return 0;
	p[0] = (uint8_t)(0x80 | (ext_n ? 0x10 : 0));
	rtp_rewrite(p, r->pt, r->seq, r->timestamp, r->ssrc);
	p[1] = (uint8_t)((r->marker ? 0x80 : 0) | (r->pt & 127));
	if (ext_n)
		ext_put(r, two, p + HEADER, ext_n);
	if (r->payload.n)
		memcpy(p + HEADER + ext_n, r->payload.p, r->payload.n);
	return HEADER + ext_n + r->payload.n;
}

void rtp_rewrite(void *packet, uint8_t pt, uint16_t seq, uint32_t timestamp, uint32_t ssrc)
{
	uint8_t *p = packet;
	p[1] = (uint8_t)((p[1] & 0x80) | (pt & 127));
	put16(p + 2, seq);
	put32(p + 4, timestamp);
	put32(p + 8, ssrc);
}

void rtp_ext_level(struct rtp_ext_out *ret, uint8_t id, bool voice, unsigned dbov)
{
	*ret = (struct rtp_ext_out){.id = id, .n = 1};
	ret->data[0] = (uint8_t)((voice ? 0x80 : 0) | (dbov > 127 ? 127 : dbov));
}

bool rtp_level(const struct rtp *r, unsigned id, bool *ret_voice, unsigned *ret_dbov)
{
	struct span e = rtp_ext(r, id);
	if (e.n < 1)
		return false;
	*ret_voice = (uint8_t)e.p[0] >> 7;
	*ret_dbov = (uint8_t)e.p[0] & 127;
	return true;
}

void rtp_ext_mid(struct rtp_ext_out *ret, uint8_t id, struct span mid)
{
	*ret = (struct rtp_ext_out){.id = mid.n ? id : 0};
	ret->n = (uint8_t)(mid.n > 16 ? 16 : mid.n);
	if (mid.n)
		memcpy(ret->data, mid.p, ret->n);
}

void rtp_ext_capture(struct rtp_ext_out *ret, uint8_t id, uint64_t ntp)
{
	*ret = (struct rtp_ext_out){.id = id, .n = 8};
	put64(ret->data, ntp);
}

bool rtp_capture(const struct rtp *r, unsigned id, uint64_t *ret_ntp)
{
	struct span e = rtp_ext(r, id);
	if (e.n < 8)
		return false;
	*ret_ntp = get64(e.p);
	return true;
}

uint64_t rtp_ntp_of_ms(int64_t wall_ms)
{
	if (wall_ms < 0)
		wall_ms = 0;
	uint64_t s = (uint64_t)wall_ms / 1000 + NTP_OF_UNIX_S;
	uint64_t ms = (uint64_t)wall_ms % 1000;
	return s << 32 | ((ms << 32) + 500) / 1000;
}

int64_t rtp_ms_of_ntp(uint64_t ntp)
{
	int64_t s = (int64_t)(ntp >> 32) - (int64_t)NTP_OF_UNIX_S;
	return s * 1000 + (int64_t)(((ntp & 0xffffffff) * 1000 + 0x80000000u) >> 32);
}

int rtp_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}
