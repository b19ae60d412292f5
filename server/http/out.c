#include "core/base/mem.h"
#include "server/http/internal.h"

#include <string.h>

#define OUT_IOV 8

static void seg_free(struct out_seg *s)
{
	mem_free(s->own);
	mem_free(s);
}

static void append(struct conn *c, struct span data, char *own)
{
	struct out_seg *s = NEW(struct out_seg);
	if (own) {
		s->own = own;
		s->p = (char *)data.p;
	} else {
		s->own = s->p = mem_dup(data.p, data.n);
	}
	s->n = data.n;
	*c->out_last = s;
	c->out_last = &s->next;
	c->out_bytes += s->n;
	c->h->unsent += s->n;
}

/* The first `n` bytes of the queue are done with. */
static void pop(struct conn *c, size_t n)
{
	c->out_bytes -= n;
	c->h->unsent -= n;
	while (c->out && n >= c->out->n) {
		struct out_seg *s = c->out;
		n -= s->n;
		c->out = s->next;
		seg_free(s);
	}
	if (!c->out)
		c->out_last = &c->out;
	else {
		c->out->p += n;
		c->out->n -= n;
	}
}

static int gather(struct conn *c, uv_buf_t iov[OUT_IOV])
{
	int n = 0;
	for (struct out_seg *s = c->out; s && n < OUT_IOV; s = s->next)
		iov[n++] = uv_buf_init(s->p, (unsigned)s->n);
	return n;
}

static void on_written(uv_write_t *req, int status)
{
	struct conn *c = CONTAINER_OF(req, struct conn, write_req);
	c->writing = false;
	if (c->state == CONN_CLOSING)
		return;
	if (status < 0) {
		conn_abort(c);
		return;
	}
	size_t n = (size_t)(uintptr_t)req->data;
	c->h->stats.bytes_out += (int64_t)n;
	pop(c, n);
	timers_update(c, true);
	out_flush(c);
	if (c->rq.send)
		filesend_drained(c->rq.send);
	conn_next(c);
}

/* Give the socket what it takes now; the rest of those segments when it can. */
static void write_segments(struct conn *c)
{
	uv_buf_t iov[OUT_IOV];
	while (c->out && !c->writing) {
		int n = gather(c, iov);
		int rc = uv_try_write((uv_stream_t *)&c->tcp, iov, (unsigned)n);
		if (rc > 0) {
			c->h->stats.bytes_out += rc;
			pop(c, (size_t)rc);
			continue;
		}
		if (rc != UV_EAGAIN) {
			conn_abort_later(c);
			return;
		}
		size_t bytes = 0;
		for (int i = 0; i < n; i++)
			bytes += iov[i].len;
		c->write_req.data = (void *)(uintptr_t)bytes;
		if (uv_write(&c->write_req, (uv_stream_t *)&c->tcp, iov, (unsigned)n, on_written)) {
			conn_abort_later(c);
			return;
		}
		c->writing = true;
	}
}

static void drop_socketless(struct conn *c)
{
	while (c->out)
		pop(c, c->out->n);
}

void out_flush(struct conn *c)
{
	if (c->state == CONN_CLOSING || c->writing || c->dl == DL_NOW)
		return;
	if (c->socketless)
		drop_socketless(c);
	else
		write_segments(c);
}

/* Write at once what fits when nothing waits; returns bytes written. */
static size_t try_now(struct conn *c, const struct span *parts, int n)
{
	uv_buf_t iov[OUT_IOV];
	int m = 0;
	if (c->out || c->writing || c->socketless)
		return 0;
	for (int i = 0; i < n && m < OUT_IOV; i++)
		if (parts[i].n)
			iov[m++] = uv_buf_init((char *)parts[i].p, (unsigned)parts[i].n);
	if (!m)
		return 0;
	int rc = uv_try_write((uv_stream_t *)&c->tcp, iov, (unsigned)m);
	if (rc < 0 && rc != UV_EAGAIN)
		conn_abort_later(c);
	if (rc > 0)
		c->h->stats.bytes_out += rc;
	return rc > 0 ? (size_t)rc : 0;
}

void out_tls(struct conn *c)
{
	struct buf *b = tls_out(c);
	if (!b->n)
		return;
	struct span all = buf_span(b);
	size_t done = try_now(c, &all, 1);
	char *own = buf_take(b);
	if (done < all.n)
		append(c, (struct span){own + done, all.n - done}, own);
	else
		mem_free(own);
	out_flush(c);
}

static void send_tls(struct conn *c, const struct span *parts, int n)
{
	/* One record for head and small body. */
	char small[HTTPD_TLS_RECORD];
	size_t total = 0;
	for (int i = 0; i < n; i++)
		total += parts[i].n;
	int rc = 0;
	if (total <= sizeof(small)) {
		size_t at = 0;
		for (int i = 0; i < n; i++) {
			if (parts[i].n)
				memcpy(small + at, parts[i].p, parts[i].n);
			at += parts[i].n;
		}
		rc = tls_encrypt(c, small, total);
	} else {
		for (int i = 0; i < n && rc == 0; i++)
			rc = tls_encrypt(c, parts[i].p, parts[i].n);
	}
	if (rc) {
		conn_abort_later(c);
		return;
	}
	out_tls(c);
}

static void send_plain(struct conn *c, const struct span *parts, int n, char **own_last)
{
	size_t done = try_now(c, parts, n);
	for (int i = 0; i < n; i++) {
		struct span p = parts[i];
		size_t skip = done < p.n ? done : p.n;
		done -= skip;
		p = span_from(p, skip);
		if (p.n)
			append(c, p, i == n - 1 ? take(own_last) : NULL);
	}
	out_flush(c);
}

void out_send(struct conn *c, struct span *parts, int n, char *own_last)
{
	if (c->state != CONN_CLOSING && c->dl != DL_NOW) {
		if (c->tls)
			send_tls(c, parts, n);
		else
			send_plain(c, parts, n, &own_last);
		if (c->dl != DL_NOW)
			timers_update(c, false);
		unsent_check(c);
	}
	mem_free(own_last);
}

void out_drop(struct conn *c)
{
	while (c->out) {
		struct out_seg *s = c->out;
		c->out = s->next;
		seg_free(s);
	}
	c->out_last = &c->out;
	c->h->unsent -= c->out_bytes;
	c->out_bytes = 0;
}
