/*
 * RTP packets (RFC 3550) and header extensions (RFC 8285, one and two bytes).
 */
#ifndef MUSTER_RTC_RTP_H
#define MUSTER_RTC_RTP_H

#include "core/base/span.h"

#define RTP_PACKET_MAX 1500
#define RTP_EXT_MAX 8 /**< extensions written in one packet */

#define RTP_URI_MID "urn:ietf:params:rtp-hdrext:sdes:mid"
#define RTP_URI_AUDIO_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define RTP_URI_ABS_CAPTURE "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"

/** A parsed packet. Spans borrow it. */
struct rtp {
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
	uint8_t csrc_n;
	uint16_t ext_profile; /**< 0xBEDE, 0x1000..0x100f, another, or 0: no extension */
	struct span ext;      /**< data of the extension block */
	struct span payload;  /**< without padding */
	size_t header_n;      /**< bytes before the payload */
	uint8_t padding_n;
};

/** False when it is not a whole RTP version 2 packet. */
bool rtp_parse(const void *p, size_t n, struct rtp *ret);
/** The extension with this id (1 to 255); p == NULL: not there. */
struct span rtp_ext(const struct rtp *r, unsigned id);

struct rtp_ext_out {
	uint8_t id; /**< 1 to 14 in the one-byte form; more makes the block two-byte; 0 is skipped */
	uint8_t n;  /**< 1 to 16 in the one-byte form */
	uint8_t data[32];
};
struct rtp_out {
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
	const struct rtp_ext_out *ext;
	size_t ext_n;
	struct span payload;
};
/** Write into `ret` (room for `size`); the length, or 0 when it does not fit. */
size_t rtp_write(const struct rtp_out *r, void *ret, size_t size);
/** Change the fields that a forwarder rewrites, in place. `p` must hold a parsed packet. */
void rtp_rewrite(void *p, uint8_t pt, uint16_t seq, uint32_t timestamp, uint32_t ssrc);

/** RFC 6464: level 0 (loud) to 127 (silent) in -dBov. */
void rtp_ext_level(struct rtp_ext_out *ret, uint8_t id, bool voice, unsigned dbov);
bool rtp_level(const struct rtp *r, unsigned id, bool *ret_voice, unsigned *ret_dbov);
/** The SDES mid; cut at 16 bytes. */
void rtp_ext_mid(struct rtp_ext_out *ret, uint8_t id, struct span mid);
/** abs-capture-time: NTP time of the first sample, 32.32 bits, short form. */
void rtp_ext_capture(struct rtp_ext_out *ret, uint8_t id, uint64_t ntp);
bool rtp_capture(const struct rtp *r, unsigned id, uint64_t *ret_ntp);
/** NTP 32.32 of wall-clock milliseconds, and back. */
uint64_t rtp_ntp_of_ms(int64_t wall_ms);
int64_t rtp_ms_of_ntp(uint64_t ntp);
/** a - b in the order of 16-bit sequence numbers. */
int rtp_seq_diff(uint16_t a, uint16_t b);

#endif
