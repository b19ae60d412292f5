#include "core/rtc/dtls.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/dtls_priv.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define RECORD_HEADER 13
#define FIRST_TIMEOUT_US 200000
#define MAX_TIMEOUT_US 3000000

struct dtls {
	struct dtls_cert *cert;
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	bool client;
	dtls_send_fn *send;
	void *arg;
	enum dtls_state state;
	const EVP_MD *hash;
	uint8_t want[EVP_MAX_MD_SIZE];
	size_t want_n;
	int64_t deadline;
	uint64_t dropped, ignored;
	char error[256];
};

static unsigned next_timeout(SSL *ssl, unsigned us)
{
	(void)ssl;
	if (!us)
		return FIRST_TIMEOUT_US;
	return us * 2 > MAX_TIMEOUT_US ? MAX_TIMEOUT_US : us * 2;
}

struct dtls *dtls_new(struct dtls_cert *cert, bool client, dtls_send_fn *send, void *arg,
		      struct err *err)
{
	struct dtls *d = NEW(struct dtls);
	d->client = client;
	d->send = send;
	d->arg = arg;
	d->deadline = INT64_MAX;
	d->cert = dtls_cert_ref(cert);
	d->ssl = SSL_new(dtls_cert_ctx(cert));
	d->in = BIO_new(BIO_s_mem());
	d->out = BIO_new(BIO_s_mem());
	if (!d->ssl || !d->in || !d->out) {
		BIO_free(d->in);
		BIO_free(d->out);
		dtls_free(d);
		err_set(err, ERR_FAILED, _("OpenSSL cannot start DTLS"));
		return NULL;
	}
	/* An empty BIO means "later", not the end. */
	BIO_set_mem_eof_return(d->in, -1);
	BIO_set_mem_eof_return(d->out, -1);
	SSL_set_bio(d->ssl, d->in, d->out);
	SSL_set_mtu(d->ssl, DTLS_DATAGRAM_MAX);
	/* Its buffer for sending is made for this, and a server has hundreds of them. */
	SSL_set_max_send_fragment(d->ssl, DTLS_DATAGRAM_MAX - 100);
	DTLS_set_timer_cb(d->ssl, next_timeout);
	if (client)
		SSL_set_connect_state(d->ssl);
	else
		SSL_set_accept_state(d->ssl);
	return d;
}

void dtls_free(struct dtls *d)
{
	if (!d)
		return;
	SSL_free(d->ssl);
	dtls_cert_unref(d->cert);
	mem_free(d);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int dtls_set_fingerprint(struct dtls *d, struct span hash, struct span hex, struct err *err)
{
	const EVP_MD *md = span_case_eq_str(hash, "sha-256")   ? EVP_sha256()
			   : span_case_eq_str(hash, "sha-384") ? EVP_sha384()
			   : span_case_eq_str(hash, "sha-512") ? EVP_sha512()
							       : NULL;
	if (!md)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the peer's certificate fingerprint uses the hash \"%.*s\""),
			       SPAN_ARG(span_head(hash, 40)));
	size_t n = (size_t)EVP_MD_get_size(md);
	uint8_t raw[EVP_MAX_MD_SIZE];
	bool ok = hex.n == 3 * n - 1;
	for (size_t i = 0; ok && i < n; i++) {
		int hi = hex_value(hex.p[3 * i]), lo = hex_value(hex.p[3 * i + 1]);
		ok = hi >= 0 && lo >= 0 && (i + 1 == n || hex.p[3 * i + 2] == ':');
		raw[i] = ok ? (uint8_t)(hi << 4 | lo) : 0;
	}
	if (!ok)
		return err_set(err, ERR_PROTOCOL,
			       _("the peer's certificate fingerprint is malformed"));
	d->hash = md;
	d->want_n = n;
	memcpy(d->want, raw, n);
	return 0;
}

/* The BIO joins records: cut at their bounds, as many as fit in each datagram. */
static void flush(struct dtls *d)
{
	char *data;
	long total = BIO_get_mem_data(d->out, &data);
	size_t n = total > 0 ? (size_t)total : 0, from = 0, at = 0;
	while (at < n) {
		size_t record = n - at;
		if (record >= RECORD_HEADER) {
			size_t whole = RECORD_HEADER + (size_t)get16(data + at + 11);
			record = whole < record ? whole : record;
		}
		if (at > from && at + record - from > DTLS_DATAGRAM_MAX) {
			d->send(d->arg, data + from, at - from);
			from = at;
		}
		at += record;
	}
	if (n > from)
		d->send(d->arg, data + from, n - from);
	(void)BIO_reset(d->out);
}

static void fail(struct dtls *d, const char *why)
{
	d->state = DTLS_FAILED;
	d->deadline = INT64_MAX;
	snprintf(d->error, sizeof(d->error), "%s", why);
}

static void fail_openssl(struct dtls *d)
{
	char text[200];
	char why[256];
	unsigned long e = ERR_peek_last_error();
	ERR_error_string_n(e, text, sizeof(text));
	snprintf(why, sizeof(why), _("the DTLS handshake failed (%.180s)"),
		 e ? ERR_reason_error_string(e) ? ERR_reason_error_string(e) : text
		   : _("no answer"));
	ERR_clear_error();
	fail(d, why);
}

static bool fingerprint_right(struct dtls *d)
{
	uint8_t got[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	X509 *x = SSL_get1_peer_certificate(d->ssl);
	bool ok = x && X509_digest(x, d->hash, got, &n) && n == d->want_n &&
		  crypto_equal(got, d->want, n);
	X509_free(x);
	return ok;
}

static void finished(struct dtls *d)
{
	if (!fingerprint_right(d)) {
		SSL_shutdown(d->ssl);
		fail(d, _("the peer's certificate is not the one it announced"));
	} else if (!SSL_get_selected_srtp_profile(d->ssl)) {
		SSL_shutdown(d->ssl);
		fail(d, _("the peer does not agree on how to encrypt media (SRTP profile)"));
	} else {
		d->state = DTLS_CONNECTED;
	}
}

static void handshake(struct dtls *d)
{
	ERR_clear_error();
	int r = SSL_do_handshake(d->ssl);
	if (r == 1) {
		finished(d);
		return;
	}
	int e = SSL_get_error(d->ssl, r);
	if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		fail_openssl(d);
}

static void drain(struct dtls *d)
{
	char scrap[4096];
	int n;
	ERR_clear_error();
	while ((n = SSL_read(d->ssl, scrap, sizeof(scrap))) > 0)
		d->dropped += (uint64_t)n;
	int e = SSL_get_error(d->ssl, n);
	if (e == SSL_ERROR_ZERO_RETURN)
		d->state = DTLS_CLOSED;
	else if (e == SSL_ERROR_SSL)
		fail_openssl(d);
}

/* OpenSSL tells how long from now; only a handshake has a timer. */
static void schedule(struct dtls *d, int64_t now)
{
	struct timeval tv;
	d->deadline = INT64_MAX;
	if ((d->state == DTLS_HANDSHAKE || d->state == DTLS_CONNECTED) &&
	    DTLSv1_get_timeout(d->ssl, &tv))
		d->deadline = now + (int64_t)tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000;
}

void dtls_start(struct dtls *d, int64_t now)
{
	if (d->state != DTLS_NEW || !d->hash)
		return;
	d->state = DTLS_HANDSHAKE;
	if (d->client)
		handshake(d);
	flush(d);
	schedule(d, now);
}

void dtls_receive(struct dtls *d, int64_t now, const void *p, size_t n)
{
	if ((d->state != DTLS_HANDSHAKE && d->state != DTLS_CONNECTED) || n < RECORD_HEADER ||
	    n > 65535)
		return;
	bool settled = d->state == DTLS_CONNECTED;
	uint64_t before = d->dropped;
	BIO_write(d->in, p, (int)n);
	if (d->state == DTLS_HANDSHAKE)
		handshake(d);
	if (d->state == DTLS_CONNECTED)
		drain(d);
	d->ignored += settled && d->dropped == before && d->state == DTLS_CONNECTED;
	/* What OpenSSL left of a broken datagram must not stick to the next. */
	(void)BIO_reset(d->in);
	flush(d);
	schedule(d, now);
}

void dtls_tick(struct dtls *d, int64_t now)
{
	if (now < d->deadline)
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		fail_openssl(d);
	flush(d);
	schedule(d, now);
	if (d->deadline <= now)
		d->deadline = now + 10;
}

int64_t dtls_deadline(const struct dtls *d)
{
	return d->deadline;
}

void dtls_close(struct dtls *d)
{
	if (d->state == DTLS_CONNECTED) {
		SSL_shutdown(d->ssl);
		flush(d);
	}
	if (d->state != DTLS_FAILED)
		d->state = DTLS_CLOSED;
	d->deadline = INT64_MAX;
}

enum dtls_state dtls_state(const struct dtls *d)
{
	return d->state;
}

const char *dtls_error(const struct dtls *d)
{
	return d->error;
}

uint64_t dtls_ignored(const struct dtls *d)
{
	return d->ignored;
}

int dtls_keys(struct dtls *d, struct srtp_keys *ret, struct err *err)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	uint8_t raw[2 * 30];
	size_t key_n, salt_n;
	SRTP_PROTECTION_PROFILE *profile =
		d->state == DTLS_CONNECTED ? SSL_get_selected_srtp_profile(d->ssl) : NULL;
	enum srtp_suite suite = profile ? (enum srtp_suite)profile->id : SRTP_NONE;
	size_t n = 2 * srtp_key_bytes(suite, &key_n, &salt_n);
	if (!n ||
	    SSL_export_keying_material(d->ssl, raw, n, label, sizeof(label) - 1, NULL, 0, 0) != 1)
		return err_set(err, ERR_FAILED, _("there are no keys for media yet"));
	/* RFC 5764 4.2: client key, server key, client salt, server salt. */
	struct srtp_key *client = d->client ? &ret->send : &ret->receive;
	struct srtp_key *server = d->client ? &ret->receive : &ret->send;
	ret->suite = suite;
	memcpy(client->bytes, raw, key_n);
	memcpy(server->bytes, raw + key_n, key_n);
	memcpy(client->bytes + key_n, raw + 2 * key_n, salt_n);
	memcpy(server->bytes + key_n, raw + 2 * key_n + salt_n, salt_n);
	mem_wipe(raw, sizeof(raw));
	return 0;
}
