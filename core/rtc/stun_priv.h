/* Numbers of RFC 8489 and 8445, shared by reader and writer. */
#ifndef MUSTER_RTC_STUN_PRIV_H
#define MUSTER_RTC_STUN_PRIV_H

#include "core/base/span.h"

#define STUN_HEADER 20
#define STUN_COOKIE 0x2112A442u
#define STUN_FINGERPRINT_XOR 0x5354554eu

enum stun_attribute {
	STUN_MAPPED_ADDRESS = 0x0001,
	STUN_USERNAME = 0x0006,
	STUN_MESSAGE_INTEGRITY = 0x0008,
	STUN_ERROR_CODE = 0x0009,
	STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	STUN_REALM = 0x0014,
	STUN_NONCE = 0x0015,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_PRIORITY = 0x0024,
	STUN_USE_CANDIDATE = 0x0025,
	STUN_SOFTWARE = 0x8022,
	STUN_FINGERPRINT = 0x8028,
	STUN_ICE_CONTROLLED = 0x8029,
	STUN_ICE_CONTROLLING = 0x802a,
};

uint32_t stun_crc32(const uint8_t *p, size_t n);
void stun_hmac(struct span key, const uint8_t *p, size_t n, uint8_t ret[20]);

#endif
