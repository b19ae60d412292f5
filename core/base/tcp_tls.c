/* TLS on a connection of tcp.c, as the client. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/tcp_priv.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#define RECORD_MAX 16384

struct tcp_tls {
	SSL *ssl;
	BIO *in, *out; /* `ssl` owns them */
};

static int trust(SSL_CTX *ctx, const char *ca_file, struct err *err)
{
	int ok = ca_file ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL)
			 : SSL_CTX_set_default_verify_paths(ctx);
	ERR_clear_error();
	if (ok != 1)
		return err_set(err, ERR_INVALID, _("cannot read certificates from %s"),
			       ca_file ? ca_file : _("the system"));
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return 0;
}

/* The certificate must be for this name, or this address. */
static bool expect(SSL *ssl, const char *name)
{
	struct net_addr a;
	if (net_addr_parse(span_of(name), 0, &a))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tcp_tls *tcp_tls_new(const char *name, const char *ca_file, struct err *err)
{
	struct tcp_tls *s = NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || trust(ctx, ca_file, err)) {
		if (!ctx)
			err_set(err, ERR_FAILED, _("OpenSSL cannot begin TLS"));
		SSL_CTX_free(ctx);
		return NULL;
	}
	s = NEW(struct tcp_tls);
	s->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out || !expect(s->ssl, name)) {
		BIO_free(s->in);
		BIO_free(s->out);
		SSL_free(s->ssl);
		mem_free(s);
		err_set(err, ERR_FAILED, _("OpenSSL cannot begin TLS"));
		return NULL;
	}
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_connect_state(s->ssl);
	return s;
}

void tcp_tls_free(struct tcp_tls *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	mem_free(s);
}

/* What OpenSSL wants to have on the wire. */
static bool flush(struct tcp *t)
{
	uint8_t out[4096];
	int n;
	while ((n = BIO_read(t->tls->out, out, sizeof(out))) > 0)
		if (!tcp_write(t, out, (size_t)n))
			return false;
	return true;
}

static void broken(struct tcp *t)
{
	struct err err = {0};
	long verify = SSL_get_verify_result(t->tls->ssl);
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	if (verify != X509_V_OK)
		err_set(&err, ERR_AUTH, _("its certificate is not trusted: %s"),
			X509_verify_cert_error_string(verify));
	else
		err_set(&err, ERR_NETWORK, _("TLS failed: %s"), reason ? reason : "?");
	ERR_clear_error();
	tcp_fail(t, &err);
}

/* True: go on to read. */
static bool handshake(struct tcp *t)
{
	if (SSL_is_init_finished(t->tls->ssl))
		return true;
	ERR_clear_error();
	int rc = SSL_do_handshake(t->tls->ssl);
	flush(t);
	if (rc != 1) {
		if (SSL_get_error(t->tls->ssl, rc) != SSL_ERROR_WANT_READ)
			broken(t);
		return false;
	}
	tcp_opened(t);
	return !t->over;
}

void tcp_tls_received(struct tcp *t, const uint8_t *p, size_t n)
{
	uint8_t plain[RECORD_MAX];
	int got;
	if (n && BIO_write(t->tls->in, p, (int)n) != (int)n) {
		broken(t);
		return;
	}
	if (!handshake(t))
		return;
	ERR_clear_error();
	while ((got = SSL_read(t->tls->ssl, plain, sizeof(plain))) > 0) {
		t->h.received(t->arg, plain, (size_t)got);
		if (t->over)
			return;
		ERR_clear_error();
	}
	int e = SSL_get_error(t->tls->ssl, got);
	flush(t);
	if (e == SSL_ERROR_ZERO_RETURN) {
		struct err err = {0};
		err_set(&err, ERR_NETWORK, _("the other side closed the connection"));
		tcp_fail(t, &err);
	} else if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
		broken(t);
	}
}

bool tcp_tls_send(struct tcp *t, const void *p, size_t n)
{
	ERR_clear_error();
	return SSL_write(t->tls->ssl, p, (int)n) == (int)n && flush(t);
}
