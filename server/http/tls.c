#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/*
 * TLS between socket and connection. Instead of OpenSSL's own memory BIO,
 * which keeps its largest size for ever, a BIO that reads straight from the
 * bytes at hand and writes to a buffer that is given away when sent: a waiting
 * connection holds no I/O memory.
 */
struct tls {
	SSL *ssl;
	const char *in;
	size_t in_n;
	struct buf out;
};

static int bio_read(BIO *bio, char *p, int n)
{
	struct tls *t = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (!t->in_n) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t m = t->in_n < (size_t)n ? t->in_n : (size_t)n;
	memcpy(p, t->in, m);
	t->in += m;
	t->in_n -= m;
	return (int)m;
}

static int bio_write(BIO *bio, const char *p, int n)
{
	struct tls *t = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	return buf_put(&t->out, p, (size_t)n) ? n : -1;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *bio_method(struct httpd *h)
{
	if (!h->bio_method) {
		BIO_METHOD *m =
			BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "muster httpd");
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_ctrl(m, bio_ctrl);
		BIO_meth_set_create(m, bio_create);
		h->bio_method = m;
	}
	return h->bio_method;
}

/* ---- certificates ---- */

static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return 0; /* an encrypted key is an error, never a prompt */
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
		       const unsigned char *in, unsigned inlen, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	(void)ssl;
	(void)arg;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, outlen, ours, sizeof(ours) - 1, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	return ctx;
}

static int tls_err(struct err *err, const char *fmt, const char *file)
{
	char why[160];
	unsigned long e = ERR_get_error();
	/* What the system says of a file has no reason of OpenSSL's own. */
	const char *reason =
		ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) : ERR_reason_error_string(e);
	snprintf(why, sizeof(why), "%s", reason ? reason : "?");
	ERR_clear_error();
	return err_set(err, ERR_FAILED, fmt, file, why);
}

int httpd_tls_load(struct httpd *h, const char *cert_file, const char *key_file, struct err *err)
{
	ERR_clear_error();
	SSL_CTX *ctx = make_ctx();
	int rc = 0;
	if (!ctx)
		rc = tls_err(err, _("TLS cannot be set up%s: %s"), "");
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		rc = tls_err(err, _("the certificate %s cannot be used: %s"), cert_file);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
		rc = tls_err(err, _("the private key %s cannot be used: %s"), key_file);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		rc = tls_err(err, _("the private key %s does not belong to the certificate: %s"),
			     key_file);
	if (rc) {
		SSL_CTX_free(ctx);
		return rc;
	}
	SSL_CTX_free(h->ssl_ctx); /* connections under way hold on to theirs */
	h->ssl_ctx = ctx;
	return 0;
}

void tls_done(struct httpd *h)
{
	SSL_CTX_free(h->ssl_ctx);
	BIO_meth_free(h->bio_method);
}

/* ---- connections ---- */

int tls_conn_new(struct httpd *h, struct conn *c)
{
	SSL *ssl = SSL_new(h->ssl_ctx);
	BIO *bio = ssl ? BIO_new(bio_method(h)) : NULL;
	if (!bio) {
		SSL_free(ssl);
		return -1;
	}
	struct tls *t = NEW(struct tls);
	t->ssl = ssl;
	t->out = BUF_INIT(BUF_CAP_OWN);
	BIO_set_data(bio, t);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_accept_state(ssl);
	c->tls = t;
	return 0;
}

void tls_conn_free(struct conn *c)
{
	if (!c->tls)
		return;
	SSL_free(c->tls->ssl);
	buf_done(&c->tls->out);
	mem_free(c->tls);
	c->tls = NULL;
}

struct buf *tls_out(struct conn *c)
{
	return &c->tls->out;
}

/* False when the connection cannot go on now. */
static bool handshake(struct conn *c)
{
	struct tls *t = c->tls;
	if (SSL_is_init_finished(t->ssl))
		return true;
	ERR_clear_error();
	int rc = SSL_do_handshake(t->ssl);
	out_tls(c);
	if (rc == 1)
		return true;
	if (SSL_get_error(t->ssl, rc) != SSL_ERROR_WANT_READ) {
		ERR_clear_error();
		conn_linger(c); /* so that the peer hears the alert */
	}
	return false;
}

static bool input_wanted(const struct conn *c)
{
	return c->state != CONN_CLOSING && c->state != CONN_LINGER && c->dl != DL_NOW;
}

static void read_records(struct conn *c)
{
	struct tls *t = c->tls;
	while (input_wanted(c)) {
		ERR_clear_error();
		int n = SSL_read(t->ssl, c->h->plain_buf, HTTPD_TLS_RECORD);
		if (n > 0) {
			conn_input(c, c->h->plain_buf, (size_t)n);
			continue;
		}
		int e = SSL_get_error(t->ssl, n);
		if (e == SSL_ERROR_ZERO_RETURN)
			conn_eof(c);
		else if (e != SSL_ERROR_WANT_READ)
			conn_abort(c);
		return;
	}
}

void tls_input(struct conn *c, const char *p, size_t n)
{
	struct tls *t = c->tls;
	if (!input_wanted(c))
		return;
	t->in = p;
	t->in_n = n;
	if (handshake(c))
		read_records(c);
	t->in_n = 0;
	if (c->state != CONN_CLOSING)
		out_tls(c);
	ERR_clear_error();
}

int tls_encrypt(struct conn *c, const char *p, size_t n)
{
	while (n) {
		size_t m = n < HTTPD_TLS_RECORD ? n : HTTPD_TLS_RECORD;
		ERR_clear_error();
		if (SSL_write(c->tls->ssl, p, (int)m) != (int)m) {
			ERR_clear_error();
			return -1;
		}
		p += m;
		n -= m;
	}
	return 0;
}

void tls_close_notify(struct conn *c)
{
	if (!SSL_is_init_finished(c->tls->ssl))
		return;
	ERR_clear_error();
	SSL_shutdown(c->tls->ssl);
	ERR_clear_error();
	out_tls(c);
}
