/*
 * DTLS 1.2 for DTLS-SRTP (RFC 5763, 5764) on OpenSSL memory BIOs: client and
 * server, self-signed ECDSA P-256 certificates checked by fingerprint (RFC
 * 8122). Application data (SCTP) is dropped. Sans I/O, except that OpenSSL
 * reads the clock itself for its retransmission timer.
 */
#ifndef MUSTER_RTC_DTLS_H
#define MUSTER_RTC_DTLS_H

#include "core/base/err.h"
#include "core/base/span.h"
#include "core/rtc/srtp.h"

#define DTLS_DATAGRAM_MAX 1200
#define DTLS_FINGERPRINT_TEXT 96 /**< room for "AB:CD:..." of SHA-256 */

struct dtls_cert;
/** A key and a self-signed certificate for 30 days. Shared: ref/unref; any number of sessions. */
struct dtls_cert *dtls_cert_new(struct err *err);
struct dtls_cert *dtls_cert_ref(struct dtls_cert *c);
void dtls_cert_unref(struct dtls_cert *c);
/** SHA-256 as SDP writes it: 32 upper-case pairs with colons. Borrowed. */
const char *dtls_cert_fingerprint(const struct dtls_cert *c);

enum dtls_state {
	DTLS_NEW,
	DTLS_HANDSHAKE,
	DTLS_CONNECTED, /**< fingerprint right, keys are there */
	DTLS_CLOSED,	/**< the peer said close_notify, or we did */
	DTLS_FAILED,	/**< see dtls_error */
};

typedef void dtls_send_fn(void *arg, const void *p, size_t n);

struct dtls;
/** A session; takes a reference on `cert`. `send` gets datagrams of at most DTLS_DATAGRAM_MAX. */
struct dtls *dtls_new(struct dtls_cert *cert, bool client, dtls_send_fn *send, void *arg,
		      struct err *err);
void dtls_free(struct dtls *d);
/**
 * The fingerprint the peer announced: hash name and hex pairs. Must come before
 * dtls_start. ERR_UNSUPPORTED unless sha-256, sha-384 or sha-512.
 */
int dtls_set_fingerprint(struct dtls *d, struct span hash, struct span hex, struct err *err);
/** Begin; the client sends its hello. */
void dtls_start(struct dtls *d, int64_t now);
/** A datagram. Before dtls_start it is ignored: the peer sends it again. */
void dtls_receive(struct dtls *d, int64_t now, const void *p, size_t n);
/** Retransmit when due. */
void dtls_tick(struct dtls *d, int64_t now);
/** When dtls_tick is wanted; INT64_MAX: never. */
int64_t dtls_deadline(const struct dtls *d);
/** Say close_notify. */
void dtls_close(struct dtls *d);

enum dtls_state dtls_state(const struct dtls *d);
/** Why it failed; one sentence, "" while it has not. Borrowed. */
const char *dtls_error(const struct dtls *d);
/** Keys for both directions, once DTLS_CONNECTED. */
int dtls_keys(struct dtls *d, struct srtp_keys *ret, struct err *err);
/** Datagrams that said nothing once the handshake was over: forged, or sent again. */
uint64_t dtls_ignored(const struct dtls *d);

#endif
