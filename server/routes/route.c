#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/routes/pace.h"
#include "server/routes/route_impl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define JSON_HEADERS "Content-Type: application/json\r\n"

/* Before there is a struct rq. */
static void refuse(struct httpd_request *http, int status, const char *errcode, const char *message)
{
	struct buf b = BUF_INIT(4096);
	route_put_error(&b, errcode, message);
	httpd_reply_buf(http, status, JSON_HEADERS, &b);
	buf_done(&b);
}

static void refuse_method(struct httpd_request *http, const char *allow)
{
	char headers[160];
	struct buf b = BUF_INIT(4096);
	snprintf(headers, sizeof(headers), JSON_HEADERS "Allow: %s, OPTIONS\r\n", allow);
	route_put_error(&b, "M_UNRECOGNIZED", _("This address knows no such method"));
	httpd_reply_buf(http, 405, headers, &b);
	buf_done(&b);
}

/* Behind a proxy on this machine the proxy knows who asks. Only shown, never trusted. */
static void find_peer(struct rq_impl *im, const struct httpd_request *http)
{
	const char *peer = http->peer ? http->peer : "";
	struct span list = httpd_header(http, "X-Forwarded-For"), one, last = {NULL, 0};
	unsigned char bits[16];
	snprintf(im->peer, sizeof(im->peer), "%s", peer);
	if (strncmp(peer, "127.", 4) != 0 && strcmp(peer, "::1") != 0)
		return;
	while (list.n && span_split(&list, ',', &one))
		last = span_trim(one);
	if (last.n == 0 || last.n >= sizeof(im->peer))
		return;
	char text[sizeof(im->peer)];
	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(last));
	if (inet_pton(AF_INET, text, bits) == 1 || inet_pton(AF_INET6, text, bits) == 1)
		memcpy(im->peer, text, sizeof(text));
}

static struct rq *rq_new(struct server *srv, struct httpd_request *http)
{
	struct rq_impl *im = NEW(struct rq_impl);
	im->rq.srv = srv;
	im->rq.http = http;
	im->rq.impl = im;
	find_peer(im, http);
	return &im->rq;
}

/* Decode path and query and find the route; refuses what cannot be. */
static bool resolve(struct rq *rq)
{
	struct httpd_request *http = rq->http;
	struct route_path path;
	struct route_found found;
	rq->impl->room = mem_alloc(http->path.n + http->query.n + 4);
	int status = route_split(http->path, rq->impl->room, &path);
	if (status == 400) {
		refuse(http, 400, "M_INVALID_PARAM", _("The path is not properly encoded"));
		return false;
	}
	if (status == 0)
		router_match(rq->srv->router, http->method, &path, &found);
	if (status || !found.path_known) {
		refuse(http, 404, "M_UNRECOGNIZED", _("This server has nothing at this address"));
		return false;
	}
	if (!found.route) {
		refuse_method(http, found.allow);
		return false;
	}
	if (!route_split_query(http->query, rq->impl->room + http->path.n + 2, &rq->impl->query)) {
		refuse(http, 400, "M_INVALID_PARAM", _("The query is not properly encoded"));
		return false;
	}
	rq->route = found.route;
	memcpy(rq->param, found.param, sizeof(rq->param));
	return true;
}

static void on_begin(struct httpd_request *http, void *arg)
{
	http->user = NULL;
	if (!strcmp(http->method, "OPTIONS")) {
		/* RFC 9725 4.2 wants it said. */
		bool sdp = span_ends(http->path, "/whip") || span_ends(http->path, "/whep");
		httpd_reply(http, 200,
			    sdp ? JSON_HEADERS "Accept-Post: application/sdp\r\n" : JSON_HEADERS,
			    SPAN_LIT("{}"));
		return;
	}
	struct rq *rq = rq_new(arg, http);
	if (!resolve(rq)) {
		rq_free(rq);
		return;
	}
	http->user = rq;
	if (!route_authenticate(rq))
		return;
	if ((rq->route->flags & ROUTE_WEBSOCKET) && !httpd_wants_websocket(http)) {
		rq_error(rq, 400, "M_UNRECOGNIZED", "%s", _("Only WebSockets are served here"));
		return;
	}
	if (rq->route->flags & ROUTE_FILE) {
		rq->begin = true;
		rq->route->fn(rq);
		return;
	}
	httpd_body_memory(http, rq->route->max_body ? rq->route->max_body : LIMIT_JSON_BODY);
}

static void on_ready(struct httpd_request *http, void *arg)
{
	(void)arg;
	struct rq *rq = http->user;
	if (!rq)
		return;
	rq->begin = false;
	if ((rq->route->flags & ROUTE_JSON) && !route_read_json(rq))
		return;
	rq->impl->stage = RQ_RUNNING;
	if (!(rq->route->flags & ROUTE_PACED) || pace_allows(rq))
		rq->route->fn(rq);
}

static void on_gone(struct httpd_request *http, void *arg)
{
	(void)arg;
	struct rq *rq = http->user;
	if (!rq)
		return;
	http->user = NULL;
	rq->http = NULL;
	if (rq->drop)
		rq->drop(rq);
	else if (rq->impl->stage == RQ_RUNNING)
		return; /* a job still holds it; its reply frees it */
	rq_free(rq);
}

static void on_error_body(int status, struct buf *body, void *arg)
{
	(void)arg;
	switch (status) {
	case 413:
		route_put_error(body, "M_TOO_LARGE", _("The body is too large"));
		break;
	case 431:
		route_put_error(body, "M_TOO_LARGE", _("The address and headers are too large"));
		break;
	case 408:
		route_put_error(body, "M_UNKNOWN", _("The request did not arrive in time"));
		break;
	case 503:
		route_put_error(body, "M_LIMIT_EXCEEDED", _("Too many connections"));
		break;
	case 404:
		route_put_error(body, "M_NOT_FOUND", _("The file is not there"));
		break;
	case 500:
		route_put_error(body, "M_UNKNOWN", _("The server failed to do this"));
		break;
	case 507:
		route_put_error(body, "M_UNKNOWN", _("The server's disk is full"));
		break;
	default:
		route_put_error(body, "M_UNRECOGNIZED", _("The request cannot be understood"));
	}
}

const struct httpd_handler route_handler = {
	.begin = on_begin,
	.ready = on_ready,
	.gone = on_gone,
	.error_body = on_error_body,
};
