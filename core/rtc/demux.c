#include "core/rtc/demux.h"

#include <stdint.h>

enum demux_kind demux(const void *p, size_t n)
{
	const uint8_t *u = p;
	if (!n)
		return DEMUX_NONE;
	if (u[0] <= 3)
		return n >= 20 ? DEMUX_STUN : DEMUX_NONE;
	if (u[0] >= 16 && u[0] <= 19)
		return DEMUX_ZRTP;
	if (u[0] >= 20 && u[0] <= 63)
		return n >= 13 ? DEMUX_DTLS : DEMUX_NONE;
	if (u[0] >= 64 && u[0] <= 79)
		return n >= 4 ? DEMUX_CHANNEL : DEMUX_NONE;
	if (u[0] < 128 || u[0] > 191)
		return DEMUX_NONE;
	/* RFC 5761: payload types 64 to 95 with the marker bit are RTCP. */
	if (n >= 8 && u[1] >= 192 && u[1] <= 223)
		return DEMUX_RTCP;
	return n >= 12 ? DEMUX_RTP : DEMUX_NONE;
}
