#include "server/metrics/metrics.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#define TEXT_TYPE "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
#define TEXT_MAX (1 << 20)

struct metrics {
	struct httpd *httpd;
	int port;
};

static void on_begin(struct httpd_request *rq, void *arg)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	if (!span_eq_str(rq->path, "/metrics")) {
		httpd_reply(rq, 404, TEXT_TYPE, SPAN_LIT("only /metrics is here\n"));
		return;
	}
	if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
		httpd_reply(rq, 405, TEXT_TYPE "Allow: GET\r\n", SPAN_LIT("only GET\n"));
		return;
	}
	metrics_put(arg, &b);
	httpd_reply_buf(rq, 200, TEXT_TYPE, &b);
	buf_done(&b);
}

/* Everything was answered in on_begin. */
static void on_ready(struct httpd_request *rq, void *arg)
{
	(void)rq;
	(void)arg;
}

static void on_error_body(int status, struct buf *body, void *arg)
{
	(void)arg;
	buf_printf(body, "{\"status\":%d}", status);
}

int metrics_open(struct server *srv, struct metrics **ret, struct err *err)
{
	static const struct httpd_handler handler = {
		.begin = on_begin,
		.ready = on_ready,
		.gone = on_ready,
		.error_body = on_error_body,
	};
	static const struct httpd_options opt = {.max_connections = 16};
	const struct server_config *c = srv->config;
	*ret = NULL;
	if (!c->metrics_addr)
		return 0;
	struct metrics *m = NEW(struct metrics);
	m->httpd = httpd_new(srv->loop, &opt, &handler, srv);
	int rc = httpd_listen(m->httpd, c->metrics_addr, c->metrics_port, false, &m->port, err);
	if (rc) {
		err_prefix(err, "metrics_listen");
		metrics_close(m);
		return rc;
	}
	*ret = m;
	return 0;
}

void metrics_close(struct metrics *m)
{
	if (!m)
		return;
	httpd_free(m->httpd);
	mem_free(m);
}

int metrics_port(const struct metrics *m)
{
	return m->port;
}
