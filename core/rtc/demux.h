/*
 * What kind of packet a datagram on a shared port is: RFC 7983 by its first
 * byte, RTP and RTCP apart by RFC 5761.
 */
#ifndef MUSTER_RTC_DEMUX_H
#define MUSTER_RTC_DEMUX_H

#include <stddef.h>

enum demux_kind {
	DEMUX_NONE, /**< empty, too short, or of no class that we speak */
	DEMUX_STUN,
	DEMUX_DTLS,
	DEMUX_RTP,
	DEMUX_RTCP,
	DEMUX_ZRTP,    /**< 16 to 19 */
	DEMUX_CHANNEL, /**< TURN channel data, 64 to 79 */
};

/** Looks at the first two bytes and the least length only. */
enum demux_kind demux(const void *p, size_t n);

#endif
