#include "core/base/tcp.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/tcp_priv.h"

#include <string.h>

#define ACCEPT_QUEUE 256

struct tcp_listener {
	uv_tcp_t handle;
	struct loop *loop;
	tcp_accept_fn *fn;
	void *arg;
};

/* -- Life of a connection ---------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct tcp *t = CONTAINER_OF((uv_tcp_t *)handle, struct tcp, handle);
	tcp_tls_free(t->tls);
	mem_free(t);
}

static struct tcp *tcp_new(struct loop *l)
{
	struct tcp *t = NEW(struct tcp);
	loop_assert_owner(l);
	t->loop = l;
	t->backlog_max = TCP_KERNEL_BUFFER;
	uv_tcp_init(loop_uv(l), &t->handle);
	return t;
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	loop_assert_owner(t->loop);
	t->over = true;
	uv_close((uv_handle_t *)&t->handle, on_closed);
}

void tcp_fail(struct tcp *t, const struct err *why)
{
	if (t->over)
		return;
	t->over = true;
	uv_read_stop((uv_stream_t *)&t->handle);
	if (t->h.closed)
		t->h.closed(t->arg, why);
}

static void fail_uv(struct tcp *t, int rc)
{
	struct err err = {0};
	if (rc == UV_EOF)
		err_set(&err, ERR_NETWORK, _("the other side closed the connection"));
	else
		err_set(&err, ERR_NETWORK, "%s", uv_strerror(rc));
	tcp_fail(t, &err);
}

static struct net_addr address(const struct tcp *t,
			       int (*get)(const uv_tcp_t *, struct sockaddr *, int *))
{
	struct sockaddr_storage sa;
	int n = sizeof(sa);
	if (get(&t->handle, (struct sockaddr *)&sa, &n) != 0)
		return (struct net_addr){0};
	return net_addr_from_sockaddr((struct sockaddr *)&sa);
}

struct net_addr tcp_local(const struct tcp *t)
{
	return address(t, uv_tcp_getsockname);
}

struct net_addr tcp_peer(const struct tcp *t)
{
	return address(t, uv_tcp_getpeername);
}

/* -- Receiving ----------------------------------------------------------------- */

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
	static _Thread_local char room[16384];
	(void)handle;
	(void)wanted;
	*ret = uv_buf_init(room, sizeof(room));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct tcp *t = CONTAINER_OF((uv_tcp_t *)stream, struct tcp, handle);
	if (t->over || n == 0)
		return;
	if (n < 0)
		fail_uv(t, (int)n);
	else if (t->tls)
		tcp_tls_received(t, (const uint8_t *)b->base, (size_t)n);
	else if (t->h.received)
		t->h.received(t->arg, (const uint8_t *)b->base, (size_t)n);
}

/* The socket is connected: small, quick writes, and reading from now on. */
static void begin(struct tcp *t)
{
	int room = TCP_KERNEL_BUFFER;
	uv_tcp_nodelay(&t->handle, 1);
	uv_send_buffer_size((uv_handle_t *)&t->handle, &room);
	uv_read_start((uv_stream_t *)&t->handle, on_room, on_read);
}

/* -- Sending ------------------------------------------------------------------- */

struct rest {
	uv_write_t req;
	char data[];
};

static void on_written(uv_write_t *req, int status)
{
	struct rest *r = CONTAINER_OF(req, struct rest, req);
	struct tcp *t = CONTAINER_OF((uv_tcp_t *)req->handle, struct tcp, handle);
	if (status < 0 && status != UV_ECANCELED)
		fail_uv(t, status);
	mem_free(r);
}

bool tcp_write(struct tcp *t, const void *p, size_t n)
{
	uv_stream_t *stream = (uv_stream_t *)&t->handle;
	size_t done = 0;
	if (!uv_stream_get_write_queue_size(stream)) {
		uv_buf_t b = uv_buf_init((char *)p, (unsigned)n);
		int rc = uv_try_write(stream, &b, 1);
		if (rc < 0 && rc != UV_EAGAIN)
			return false; /* reading tells of it */
		done = rc > 0 ? (size_t)rc : 0;
	}
	if (done == n)
		return true;
	struct rest *r = mem_alloc(sizeof(*r) + n - done);
	memcpy(r->data, (const char *)p + done, n - done);
	uv_buf_t b = uv_buf_init(r->data, (unsigned)(n - done));
	if (uv_write(&r->req, stream, &b, 1, on_written) == 0)
		return true;
	mem_free(r);
	return false;
}

bool tcp_send2(struct tcp *t, const void *p, size_t n, const void *q, size_t m)
{
	uint8_t whole[4096];
	loop_assert_owner(t->loop);
	if (!t->open || t->over || n + m > sizeof(whole) ||
	    uv_stream_get_write_queue_size((uv_stream_t *)&t->handle) + n + m > t->backlog_max)
		return false;
	memcpy(whole, p, n);
	if (m)
		memcpy(whole + n, q, m);
	return t->tls ? tcp_tls_send(t, whole, n + m) : tcp_write(t, whole, n + m);
}

bool tcp_send(struct tcp *t, const void *p, size_t n)
{
	return tcp_send2(t, p, n, NULL, 0);
}

/* -- Connecting ---------------------------------------------------------------- */

void tcp_opened(struct tcp *t)
{
	t->open = true;
	if (t->h.opened)
		t->h.opened(t->arg);
}

static void on_connect(uv_connect_t *req, int status)
{
	struct tcp *t = CONTAINER_OF(req, struct tcp, connect);
	if (t->over)
		return;
	if (status < 0) {
		fail_uv(t, status);
		return;
	}
	begin(t);
	if (t->tls)
		tcp_tls_received(t, NULL, 0);
	else
		tcp_opened(t);
}

int tcp_connect(struct loop *l, const struct tcp_options *o, const struct tcp_handler *h, void *arg,
		struct tcp **ret, struct err *err)
{
	struct sockaddr_storage sa;
	struct tcp_tls *tls = NULL;
	char text[NET_ADDR_TEXT];
	if (!net_addr_to_sockaddr(&o->to, o->to.family, &sa))
		return err_set(err, ERR_INVALID, _("no address to connect to"));
	if (o->tls_name && !(tls = tcp_tls_new(o->tls_name, o->ca_file, err)))
		return err ? err->code : ERR_FAILED;
	struct tcp *t = tcp_new(l);
	t->tls = tls;
	t->h = *h;
	t->arg = arg;
	if (o->backlog_max)
		t->backlog_max = o->backlog_max;
	int rc = uv_tcp_connect(&t->connect, &t->handle, (struct sockaddr *)&sa, on_connect);
	if (rc) {
		tcp_free(t);
		return err_set(err, ERR_NETWORK, _("cannot connect to %s: %s"),
			       net_addr_text(&o->to, text), uv_strerror(rc));
	}
	*ret = t;
	return 0;
}

/* -- Listening ------------------------------------------------------------------ */

static void on_listener_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_tcp_t *)handle, struct tcp_listener, handle));
}

void tcp_listener_free(struct tcp_listener *s)
{
	if (!s)
		return;
	loop_assert_owner(s->loop);
	s->fn = NULL;
	uv_close((uv_handle_t *)&s->handle, on_listener_closed);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct tcp_listener *s = CONTAINER_OF((uv_tcp_t *)stream, struct tcp_listener, handle);
	if (status < 0 || !s->fn)
		return;
	struct tcp *t = tcp_new(s->loop);
	if (uv_accept(stream, (uv_stream_t *)&t->handle) != 0) {
		tcp_free(t);
		return;
	}
	t->open = true;
	s->fn(s->arg, t);
}

void tcp_handle(struct tcp *t, const struct tcp_handler *h, void *arg, size_t backlog_max)
{
	t->h = *h;
	t->arg = arg;
	if (backlog_max)
		t->backlog_max = backlog_max;
	begin(t);
}

/* 0 or what libuv says. */
static int try_listen(struct tcp_listener *s, struct net_addr a, int family)
{
	struct sockaddr_storage sa;
	a.family = (uint8_t)family;
	net_addr_to_sockaddr(&a, family, &sa);
	uv_tcp_init(loop_uv(s->loop), &s->handle);
	int rc = uv_tcp_bind(&s->handle, (struct sockaddr *)&sa,
			     family == 6 && !net_addr_is_any(&a) ? UV_TCP_IPV6ONLY : 0);
	return rc ? rc : uv_listen((uv_stream_t *)&s->handle, ACCEPT_QUEUE, on_connection);
}

static struct tcp_listener *listener_new(struct loop *l, tcp_accept_fn *fn, void *arg)
{
	struct tcp_listener *s = NEW(struct tcp_listener);
	s->loop = l;
	s->fn = fn;
	s->arg = arg;
	return s;
}

int tcp_listen(struct loop *l, const struct net_addr *bind, tcp_accept_fn *fn, void *arg,
	       struct tcp_listener **ret, struct err *err)
{
	struct tcp_listener *s = listener_new(l, fn, arg);
	loop_assert_owner(l);
	int rc = try_listen(s, *bind, bind->family ? bind->family : 6);
	if (rc && !bind->family && rc != UV_EADDRINUSE) {
		tcp_listener_free(s);
		s = listener_new(l, fn, arg);
		rc = try_listen(s, *bind, 4);
	}
	if (rc == 0) {
		*ret = s;
		return 0;
	}
	tcp_listener_free(s);
	if (rc == UV_EADDRINUSE)
		return err_set(err, ERR_CONFLICT,
			       _("TCP port %u is in use already: choose another one"),
			       (unsigned)bind->port);
	return err_set(err, ERR_FAILED, _("cannot listen on TCP port %u: %s"), (unsigned)bind->port,
		       uv_strerror(rc));
}
