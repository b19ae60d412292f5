#include "core/base/limits.h"
#include "server/http/internal.h"

#include <ctype.h>
#include <string.h>

/*
 * llhttp is paused after each head and after each request, so that handlers
 * run outside of the parser and may do anything to the connection.
 */

static struct conn *conn_of(llhttp_t *p)
{
	return p->data;
}

static int head_put(struct conn *c, const char *p, size_t n)
{
	struct request *r = &c->rq;
	if (r->saw_head)
		return 0; /* trailers: counted as overhead, not kept */
	if (r->head.n + n <= c->h->opt.max_head && buf_put(&r->head, p, n))
		return 0;
	r->fail_status = 431;
	return HPE_USER;
}

static int on_head_part(llhttp_t *p, const char *at, size_t n)
{
	return head_put(conn_of(p), at, n);
}

static int on_head_part_end(llhttp_t *p)
{
	return head_put(conn_of(p), "", 1) ? -1 : 0;
}

static int on_url_end(llhttp_t *p)
{
	struct conn *c = conn_of(p);
	c->rq.target_n = c->rq.head.n;
	return on_head_part_end(p);
}

static int on_headers_complete(llhttp_t *p)
{
	/* Upgrades are ours alone: CONNECT, h2c and the like are plain requests here. */
	p->upgrade = 0;
	conn_of(p)->rq.saw_head = true;
	return HPE_PAUSED;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct conn *c = conn_of(p);
	c->rq.fail_status = body_data(c, at, n);
	return c->rq.fail_status ? HPE_USER : 0;
}

static int on_message_complete(llhttp_t *p)
{
	conn_of(p)->rq.complete = true;
	return HPE_PAUSED;
}

void parse_settings(llhttp_settings_t *s)
{
	llhttp_settings_init(s);
	s->on_url = on_head_part;
	s->on_url_complete = on_url_end;
	s->on_header_field = on_head_part;
	s->on_header_field_complete = on_head_part_end;
	s->on_header_value = on_head_part;
	s->on_header_value_complete = on_head_part_end;
	s->on_headers_complete = on_headers_complete;
	s->on_body = on_body;
	s->on_message_complete = on_message_complete;
}

void parse_start(struct conn *c)
{
	llhttp_init(&c->parser, HTTP_REQUEST, &c->h->settings);
	c->parser.data = c;
}

/* A method we have never heard of, in an otherwise plausible line. */
static bool unknown_method(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && i < 24 && (isupper((unsigned char)p[i]) || p[i] == '-'))
		i++;
	return i > 1 && i < n && p[i] == ' ';
}

static int status_of(const struct conn *c, llhttp_errno_t e, const char *p, size_t n)
{
	if (c->rq.fail_status)
		return c->rq.fail_status;
	if (e == HPE_INVALID_METHOD && c->head_bytes == 0 && unknown_method(p, n))
		return 501;
	if (e == HPE_INVALID_VERSION || e == HPE_PAUSED_H2_UPGRADE)
		return 505;
	return 400;
}

/*
 * Obsolete line folding (RFC 9112 5.2): llhttp 8 lets it through, 9 does not;
 * what a folded Content-Length means is nobody's business to guess.
 */
static bool folded(struct conn *c, const char *p, size_t n)
{
	for (const char *end = p + n; p < end; p++) {
		if (c->line_start && (*p == ' ' || *p == '\t'))
			return true;
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		c->line_start = nl != NULL;
		if (!nl)
			return false;
		p = nl;
	}
	return false;
}

/* Limits on what llhttp skips without telling: white space, chunk framing, trailers. */
static int count(struct conn *c, size_t used, bool in_head)
{
	struct request *r = &c->rq;
	if (in_head) {
		c->head_bytes += used;
		/* The read that ends the head may hold part of a body: counted by the parts. */
		bool over = c->head_bytes > c->h->opt.max_head;
		return over && !r->saw_head ? 431 : 0;
	}
	r->raw += (int64_t)used;
	return r->raw > 16 * r->received + HTTPD_OVERHEAD_MAX ? 400 : 0;
}

size_t parse_some(struct conn *c, const char *p, size_t n)
{
	if (c->state == CONN_IDLE) {
		if (n && (*p == '\r' || *p == '\n'))
			return 1; /* a stray line end after the previous body */
		c->state = CONN_HEAD;
		c->head_bytes = 0;
		c->line_start = false;
		timers_set(c, DL_HEAD);
	}
	c->resume = false;
	bool in_head = !c->rq.saw_head;
	llhttp_errno_t e = llhttp_execute(&c->parser, p, n);
	size_t used = n;
	if (e == HPE_PAUSED) {
		used = (size_t)(llhttp_get_error_pos(&c->parser) - p);
		llhttp_resume(&c->parser);
	}
	int status = e == HPE_OK || e == HPE_PAUSED ? 0 : status_of(c, e, p, n);
	if (!status)
		status = count(c, used, in_head);
	if (!status && in_head && folded(c, p, used))
		status = 400;
	if (status)
		request_fail(c, status);
	else if (e == HPE_PAUSED && c->rq.complete)
		request_complete(c);
	else if (e == HPE_PAUSED)
		request_head(c);
	return used;
}
