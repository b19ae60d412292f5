/*
 * Inside SRTP: srtp.c (shapes, who does it), srtp_gcm.c (AES-GCM on OpenSSL),
 * srtp_lib.c (libsrtp2: everything else, and in tests the oracle for the first).
 */
#ifndef MUSTER_RTC_SRTP_PRIV_H
#define MUSTER_RTC_SRTP_PRIV_H

#include "core/rtc/srtp.h"

/** Packets have the right shape, and when protecting there is room. */
struct srtp_calls {
	void (*free)(struct srtp_stream *s);
	enum srtp_result (*rtp)(struct srtp_stream *s, uint8_t *p, size_t *n, uint32_t ssrc);
	enum srtp_result (*rtcp)(struct srtp_stream *s, uint8_t *p, size_t *n, uint32_t ssrc);
	void (*forget)(struct srtp_stream *s, uint32_t ssrc);
};

/** What every kind begins with. */
struct srtp_stream {
	const struct srtp_calls *calls;
	bool sending;
};

/** AEAD_AES_128_GCM. NULL: OpenSSL cannot. */
struct srtp_stream *srtp_gcm_new(const struct srtp_key *key, bool sending, struct err *err);
/** Any suite. NULL: libsrtp2 is not there, or cannot. */
struct srtp_stream *srtp_lib_new(enum srtp_suite suite, const struct srtp_key *key, bool sending,
				 struct err *err);

#endif
