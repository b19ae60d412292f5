#include "server/http/internal.h"

/* All bodies being received into memory together. */
#define BODY_MEMORY_ALL ((size_t)512 << 20)

static bool too_slow(const struct conn *c)
{
	const struct request *r = &c->rq;
	int64_t ms = (int64_t)(uv_now(loop_uv(c->h->loop)) - r->body_started);
	int64_t want = (ms - c->h->opt.rate_grace_ms) * c->h->opt.min_body_rate / 1000;
	return r->received < want; /* never within the grace time */
}

static int to_memory(struct conn *c, const char *p, size_t n)
{
	struct httpd *h = c->h;
	if (h->body_memory + n > BODY_MEMORY_ALL)
		return 503;
	if (!buf_put(&c->rq.body, p, n))
		return 413;
	h->body_memory += n;
	return 0;
}

int body_data(struct conn *c, const char *p, size_t n)
{
	struct request *r = &c->rq;
	r->received += (int64_t)n;
	switch (r->sink) {
	case SINK_MEMORY:
		if (too_slow(c))
			return 408;
		return to_memory(c, p, n);
	case SINK_FILE:
		if (r->received > r->max_body)
			return 413;
		/* A slow disk holds reading up: not the peer's fault. */
		if (!filesink_full(r->file) && too_slow(c))
			return 408;
		return filesink_data(r->file, p, n);
	case SINK_DISCARD:
		return r->received > HTTPD_DISCARD_MAX ? 413 : 0;
	default:
		return 413;
	}
}

void httpd_body_memory(struct httpd_request *rq, size_t max)
{
	struct request *r = request_of(rq);
	r->sink = SINK_MEMORY;
	r->max_body = (int64_t)max;
	r->body = BUF_INIT(max);
	if (r->content_length > r->max_body)
		r->fail_status = 413; /* answered when begin has returned */
}

struct span httpd_body(const struct httpd_request *rq)
{
	return buf_span(&request_of(rq)->body);
}

int64_t httpd_body_size(const struct httpd_request *rq)
{
	return request_of(rq)->received;
}
