#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

/* RFC 6455 section 4.2. */

bool httpd_wants_websocket(const struct httpd_request *rq)
{
	const struct request *r = request_of(rq);
	return span_eq_str(span_of(rq->method), "GET") && !r->http10 && !r->chunked &&
	       r->content_length <= 0 && request_header_has(r, "Upgrade", "websocket") &&
	       request_header_has(r, "Connection", "upgrade");
}

static bool key_ok(struct span key)
{
	AUTO(buf_done) struct buf raw = BUF_INIT(64);
	return base64_decode(&raw, key) && raw.n == 16;
}

static void put_accept(struct buf *b, struct span key)
{
	AUTO(buf_done) struct buf in = BUF_INIT(256);
	uint8_t sum[20];
	buf_put_span(&in, key);
	buf_put_str(&in, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	crypto_sha1(buf_span(&in), sum);
	base64_put(b, sum, sizeof(sum));
}

static void put_switch(struct buf *b, const struct httpd_request *rq, const char *protocol)
{
	buf_put_str(b, "HTTP/1.1 101 Switching Protocols\r\n"
		       "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
	put_accept(b, httpd_header(rq, "Sec-WebSocket-Key"));
	buf_put_str(b, "\r\n");
	if (protocol)
		httpd_header_put(b, "Sec-WebSocket-Protocol", span_of(protocol));
	buf_put_str(b, "\r\n");
}

/* 0, or the status of the refusal. */
static int check(const struct httpd_request *rq)
{
	if (!httpd_wants_websocket(rq))
		return 400;
	if (!span_eq_str(httpd_header(rq, "Sec-WebSocket-Version"), "13"))
		return 426;
	return key_ok(httpd_header(rq, "Sec-WebSocket-Key")) ? 0 : 400;
}

static void refuse(struct httpd_request *rq, int status)
{
	struct conn *c = request_conn(rq);
	AUTO(buf_done) struct buf body = BUF_INIT(4096);
	if (c->h->handler.error_body)
		c->h->handler.error_body(status, &body, c->h->arg);
	httpd_reply(rq, status,
		    status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
				    "Content-Type: application/json\r\n"
				  : "Content-Type: application/json\r\n",
		    buf_span(&body));
}

struct httpd_ws *httpd_upgrade(struct httpd_request *rq, const char *protocol,
			       const struct httpd_ws_handler *h, void *arg)
{
	struct conn *c = request_conn(rq);
	if (!reply_allowed(&c->rq))
		return NULL;
	int status = check(rq);
	if (status) {
		refuse(rq, status);
		return NULL;
	}
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_switch(&b, rq, protocol);
	struct span part = buf_span(&b);
	reply_begin(c);
	request_reset(c);
	c->state = CONN_WS;
	c->ws = ws_new(c, h, arg);
	out_send(c, &part, 1, NULL);
	timers_update(c, false);
	if (!c->pumping && c->pending.n && c->dl != DL_NOW)
		timers_set(c, DL_SOON); /* frames that came with the request */
	return c->ws;
}
