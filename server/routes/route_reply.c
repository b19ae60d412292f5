#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/routes/route_impl.h"

#include <stdio.h>
#include <string.h>

#define JSON_HEADERS "Content-Type: application/json\r\n"

const char *const route_common_headers[] = {
	"Access-Control-Allow-Origin: *",
	"Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS, PATCH",
	"Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization, If-Match",
	"Access-Control-Expose-Headers: Retry-After, Location, ETag",
	NULL,
};

/* Patterns, not paths: who did what in which room does not belong into a log. */
static void log_reply(const struct rq *rq, int status)
{
	if (rq->route)
		log_info("%s %s %d", rq->route->method, rq->route->pattern, status);
}

void rq_free(struct rq *rq)
{
	struct rq_impl *im = rq->impl;
	json_decref(rq->body);
	session_unref(im->session);
	mem_free(im->room);
	mem_free(im);
}

void rq_raw(struct rq *rq, int status, const char *headers, struct span body)
{
	log_reply(rq, status);
	if (rq->http)
		httpd_reply(rq->http, status, headers, body);
	rq_free(rq);
}

void rq_text(struct rq *rq, int status, struct buf *json)
{
	log_reply(rq, status);
	if (rq->http)
		httpd_reply_buf(rq->http, status, JSON_HEADERS, json);
	buf_done(json);
	rq_free(rq);
}

void rq_json(struct rq *rq, int status, json_t *steal)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (rq->http)
		json_put(&b, steal);
	json_decref(steal);
	rq_text(rq, status, &b);
}

void rq_empty(struct rq *rq)
{
	rq_raw(rq, 200, JSON_HEADERS, SPAN_LIT("{}"));
}

void rq_file(struct rq *rq, int status, const char *headers, const char *path, int64_t offset,
	     int64_t len)
{
	log_reply(rq, status);
	if (rq->http)
		httpd_reply_file(rq->http, status, headers, path, offset, len);
	rq_free(rq);
}

struct httpd_request *rq_hand_over(struct rq *rq)
{
	struct httpd_request *http = rq->http;
	if (http)
		http->user = NULL;
	rq_free(rq);
	return http;
}

void route_put_error(struct buf *b, const char *errcode, const char *message)
{
	buf_put_str(b, "{\"errcode\":");
	buf_put_json_str(b, span_of(errcode));
	buf_put_str(b, ",\"error\":");
	buf_put_json_str(b, span_of(message));
	buf_put_char(b, '}');
}

void rq_error(struct rq *rq, int status, const char *errcode, const char *fmt, ...)
{
	char message[512];
	struct buf b = BUF_INIT(4096);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	route_put_error(&b, errcode, message);
	rq_text(rq, status, &b);
}

void rq_limited(struct rq *rq, int retry_after_ms)
{
	char headers[128], body[256];
	if (retry_after_ms < 1)
		retry_after_ms = 1;
	snprintf(headers, sizeof(headers), JSON_HEADERS "Retry-After: %d\r\n",
		 (retry_after_ms + 999) / 1000);
	snprintf(body, sizeof(body),
		 "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"Too many requests, try again "
		 "later\",\"retry_after_ms\":%d}",
		 retry_after_ms);
	rq_raw(rq, 429, headers, span_of(body));
}

/* What an error without a Matrix errcode of its own stands for. */
static const struct {
	int code, status;
	const char *errcode;
} meanings[] = {
	{ERR_USAGE, 400, "M_INVALID_PARAM"},	  {ERR_INVALID, 400, "M_INVALID_PARAM"},
	{ERR_AUTH, 403, "M_FORBIDDEN"},		  {ERR_NOT_FOUND, 404, "M_NOT_FOUND"},
	{ERR_CONFLICT, 409, "M_UNKNOWN"},	  {ERR_TOO_LARGE, 413, "M_TOO_LARGE"},
	{ERR_LIMITED, 429, "M_LIMIT_EXCEEDED"},	  {ERR_DISK, 507, "M_UNKNOWN"},
	{ERR_UNSUPPORTED, 400, "M_UNRECOGNIZED"}, {ERR_FAILED, 500, "M_UNKNOWN"},
};

void rq_err(struct rq *rq, const struct err *err)
{
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(meanings) && meanings[i].code != err->code)
		i++;
	int status = err->http_status ? err->http_status : meanings[i].status;
	if (status == 429) {
		rq_limited(rq, err->retry_after_ms ? err->retry_after_ms : 1000);
		return;
	}
	if (status >= 500)
		log_error("%s %s: %s", rq->route->method, rq->route->pattern, err->msg);
	rq_error(rq, status, err->errcode[0] ? err->errcode : meanings[i].errcode, "%s",
		 status == 500 && !err->http_status ? _("The server failed to do this") : err->msg);
}

const char *rq_query(struct rq *rq, const char *name)
{
	const struct route_query *q = &rq->impl->query;
	for (int i = 0; i < q->n; i++)
		if (!strcmp(q->name[i], name))
			return q->value[i];
	return NULL;
}

int64_t rq_query_i64(struct rq *rq, const char *name, int64_t otherwise)
{
	int64_t v;
	const char *s = rq_query(rq, name);
	return s && span_i64(span_of(s), &v) ? v : otherwise;
}

const char *rq_peer(const struct rq *rq)
{
	return rq->impl->peer;
}

struct write {
	struct rq *rq;
	db_run_fn *run; /* one of these */
	rq_piece_fn *piece;
	bool more;
	rq_done_fn *done;
	void *arg;
	void (*free_arg)(void *);
};

static int write_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct write *w = arg;
	w->more = false;
	return w->run ? w->run(tx, w->arg, err) : w->piece(tx, w->arg, &w->more, err);
}

static void write_done(void *arg, int rc, const struct err *err)
{
	struct write *w = arg;
	if (!rc && w->more) {
		db_submit(w->rq->srv->db, write_run, write_done, w);
		return;
	}
	w->done(w->rq, w->arg, rc, err);
	if (w->free_arg)
		w->free_arg(w->arg);
	mem_free(w);
}

static void submit(const struct write *w)
{
	w->rq->drop = NULL;
	db_submit(w->rq->srv->db, write_run, write_done, mem_dup(w, sizeof(*w)));
}

void rq_write(struct rq *rq, db_run_fn *run, rq_done_fn *done, void *arg, void (*free_arg)(void *))
{
	submit(&(struct write){.rq = rq,
			       .run = run,
			       .done = done,
			       .arg = arg,
			       .free_arg = free_arg});
}

void rq_write_pieces(struct rq *rq, rq_piece_fn *run, rq_done_fn *done, void *arg,
		     void (*free_arg)(void *))
{
	submit(&(struct write){.rq = rq,
			       .piece = run,
			       .done = done,
			       .arg = arg,
			       .free_arg = free_arg});
}

void rq_done_empty(struct rq *rq, void *arg, int rc, const struct err *err)
{
	(void)arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_empty(rq);
}
