/* libwebsockets' side of the WebSocket client; nothing else includes it. */
#include "core/base/ws_lws.h"

#include "core/base/i18n.h"
#include "core/base/lib.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define LIB_LWS(F)                       \
	F(lws_add_http_header_by_token)  \
	F(lws_callback_on_writable)      \
	F(lws_client_connect_via_info)   \
	F(lws_context_destroy)           \
	F(lws_create_context)            \
	F(lws_create_vhost)              \
	F(lws_frame_is_binary)           \
	F(lws_http_client_http_response) \
	F(lws_is_final_fragment)         \
	F(lws_is_first_fragment)         \
	F(lws_set_log_level)             \
	F(lws_set_timeout)               \
	F(lws_set_wsi_user)              \
	F(lws_write)                     \
	F(lws_wsi_user)
LIB_PRIVATE(lib_lws, LIB_LWS, WEBSOCKETS);

struct vhost {
	struct vhost *next;
	char *ca_file; /* NULL: the system's certificates only */
	bool tls;
	struct lws_vhost *lws;
};

struct ws_client {
	struct loop *l;
	const struct lib_lws *lib;
	struct lws_context *ctx;
	struct vhost *vhosts;
	int bell;	    /* by which lws wakes itself; -1: not known */
	uv_poll_cb on_poll; /* what lws has called for its descriptors; NULL: not known */
};

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		  size_t n);

/* Its place in the list of lws is left out of the public header; the same in 4.1 and 4.3. */
#define WRITE_CLOSE ((enum lws_write_protocol)4)

static const struct lws_protocols protocols[] = {
	{.name = "muster", .callback = on_lws, .rx_buffer_size = 65536},
	{0},
};

struct loop *ws_client_loop(const struct ws_client *c)
{
	return c->l;
}

static void on_log(int level, const char *line)
{
	(void)level;
	log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

struct polls {
	int n, newest; /* how many; descriptor of the one that came last, -1: none */
	uv_poll_cb cb; /* its callback */
};

static void count_poll(uv_handle_t *handle, void *arg)
{
	struct polls *p = arg;
	uv_os_fd_t fd;
	if (uv_handle_get_type(handle) != UV_POLL || uv_fileno(handle, &fd))
		return;
	p->n++;
	p->newest = fd;
	p->cb = ((uv_poll_t *)handle)->poll_cb;
}

static struct polls polls_of(struct loop *l)
{
	struct polls p = {0, -1, NULL};
	uv_walk(loop_uv(l), count_poll, &p);
	return p;
}

int lws_side_open(struct loop *l, struct ws_client **ret, struct err *err)
{
	const struct lib_lws *lib = lib_lws(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	struct ws_client *c = NEW(struct ws_client);
	struct polls before = polls_of(l), after;
	void *loops[1] = {loop_uv(l)};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.foreign_loops = loops,
		.pcontext = &c->ctx,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.pt_serv_buf_size = 32768,
		.max_http_header_data = 16384,
	};
	signal(SIGPIPE, SIG_IGN);
	c->lib = lib;
	c->lib->lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	c->l = l;
	c->ctx = c->lib->lws_create_context(&info);
	if (!c->ctx) {
		mem_free(c);
		err_set(err, ERR_FAILED, _("libwebsockets cannot use the event loop"));
		err_hint(err, _("install the package libwebsockets-evlib-uv"));
		return ERR_FAILED;
	}
	after = polls_of(l);
	c->bell = after.n > before.n ? after.newest : -1;
	c->on_poll = after.n > before.n ? after.cb : NULL;
	*ret = c;
	return 0;
}

/*
 * lws 4.1 closes the descriptor of its bell twice: at once when it is
 * destroyed, and on the loop's next turn, when the number may be that of
 * somebody else's socket. So the number is kept busy until then.
 */
struct stopgap {
	int ends[2]; /* a pipe, made while the bell still has its number; -1: none */
	int fd;
};

static struct stopgap stopgap_new(void)
{
	struct stopgap s = {{-1, -1}, -1};
	if (pipe(s.ends))
		s.ends[0] = s.ends[1] = -1;
	return s;
}

/* At `number` where that is free, else it does no harm. */
static void stopgap_put(struct stopgap *s, int number)
{
	if (s->ends[0] >= 0 && number >= 0)
		s->fd = fcntl(s->ends[0], F_DUPFD_CLOEXEC, number);
}

static void stopgap_done(struct stopgap *s)
{
	struct stat ours, now;
	if (s->ends[0] < 0)
		return;
	/* By now it may be closed, and the number somebody else's. */
	if (s->fd >= 0 && !fstat(s->ends[0], &ours) && !fstat(s->fd, &now) &&
	    now.st_dev == ours.st_dev && now.st_ino == ours.st_ino)
		close(s->fd);
	close(s->ends[0]);
	close(s->ends[1]);
}

struct handle_count {
	int all, closing;
};

static void count_handle(uv_handle_t *handle, void *arg)
{
	struct handle_count *count = arg;
	count->all++;
	count->closing += uv_is_closing(handle) != 0;
}

/*
 * lws is gone from the loop when nothing is closing and the number of handles
 * has stayed the same for some turns. The second lws_context_destroy before
 * that would run code that is unloaded (lws 4.1.6); and other objects live on
 * this loop, so one cannot simply run it dry.
 */
static bool wait_until_quiet(struct loop *l)
{
	struct handle_count last = {0};
	int same = 0;
	for (int turn = 0; turn < 10000 && same < 8; turn++) {
		struct handle_count now = {0};
		loop_run_once(l);
		uv_walk(loop_uv(l), count_handle, &now);
		same = !now.closing && now.all == last.all ? same + 1 : 0;
		last = now;
	}
	return same == 8;
}

/*
 * Where the peer hung up before anything was said, lws 4.1 now and then forgets a descriptor that
 * it has stopped to watch: its handle would keep the loop from ever being closed.
 */
static void close_stray(uv_handle_t *handle, void *arg)
{
	struct ws_client *c = arg;
	if (c->on_poll && uv_handle_get_type(handle) == UV_POLL && !uv_is_active(handle) &&
	    !uv_is_closing(handle) && ((uv_poll_t *)handle)->poll_cb == c->on_poll)
		uv_close(handle, NULL);
}

void lws_side_free(struct ws_client *c)
{
	loop_assert_owner(c->l);
	struct stopgap gap = stopgap_new();
	c->lib->lws_context_destroy(c->ctx);
	stopgap_put(&gap, c->bell);
	if (!wait_until_quiet(c->l))
		log_warn("libwebsockets does not leave the event loop; it stays in memory");
	else if (c->ctx) /* set to NULL by versions that need no second call */
		c->lib->lws_context_destroy(c->ctx);
	stopgap_done(&gap);
	uv_walk(loop_uv(c->l), close_stray, c);
	while (c->vhosts) {
		struct vhost *v = c->vhosts;
		c->vhosts = v->next;
		mem_free(v->ca_file);
		mem_free(v);
	}
	loop_run_once(c->l);
	mem_free(c);
}

/* Trust belongs to a virtual host: one for each file of certificates, made when first used. */
static struct lws_vhost *vhost_for(struct ws_client *c, bool tls, const char *ca_file)
{
	for (struct vhost *v = c->vhosts; v; v = v->next)
		if (v->tls == tls && (v->ca_file && ca_file ? strcmp(v->ca_file, ca_file) == 0
							    : v->ca_file == ca_file))
			return v->lws;
	struct vhost *v = NEW(struct vhost);
	v->tls = tls;
	v->ca_file = mem_strdup(ca_file);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.vhost_name = v->ca_file ? v->ca_file
			      : tls	 ? "wss"
					 : "ws",
		.protocols = protocols,
		.options = tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
		.client_ssl_ca_filepath = v->ca_file,
		.http_proxy_address = "", /* or lws takes http_proxy and heeds no no_proxy */
		.timeout_secs = 3600,	  /* ours are shorter */
		.connect_timeout_secs = 3600,
	};
	v->lws = c->lib->lws_create_vhost(c->ctx, &info);
	v->next = c->vhosts;
	c->vhosts = v;
	return v->lws;
}

bool lws_side_connect(struct ws *w, const char *ip)
{
	struct lws_vhost *vhost = vhost_for(w->client, w->url.tls, w->url.tls ? w->ca_file : NULL);
	struct lws_client_connect_info info = {
		.context = w->client->ctx,
		.vhost = vhost,
		.address = ip,
		.port = w->url.port,
		.path = w->url.path,
		.host = w->url.authority,
		.protocol = w->protocol,
		.local_protocol_name = "muster",
		.alpn = "http/1.1",
		.ietf_version_or_minus_one = -1,
		.userdata = w,
		.pwsi = &w->wsi,
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
				  (w->url.tls ? LCCSCF_USE_SSL : 0) |
				  /* lws compares with names only; on_certificate does addresses */
				  (w->url.is_ip ? LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0),
	};
	w->tls_why[0] = '\0';
	if (!vhost)
		return false;
	/* A failure inside the call has been told by the callback, which cleared w->wsi. */
	w->client->lib->lws_client_connect_via_info(&info);
	return true;
}

void lws_side_want_write(struct ws *w)
{
	if (w->wsi)
		w->client->lib->lws_callback_on_writable(w->wsi);
}

void lws_side_drop(struct ws *w)
{
	if (!w->wsi)
		return;
	w->client->lib->lws_set_wsi_user(w->wsi, NULL);
	w->client->lib->lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
					LWS_TO_KILL_ASYNC);
	w->wsi = NULL;
}

struct ws_out *lws_side_out_new(struct span data, bool binary)
{
	struct ws_out *o = NEW(struct ws_out);
	o->binary = binary;
	o->n = data.n;
	o->p = mem_realloc(NULL, LWS_PRE + data.n);
	if (data.n)
		memcpy(o->p + LWS_PRE, data.p, data.n);
	return o;
}

void lws_side_out_free(struct ws_out *o)
{
	mem_free(o->p);
	mem_free(o);
}

/*
 * A close frame of our own making. lws_close_reason and returning -1 would be
 * the usual way, but Debian builds lws with _DEBUG, which closes every
 * connection twice under libuv: the second close comes before the frame.
 */
static int write_close(struct ws *w)
{
	unsigned char frame[LWS_PRE + 2];
	if (w->close_sent)
		return 0;
	w->close_sent = true;
	frame[LWS_PRE] = (unsigned char)(w->close_code >> 8);
	frame[LWS_PRE + 1] = (unsigned char)w->close_code;
	return w->client->lib->lws_write(w->wsi, frame + LWS_PRE, 2, WRITE_CLOSE) < 0 ? -1 : 0;
}

/* 0 to go on, -1 to end the connection: what lws wants of its callback. */
static int write_next(struct ws *w)
{
	const struct lib_lws *lib = w->client->lib;
	unsigned char ping[LWS_PRE + 1];
	struct ws_out *o = w->out;
	if (w->ping_due) {
		w->ping_due = false;
		if (lib->lws_write(w->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0)
			return -1;
	} else if (o) {
		w->out = o->next;
		if (!w->out)
			w->out_last = &w->out;
		w->queued -= o->n;
		int rc = lib->lws_write(w->wsi, o->p + LWS_PRE, o->n,
					o->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
		lws_side_out_free(o);
		if (rc < 0)
			return -1;
	} else if (w->state == WS_CLOSING) {
		return write_close(w);
	}
	if (w->out || w->ping_due || w->state == WS_CLOSING)
		lib->lws_callback_on_writable(w->wsi);
	return 0;
}

static int add_bearer(struct ws *w, unsigned char **at, size_t room)
{
	if (!w->bearer)
		return 0;
	char *value = mem_printf("Bearer %s", w->bearer);
	int rc = w->client->lib->lws_add_http_header_by_token(w->wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
							      (unsigned char *)value,
							      (int)strlen(value), at, *at + room);
	mem_free_secret(value);
	return rc;
}

/* OpenSSL has judged one certificate of the chain; 0 accepts its judgement. */
static int on_certificate(struct ws *w, X509_STORE_CTX *store, bool ok)
{
	if (!w)
		return 1;
	int why = X509_STORE_CTX_get_error(store);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	if (ok && w->url.is_ip && X509_STORE_CTX_get_error_depth(store) == 0 &&
	    X509_check_ip_asc(cert, w->url.host, 0) != 1) {
		why = X509_V_ERR_IP_ADDRESS_MISMATCH;
		X509_STORE_CTX_set_error(store, why);
		ok = false;
	}
	if (!ok)
		snprintf(w->tls_why, sizeof(w->tls_why), "%s", X509_verify_cert_error_string(why));
	return ok ? 0 : 1;
}

static void on_peer_close(struct ws *w, const unsigned char *in, size_t n)
{
	w->peer_code = n >= 2 ? in[0] << 8 | in[1] : 1005; /* RFC 6455 7.1.5: none was given */
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws *w = user;
	if (!w) /* dropped, or not ours to know */
		return reason == LWS_CALLBACK_CLIENT_RECEIVE ||
				       reason == LWS_CALLBACK_CLIENT_ESTABLISHED ||
				       reason == LWS_CALLBACK_CLIENT_WRITEABLE
			       ? -1
			       : 0;
	const struct lib_lws *lib = lib_lws(NULL); /* `user` need not be a struct ws */
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
		return on_certificate(lib->lws_wsi_user(wsi), user, n != 0);
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_bearer(w, in, n);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		ws_on_open(w);
		return lib->lws_wsi_user(wsi) ? 0 : -1;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		ws_on_data(w, (struct span){in, n}, lib->lws_is_first_fragment(wsi) != 0,
			   lib->lws_is_final_fragment(wsi) != 0,
			   lib->lws_frame_is_binary(wsi) != 0);
		return lib->lws_wsi_user(wsi) ? 0 : -1;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		w->heard = true;
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_next(w);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		on_peer_close(w, in, n);
		return w->close_sent ? -1 : 0; /* theirs answers ours, or lws answers theirs */
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
		int status = (int)lib->lws_http_client_http_response(wsi);
		lib->lws_set_wsi_user(wsi, NULL);
		AUTO_FREE char *why = in ? mem_strndup(in, n) : mem_strdup("no connection");
		ws_on_failed(w, status, why);
		return 0;
	}
	case LWS_CALLBACK_CLIENT_CLOSED:
		lib->lws_set_wsi_user(wsi, NULL);
		ws_on_gone(w);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		/* lws 4.1 tells no error when the peer hangs up before the request is written. */
		lib->lws_set_wsi_user(wsi, NULL);
		if (w->wsi == wsi && w->state == WS_CONNECTING)
			ws_on_failed(w, 0, "hung up before anything was said");
		else if (w->wsi == wsi)
			ws_on_gone(w);
		return 0;
	default:
		return 0;
	}
}
