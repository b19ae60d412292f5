#include "core/base/http_xfer.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	(void)p;
	x->header_bytes += size * n;
	if (x->header_bytes <= LIMIT_HTTP_REPLY_HEADERS)
		return size * n;
	err_set(&x->err, ERR_TOO_LARGE, _("the headers of the answer are too large"));
	return 0;
}

static bool status_is_2xx(CURL *easy)
{
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status / 100 == 2;
}

static size_t too_large(struct xfer *x)
{
	err_set(&x->err, ERR_TOO_LARGE, _("the answer is larger than %zu bytes"), x->max_reply);
	return 0;
}

/* Returning less than was given makes curl stop with CURLE_WRITE_ERROR. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	n *= size;
	if (x->err.code)
		return 0;
	if (n > x->max_reply - x->got)
		return too_large(x);
	x->got += n;
	if (x->save_path && status_is_2xx(x->easy)) {
		if (!x->out && fs_out_open(x->save_path, 0600, &x->out, &x->err) != 0)
			return 0;
		return fs_out_write(x->out, (struct span){p, n}, &x->err) ? 0 : n;
	}
	/* An error page beside a download is kept in memory, under the cap for those. */
	return buf_put(x->to, p, n) ? n : too_large(x);
}

static size_t on_upload(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	size_t got = fread(p, 1, size * n, x->upload);
	if (got == 0 && ferror(x->upload)) {
		err_errno(&x->err, errno, _("cannot read the file to send"));
		return CURL_READFUNC_ABORT;
	}
	return got;
}

/* curl rewinds when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t at, int from)
{
	struct xfer *x = arg;
	return fseeko(x->upload, at, from) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *ca_file)
{
	(void)easy;
	return SSL_CTX_load_verify_locations(ctx, ca_file, NULL) == 1 ? CURLE_OK
								      : CURLE_SSL_CACERT_BADFILE;
}

static int add_header(struct xfer *x, const char *name, const char *value, struct err *err)
{
	if (strpbrk(value, "\r\n"))
		return err_set(err, ERR_INVALID, _("a line break inside the header %s"), name);
	char *line = mem_printf("%s%s", name, value);
	x->headers = curl_slist_append(x->headers, line);
	mem_free_secret(line);
	return 0;
}

static int set_upload(struct xfer *x, const struct http_request *rq, struct err *err)
{
	struct stat st;
	x->upload = fopen(rq->body_file, "rbe");
	if (!x->upload || fstat(fileno(x->upload), &st) != 0)
		return err_errno(err, errno, _("cannot read %s"), rq->body_file);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, _("%s is not a file"), rq->body_file);
	curl_easy_setopt(x->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(x->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)st.st_size);
	curl_easy_setopt(x->easy, CURLOPT_READFUNCTION, on_upload);
	curl_easy_setopt(x->easy, CURLOPT_READDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(x->easy, CURLOPT_SEEKDATA, x);
	return 0;
}

static void set_body(struct xfer *x, struct span body, bool copy)
{
	/* Our bodies are small: asking leave with Expect would only cost a round trip. */
	x->headers = curl_slist_append(x->headers, "Expect:");
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	curl_easy_setopt(x->easy, copy ? CURLOPT_COPYPOSTFIELDS : CURLOPT_POSTFIELDS,
			 body.n ? body.p : "");
}

static int set_method(struct xfer *x, const struct http_request *rq, bool copy, struct err *err)
{
	const char *method = rq->method ? rq->method : "GET";
	bool wants_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
	bool has_body = rq->body_file || rq->body.n;
	int rc = 0;
	if (rq->body_file)
		rc = set_upload(x, rq, err);
	else if (has_body || wants_body) /* an empty one still says Content-Length: 0 */
		set_body(x, rq->body, copy);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "GET") != 0 || has_body)
		curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, method);
	if (!rc && (has_body || rq->content_type))
		rc = add_header(x, "Content-Type: ",
				rq->content_type ? rq->content_type : "application/json", err);
	else if (!rc && wants_body) /* or curl would call it a form */
		x->headers = curl_slist_append(x->headers, "Content-Type:");
	if (!rc && rq->bearer)
		rc = add_header(x, "Authorization: Bearer ", rq->bearer, err);
	return rc;
}

static void set_rules(CURL *easy, const struct xfer_defaults *d, const struct http_request *rq)
{
	bool tls = strncmp(rq->url, "https:", 6) == 0;
	curl_easy_setopt(easy, CURLOPT_URL, rq->url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, d->user_agent);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)d->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)rq->timeout_ms);
	if (rq->idle_timeout_ms) {
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
				 (long)((rq->idle_timeout_ms + 999) / 1000));
	}
	if (rq->follow_redirects) {
		curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
		curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
	}
	if (d->ca_file) {
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, (void *)d->ca_file);
	}
}

static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		       curl_off_t up)
{
	struct xfer *x = arg;
	bool sends = up_total > 0;
	if (!x->progress(sends ? up : down, sends ? up_total : down_total, x->progress_arg))
		return 0;
	err_set(&x->err, ERR_CANCELLED, _("stopped before it was done"));
	return 1;
}

int xfer_init(struct xfer *x, CURL *easy, const struct xfer_defaults *d,
	      const struct http_request *rq, struct buf *to, bool copy, struct err *err)
{
	memset(x, 0, sizeof(*x));
	x->easy = easy;
	x->timeout_ms = rq->timeout_ms;
	x->save_path = mem_strdup(rq->save_file);
	x->max_reply = rq->max_reply   ? rq->max_reply
		       : rq->save_file ? LIMIT_DOWNLOAD
				       : LIMIT_REPLY_JSON;
	buf_init(&x->own_body, x->max_reply < LIMIT_REPLY_JSON || !rq->save_file
				       ? x->max_reply
				       : LIMIT_REPLY_JSON);
	x->to = to ? to : &x->own_body;
	x->at = x->to->n;
	set_rules(easy, d, rq);
	int rc = set_method(x, rq, copy, err);
	if (rc)
		return rc;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max_reply);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->why);
	if (rq->progress) {
		x->progress = rq->progress;
		x->progress_arg = rq->progress_arg;
		curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(easy, CURLOPT_XFERINFODATA, x);
	}
	return 0;
}

static int save(struct xfer *x, struct http_reply *ret, struct err *err)
{
	int rc = x->out ? 0 : fs_out_open(x->save_path, 0600, &x->out, err);
	if (!rc)
		rc = fs_out_commit(take(&x->out), err);
	if (!rc)
		ret->saved_bytes = (int64_t)x->got;
	return rc;
}

int xfer_finish(struct xfer *x, CURLcode code, struct http_reply *ret, struct err *err)
{
	long status = 0;
	curl_off_t retry_s = 0;
	const char *type = NULL;
	struct curl_header *disposition, *date;
	if (code != CURLE_OK)
		return xfer_explain(x, code, err);
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_s);
	struct http_reply r = {.status = (int)status,
			       .body = span_from(buf_span(x->to), x->at),
			       .content_type = type ? type : "",
			       .disposition = ""};
	if (curl_easy_header(x->easy, "Content-Disposition", 0, CURLH_HEADER, -1, &disposition) ==
	    CURLHE_OK)
		r.disposition = disposition->value;
	if (curl_easy_header(x->easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
		r.date_s = curl_getdate(date->value, NULL);
	if (r.date_s < 0)
		r.date_s = 0;
	r.retry_after_ms = retry_s > 86400 ? 86400000 : (int)retry_s * 1000;
	if (x->save_path && status / 100 == 2) {
		int rc = save(x, &r, err);
		if (rc)
			return rc;
	}
	*ret = r;
	return 0;
}

void xfer_done(struct xfer *x)
{
	for (struct curl_slist *h = x->headers; h; h = h->next)
		mem_wipe(h->data, strlen(h->data)); /* one of them holds the token */
	curl_slist_free_all(x->headers);
	fs_out_abort(x->out);
	if (x->upload)
		fclose(x->upload);
	mem_free(x->save_path);
	buf_done(&x->own_body);
}
