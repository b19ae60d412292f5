#include "server/http/internal.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

struct request *request_of(const struct httpd_request *rq)
{
	return CONTAINER_OF(rq, struct request, pub);
}

struct conn *request_conn(const struct httpd_request *rq)
{
	return CONTAINER_OF(request_of(rq), struct conn, rq);
}

/* ---- headers ---- */

/* Next header in the stored head; false at its end. */
static bool next_header(const struct buf *head, size_t *at, struct span *name, struct span *value)
{
	if (*at >= head->n)
		return false;
	*name = span_of(head->p + *at);
	*at += name->n + 1;
	if (*at >= head->n)
		return false;
	*value = span_of(head->p + *at);
	*at += value->n + 1;
	*value = span_trim(*value);
	return true;
}

static int find_header(const struct request *r, const char *wanted, struct span *ret)
{
	size_t at = r->target_n + 1;
	struct span name, value;
	int n = 0;
	while (next_header(&r->head, &at, &name, &value))
		if (span_case_eq_str(name, wanted) && n++ == 0)
			*ret = value;
	return n;
}

struct span httpd_header(const struct httpd_request *rq, const char *name)
{
	struct span value = {NULL, 0};
	find_header(request_of(rq), name, &value);
	return value;
}

bool request_header_has(const struct request *r, const char *wanted, const char *token)
{
	size_t at = r->target_n + 1;
	struct span name, list, item;
	while (next_header(&r->head, &at, &name, &list)) {
		if (!span_case_eq_str(name, wanted))
			continue;
		while (span_split(&list, ',', &item))
			if (span_case_eq_str(span_trim(item), token))
				return true;
	}
	return false;
}

int64_t httpd_content_length(const struct httpd_request *rq)
{
	return request_of(rq)->content_length;
}

/* ---- head ---- */

static void set_target(struct request *r)
{
	struct httpd_request *q = &r->pub;
	q->target = (struct span){r->head.p, r->target_n};
	q->path = q->target;
	if (span_starts(q->path, "http://") || span_starts(q->path, "https://")) {
		/* absolute-form: RFC 9112 3.2.2 */
		struct span rest = span_from(q->path, (size_t)span_find(q->path, ':') + 3);
		ptrdiff_t slash = span_find(rest, '/');
		q->path = slash < 0 ? SPAN_LIT("/") : span_from(rest, (size_t)slash);
	}
	ptrdiff_t mark = span_find(q->path, '?');
	q->query = (struct span){NULL, 0};
	if (mark >= 0) {
		q->query = span_from(q->path, (size_t)mark + 1);
		q->path = span_head(q->path, (size_t)mark);
	}
}

static int check_coding(const struct conn *c)
{
	const struct request *r = &c->rq;
	struct span te = {NULL, 0};
	int n = find_header(r, "Transfer-Encoding", &te);
	if (!n)
		return 0;
	if (r->http10 || find_header(r, "Content-Length", &(struct span){NULL, 0}))
		return 400;
	if (n > 1 || !r->chunked)
		return 400; /* the length cannot be told: RFC 9112 6.3 */
	return span_case_eq_str(te, "chunked") ? 0 : 501;
}

static int check_expect(struct request *r)
{
	struct span expect = {NULL, 0};
	if (!find_header(r, "Expect", &expect) || r->http10)
		return 0;
	if (!span_case_eq_str(expect, "100-continue"))
		return 417;
	r->expect = r->chunked || r->content_length > 0;
	return 0;
}

/* Fills the request; returns 0 or the status that refuses it. */
static int read_head(struct conn *c)
{
	struct request *r = &c->rq;
	const llhttp_t *p = &c->parser;
	struct span host;
	/* A refusal below already answers as the request asked. */
	r->http10 = p->http_major == 1 && p->http_minor == 0;
	r->head_only = p->method == HTTP_HEAD;
	r->chunked = p->flags & F_CHUNKED;
	r->content_length = -1;
	if (p->flags & F_CONTENT_LENGTH && !r->chunked) {
		if (p->content_length > INT64_MAX)
			return 413;
		r->content_length = (int64_t)p->content_length;
	}
	if (p->http_major != 1 || p->http_minor > 1)
		return 505;
	int hosts = find_header(r, "Host", &host);
	if (hosts > 1 || (hosts == 0 && !r->http10))
		return 400;
	int status = check_coding(c);
	if (!status)
		status = check_expect(r);
	r->keep_alive = llhttp_should_keep_alive(p);
	return status;
}

static void fill_public(struct conn *c)
{
	struct httpd_request *q = &c->rq.pub;
	set_target(&c->rq);
	q->method = llhttp_method_name((llhttp_method_t)c->parser.method);
	q->peer = c->peer;
	q->tls = c->tls != NULL;
	q->started_ms = clock_mono_ms();
	q->user = NULL;
}

static void send_continue(struct conn *c)
{
	struct span line = SPAN_LIT("HTTP/1.1 100 Continue\r\n\r\n");
	c->rq.expect = false;
	out_send(c, &line, 1, NULL);
}

static bool has_body(const struct request *r)
{
	return r->chunked || r->content_length > 0;
}

/* begin has returned: does what it chose fit the request? */
static void after_begin(struct conn *c)
{
	struct request *r = &c->rq;
	if (c->state == CONN_WS || c->state == CONN_CLOSING)
		return;
	c->resume = c->state == CONN_BODY; /* a request without body ends without further bytes */
	if (r->replied)
		return;
	if (!r->fail_status && r->sink == SINK_NONE && r->content_length > 0)
		r->fail_status = 413;
	if (r->fail_status)
		request_fail(c, r->fail_status);
	else if (r->expect && has_body(r))
		send_continue(c);
}

void request_head(struct conn *c)
{
	struct request *r = &c->rq;
	int status = read_head(c);
	c->owner = 0;
	if (status) {
		request_fail(c, status);
		return;
	}
	fill_public(c);
	c->state = CONN_BODY;
	r->body_started = uv_now(loop_uv(c->h->loop));
	r->active = true;
	c->h->stats.requests++;
	c->h->stats.waiting++;
	c->h->handler.begin(&r->pub, c->h->arg);
	after_begin(c);
}

void request_complete(struct conn *c)
{
	struct request *r = &c->rq;
	if (c->state != CONN_BODY)
		return;
	c->state = CONN_WAIT;
	if (r->replied)
		conn_next(c);
	else if (r->file)
		filesink_end(r->file);
	else
		request_ready(c);
}

void request_ready(struct conn *c)
{
	struct request *r = &c->rq;
	r->ready = true;
	timers_update(c, false);
	c->h->handler.ready(&r->pub, c->h->arg);
}

/* ---- endings ---- */

void request_gone(struct conn *c)
{
	struct request *r = &c->rq;
	if (!r->active || r->replied)
		return;
	r->active = false;
	c->h->stats.waiting--;
	c->h->handler.gone(&r->pub, c->h->arg);
}

void request_reset(struct conn *c)
{
	struct request *r = &c->rq;
	if (r->file)
		filesink_abort(r->file);
	if (r->send)
		filesend_abort(r->send);
	if (r->sink == SINK_MEMORY)
		c->h->body_memory -= r->body.n;
	buf_done(&r->body);
	buf_done(&r->head);
	*r = (struct request){.content_length = -1};
	r->head = BUF_INIT(c->h->opt.max_head + 1);
}

void request_fail(struct conn *c, int status)
{
	struct request *r = &c->rq;
	bool replied = r->replied;
	if (c->state == CONN_CLOSING || c->state == CONN_LINGER)
		return;
	request_gone(c);
	if (r->file) {
		filesink_abort(r->file);
		r->file = NULL;
	}
	r->keep_alive = false;
	if (!replied)
		reply_error(c, status);
	conn_linger(c);
}
