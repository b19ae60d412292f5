#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <string.h>
#include <wslay/wslay.h>

struct httpd_ws {
	struct conn *c;
	wslay_event_context_ptr ctx;
	struct httpd_ws_handler h;
	void *arg;
	const char *in;
	size_t in_n;
	bool receiving; /**< wslay is on the stack */
	bool pinged;	/**< and nothing heard since */
	bool closing;	/**< we have queued a close */
	bool broken;	/**< the peer sent what is no frame; 1002 was sent */
};

/* ---- wslay's side ---- */

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct httpd_ws *w = arg;
	(void)flags;
	if (!w->in_n) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	size_t n = w->in_n < len ? w->in_n : len;
	memcpy(buf, w->in, n);
	w->in += n;
	w->in_n -= n;
	return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags,
		       void *arg)
{
	struct httpd_ws *w = arg;
	struct conn *c = w->c;
	(void)flags;
	/* Messages are refused sooner; this stops who pings without reading. */
	if (c->out_bytes > c->h->opt.max_write_queue + LIMIT_WS_MESSAGE)
		conn_abort_later(c);
	if (c->state == CONN_CLOSING || c->dl == DL_NOW) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	struct span part = {(const char *)data, len};
	out_send(c, &part, 1, NULL);
	return (ssize_t)len;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
		       void *arg)
{
	struct httpd_ws *w = arg;
	(void)ctx;
	if (wslay_is_ctrl_frame(m->opcode) || w->closing)
		return; /* wslay answers pings and close itself */
	struct span data = {(const char *)m->msg, m->msg_length};
	w->h.message(w, data, m->opcode == WSLAY_BINARY_FRAME, w->arg);
}

struct httpd_ws *ws_new(struct conn *c, const struct httpd_ws_handler *h, void *arg)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_msg_recv_callback = on_message,
	};
	struct httpd_ws *w = NEW(struct httpd_ws);
	w->c = c;
	w->h = *h;
	w->arg = arg;
	if (wslay_event_context_server_init(&w->ctx, &callbacks, w))
		abort();
	wslay_event_config_set_max_recv_msg_length(w->ctx, LIMIT_WS_MESSAGE);
	return w;
}

/* ---- our side ---- */

static void flush(struct httpd_ws *w)
{
	if (!w->receiving && wslay_event_send(w->ctx))
		conn_abort_later(w->c);
}

static int close_code(const struct httpd_ws *w)
{
	if (w->broken)
		return 1002;
	if (wslay_event_get_close_received(w->ctx))
		return wslay_event_get_status_code_received(w->ctx);
	if (wslay_event_get_close_sent(w->ctx))
		return wslay_event_get_status_code_sent(w->ctx);
	return 1006;
}

void ws_gone(struct httpd_ws *w)
{
	int code = close_code(w);
	w->c->ws = NULL;
	w->h.closed(w, code, w->arg);
	wslay_event_context_free(w->ctx);
	mem_free(w);
}

/* Both sides have said goodbye, or wslay gave up on the peer. */
static bool finished(const struct httpd_ws *w)
{
	return w->broken ||
	       (wslay_event_get_close_sent(w->ctx) &&
		(wslay_event_get_close_received(w->ctx) || !wslay_event_want_read(w->ctx)));
}

/* Bytes that are no frame: wslay would say goodbye without a code. */
static void fail(struct httpd_ws *w)
{
	struct span goodbye = SPAN_LIT("\x88\x02\x03\xea");
	out_send(w->c, &goodbye, 1, NULL);
	w->broken = true;
}

void ws_input(struct httpd_ws *w, const char *p, size_t n)
{
	struct conn *c = w->c;
	w->in = p;
	w->in_n = n;
	w->pinged = false;
	w->receiving = true;
	int rc = wslay_event_recv(w->ctx);
	w->receiving = false;
	w->in_n = 0;
	if (c->state != CONN_WS || c->dl == DL_NOW)
		return;
	if (rc)
		fail(w);
	else
		flush(w);
	if (c->state != CONN_WS || c->dl == DL_NOW || !finished(w))
		return;
	ws_gone(w);
	conn_linger(c);
}

void ws_deadline(struct httpd_ws *w)
{
	struct conn *c = w->c;
	if (w->pinged || w->closing) {
		conn_abort(c);
		return;
	}
	w->pinged = true;
	struct wslay_event_msg ping = {.opcode = WSLAY_PING};
	if (wslay_event_queue_msg(w->ctx, &ping))
		conn_abort_later(c);
	flush(w);
	timers_update(c, false);
}

int httpd_ws_send(struct httpd_ws *w, struct span data, bool binary)
{
	struct conn *c = w->c;
	if (c->state != CONN_WS || c->dl == DL_NOW || w->closing)
		return ERR_NETWORK;
	size_t waiting = c->out_bytes + wslay_event_get_queued_msg_length(w->ctx);
	if (data.n > c->h->opt.max_write_queue || waiting > c->h->opt.max_write_queue - data.n)
		return ERR_TOO_LARGE;
	struct wslay_event_msg m = {
		.opcode = binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME,
		.msg = (const uint8_t *)data.p,
		.msg_length = data.n,
	};
	if (wslay_event_queue_msg(w->ctx, &m))
		return ERR_NETWORK;
	flush(w);
	return 0;
}

void httpd_ws_close(struct httpd_ws *w, int code)
{
	if (w->closing || w->c->state != CONN_WS)
		return;
	w->closing = true;
	if (wslay_event_queue_close(w->ctx, (uint16_t)code, NULL, 0))
		conn_abort_later(w->c);
	flush(w);
	if (w->c->state == CONN_WS && w->c->dl != DL_NOW)
		timers_set(w->c, DL_LINGER);
}

void ws_end(struct httpd_ws *w)
{
	struct conn *c = w->c;
	if (c->state == CONN_WS) {
		httpd_ws_close(w, 1001);
		ws_gone(w);
		conn_linger(c);
	} else {
		ws_gone(w);
	}
}
