/*
 * HTTP/1.1 and WebSocket on one TCP port: libuv + llhttp + OpenSSL + wslay.
 * Knows nothing of Matrix. Everything runs on the loop's thread.
 *
 * One request at a time is handled per connection (pipelined ones wait). Life
 * of a request: handler.begin (head is in; choose where the body goes, or
 * answer at once) -> handler.ready (body complete) -> exactly one
 * httpd_reply* -> released. When the client goes away before the reply,
 * handler.gone is called and the request must be dropped at once.
 * A half-closed connection counts as gone.
 */
#ifndef MUSTER_SERVER_HTTP_HTTPD_H
#define MUSTER_SERVER_HTTP_HTTPD_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/loop.h"

struct httpd;
struct httpd_ws;

struct httpd_request {
	const char *method; /**< "GET" */
	struct span target; /**< verbatim from the request line, nothing decoded */
	struct span path;   /**< target up to '?' */
	struct span query;  /**< after '?', or empty */
	const char *peer;   /**< numeric address of the TCP peer */
	bool tls;
	int64_t started_ms; /**< clock_mono_ms of the head's arrival */
	void *user;	    /**< the handler's */
};

struct httpd_handler {
	/**
	 * Head complete. Call httpd_body_memory or httpd_body_file, or reply
	 * right away. Without either a body of any size is an error 413. The
	 * connection is kept after an early reply only when the unread body is short.
	 */
	void (*begin)(struct httpd_request *rq, void *arg);
	/** Body complete (or there is none). Reply now or later. */
	void (*ready)(struct httpd_request *rq, void *arg);
	/**
	 * No reply of the handler can be delivered any more: the client hung
	 * up, or the front answered an error itself (408, 413, 507 ...). Free
	 * what `user` holds; rq is invalid when this returns. Never called
	 * after a reply, nor from within begin or ready or a reply.
	 */
	void (*gone)(struct httpd_request *rq, void *arg);
	/**
	 * Make the body of an error that the front itself answers with (400,
	 * 408, 413, 431, 501, 503, 505). Append JSON to `body`. CORS headers are added.
	 */
	void (*error_body)(int status, struct buf *body, void *arg);
};

struct httpd_options {
	size_t max_head;     /**< request line + headers; 0: LIMIT_HTTP_HEADERS; over it 431 */
	int head_timeout_ms; /**< 0: 15 s; 408 */
	int body_stall_ms;   /**< no body byte for so long: 408; 0: 20 s */
	int min_body_rate;   /**< bytes/s after the grace time; 0: 1024 */
	int rate_grace_ms;   /**< 0: 10 s */
	int keepalive_ms;    /**< idle connection; 0: 75 s */
	int max_connections; /**< over it 503 and close; 0: 10,000 */
	int files_kept; /**< open files that others of this process may need: fewer connections */
	/**
	 * Bytes waiting for a slow reader: WebSocket messages over it are
	 * refused; while a reply waits the next request is not begun. 0: 8 MB.
	 */
	size_t max_write_queue;
	/**
	 * Bytes of replies that wait for readers, of one owner (httpd_set_owner; requests
	 * without one count as of one owner) and of all. What goes over it is still
	 * sent, and the connections that have waited longest close. WebSockets, whose queue
	 * has its cap, count in the second only. 0: LIMIT_UNSENT_PERSON and LIMIT_UNSENT.
	 */
	size_t max_unsent_owner, max_unsent;
	int write_stall_ms; /**< no progress in writing for so long ends it; 0: 60 s */
	int ws_ping_ms;	    /**< silence on a WebSocket before a ping, and until it ends; 0: 30 s */
	const char *const *common_headers; /**< "Name: value" lines on every reply; NULL-ended */
};

/**
 * Options (NULL: the usual ones) and handler are copied, what they point to is borrowed. Listens
 * nowhere yet. The caller owns it.
 */
struct httpd *httpd_new(struct loop *l, const struct httpd_options *opt,
			const struct httpd_handler *h, void *arg);
/**
 * Listen. `addr` numeric (v4 or v6), port 0 picks one; *ret_port (may be NULL)
 * tells. With `tls` the connections speak TLS (httpd_tls_load first). More
 * than one listener is allowed.
 */
int httpd_listen(struct httpd *h, const char *addr, int port, bool tls, int *ret_port,
		 struct err *err);
/** Load, or load anew while running (new connections use it), a certificate chain and key (PEM). */
int httpd_tls_load(struct httpd *h, const char *cert_file, const char *key_file, struct err *err);
/**
 * Stop accepting; finish replies that are under way (3 s at most); then free,
 * while the loop runs on. Requests without a reply get `gone`, WebSockets
 * `closed`, before this returns; the handler is not called afterwards.
 */
void httpd_free(struct httpd *h);
#define HTTPD_STATUSES 500
struct httpd_stats {
	int64_t connections, requests, bytes_in, bytes_out;
	int64_t status[HTTPD_STATUSES]; /**< replies by status, from 100 on */
	int64_t unread;			/**< connections closed because too much waited for them */
	int open, waiting;
};
void httpd_stats(const struct httpd *h, struct httpd_stats *ret);

/** Header by case-insensitive name; empty span when absent. Borrowed until the reply. */
struct span httpd_header(const struct httpd_request *rq, const char *name);
/** Content-Length, or -1 (chunked or none). */
int64_t httpd_content_length(const struct httpd_request *rq);

/** Whose request this is, a number that is not 0; counts for max_unsent_owner. */
void httpd_set_owner(struct httpd_request *rq, int64_t owner);

/** In begin: keep the body in memory, at most `max` (413 over it). 100-continue is answered. */
void httpd_body_memory(struct httpd_request *rq, size_t max);
/**
 * In begin: stream the body to `path` (made 0600, must not exist) with flat
 * memory; at most `max`. The file is removed when the upload fails. When the
 * disk is full the reply is 507.
 */
void httpd_body_file(struct httpd_request *rq, const char *path, int64_t max);
/** In ready: the body in memory; borrowed until the reply. */
struct span httpd_body(const struct httpd_request *rq);
/** In ready: bytes written to the file. */
int64_t httpd_body_size(const struct httpd_request *rq);

/**
 * Append "Name: value\r\n" for httpd_reply; control characters in the value
 * become spaces. For every value that is not a constant.
 */
void httpd_header_put(struct buf *headers, const char *name, struct span value);

/** `headers`: "Name: value\r\n"... or NULL. Content-Length, Date, common headers are added. HEAD
 * bodies are dropped. */
void httpd_reply(struct httpd_request *rq, int status, const char *headers, struct span body);
/** The same; the buffer's memory is handed over (no copy). */
void httpd_reply_buf(struct httpd_request *rq, int status, const char *headers, struct buf *body);
/** Send `len` bytes of `path` from `offset`, streamed with flat memory. On open failure replies
 * 404. */
void httpd_reply_file(struct httpd_request *rq, int status, const char *headers, const char *path,
		      int64_t offset, int64_t len);

struct httpd_ws_handler {
	void (*message)(struct httpd_ws *w, struct span data, bool binary, void *arg);
	/** Last call. */
	void (*closed)(struct httpd_ws *w, int code, void *arg);
};
/** True when the request asks for a WebSocket (checked headers). */
bool httpd_wants_websocket(const struct httpd_request *rq);
/**
 * In begin or ready: answer 101 and switch; the request is released. A wrong
 * version gets 426, and NULL is returned. Messages over LIMIT_WS_MESSAGE close 1009.
 */
struct httpd_ws *httpd_upgrade(struct httpd_request *rq, const char *protocol,
			       const struct httpd_ws_handler *h, void *arg);
/** Queue (copied). ERR_TOO_LARGE when the peer reads too slowly. */
int httpd_ws_send(struct httpd_ws *w, struct span data, bool binary);
/** Start the closing handshake; `closed` follows. */
void httpd_ws_close(struct httpd_ws *w, int code);

#endif
