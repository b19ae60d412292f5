/*
 * RTCP (RFC 3550, generic NACK of RFC 4585): compound packets in and out.
 */
#ifndef MUSTER_RTC_RTCP_H
#define MUSTER_RTC_RTCP_H

#include "core/base/span.h"

#define RTCP_REPORTS_MAX 31
#define RTCP_NACKS_MAX 256 /**< sequence numbers taken from one packet */
#define RTCP_CNAME_MAX 255

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_RTPFB = 205, /**< count 1: NACK */
	RTCP_PSFB = 206,  /**< count 1: PLI */
	RTCP_XR = 207,
};

/** One packet of a compound; `body` is what follows the 4-byte header, without padding. */
struct rtcp {
	uint8_t type;
	uint8_t count; /**< reports, sources, or the feedback's format */
	struct span body;
};
/** Every packet fits and is version 2; the compound may be reduced-size (RFC 5506). */
bool rtcp_valid(const void *p, size_t n);
/** Cut the next packet off `*rest`; false at the end or at the first malformed one. */
bool rtcp_next(struct span *rest, struct rtcp *ret);

struct rtcp_report {
	uint32_t ssrc;
	uint8_t fraction_lost; /**< of 256 */
	int32_t lost;	       /**< cumulative, clamped to 24 bits */
	uint32_t max_seq;      /**< extended */
	uint32_t jitter;
	uint32_t last_sr;
	uint32_t delay_last_sr; /**< 1/65536 s */
};
struct rtcp_sr {
	uint32_t ssrc;
	uint64_t ntp;
	uint32_t timestamp;
	uint32_t packets, bytes;
};

/** The sender's part of an SR. */
bool rtcp_sr(const struct rtcp *p, struct rtcp_sr *ret);
/** Who reports, and report block `i` of an SR or RR; false when there is none. */
bool rtcp_report_from(const struct rtcp *p, uint32_t *ret_ssrc);
bool rtcp_report(const struct rtcp *p, size_t i, struct rtcp_report *ret);
/** A generic NACK: about whom, and the sequence numbers; returns how many, -1: not a NACK. */
int rtcp_nack(const struct rtcp *p, uint32_t *ret_ssrc, uint16_t *ret, size_t max);
/** Source `i` of a BYE. */
bool rtcp_bye(const struct rtcp *p, size_t i, uint32_t *ret_ssrc);
/** CNAME of the first chunk; p == NULL: none. */
struct span rtcp_cname(const struct rtcp *p, uint32_t *ret_ssrc);

/** A compound being written into memory of the caller. Overflow is sticky: n becomes 0 at the end. */
struct rtcp_out {
	uint8_t *p;
	size_t n, size;
	bool over;
};
void rtcp_out_init(struct rtcp_out *o, void *p, size_t size);
void rtcp_put_sr(struct rtcp_out *o, const struct rtcp_sr *sr, const struct rtcp_report *r,
		 size_t n);
void rtcp_put_rr(struct rtcp_out *o, uint32_t ssrc, const struct rtcp_report *r, size_t n);
void rtcp_put_cname(struct rtcp_out *o, uint32_t ssrc, struct span cname);
void rtcp_put_bye(struct rtcp_out *o, const uint32_t *ssrc, size_t n);
/** `seq` in rising order (mod 65536) packs best; any order is right. */
void rtcp_put_nack(struct rtcp_out *o, uint32_t from, uint32_t about, const uint16_t *seq,
		   size_t n);
/** Length of what was written, 0 when it did not fit. */
size_t rtcp_out_end(const struct rtcp_out *o);

/** Round trip from a report about our SR: now - LSR - DLSR in milliseconds; -1: it names none. */
int rtcp_rtt_ms(const struct rtcp_report *r, uint64_t now_ntp);

#endif
