/*
 * Datagrams on a stream. Two ways: RFC 4571 puts a length of two bytes before
 * each (ICE over TCP, RFC 6544); TURN's messages tell their length themselves
 * (RFC 8656 section 2.1 and 12.5: STUN, and ChannelData that is padded to
 * four). Bytes in, datagrams out.
 */
#ifndef MUSTER_RTC_FRAMING_H
#define MUSTER_RTC_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMING_MAX 1600 /**< bytes of one datagram; a stream with longer ones is broken */
#define FRAMING_HEAD 2	 /**< of RFC 4571 */

enum framing_kind { FRAMING_RFC4571, FRAMING_TURN };

struct framing {
	enum framing_kind kind;
	size_t n;      /**< of what has come of the next one */
	uint8_t *part; /**< NULL while nothing is half there */
};

/** A whole datagram; borrowed. False: no more, the stream is gone; `framing_feed` touches nothing. */
typedef bool framing_fn(void *arg, const uint8_t *p, size_t n);

void framing_init(struct framing *f, enum framing_kind kind);
void framing_done(struct framing *f);
/** More of the stream. False: it is broken (a length over FRAMING_MAX, or no message of TURN). */
bool framing_feed(struct framing *f, const uint8_t *p, size_t n, framing_fn *fn, void *arg);
/** The head that goes before a datagram of `n` bytes, at most FRAMING_MAX (RFC 4571 section 2). */
void framing_head(uint8_t ret[FRAMING_HEAD], size_t n);

#endif
