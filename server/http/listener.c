#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BACKLOG 1024
#define DESCRIPTORS_KEPT 64 /* for files, the database, other sockets: beside files_kept */

static void default_int(int *v, int otherwise)
{
	if (*v <= 0)
		*v = otherwise;
}

static int open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Connections may not eat the descriptors that files need. */
static void cap_connections(struct httpd_options *o)
{
	struct rlimit rl;
	if (getrlimit(RLIMIT_NOFILE, &rl) || rl.rlim_cur == RLIM_INFINITY)
		return;
	int64_t most = (int64_t)rl.rlim_cur - DESCRIPTORS_KEPT - o->files_kept;
	if (most < 16)
		most = 16;
	if (o->max_connections > most) {
		log_info("httpd: at most %d connections (limit on open files)", (int)most);
		o->max_connections = (int)most;
	}
}

static void set_defaults(struct httpd_options *o)
{
	if (!o->max_head)
		o->max_head = LIMIT_HTTP_HEADERS;
	if (!o->max_write_queue)
		o->max_write_queue = (size_t)8 << 20;
	if (!o->max_unsent_owner)
		o->max_unsent_owner = LIMIT_UNSENT_PERSON;
	if (!o->max_unsent)
		o->max_unsent = LIMIT_UNSENT;
	default_int(&o->head_timeout_ms, 15000);
	default_int(&o->body_stall_ms, 20000);
	default_int(&o->min_body_rate, 1024);
	default_int(&o->rate_grace_ms, 10000);
	default_int(&o->keepalive_ms, 75000);
	default_int(&o->max_connections, 10000);
	default_int(&o->write_stall_ms, 60000);
	default_int(&o->ws_ping_ms, 30000);
	cap_connections(o);
}

struct httpd *httpd_new(struct loop *l, const struct httpd_options *opt,
			const struct httpd_handler *handler, void *arg)
{
	loop_assert_owner(l);
	struct httpd *h = NEW(struct httpd);
	h->loop = l;
	h->opt = opt ? *opt : (struct httpd_options){0};
	set_defaults(&h->opt);
	h->handler = *handler;
	h->arg = arg;
	h->read_buf = mem_alloc(HTTPD_READ_CHUNK);
	h->plain_buf = mem_alloc(HTTPD_TLS_RECORD);
	h->reserve_fd = open_reserve();
	parse_settings(&h->settings);
	timers_init(h);
	h->handles = 1;
	return h;
}

/* ---- accepting ---- */

static void set_peer(struct conn *c)
{
	struct sockaddr_storage ss;
	int n = sizeof(ss);
	if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&ss, &n))
		return;
	if (ss.ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&ss;
		if (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr))
			inet_ntop(AF_INET, &a->sin6_addr.s6_addr[12], c->peer, sizeof(c->peer));
		else
			uv_ip6_name(a, c->peer, sizeof(c->peer));
	} else {
		uv_ip4_name((const struct sockaddr_in *)&ss, c->peer, sizeof(c->peer));
	}
}

/* Over the limit: a 503 where it costs nothing, then the end. */
static void turn_away(struct conn *c)
{
	struct httpd *h = c->h;
	c->overflow = true;
	h->overflowing++;
	if (c->tls || h->overflowing > HTTPD_OVERFLOW_LINGERING) {
		conn_abort(c);
		return;
	}
	reply_error(c, 503);
	conn_linger(c);
}

static void accept_one(struct listener *ln)
{
	struct httpd *h = ln->h;
	struct conn *c = conn_new(h, ln->tls);
	if (!c)
		c = conn_new(h, false); /* no memory for TLS: accept, to close it below */
	uv_tcp_init(loop_uv(h->loop), &c->tcp);
	if (uv_accept((uv_stream_t *)&ln->tcp, (uv_stream_t *)&c->tcp)) {
		conn_abort(c);
		return;
	}
	if (ln->tls && !c->tls) {
		conn_abort(c);
		return;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	set_peer(c);
	if (h->stats.open - h->overflowing > h->opt.max_connections)
		turn_away(c);
	else
		conn_start(c);
}

/*
 * Out of descriptors. libuv would call again at once and for ever, so that a
 * reserve is given up: the waiting connection takes its place and is closed.
 */
static void out_of_descriptors(struct httpd *h, int status)
{
	int64_t now = clock_mono_ms();
	if (!h->reserve_warned_ms || now - h->reserve_warned_ms > 10000) {
		log_warn("httpd: a connection could not be accepted: %s", uv_strerror(status));
		h->reserve_warned_ms = now;
	}
	if (h->reserve_fd >= 0)
		close(h->reserve_fd);
	h->reserve_fd = -1;
}

static void on_connection(uv_stream_t *s, int status)
{
	struct listener *ln = CONTAINER_OF((uv_tcp_t *)s, struct listener, tcp);
	struct httpd *h = ln->h;
	if (status == UV_EMFILE || status == UV_ENFILE)
		out_of_descriptors(h, status);
	if (status)
		return;
	accept_one(ln);
	if (h->reserve_fd < 0)
		h->reserve_fd = open_reserve();
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct listener *ln = CONTAINER_OF((uv_tcp_t *)handle, struct listener, tcp);
	struct httpd *h = ln->h;
	mem_free(ln);
	httpd_handle_closed(h);
}

static int address(const char *addr, int port, struct sockaddr_storage *ret)
{
	if (uv_ip4_addr(addr, port, (struct sockaddr_in *)ret) == 0)
		return 0;
	return uv_ip6_addr(addr, port, (struct sockaddr_in6 *)ret);
}

static int bound_port(const struct listener *ln)
{
	struct sockaddr_storage ss = {0};
	int n = sizeof(ss);
	uv_tcp_getsockname(&ln->tcp, (struct sockaddr *)&ss, &n);
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					      : ((struct sockaddr_in *)&ss)->sin_port);
}

int httpd_listen(struct httpd *h, const char *addr, int port, bool tls, int *ret_port,
		 struct err *err)
{
	struct sockaddr_storage ss;
	if (tls && !h->ssl_ctx)
		return err_set(err, ERR_USAGE, _("no certificate is loaded"));
	if (address(addr, port, &ss))
		return err_set(err, ERR_USAGE, _("%s is not a numeric address"), addr);
	struct listener *ln = NEW(struct listener);
	ln->h = h;
	ln->tls = tls;
	uv_tcp_init(loop_uv(h->loop), &ln->tcp);
	h->handles++;
	int rc = uv_tcp_bind(&ln->tcp, (const struct sockaddr *)&ss, 0);
	if (!rc)
		rc = uv_listen((uv_stream_t *)&ln->tcp, BACKLOG, on_connection);
	if (rc) {
		uv_close((uv_handle_t *)&ln->tcp, on_listener_closed);
		err_set(err, rc == UV_EADDRINUSE ? ERR_CONFLICT : ERR_FAILED,
			_("cannot listen on %s port %d: %s"), addr, port, uv_strerror(rc));
		if (rc == UV_EADDRINUSE)
			err_hint(err, _("another program has it, perhaps another muster serve; end "
					"it or "
					"choose another port with --listen"));
		return rc == UV_EADDRINUSE ? ERR_CONFLICT : ERR_FAILED;
	}
	ln->next = h->listeners;
	h->listeners = ln;
	if (ret_port)
		*ret_port = bound_port(ln);
	return 0;
}

void httpd_stats(const struct httpd *h, struct httpd_stats *ret)
{
	*ret = h->stats;
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
	struct httpd *h = handle->data;
	tls_done(h);
	if (h->reserve_fd >= 0)
		close(h->reserve_fd);
	mem_free(h->read_buf);
	mem_free(h->plain_buf);
	mem_free(h);
}

void httpd_handle_closed(struct httpd *h)
{
	/* The timer outlives the connections, which flush under its deadline. */
	if (--h->handles == 0)
		uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}

static void end_connection(struct conn *c)
{
	if (c->ws)
		ws_end(c->ws);
	else if (c->rq.active && !c->rq.replied)
		conn_abort(c);
	else if (c->rq.send || c->out_bytes)
		conn_linger(c);
	else
		conn_abort(c);
}

void httpd_free(struct httpd *h)
{
	if (!h)
		return;
	loop_assert_owner(h->loop);
	while (h->listeners) {
		struct listener *ln = h->listeners;
		h->listeners = ln->next;
		uv_close((uv_handle_t *)&ln->tcp, on_listener_closed);
	}
	h->ending = true;
	for (struct conn *c = h->conns; c; c = c->next)
		end_connection(c);
	for (struct conn *c = h->conns; c; c = c->next)
		timers_update(c, false);
	httpd_handle_closed(h);
}
