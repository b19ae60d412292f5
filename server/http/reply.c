#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <string.h>
#include <time.h>

#define ERROR_BODY_MAX 4096

static const char *reply_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{206, "Partial Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{416, "Range Not Satisfiable"},
		{417, "Expectation Failed"},
		{422, "Unprocessable Content"},
		{426, "Upgrade Required"},
		{428, "Precondition Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"},
	};
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* ---- headers ---- */

static bool token_char(unsigned char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

/* Ours to send; a handler's own would contradict them. */
static bool reserved(struct span name)
{
	return span_case_eq_str(name, "Content-Length") ||
	       span_case_eq_str(name, "Transfer-Encoding") || span_case_eq_str(name, "Connection");
}

static bool line_ok(struct span line)
{
	ptrdiff_t colon = span_find(line, ':');
	if (colon <= 0 || reserved(span_head(line, (size_t)colon)))
		return false;
	for (size_t i = 0; i < line.n; i++) {
		unsigned char ch = (unsigned char)line.p[i];
		if (i < (size_t)colon ? !token_char(ch) : (ch < ' ' && ch != '\t') || ch == 0x7f)
			return false;
	}
	return true;
}

/* "Name: value\r\n" lines and nothing else: no empty line, no stray control. */
static bool block_ok(const char *headers)
{
	while (headers && *headers) {
		const char *end = strstr(headers, "\r\n");
		if (!end || !line_ok((struct span){headers, (size_t)(end - headers)}))
			return false;
		headers = end + 2;
	}
	return true;
}

void httpd_header_put(struct buf *headers, const char *name, struct span value)
{
	buf_printf(headers, "%s: ", name);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char ch = (unsigned char)value.p[i];
		buf_put_char(headers, ch < ' ' || ch == 0x7f ? ' ' : (char)ch);
	}
	buf_put_str(headers, "\r\n");
}

static const char *date_now(struct httpd *h)
{
	int64_t s = clock_wall_ms() / 1000;
	if (s != h->date_s || !h->date[0]) {
		static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
		static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
						 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
		time_t t = (time_t)s;
		struct tm tm;
		gmtime_r(&t, &tm);
		/* Not strftime: its names follow the locale. */
		snprintf(h->date, sizeof(h->date), "%s, %02d %s %04d %02d:%02d:%02d GMT",
			 days[tm.tm_wday % 7], tm.tm_mday % 100, months[tm.tm_mon % 12],
			 (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec % 100);
		h->date_s = s;
	}
	return h->date;
}

static bool bodiless(int status)
{
	return status < 200 || status == 204 || status == 304;
}

bool reply_head(struct conn *c, struct buf *b, int status, const char *headers, int64_t length)
{
	if (!block_ok(headers))
		return false;
	if (status >= 100 && status < 100 + HTTPD_STATUSES)
		c->h->stats.status[status - 100]++;
	buf_put_str(b, "HTTP/1.1 ");
	buf_put_i64(b, status);
	buf_put_char(b, ' ');
	buf_put_str(b, reply_reason(status));
	if (status >= 200) {
		buf_put_str(b, "\r\nDate: ");
		buf_put_str(b, date_now(c->h));
	}
	if (length >= 0 && !bodiless(status)) {
		buf_put_str(b, "\r\nContent-Length: ");
		buf_put_i64(b, length);
	}
	buf_put_str(b, "\r\n");
	for (const char *const *h = c->h->opt.common_headers; h && *h; h++) {
		buf_put_str(b, *h);
		buf_put_str(b, "\r\n");
	}
	if (status != 101 && !c->rq.keep_alive)
		buf_put_str(b, "Connection: close\r\n");
	else if (c->rq.http10)
		buf_put_str(b, "Connection: keep-alive\r\n");
	if (headers)
		buf_put_str(b, headers);
	buf_put_str(b, "\r\n");
	return true;
}

/* ---- replies ---- */

void reply_begin(struct conn *c)
{
	struct request *r = &c->rq;
	r->replied = true;
	if (r->active)
		c->h->stats.waiting--;
	if (c->h->ending || c->eof)
		r->keep_alive = false;
	if (r->complete)
		return;
	/* The body is not read to its end: skip a short one, else close. */
	int64_t left = r->content_length < 0 ? 0 : r->content_length - r->received;
	if (r->chunked || r->expect || left + r->received > HTTPD_DISCARD_MAX)
		r->keep_alive = false;
	if (r->file) {
		filesink_abort(r->file);
		r->file = NULL;
	}
	if (r->sink == SINK_MEMORY)
		c->h->body_memory -= r->body.n;
	buf_done(&r->body);
	r->sink = SINK_DISCARD;
}

void reply_sent(struct conn *c)
{
	conn_next(c);
}

static void error_parts(struct conn *c, int status, struct buf *head, struct buf *body)
{
	struct httpd *h = c->h;
	if (h->handler.error_body && !h->ending)
		h->handler.error_body(status, body, h->arg);
	reply_head(c, head, status, "Content-Type: application/json\r\n", (int64_t)body->n);
}

void reply_send_error(struct conn *c, int status)
{
	struct buf head = BUF_INIT(BUF_CAP_OWN), body = BUF_INIT(ERROR_BODY_MAX);
	error_parts(c, status, &head, &body);
	struct span parts[2] = {buf_span(&head), buf_span(&body)};
	out_send(c, parts, c->rq.head_only ? 1 : 2, NULL);
	buf_done(&head);
	buf_done(&body);
}

void reply_error(struct conn *c, int status)
{
	c->rq.replied = true;
	reply_send_error(c, status);
}

bool reply_allowed(const struct request *r)
{
	if (r->active && !r->replied)
		return true;
	log_error("httpd: reply to a request that is over");
	return false;
}

static void reply(struct httpd_request *rq, int status, const char *headers, struct span body,
		  char *own)
{
	struct request *r = request_of(rq);
	struct conn *c = request_conn(rq);
	if (!reply_allowed(r)) {
		mem_free(own);
		return;
	}
	reply_begin(c);
	struct buf head = BUF_INIT(BUF_CAP_OWN);
	if (reply_head(c, &head, status, headers, (int64_t)body.n)) {
		bool with_body = body.n && !r->head_only && !bodiless(status);
		struct span parts[2] = {buf_span(&head), body};
		out_send(c, parts, with_body ? 2 : 1, with_body ? take(&own) : NULL);
	} else {
		log_error("httpd: headers of a reply are not well-formed");
		reply_send_error(c, 500);
	}
	mem_free(own);
	buf_done(&head);
	reply_sent(c);
}

void httpd_reply(struct httpd_request *rq, int status, const char *headers, struct span body)
{
	reply(rq, status, headers, body, NULL);
}

void httpd_reply_buf(struct httpd_request *rq, int status, const char *headers, struct buf *body)
{
	struct span all = buf_span(body);
	char *own = all.n ? buf_take(body) : NULL;
	if (own)
		all.p = own;
	reply(rq, status, headers, all, own);
	buf_done(body);
}
