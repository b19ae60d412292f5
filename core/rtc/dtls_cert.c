#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/dtls.h"
#include "core/rtc/dtls_priv.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#define DAY_S (24 * 60 * 60L)

struct dtls_cert {
	atomic_int refs;
	X509 *x509;
	EVP_PKEY *key;
	SSL_CTX *ctx;
	char fingerprint[DTLS_FINGERPRINT_TEXT];
};

static bool make_x509(struct dtls_cert *c)
{
	uint64_t serial;
	X509_NAME *name;
	crypto_random(&serial, sizeof(serial));
	c->x509 = X509_new();
	if (!c->x509 || !X509_set_version(c->x509, 2) ||
	    !ASN1_INTEGER_set_uint64(X509_get_serialNumber(c->x509), serial >> 1 | 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(c->x509), -DAY_S) ||
	    !X509_gmtime_adj(X509_getm_notAfter(c->x509), 30 * DAY_S))
		return false;
	/* A name that tells nothing: the fingerprint is what counts. */
	name = X509_get_subject_name(c->x509);
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"rtc",
					  -1, -1, 0) &&
	       X509_set_issuer_name(c->x509, name) && X509_set_pubkey(c->x509, c->key) &&
	       X509_sign(c->x509, c->key, EVP_sha256());
}

static bool make_fingerprint(struct dtls_cert *c)
{
	uint8_t raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	if (!X509_digest(c->x509, EVP_sha256(), raw, &n))
		return false;
	for (unsigned i = 0; i < n; i++)
		snprintf(c->fingerprint + 3 * i, 4, "%02X%s", raw[i], i + 1 < n ? ":" : "");
	return true;
}

/* Whoever the peer is, its certificate is checked by fingerprint afterwards. */
static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static bool make_ctx(struct dtls_cert *c)
{
	c->ctx = SSL_CTX_new(DTLS_method());
	if (!c->ctx)
		return false;
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET |
					    SSL_OP_NO_RENEGOTIATION | SSL_OP_SINGLE_ECDH_USE);
	SSL_CTX_set_read_ahead(c->ctx, 1);
	return SSL_CTX_set_min_proto_version(c->ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c->ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!SHA1:"
					       "ECDHE-ECDSA-AES128-SHA") == 1 &&
	       /* The last is of ffmpeg's certificates where it uses GnuTLS. */
	       SSL_CTX_set1_groups_list(c->ctx, "X25519:P-256:P-384:P-224") == 1 &&
	       SSL_CTX_use_certificate(c->ctx, c->x509) == 1 &&
	       SSL_CTX_use_PrivateKey(c->ctx, c->key) == 1 &&
	       /* 0 is success here. */
	       SSL_CTX_set_tlsext_use_srtp(c->ctx,
					   "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0;
}

struct dtls_cert *dtls_cert_new(struct err *err)
{
	struct dtls_cert *c = NEW(struct dtls_cert);
	atomic_init(&c->refs, 1);
	c->key = EVP_EC_gen("P-256");
	if (c->key && make_x509(c) && make_fingerprint(c) && make_ctx(c))
		return c;
	dtls_cert_unref(c);
	err_set(err, ERR_FAILED, _("OpenSSL cannot make a certificate for calls"));
	return NULL;
}

struct dtls_cert *dtls_cert_ref(struct dtls_cert *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void dtls_cert_unref(struct dtls_cert *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	SSL_CTX_free(c->ctx);
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	mem_free(c);
}

const char *dtls_cert_fingerprint(const struct dtls_cert *c)
{
	return c->fingerprint;
}

SSL_CTX *dtls_cert_ctx(const struct dtls_cert *c)
{
	return c->ctx;
}
