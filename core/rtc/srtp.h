/*
 * SRTP and SRTCP (RFC 3711, 7714) behind an interface of ours: one object for
 * one direction of one peer, any number of SSRCs up to a cap. AES-GCM is done by
 * OpenSSL (srtp_gcm.c), the older suite by libsrtp2 (srtp_lib.c).
 */
#ifndef MUSTER_RTC_SRTP_H
#define MUSTER_RTC_SRTP_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_OVERHEAD 32	/**< room that protecting needs behind a packet */
#define SRTP_SSRC_MAX 256	/**< senders accepted from one peer */
#define SRTP_REPLAY_WINDOW 1024 /**< packets */

/** Numbers are those of RFC 5764 and 7714, in our order of preference. */
enum srtp_suite {
	SRTP_NONE = 0,
	SRTP_GCM_128 = 7,   /**< SRTP_AEAD_AES_128_GCM */
	SRTP_CM_128_80 = 1, /**< SRTP_AES128_CM_HMAC_SHA1_80 */
};

struct srtp_key {
	uint8_t bytes[30]; /**< master key, then master salt */
};
struct srtp_keys {
	enum srtp_suite suite;
	struct srtp_key send, receive;
};
/** Bytes of key and salt of a suite together: 28 or 30; 0 when unknown. */
size_t srtp_key_bytes(enum srtp_suite suite, size_t *ret_key, size_t *ret_salt);

enum srtp_result {
	SRTP_OK = 0,
	SRTP_MALFORMED = -1,
	SRTP_BAD_AUTH = -2,
	SRTP_REPLAYED = -3, /**< seen before, or too old to tell */
	SRTP_TOO_MANY = -4, /**< SSRCs */
	SRTP_NO_ROOM = -5,
};

struct srtp_stream;
/** For sending, or for receiving. The caller owns it. */
struct srtp_stream *srtp_stream_new(enum srtp_suite suite, const struct srtp_key *key, bool sending,
				    struct err *err);
void srtp_stream_free(struct srtp_stream *s);
/**
 * In place: `*n` bytes at `p` become `*n` other bytes. Protecting needs
 * `room >= *n + SRTP_OVERHEAD`. Nothing is promised about `p` after an error.
 */
enum srtp_result srtp_stream_protect(struct srtp_stream *s, void *p, size_t *n, size_t room);
enum srtp_result srtp_stream_unprotect(struct srtp_stream *s, void *p, size_t *n);
enum srtp_result srtp_stream_protect_rtcp(struct srtp_stream *s, void *p, size_t *n, size_t room);
enum srtp_result srtp_stream_unprotect_rtcp(struct srtp_stream *s, void *p, size_t *n);
/** Forget an SSRC that has ended. */
void srtp_stream_forget(struct srtp_stream *s, uint32_t ssrc);

#endif
