#include "core/rtc/rtcp.h"

#include "core/rtc/bytes.h"

#include <string.h>

#define REPORT 24

bool rtcp_next(struct span *rest, struct rtcp *ret)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	if (rest->n < 4 || p[0] >> 6 != 2 || p[1] < 192 || p[1] > 223)
		return false;
	size_t n = 4 * (size_t)get16(p + 2) + 4;
	if (n > rest->n)
		return false;
	struct rtcp r = {.type = p[1], .count = p[0] & 31, .body = {rest->p + 4, n - 4}};
	if (p[0] & 0x20) {
		size_t pad = n > 4 ? p[n - 1] : 0;
		if (!pad || pad > r.body.n)
			return false;
		r.body.n -= pad;
	}
	*rest = span_from(*rest, n);
	*ret = r;
	return true;
}

bool rtcp_valid(const void *p, size_t n)
{
	struct span rest = {p, n};
	struct rtcp r;
	if (!n)
		return false;
	while (rest.n)
		if (!rtcp_next(&rest, &r))
			return false;
	return true;
}

static const uint8_t *body(const struct rtcp *p)
{
	return (const uint8_t *)p->body.p;
}

bool rtcp_sr(const struct rtcp *p, struct rtcp_sr *ret)
{
	if (p->type != RTCP_SR || p->body.n < 24)
		return false;
	const uint8_t *b = body(p);
	*ret = (struct rtcp_sr){get32(b), get64(b + 4), get32(b + 12), get32(b + 16),
				get32(b + 20)};
	return true;
}

bool rtcp_report_from(const struct rtcp *p, uint32_t *ret_ssrc)
{
	if ((p->type != RTCP_SR && p->type != RTCP_RR) || p->body.n < 4)
		return false;
	*ret_ssrc = get32(body(p));
	return true;
}

bool rtcp_report(const struct rtcp *p, size_t i, struct rtcp_report *ret)
{
	size_t head = p->type == RTCP_SR ? 24 : 4;
	if ((p->type != RTCP_SR && p->type != RTCP_RR) || i >= p->count ||
	    p->body.n < head + (i + 1) * REPORT)
		return false;
	const uint8_t *b = body(p) + head + i * REPORT;
	int32_t lost = (int32_t)(get32(b + 4) & 0xffffff);
	*ret = (struct rtcp_report){
		.ssrc = get32(b),
		.fraction_lost = b[4],
		.lost = lost & 0x800000 ? lost - 0x1000000 : lost,
		.max_seq = get32(b + 8),
		.jitter = get32(b + 12),
		.last_sr = get32(b + 16),
		.delay_last_sr = get32(b + 20),
	};
	return true;
}

int rtcp_nack(const struct rtcp *p, uint32_t *ret_ssrc, uint16_t *ret, size_t max)
{
	if (p->type != RTCP_RTPFB || p->count != 1 || p->body.n < 8)
		return -1;
	const uint8_t *b = body(p);
	size_t n = 0;
	*ret_ssrc = get32(b + 4);
	for (size_t at = 8; at + 4 <= p->body.n; at += 4) {
		uint16_t first = get16(b + at);
		uint32_t mask = (uint32_t)get16(b + at + 2) << 1 | 1;
		for (unsigned bit = 0; bit <= 16 && n < max; bit++)
			if (mask >> bit & 1)
				ret[n++] = (uint16_t)(first + bit);
	}
	return (int)n;
}

bool rtcp_bye(const struct rtcp *p, size_t i, uint32_t *ret_ssrc)
{
	if (p->type != RTCP_BYE || i >= p->count || p->body.n < 4 * (i + 1))
		return false;
	*ret_ssrc = get32(body(p) + 4 * i);
	return true;
}

struct span rtcp_cname(const struct rtcp *p, uint32_t *ret_ssrc)
{
	const uint8_t *b = body(p);
	if (p->type == RTCP_SDES && p->count && p->body.n >= 4) {
		*ret_ssrc = get32(b);
		for (size_t at = 4; at + 2 <= p->body.n && b[at];) {
			size_t n = b[at + 1];
			if (n > p->body.n - at - 2)
				break;
			if (b[at] == 1)
				return (struct span){p->body.p + at + 2, n};
			at += 2 + n;
		}
	}
	return (struct span){NULL, 0};
}

void rtcp_out_init(struct rtcp_out *o, void *p, size_t size)
{
	*o = (struct rtcp_out){.p = p, .size = size};
}

/* Head of a packet with `n` bytes behind it (a multiple of four), NULL when full. */
static uint8_t *packet(struct rtcp_out *o, unsigned type, size_t count, size_t n)
{
	if (o->over || count > 31 || n + 4 > o->size - o->n || n / 4 > 0xffff) {
		o->over = true;
		return NULL;
	}
	uint8_t *p = o->p + o->n;
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)type;
	put16(p + 2, (uint16_t)(n / 4));
	o->n += 4 + n;
	return p + 4;
}

static void put_report(uint8_t *b, const struct rtcp_report *r)
{
	int32_t lost = r->lost > 0x7fffff ? 0x7fffff : r->lost < -0x800000 ? -0x800000 : r->lost;
	put32(b, r->ssrc);
	put32(b + 4, (uint32_t)r->fraction_lost << 24 | ((uint32_t)lost & 0xffffff));
	put32(b + 8, r->max_seq);
	put32(b + 12, r->jitter);
	put32(b + 16, r->last_sr);
	put32(b + 20, r->delay_last_sr);
}

void rtcp_put_sr(struct rtcp_out *o, const struct rtcp_sr *sr, const struct rtcp_report *r,
		 size_t n)
{
	uint8_t *b = packet(o, RTCP_SR, n, 24 + REPORT * n);
	if (!b)
		return;
	put32(b, sr->ssrc);
	put64(b + 4, sr->ntp);
	put32(b + 12, sr->timestamp);
	put32(b + 16, sr->packets);
	put32(b + 20, sr->bytes);
	for (size_t i = 0; i < n; i++)
		put_report(b + 24 + REPORT * i, &r[i]);
}

void rtcp_put_rr(struct rtcp_out *o, uint32_t ssrc, const struct rtcp_report *r, size_t n)
{
	uint8_t *b = packet(o, RTCP_RR, n, 4 + REPORT * n);
	if (!b)
		return;
	put32(b, ssrc);
	for (size_t i = 0; i < n; i++)
		put_report(b + 4 + REPORT * i, &r[i]);
}

void rtcp_put_cname(struct rtcp_out *o, uint32_t ssrc, struct span cname)
{
	cname = span_head(cname, RTCP_CNAME_MAX);
	/* A chunk ends with at least one zero byte. */
	size_t n = (4 + 2 + cname.n + 1 + 3) & ~(size_t)3;
	uint8_t *b = packet(o, RTCP_SDES, 1, n);
	if (!b)
		return;
	memset(b, 0, n);
	put32(b, ssrc);
	b[4] = 1;
	b[5] = (uint8_t)cname.n;
	if (cname.n)
		memcpy(b + 6, cname.p, cname.n);
}

void rtcp_put_bye(struct rtcp_out *o, const uint32_t *ssrc, size_t n)
{
	uint8_t *b = packet(o, RTCP_BYE, n, 4 * n);
	for (size_t i = 0; b && i < n; i++)
		put32(b + 4 * i, ssrc[i]);
}

/* One entry: a first number and which of the 16 after it; returns how many it took. */
static size_t nack_entry(const uint16_t *seq, size_t n, uint16_t *ret_mask)
{
	size_t i = 1;
	*ret_mask = 0;
	for (; i < n; i++) {
		uint16_t ahead = (uint16_t)(seq[i] - seq[0]);
		if (!ahead || ahead > 16)
			break;
		*ret_mask |= (uint16_t)(1u << (ahead - 1));
	}
	return i;
}

void rtcp_put_nack(struct rtcp_out *o, uint32_t from, uint32_t about, const uint16_t *seq, size_t n)
{
	size_t entries = 0;
	uint16_t mask;
	for (size_t i = 0; i < n; entries++)
		i += nack_entry(seq + i, n - i, &mask);
	uint8_t *b = entries ? packet(o, RTCP_RTPFB, 1, 8 + 4 * entries) : NULL;
	if (!b)
		return;
	put32(b, from);
	put32(b + 4, about);
	b += 8;
	for (size_t i = 0; i < n; b += 4) {
		put16(b, seq[i]);
		i += nack_entry(seq + i, n - i, &mask);
		put16(b + 2, mask);
	}
}

size_t rtcp_out_end(const struct rtcp_out *o)
{
	return o->over ? 0 : o->n;
}

int rtcp_rtt_ms(const struct rtcp_report *r, uint64_t now_ntp)
{
	if (!r->last_sr)
		return -1;
	uint32_t a = (uint32_t)(now_ntp >> 16) - r->last_sr - r->delay_last_sr;
	/* Clocks that step make it negative: nothing is known then. */
	return a >= 0x80000000u ? 0 : (int)((uint64_t)a * 1000 >> 16);
}
