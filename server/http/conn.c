#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

static void on_closed(uv_handle_t *handle)
{
	struct conn *c = CONTAINER_OF((uv_tcp_t *)handle, struct conn, tcp);
	conn_dispose(c);
}

struct conn *conn_new(struct httpd *h, bool tls)
{
	struct conn *c = NEW(struct conn);
	c->h = h;
	c->out_last = &c->out;
	c->first = true;
	c->pending = BUF_INIT(HTTPD_PENDING_MAX);
	parse_start(c);
	request_reset(c);
	if (tls && tls_conn_new(h, c)) {
		mem_free(c);
		return NULL;
	}
	c->next = h->conns;
	if (h->conns)
		h->conns->prev = c;
	h->conns = c;
	h->handles++;
	h->stats.open++;
	h->stats.connections++;
	return c;
}

void conn_dispose(struct conn *c)
{
	struct httpd *h = c->h;
	if (c->ws)
		ws_gone(c->ws);
	*(c->prev ? &c->prev->next : &h->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	h->stats.open--;
	h->overflowing -= c->overflow;
	timers_remove(c);
	out_drop(c);
	tls_conn_free(c);
	buf_done(&c->pending);
	mem_free(c);
	httpd_handle_closed(h);
}

/* What the state allows to be parsed now. */
static bool can_parse(const struct conn *c)
{
	if (c->dl == DL_NOW)
		return false;
	if (c->state == CONN_BODY)
		return true;
	/* A client that does not read its replies gets no further ones. */
	return (c->state == CONN_IDLE || c->state == CONN_HEAD) && !c->out_bytes;
}

static size_t feed(struct conn *c, const char *p, size_t n)
{
	size_t used = 0;
	c->pumping = true;
	while (can_parse(c) && (used < n || c->resume))
		used += parse_some(c, p + used, n - used);
	c->pumping = false;
	if (c->state == CONN_WS && used < n) {
		ws_input(c->ws, p + used, n - used);
		used = n;
	}
	return used;
}

static void keep(struct conn *c, const char *p, size_t n)
{
	if (!n || c->state == CONN_LINGER || c->state == CONN_CLOSING)
		return;
	if (!buf_put(&c->pending, p, n))
		conn_abort_later(c);
}

/* Frames that came with the request that asked for the switch. */
static void deliver_frames(struct conn *c)
{
	struct buf in = c->pending;
	c->pending = BUF_INIT(HTTPD_PENDING_MAX);
	if (in.n)
		ws_input(c->ws, in.p, in.n);
	buf_done(&in);
}

void conn_input(struct conn *c, const char *p, size_t n)
{
	if (c->state == CONN_LINGER || c->state == CONN_CLOSING)
		return;
	if (c->state == CONN_WS) {
		deliver_frames(c);
		if (c->state == CONN_WS)
			ws_input(c->ws, p, n);
		return;
	}
	size_t used = c->pending.n ? 0 : feed(c, p, n);
	keep(c, p + used, n - used);
}

static void pump(struct conn *c)
{
	while (can_parse(c) && (c->pending.n || c->resume)) {
		struct buf in = c->pending;
		c->pending = BUF_INIT(HTTPD_PENDING_MAX);
		size_t used = feed(c, in.p, in.n);
		keep(c, in.p + used, in.n - used);
		buf_done(&in);
	}
	if (c->state == CONN_WS)
		deliver_frames(c);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	(void)suggested;
	struct conn *c = CONTAINER_OF((uv_tcp_t *)handle, struct conn, tcp);
	bool waiting = c->state == CONN_WAIT;
	/* One buffer for all: libuv reads into it and calls on_read at once. */
	*ret = uv_buf_init(c->h->read_buf, waiting ? HTTPD_READ_CHUNK_WAITING : HTTPD_READ_CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = CONTAINER_OF((uv_tcp_t *)stream, struct conn, tcp);
	if (n == 0)
		return;
	if (n < 0) {
		c->reading = false;
		if (n == UV_EOF)
			conn_eof(c);
		else
			conn_abort(c);
		return;
	}
	c->h->stats.bytes_in += n;
	if (c->tls)
		tls_input(c, b->base, (size_t)n);
	else
		conn_input(c, b->base, (size_t)n);
	if (c->state == CONN_CLOSING)
		return;
	timers_update(c, true);
	conn_update_reading(c);
}

void conn_start(struct conn *c)
{
	timers_update(c, true);
	conn_update_reading(c);
}

void conn_update_reading(struct conn *c)
{
	if (c->socketless || c->state == CONN_CLOSING)
		return;
	bool full = c->pending.n >= HTTPD_PENDING_STOP ||
		    (c->rq.file && filesink_full(c->rq.file)) ||
		    (c->state == CONN_WS && c->out_bytes > c->h->opt.max_write_queue / 2);
	bool want = !full && !c->eof;
	if (want == c->reading)
		return;
	c->reading = want;
	if (!want)
		uv_read_stop((uv_stream_t *)&c->tcp);
	else if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
		conn_abort_later(c);
}

/* ---- what comes next ---- */

static void on_shutdown(uv_shutdown_t *req, int status)
{
	(void)req;
	(void)status; /* what matters is the peer's end of stream, or the deadline */
}

static void linger_step(struct conn *c)
{
	if (c->out_bytes || c->rq.send)
		return;
	if (c->eof || c->socketless) {
		conn_abort(c);
		return;
	}
	if (c->shut)
		return;
	c->shut = true;
	if (c->tls)
		tls_close_notify(c);
	if (!c->out_bytes && uv_shutdown(&c->shutdown_req, (uv_stream_t *)&c->tcp, on_shutdown))
		conn_abort_later(c);
	else if (c->out_bytes)
		c->shut = false; /* the alert is queued: once more when it is out */
}

void conn_linger(struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return;
	c->state = CONN_LINGER;
	buf_done(&c->pending);
	linger_step(c);
	timers_update(c, false);
	conn_update_reading(c);
}

static void end_request(struct conn *c)
{
	const struct request *r = &c->rq;
	if (!r->replied || r->send)
		return;
	if (!r->keep_alive || c->eof) {
		conn_linger(c);
	} else if (c->state == CONN_WAIT) {
		request_reset(c);
		c->first = false;
		c->state = CONN_IDLE;
	}
}

void conn_next(struct conn *c)
{
	if (c->state == CONN_CLOSING || c->dl == DL_NOW)
		return;
	if (c->state == CONN_LINGER)
		linger_step(c);
	else if (c->state == CONN_WAIT || c->state == CONN_BODY)
		end_request(c);
	if (c->pumping)
		return;
	pump(c);
	if (c->state == CONN_CLOSING)
		return;
	timers_update(c, false);
	conn_update_reading(c);
}

/* ---- endings ---- */

void conn_eof(struct conn *c)
{
	c->eof = true;
	const struct request *r = &c->rq;
	bool unsent = c->out_bytes || r->send;
	if (c->state == CONN_CLOSING || c->dl == DL_NOW)
		return;
	if (!unsent || c->state == CONN_WS || (r->active && !r->replied))
		conn_abort(c);
	else if (c->state == CONN_WAIT || c->state == CONN_BODY)
		conn_next(c); /* the reply under way still goes out */
	else
		conn_linger(c);
	if (c->state != CONN_CLOSING)
		conn_update_reading(c);
}

void conn_abort(struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return;
	request_gone(c);
	c->state = CONN_CLOSING;
	timers_remove(c);
	request_reset(c);
	if (!c->socketless)
		uv_close((uv_handle_t *)&c->tcp, on_closed);
}

void conn_abort_later(struct conn *c)
{
	if (c->state != CONN_CLOSING)
		timers_set(c, DL_NOW);
}
