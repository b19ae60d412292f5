/*
 * Bytes from a client: everything behind the socket (parsing, bodies,
 * pipelining, errors, WebSocket frames), without one. The first byte says how
 * the rest is cut into reads.
 */
#include "core/base/mem.h"
#include "server/http/internal.h"

static struct httpd *front;
static struct httpd_request *waiting; /* its reply comes later */
static int owed;		      /* requests begun and neither answered nor gone */

static void ws_message(struct httpd_ws *w, struct span data, bool binary, void *arg)
{
	(void)arg;
	if (span_starts(data, "close"))
		httpd_ws_close(w, 1000);
	else
		httpd_ws_send(w, data, binary);
}

static void ws_closed(struct httpd_ws *w, int code, void *arg)
{
	(void)w;
	(void)code;
	(void)arg;
}

static void reply(struct httpd_request *rq, struct span body)
{
	owed--;
	httpd_reply(rq, 200, "Content-Type: text/plain\r\n", body);
}

static void begin(struct httpd_request *rq, void *arg)
{
	static const struct httpd_ws_handler h = {ws_message, ws_closed};
	(void)arg;
	owed++;
	if (span_starts(rq->path, "/early")) {
		reply(rq, httpd_header(rq, "x-a"));
	} else if (httpd_wants_websocket(rq)) {
		owed--;
		httpd_upgrade(rq, "p", &h, NULL);
	} else if (!span_starts(rq->path, "/none")) {
		httpd_body_memory(rq, 1000);
	}
}

static void ready(struct httpd_request *rq, void *arg)
{
	(void)arg;
	if (span_starts(rq->path, "/wait"))
		waiting = rq;
	else
		reply(rq, httpd_body(rq));
}

static void gone(struct httpd_request *rq, void *arg)
{
	(void)arg;
	owed--;
	if (waiting == rq)
		waiting = NULL;
}

static void error_body(int status, struct buf *body, void *arg)
{
	(void)arg;
	buf_printf(body, "{\"status\":%d}", status);
}

static void answer_waiting(void)
{
	struct httpd_request *rq = waiting;
	waiting = NULL;
	if (rq)
		reply(rq, rq->target);
}

static void feed(struct conn *c, const uint8_t *data, size_t size)
{
	size_t step = data[0] % 64 ? data[0] % 64 : size;
	for (size_t at = 1; at < size && c->state != CONN_CLOSING; at += step) {
		size_t n = size - at < step ? size - at : step;
		/* A copy of exactly that size, so that one byte more is seen. */
		char *part = mem_dup(data + at, n);
		conn_input(c, part, n);
		mem_free(part);
		if (at & 1)
			answer_waiting();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct httpd_handler h = {begin, ready, gone, error_body};
	if (!front)
		front = httpd_new(loop_new(), NULL, &h, NULL);
	if (size < 2)
		return 0;
	struct conn *c = conn_new(front, false);
	c->socketless = true;
	feed(c, data, size);
	while (waiting)
		answer_waiting();
	if (data[0] & 64 && c->state != CONN_CLOSING)
		conn_eof(c);
	conn_abort(c);
	conn_dispose(c);
	if (owed || front->body_memory || front->conns || front->stats.waiting)
		abort();
	return 0;
}
