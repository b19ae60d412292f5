/*
 * HTTP client: libcurl multi_socket on the loop. A request is described by a
 * value, started, and answered by exactly one call of its callback (also on
 * cancel of the client, never inside http_start).
 */
#ifndef MUSTER_BASE_HTTP_H
#define MUSTER_BASE_HTTP_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/loop.h"

#include <stdio.h>

struct http;	  /**< a client: connection pool, TLS settings */
struct http_call; /**< one request under way */

struct http_options {
	const char *user_agent; /**< NULL: "muster/VERSION" */
	const char *ca_file;	/**< extra trusted certificates, or NULL */
	int max_per_host;	/**< 0: 6 */
	int connect_timeout_ms; /**< 0: 10 s */
};

struct http_request {
	const char *method; /**< "GET", "PUT" ... */
	const char *url;    /**< complete, already percent-encoded; sent as is (no path tricks) */
	const char *bearer; /**< access token or NULL; sent as Authorization, kept out of logs */
	const char *content_type; /**< for a body; NULL: application/json */
	struct span body;	  /**< copied */
	const char *body_file;	  /**< or stream this file; its size is sent as Content-Length */
	const char *save_file; /**< write a 2xx body there (0600, via a temporary name) instead of
				  memory */
	size_t max_reply;    /**< 0: LIMIT_REPLY_JSON, with save_file LIMIT_DOWNLOAD; counted after
				decompression; more gives ERR_TOO_LARGE */
	int timeout_ms;	     /**< whole request; then ERR_CANCELLED; 0: none */
	int idle_timeout_ms; /**< no byte for that long (in whole seconds, some late after a
				burst) ends it with ERR_NETWORK; 0: none */
	bool follow_redirects; /**< at most 5, never from https to http; the bearer is dropped on
				  another host, port or scheme */
	/** Bytes of the larger direction, now and then; true ends the request (ERR_CANCELLED). */
	bool (*progress)(int64_t done, int64_t total, void *arg);
	void *progress_arg;
};

struct http_reply {
	int status;		  /**< 0 when there was no HTTP reply */
	struct span body;	  /**< borrowed until the callback returns */
	const char *content_type; /**< or "" */
	const char *disposition;  /**< Content-Disposition or "" */
	int retry_after_ms;	  /**< from Retry-After; 0 */
	int64_t date_s;		  /**< the server's clock (Date), Unix seconds; 0: not said */
	int64_t saved_bytes;	  /**< with save_file */
};

/** `err` is NULL when an HTTP reply of any status came; else status is 0 and err says why. */
typedef void http_done_fn(const struct http_reply *reply, const struct err *err, void *arg);

/** `l` may be NULL when only http_perform is used. Owner thread of `l`. The caller owns it. */
struct http *http_new(struct loop *l, const struct http_options *opt);
/** Every call under way is answered ERR_CANCELLED first. May be called inside a callback. NULL is
 * allowed. */
void http_free(struct http *h);
/** Start; returns a borrowed handle, valid until the callback. */
struct http_call *http_start(struct http *h, const struct http_request *rq, http_done_fn *fn,
			     void *arg);
/** End it: its callback runs with ERR_CANCELLED on the next turn. */
void http_cancel(struct http_call *c);

/**
 * Blocking form without a loop, for one-shot verbs: same rules, connections
 * kept in `h` are reused. Must not run inside a loop callback of `h`'s loop.
 * The body is appended to `ret_body` (whose own cap counts too), which `ret->body` borrows from;
 * the other fields of `ret` are borrowed until the next http_perform.
 */
int http_perform(struct http *h, const struct http_request *rq, struct http_reply *ret,
		 struct buf *ret_body, struct err *err);

/** Append percent-encoded path segment: everything but unreserved (RFC 3986 2.3). */
void http_put_segment(struct buf *b, struct span s);

#endif
