/*
 * What a receiver knows of one SSRC (RFC 3550 appendix A): extended sequence
 * numbers, loss, jitter, delay since the last sender report, and which packets
 * are missing now, for NACK.
 */
#ifndef MUSTER_RTC_RTP_RECEIVER_H
#define MUSTER_RTC_RTP_RECEIVER_H

#include "core/rtc/rtcp.h"
#include "core/rtc/rtp.h"

#define RTP_NACK_MAX 64		   /**< missing packets remembered */
#define RTP_NACK_WAIT_MS 20	   /**< before the first NACK, where packets overtake each other */
#define RTP_NACK_REMEMBER_MS 10000 /**< that they do, and how quick answers are */
#define RTP_NACK_TRIES 4
#define RTP_NACK_RTT_MS 80	 /**< assumed where the round trip is not known */
#define RTP_NACK_PATIENCE_MS 100 /**< a packet that is sent again should come within this */

struct rtp_missing {
	uint16_t seq;
	uint8_t tries;
	int64_t since; /**< when the packet after it should have come: it is late since then */
	int64_t due;   /**< when it is to be asked for */
	int64_t asked; /**< when it last was */
};

/** A value; members are for reading. */
struct rtp_receiver {
	uint32_t ssrc;
	unsigned rate_hz;
	bool started;
	bool late; /**< the last packet was older than the newest */
	uint16_t max_seq, bad_seq;
	uint32_t max_timestamp; /**< of max_seq */
	uint32_t cycles;	/**< wraps, counted in units of 65536 */
	uint32_t base_seq;
	uint64_t received, duplicates;
	uint32_t expected_prior, received_prior;
	uint32_t transit;
	double jitter; /**< in units of the RTP clock */
	bool has_sr;
	uint32_t last_sr; /**< middle 32 bits of its NTP time */
	int64_t last_sr_ms, last_packet_ms;
	uint64_t sr_ntp;
	uint32_t sr_timestamp;
	struct rtp_missing missing[RTP_NACK_MAX];
	size_t missing_n;
	int64_t reordered; /**< when packets last overtook each other; INT64_MIN: never */
	int rtt_ms;	   /**< that the last rtp_receiver_nacks went by */
	int answer_ms;	   /**< from a NACK to its packet, smoothed; -1: none came yet */
	int64_t answered;  /**< when the last one came */
	uint64_t seen[4];  /**< the last 256 sequence numbers */
};

void rtp_receiver_init(struct rtp_receiver *r, uint32_t ssrc, unsigned rate_hz);
/** Count a packet. False: a duplicate, or a jump not confirmed yet; do not play it. */
bool rtp_receiver_add(struct rtp_receiver *r, int64_t now, uint16_t seq, uint32_t timestamp);
void rtp_receiver_sr(struct rtp_receiver *r, int64_t now, const struct rtcp_sr *sr);
/** A report block for now; loss is since the previous one. */
void rtp_receiver_report(struct rtp_receiver *r, int64_t now, struct rtcp_report *ret);
/** The way there and back (-1: not known, what answers took counts), and what a packet sent again
 * is worth waiting for. */
struct rtp_nack_way {
	int rtt_ms, patience_ms;
};
/**
 * Sequence numbers to ask for now (at most `max`); counts as asked. What could not come back
 * within the patience, counted from when it was late, is not asked for: FEC and concealment
 * have to do.
 */
size_t rtp_receiver_nacks(struct rtp_receiver *r, int64_t now, const struct rtp_nack_way *way,
			  uint16_t *ret, size_t max);
/** When rtp_receiver_nacks has something; INT64_MAX: nothing is missing. */
int64_t rtp_receiver_deadline(const struct rtp_receiver *r);
double rtp_receiver_jitter_ms(const struct rtp_receiver *r);
/** Packets expected and never seen so far; late ones and duplicates are counted right. */
int64_t rtp_receiver_lost(const struct rtp_receiver *r);

#endif
