/*
 * Packets sent lately on one SSRC, by sequence number, to answer NACKs. What
 * is kept is the protected packet: it is sent again byte by byte, so no key
 * stream is ever used twice.
 */
#ifndef MUSTER_RTC_RTP_HISTORY_H
#define MUSTER_RTC_RTP_HISTORY_H

#include "core/base/span.h"

#define RTP_HISTORY_MAX 1024   /**< slots */
#define RTP_HISTORY_DEFAULT 64 /**< 1.3 s of speech */
#define RTP_RESEND_AGAIN_MS 20 /**< the same packet is not sent again sooner */

struct rtp_history;
/** Keeps the last `slots` packets (a power of two is made of it). The caller owns it. */
struct rtp_history *rtp_history_new(size_t slots);
void rtp_history_free(struct rtp_history *h);
void rtp_history_add(struct rtp_history *h, uint16_t seq, const void *p, size_t n);
/** The packet, borrowed until the next add; p == NULL: gone, or sent again just now. */
struct span rtp_history_get(struct rtp_history *h, int64_t now, uint16_t seq);
/** Forget all packets and give their memory back. */
void rtp_history_drop(struct rtp_history *h);
size_t rtp_history_bytes(const struct rtp_history *h);

#endif
