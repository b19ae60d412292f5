/*
 * Hashes, random numbers, base64 and tokens, from OpenSSL.
 */
#ifndef MUSTER_BASE_CRYPTO_H
#define MUSTER_BASE_CRYPTO_H

#include "core/base/buf.h"
#include "core/base/err.h"

/** Fill with unpredictable bytes; aborts when the system has none. Any thread. */
void crypto_random(void *p, size_t n);
void crypto_sha1(struct span in, uint8_t ret[20]); /**< WebSocket handshake only */
void crypto_sha256(struct span in, uint8_t ret[32]);
void crypto_hmac_sha1(struct span key, struct span in, uint8_t ret[20]); /**< STUN and TURN */
void crypto_hmac_sha256(struct span key, struct span in, uint8_t ret[32]);
/** Of a whole file, read in pieces. */
int crypto_sha256_file(const char *path, uint8_t ret[32], struct err *err);
/** Does this public key of Ed25519 (RFC 8032) say that it signed `in`? */
bool crypto_ed25519_verify(const uint8_t key[32], struct span in, const uint8_t signature[64]);
/** Of what comes in pieces. The caller owns it: crypto_sha_end, or crypto_sha_free. */
struct crypto_sha;
struct crypto_sha *crypto_sha_new(void);
void crypto_sha_add(struct crypto_sha *h, struct span in);
void crypto_sha_end(struct crypto_sha *h, uint8_t ret[32]); /**< frees `h` */
void crypto_sha_free(struct crypto_sha *h);		    /**< NULL is allowed */
/** Equal, in time that does not depend on where they differ. */
bool crypto_equal(const void *a, const void *b, size_t n);

/** Append base64 with padding (RFC 4648 section 4). */
void base64_put(struct buf *b, const void *p, size_t n);
/** Append unpadded base64 (Matrix). */
void base64_put_unpadded(struct buf *b, const void *p, size_t n);
/** Append unpadded URL-safe base64 (RFC 4648 section 5). */
void base64url_put(struct buf *b, const void *p, size_t n);
/** Decode either alphabet, padding optional; false on anything else. */
bool base64_decode(struct buf *b, struct span in);
/** Lower-case hex of `n` bytes into `ret` (2n+1). */
void hex_put(char *ret, const void *p, size_t n);

/** A token: `prefix` and 43 URL-safe characters (256 bits). The caller owns it (mem_free_secret).
 */
char *crypto_token(const char *prefix);

#endif
