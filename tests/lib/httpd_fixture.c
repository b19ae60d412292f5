#include "tests/lib/httpd_fixture.h"

#include "core/base/loop.h"
#include "core/base/mem.h"
#include "tests/lib/tmpdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 120000

struct waiter {
	struct waiter *next;
	struct httpd_request *rq;
};

struct fixture_impl {
	struct fixture *f;
	pthread_t thread;
	sem_t up, done;
	struct httpd_options opt;
	struct waiter *waiters;
	int files;
	int rc;
	struct httpd_stats stats;
	struct httpd_ws *ws;
};

static long live_before;

/* ---- the handler ---- */

struct job {
	char *path;
};

static bool at(const struct httpd_request *rq, const char *path)
{
	return span_eq_str(rq->path, path);
}

static void text(struct httpd_request *rq, int status, struct span body)
{
	struct job *j = rq->user;
	rq->user = NULL;
	if (j)
		mem_free(j->path);
	mem_free(j);
	httpd_reply(rq, status, "Content-Type: text/plain\r\n", body);
}

static void ws_message(struct httpd_ws *w, struct span data, bool binary, void *arg)
{
	struct fixture *f = arg;
	if (span_starts(data, "close ")) {
		int64_t code = 1000;
		span_i64(span_from(data, 6), &code);
		httpd_ws_close(w, (int)code);
		return;
	}
	if (span_starts(data, "flood ")) {
		int64_t n = 0;
		span_i64(span_from(data, 6), &n);
		char *p = mem_alloc(65536);
		for (int64_t i = 0; i < n; i++)
			if (httpd_ws_send(w, (struct span){p, 65536}, true) == ERR_TOO_LARGE)
				f->ws_refused++;
		mem_free(p);
		return;
	}
	if (httpd_ws_send(w, data, binary))
		f->ws_refused++;
}

static void ws_closed(struct httpd_ws *w, int code, void *arg)
{
	struct fixture *f = arg;
	(void)w;
	f->ws_code = code;
	f->ws_open--;
}

static const struct httpd_ws_handler ws_handler = {ws_message, ws_closed};

static void begin_file(struct httpd_request *rq, struct fixture *f)
{
	struct job *j = NEW(struct job);
	j->path = mem_printf("%s/up%d", f->dir, ++f->impl->files);
	rq->user = j;
	httpd_body_file(rq, j->path, 200 << 20);
}

static void begin(struct httpd_request *rq, void *arg)
{
	struct fixture *f = arg;
	int64_t owner;
	f->begun++;
	if (span_i64(httpd_header(rq, "X-Owner"), &owner))
		httpd_set_owner(rq, owner);
	if (at(rq, "/echo") || at(rq, "/wait"))
		httpd_body_memory(rq, 1 << 20);
	else if (at(rq, "/small"))
		httpd_body_memory(rq, 10);
	else if (at(rq, "/file"))
		begin_file(rq, f);
	else if (at(rq, "/early"))
		text(rq, 403, SPAN_LIT("early"));
	else if (at(rq, "/ws") && httpd_wants_websocket(rq) &&
		 httpd_upgrade(rq, "test", &ws_handler, f))
		f->ws_open++;
}

static void wake_all(struct fixture *f)
{
	while (f->impl->waiters) {
		struct waiter *w = f->impl->waiters;
		f->impl->waiters = w->next;
		f->waiting--;
		w->rq->user = NULL;
		text(w->rq, 200, SPAN_LIT("woken"));
		mem_free(w);
	}
}

static void add_waiter(struct httpd_request *rq, struct fixture *f)
{
	struct waiter *w = NEW(struct waiter);
	w->rq = rq;
	w->next = f->impl->waiters;
	f->impl->waiters = w;
	f->waiting++;
}

static void ready_file(struct httpd_request *rq)
{
	struct job *j = rq->user;
	char line[400];
	snprintf(line, sizeof(line), "%lld %s", (long long)httpd_body_size(rq), j->path);
	text(rq, 200, span_of(line));
}

static void ready_big(struct httpd_request *rq)
{
	int64_t n = 0;
	span_i64(rq->query, &n);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_reserve(&b, (size_t)n);
	memset(b.p, 'x', (size_t)n);
	buf_added(&b, (size_t)n);
	httpd_reply_buf(rq, 200, NULL, &b);
}

static void ready_send(struct httpd_request *rq, struct fixture *f)
{
	struct span range = rq->query, from, len;
	int64_t a = 0, n = 0;
	span_split(&range, '-', &from);
	span_split(&range, '-', &len);
	span_i64(from, &a);
	span_i64(len, &n);
	char *path = mem_printf("%s/%.*s", f->dir, SPAN_ARG(span_from(rq->path, 6)));
	httpd_reply_file(rq, 200, "Content-Type: application/octet-stream\r\n", path, a, n);
	mem_free(path);
}

static void ready_headers(struct httpd_request *rq)
{
	char *name = span_dup(rq->query);
	struct span v = httpd_header(rq, name);
	char *line = mem_printf("[%.*s]", SPAN_ARG(v));
	text(rq, 200, span_of(line));
	mem_free(line);
	mem_free(name);
}

static void ready(struct httpd_request *rq, void *arg)
{
	struct fixture *f = arg;
	f->ready++;
	if (at(rq, "/echo") || at(rq, "/small")) {
		text(rq, 200, httpd_body(rq));
	} else if (at(rq, "/file")) {
		ready_file(rq);
	} else if (at(rq, "/wait")) {
		add_waiter(rq, f);
	} else if (at(rq, "/wake")) {
		wake_all(f);
		text(rq, 200, SPAN_LIT("ok"));
	} else if (at(rq, "/big")) {
		ready_big(rq);
	} else if (span_starts(rq->path, "/send/")) {
		ready_send(rq, f);
	} else if (at(rq, "/headers")) {
		ready_headers(rq);
	} else if (at(rq, "/inject")) {
		httpd_reply(rq, 200, "X-A: b\r\n\r\nHTTP/1.1 200 OK\r\n", SPAN_LIT("x"));
	} else if (at(rq, "/none")) {
		text(rq, 200, SPAN_LIT("none"));
	} else {
		text(rq, 200, rq->target);
	}
}

static void gone(struct httpd_request *rq, void *arg)
{
	struct fixture *f = arg;
	f->gone++;
	struct job *j = rq->user;
	if (j)
		mem_free(j->path);
	mem_free(j);
	for (struct waiter **w = &f->impl->waiters; *w; w = &(*w)->next) {
		if ((*w)->rq != rq)
			continue;
		struct waiter *dead = *w;
		*w = dead->next;
		mem_free(dead);
		f->waiting--;
		return;
	}
}

static void error_body(int status, struct buf *body, void *arg)
{
	(void)arg;
	buf_printf(body, "{\"errcode\":\"M_TEST\",\"error\":\"status %d\"}", status);
}

static const struct httpd_handler handler = {begin, ready, gone, error_body};

/* ---- a certificate ---- */

static void write_pem(const char *dir, const char *name, EVP_PKEY *key, X509 *cert)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	if (key)
		PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_X509(out, cert);
	fclose(out);
}

void fixture_new_cert(struct fixture *f, const char *common_name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME *name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1,
				   -1, 0);
	X509_set_issuer_name(x, name);
	X509_sign(x, key, EVP_sha256());
	write_pem(f->dir, "cert.pem", NULL, x);
	write_pem(f->dir, "key.pem", key, NULL);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int load_cert(struct fixture *f, struct err *e)
{
	char cert[300], key[300];
	snprintf(cert, sizeof(cert), "%s/cert.pem", f->dir);
	snprintf(key, sizeof(key), "%s/key.pem", f->dir);
	return httpd_tls_load(f->httpd, cert, key, e);
}

/* ---- the loop's thread ---- */

static void end_now(void *arg)
{
	struct fixture *f = arg;
	httpd_free(f->httpd);
	f->httpd = NULL;
}

static void stop_now(void *arg)
{
	struct fixture *f = arg;
	end_now(f);
	loop_stop(f->loop);
}

static void *serve(void *arg)
{
	static const char *const common[] = {"Access-Control-Allow-Origin: *", NULL};
	struct fixture *f = arg;
	struct err e = {0};
	f->loop = loop_new();
	f->impl->opt.common_headers = common;
	f->httpd = httpd_new(f->loop, &f->impl->opt, &handler, f);
	struct loop_timer *alive = loop_timer_new(f->loop, stop_now, f);
	loop_timer_start(alive, 1000000, 0);
	if (load_cert(f, &e) || httpd_listen(f->httpd, "127.0.0.1", 0, false, &f->port, &e) ||
	    httpd_listen(f->httpd, "127.0.0.1", 0, true, &f->tls_port, &e)) {
		fprintf(stderr, "fixture: %s\n", e.msg);
		abort();
	}
	sem_post(&f->impl->up);
	loop_run(f->loop);
	loop_timer_free(alive);
	loop_free(f->loop);
	return NULL;
}

static void default_int(int *v, int usual)
{
	if (!*v)
		*v = usual;
}

/* What a test is not about may take as long as the machine needs. */
static void be_patient(struct httpd_options *o)
{
	default_int(&o->head_timeout_ms, PATIENCE_MS);
	default_int(&o->body_stall_ms, PATIENCE_MS);
	default_int(&o->rate_grace_ms, PATIENCE_MS);
	default_int(&o->keepalive_ms, PATIENCE_MS);
	default_int(&o->write_stall_ms, PATIENCE_MS);
	default_int(&o->ws_ping_ms, PATIENCE_MS);
}

struct fixture *fixture_start(const struct httpd_options *opt)
{
	signal(SIGPIPE, SIG_IGN);
	live_before = mem_live();
	struct fixture *f = NEW(struct fixture);
	f->impl = NEW(struct fixture_impl);
	f->impl->f = f;
	if (opt)
		f->impl->opt = *opt;
	be_patient(&f->impl->opt);
	tmpdir_make(f->dir);
	fixture_new_cert(f, "one");
	sem_init(&f->impl->up, 0, 0);
	sem_init(&f->impl->done, 0, 0);
	pthread_create(&f->impl->thread, NULL, serve, f);
	sem_wait(&f->impl->up);
	return f;
}

void fixture_end(struct fixture *f)
{
	loop_post(f->loop, end_now, f);
}

void fixture_stop(struct fixture *f)
{
	loop_post(f->loop, stop_now, f);
	pthread_join(f->impl->thread, NULL);
	tmpdir_remove(f->dir);
	assert_null(f->impl->waiters);
	assert_int_equal(f->ws_open, 0);
	mem_free(f->impl);
	mem_free(f);
	assert_int_equal(mem_live(), live_before);
}

static void reload(void *arg)
{
	struct fixture *f = arg;
	struct err e;
	f->impl->rc = load_cert(f, &e);
	sem_post(&f->impl->done);
}

int fixture_reload(struct fixture *f)
{
	loop_post(f->loop, reload, f);
	sem_wait(&f->impl->done);
	return f->impl->rc;
}

static void stats(void *arg)
{
	struct fixture *f = arg;
	httpd_stats(f->httpd, &f->impl->stats);
	sem_post(&f->impl->done);
}

void fixture_stats(struct fixture *f, struct httpd_stats *ret)
{
	loop_post(f->loop, stats, f);
	sem_wait(&f->impl->done);
	*ret = f->impl->stats;
}

void fixture_until(atomic_int *v, int n)
{
	struct timespec ts = {0, 1000000};
	for (int i = 0; i < 60000 && *v != n; i++)
		nanosleep(&ts, NULL);
	assert_int_equal(*v, n);
}

/* ---- the client ---- */

struct raw raw_connect(int port)
{
	struct raw c = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), NULL};
	assert_true(c.fd >= 0);
	struct timeval tv = {120, 0};
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(connect(c.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return c;
}

struct raw raw_open(struct fixture *f, bool tls)
{
	struct raw c = raw_connect(tls ? f->tls_port : f->port);
	if (!tls)
		return c;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, c.fd);
	assert_int_equal(SSL_connect(ssl), 1);
	c.ssl = ssl;
	return c;
}

void raw_close(struct raw *c)
{
	if (c->ssl) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	*c = (struct raw){-1, NULL};
}

void raw_send(struct raw *c, const char *p, size_t n)
{
	while (n) {
		size_t part = n > 65536 ? 65536 : n;
		ssize_t m = c->ssl ? SSL_write(c->ssl, p, (int)part) : send(c->fd, p, part, 0);
		if (m < 0 && errno == EINTR)
			continue;
		if (m <= 0)
			return; /* the peer had enough: the reply tells */
		p += m;
		n -= (size_t)m;
	}
}

void raw_puts(struct raw *c, const char *s)
{
	raw_send(c, s, strlen(s));
}

/* Newer versions of libuv use io_uring, whose work ends waits of any thread with EINTR. */
ssize_t raw_read(struct raw *c, char *p, size_t n)
{
	if (c->ssl) {
		int m;
		do {
			errno = 0;
			m = SSL_read(c->ssl, p, (int)n);
		} while (m <= 0 && errno == EINTR);
		if (m > 0)
			return m;
		return SSL_get_error(c->ssl, m) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
	}
	ssize_t m;
	do
		m = recv(c->fd, p, n, 0);
	while (m < 0 && errno == EINTR);
	if (m < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail_msg("nothing came for two minutes");
	return m;
}

void raw_expect_close(struct raw *c)
{
	char p[256];
	ssize_t n = raw_read(c, p, sizeof(p));
	if (n > 0)
		fail_msg("unexpected: %.*s", (int)n, p);
	assert_int_equal(n, 0);
}

static int read_byte(struct raw *c)
{
	char ch;
	return raw_read(c, &ch, 1) == 1 ? (unsigned char)ch : -1;
}

void raw_reply(struct raw *c, struct reply *ret, bool head_only)
{
	*ret = (struct reply){0, BUF_INIT(65536), BUF_INIT(BUF_CAP_OWN)};
	while (!span_ends(buf_span(&ret->head), "\r\n\r\n")) {
		int ch = read_byte(c);
		if (ch < 0)
			fail_msg("the connection ended in a head: '%s'", buf_str(&ret->head));
		buf_put_char(&ret->head, (char)ch);
	}
	assert_int_equal(sscanf(buf_str(&ret->head), "HTTP/1.1 %d ", &ret->status), 1);
	int64_t left = 0;
	span_i64(reply_header(ret, "Content-Length"), &left);
	while (left > 0 && !head_only) {
		char *p = buf_reserve(&ret->body, (size_t)left);
		ssize_t n = raw_read(c, p, (size_t)left);
		if (n <= 0)
			fail_msg("the connection ended in a body");
		buf_added(&ret->body, (size_t)n);
		left -= n;
	}
}

void reply_done(struct reply *r)
{
	buf_done(&r->head);
	buf_done(&r->body);
}

struct span reply_header(const struct reply *r, const char *name)
{
	struct span rest = buf_span(&r->head), line, key;
	while (span_split(&rest, '\n', &line)) {
		if (span_split(&line, ':', &key) && span_case_eq_str(key, name))
			return span_trim(line);
	}
	return (struct span){NULL, 0};
}
