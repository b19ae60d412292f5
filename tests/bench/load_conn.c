#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct load_conn {
	uv_loop_t *loop;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	bool open, connecting, busy, closing;
	int port;
	char *out;
	size_t out_n;
	char *in;
	size_t in_n, in_size;
	int64_t started;
	load_reply_fn *fn;
	void *arg;
};

static void finish(struct load_conn *c, int status, const char *body, size_t n)
{
	if (!c->busy)
		return;
	struct load_reply reply = {status, body, n, (int64_t)uv_hrtime() - c->started};
	c->busy = false;
	c->fn(c, &reply, c->arg);
}

static void on_closed(uv_handle_t *handle)
{
	struct load_conn *c = handle->data;
	if (c->closing) {
		free(c->in);
		free(c->out);
		free(c);
		return;
	}
	finish(c, 0, "", 0);
}

static void drop(struct load_conn *c)
{
	c->open = c->connecting = false;
	c->in_n = 0;
	if (!uv_is_closing((uv_handle_t *)&c->tcp))
		uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* Joins the chunks in place; returns the length, or -1 while some are missing. */
static ptrdiff_t unchunk(char *p, size_t n, size_t *ret_used)
{
	size_t at = 0, to = 0;
	for (;;) {
		char *eol = memmem(p + at, n - at, "\r\n", 2);
		if (!eol)
			return -1;
		size_t size = strtoul(p + at, NULL, 16);
		at = (size_t)(eol - p) + 2;
		if (at + size + 2 > n)
			return -1;
		if (size == 0) {
			*ret_used = at + 2;
			return (ptrdiff_t)to;
		}
		memmove(p + to, p + at, size);
		to += size;
		at += size + 2;
	}
}

static const char *header(const char *head, const char *name)
{
	const char *at = strcasestr(head, name);
	return at ? at + strlen(name) : NULL;
}

static bool is_complete_chunked(char *body, size_t n)
{
	/* unchunk works in place, so first see whether the last chunk is there. */
	return n >= 5 && memcmp(body + n - 5, "0\r\n\r\n", 5) == 0;
}

static void try_finish(struct load_conn *c)
{
	char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
	if (!end)
		return;
	size_t head_n = (size_t)(end - c->in) + 4;
	char saved = end[2];
	end[2] = '\0';
	int status = (int)strtol(c->in + 9, NULL, 10);
	const char *length = header(c->in, "\r\ncontent-length:");
	bool chunked = header(c->in, "\r\ntransfer-encoding: chunked") != NULL;
	size_t want = length ? strtoul(length, NULL, 10) : 0;
	end[2] = saved;
	char *body = c->in + head_n;
	size_t have = c->in_n - head_n;
	if (chunked) {
		size_t used;
		if (!is_complete_chunked(body, have))
			return;
		ptrdiff_t n = unchunk(body, have, &used);
		if (n < 0)
			return;
		want = (size_t)n;
	} else if (have < want) {
		return;
	}
	body[want] = '\0';
	c->in_n = 0;
	finish(c, status, body, want);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct load_conn *c = handle->data;
	(void)hint;
	if (c->in_size - c->in_n < 8192) {
		c->in_size = c->in_size * 2 + 16384;
		c->in = realloc(c->in, c->in_size);
	}
	*buf = uv_buf_init(c->in + c->in_n, (unsigned)(c->in_size - c->in_n - 1));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct load_conn *c = stream->data;
	(void)buf;
	if (n < 0) {
		drop(c);
		return;
	}
	c->in_n += (size_t)n;
	c->in[c->in_n] = '\0';
	try_finish(c);
}

static void on_written(uv_write_t *req, int status)
{
	struct load_conn *c = req->data;
	if (status < 0)
		drop(c);
}

static void send_now(struct load_conn *c)
{
	uv_buf_t b = uv_buf_init(c->out, (unsigned)c->out_n);
	c->write.data = c;
	c->started = (int64_t)uv_hrtime();
	uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_written);
}

static void on_connect(uv_connect_t *req, int status)
{
	struct load_conn *c = req->data;
	c->connecting = false;
	if (status < 0) {
		drop(c);
		return;
	}
	c->open = true;
	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	if (c->busy)
		send_now(c);
}

struct load_conn *load_conn_new(uv_loop_t *loop, int port, load_reply_fn *fn, void *arg)
{
	struct load_conn *c = calloc(1, sizeof(*c));
	c->loop = loop;
	c->port = port;
	c->fn = fn;
	c->arg = arg;
	return c;
}

void load_conn_free(struct load_conn *c)
{
	c->closing = true;
	c->busy = false;
	if (c->open || c->connecting)
		drop(c);
	else
		free(c);
}

void load_request(struct load_conn *c, const char *method, const char *path, const char *token,
		  const char *body)
{
	free(c->out);
	int n = asprintf(&c->out,
			 "%s %s HTTP/1.1\r\nHost: localhost:%d\r\n%s%s%sContent-Length: %zu\r\n"
			 "Content-Type: application/json\r\n\r\n%s",
			 method, path, c->port, token ? "Authorization: Bearer " : "",
			 token ? token : "", token ? "\r\n" : "", body ? strlen(body) : 0,
			 body ? body : "");
	c->out_n = (size_t)n;
	c->busy = true;
	if (c->open) {
		send_now(c);
		return;
	}
	struct sockaddr_in to;
	uv_ip4_addr("127.0.0.1", c->port, &to);
	uv_tcp_init(c->loop, &c->tcp);
	uv_tcp_nodelay(&c->tcp, 1);
	c->tcp.data = c->connect.data = c;
	c->connecting = true;
	c->started = (int64_t)uv_hrtime();
	uv_tcp_connect(&c->connect, &c->tcp, (const struct sockaddr *)&to, on_connect);
}

static int compare_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

int64_t load_percentile(int64_t *values, size_t n, double p)
{
	if (n == 0)
		return 0;
	qsort(values, n, sizeof(*values), compare_i64);
	size_t at = (size_t)(p / 100.0 * (double)(n - 1) + 0.5);
	return values[at];
}

char *load_find_string(const char *json, const char *key)
{
	char mark[64];
	snprintf(mark, sizeof(mark), "\"%s\"", key);
	const char *at = strstr(json, mark);
	if (!at)
		return NULL;
	at += strlen(mark);
	at += strspn(at, " \t\r\n:");
	if (*at++ != '"')
		return NULL;
	return strndup(at, strcspn(at, "\""));
}
