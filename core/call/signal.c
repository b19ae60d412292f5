#include "core/call/signal.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/rtc/livekit/query.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 10000
#define PING_MAX_MS 300000
#define PONG_MS 5000 /* what the answer to a ping may take, whatever the server wishes */

struct signal {
	struct ws *ws;
	struct signal_handler h;
	void *arg;
	struct loop_timer *ping, *timeout;
	uint64_t timeout_ms;
	int rtt_ms;
	struct err err; /* an address that is none */
};

/* -- The address -------------------------------------------------------------- */

static const char *scheme(struct span *url)
{
	static const struct {
		const char *from, *to;
	} all[] = {{"ws://", "ws://"},
		   {"wss://", "wss://"},
		   {"http://", "ws://"},
		   {"https://", "wss://"}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!span_starts(*url, all[i].from))
			continue;
		*url = span_from(*url, strlen(all[i].from));
		return all[i].to;
	}
	return NULL;
}

int signal_url(const struct signal_options *o, struct buf *b, struct err *err)
{
	struct lk_query q = LK_QUERY_INIT;
	struct span url = span_of(o->url);
	const char *to = scheme(&url);
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	if (!to || !url.n || span_find(url, '?') >= 0 || span_find(url, '#') >= 0)
		return err_set(err, ERR_USAGE,
			       _("\"%s\" is no address of a call server (wss://...)"), o->url);
	q.protocol = LK_PROTOCOL;
	/* LiveKit treats some names specially; ours is none of them. */
	q.sdk = "muster";
	q.version = MUSTER_VERSION;
	q.muster_voices = o->voices;
	q.reconnect = o->reconnect_sid != NULL;
	q.sid = o->reconnect_sid ? o->reconnect_sid : "";
	q.reconnect_reason = o->reconnect_sid ? o->reconnect_reason : 0;
	buf_put_str(b, to);
	buf_put_span(b, url);
	buf_put_str(b, "/rtc?");
	return lk_query_put(&q, b, err);
}

/* -- The connection ------------------------------------------------------------ */

static void on_message(struct span data, bool binary, void *arg)
{
	struct signal *s = arg;
	struct lk_response r;
	struct err err;
	if (!binary) {
		log_debug("call: a text message of the server is left unread");
		return;
	}
	if (lk_response_decode(data, &r, &err)) {
		log_warn("call: a message of the server cannot be read: %s", err.msg);
		return;
	}
	log_debug("call: < %s", lk_response_name(r.kind));
	if (r.kind == LK_RES_PONG || r.kind == LK_RES_PONG_RESP) {
		int64_t sent = r.kind == LK_RES_PONG ? r.pong : r.pong_resp.last_ping_timestamp;
		int64_t rtt = clock_wall_ms() - sent;
		s->rtt_ms = rtt >= 0 && rtt < 60000 ? (int)rtt : s->rtt_ms;
		if (s->timeout_ms)
			loop_timer_start(s->timeout, s->timeout_ms, 0);
	} else if (r.kind != LK_RES_NONE) {
		s->h.message(s->arg, &r); /* may free `s` */
	}
	lk_response_done(&r);
}

static void on_opened(void *arg)
{
	(void)arg; /* the server speaks first */
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct signal *s = arg;
	struct err why = {0};
	if (err)
		why = *err;
	else
		err_set(&why, ERR_NETWORK, _("the server closed the connection (code %d)"), code);
	ws_free(take(&s->ws));
	s->h.closed(s->arg, &why); /* may free `s` */
}

static void on_ping(void *arg)
{
	struct signal *s = arg;
	struct lk_request r = {.kind = LK_REQ_PING_REQ};
	r.ping_req.timestamp = clock_wall_ms();
	r.ping_req.rtt = s->rtt_ms > 0 ? s->rtt_ms : 0;
	signal_send(s, &r, NULL);
}

static void on_timeout(void *arg)
{
	struct signal *s = arg;
	struct err why = {0};
	err_set(&why, ERR_NETWORK, _("the server does not answer any more"));
	/* A close would wait for an answer, too. */
	ws_free(take(&s->ws));
	s->h.closed(s->arg, &why); /* may free `s` */
}

/* An address that is none is told like every other failure, later. */
static void on_bad_url(void *arg)
{
	struct signal *s = arg;
	s->h.closed(s->arg, &s->err);
}

struct signal *signal_open(const struct signal_options *o, const struct signal_handler *h,
			   void *arg)
{
	static const struct ws_handler on_ws = {on_opened, on_message, on_closed};
	AUTO(buf_done) struct buf url = BUF_INIT(LIMIT_WS_PATH + LIMIT_WS_HOST + 16);
	struct signal *s = NEW(struct signal);
	s->h = *h;
	s->arg = arg;
	s->rtt_ms = -1;
	s->ping = loop_timer_new(o->loop, on_ping, s);
	if (signal_url(o, &url, &s->err)) {
		s->timeout = loop_timer_new(o->loop, on_bad_url, s);
		loop_timer_start(s->timeout, 0, 0);
		return s;
	}
	s->timeout = loop_timer_new(o->loop, on_timeout, s);
	struct ws_options w = {
		.url = buf_str(&url),
		.bearer = o->token,
		.ca_file = o->ca_file,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
	};
	s->ws = ws_connect(o->client, &w, &on_ws, s);
	return s;
}

void signal_free(struct signal *s)
{
	if (!s)
		return;
	ws_free(s->ws);
	loop_timer_free(s->ping);
	loop_timer_free(s->timeout);
	mem_free(s);
}

int signal_send(struct signal *s, const struct lk_request *r, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_REQUEST_BYTES_MAX);
	if (!s->ws)
		return err_set(err, ERR_NETWORK, _("the connection is not open"));
	int rc = lk_request_encode(r, &b, err);
	if (rc)
		return rc;
	log_debug("call: > %s", lk_request_name(r->kind));
	return ws_send(s->ws, buf_span(&b), true, err);
}

void signal_close(struct signal *s)
{
	loop_timer_stop(s->ping);
	loop_timer_stop(s->timeout);
	if (s->ws)
		ws_close(s->ws, 1000);
}

void signal_ping(struct signal *s, int interval_ms, int timeout_ms)
{
	s->timeout_ms = 0;
	if (interval_ms <= 0 || !s->ws)
		return;
	interval_ms = interval_ms > PING_MAX_MS ? PING_MAX_MS : interval_ms;
	/* A pong comes once in each interval, and after its way to the server and back. */
	if (timeout_ms > 0 && timeout_ms < interval_ms + PONG_MS)
		timeout_ms = interval_ms + PONG_MS;
	if (timeout_ms > 0)
		s->timeout_ms =
			(uint64_t)(timeout_ms > 2 * PING_MAX_MS ? 2 * PING_MAX_MS : timeout_ms);
	loop_timer_start(s->ping, (uint64_t)interval_ms, (uint64_t)interval_ms);
	if (s->timeout_ms)
		loop_timer_start(s->timeout, s->timeout_ms, 0);
}
