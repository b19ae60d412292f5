/*
 * Inside of the HTTP front; only files of server/http include this.
 *
 *   listener.c  accepting, limits on connections, start and end of the front
 *   conn.c      one connection: bytes in, what comes next, hang-up, closing
 *   timers.c    deadlines of all connections
 *   out.c       what waits to be written
 *   unsent.c    how much of it one person, and all together, may have
 *   tls.c       certificates, and TLS between socket and connection
 *   parse.c     llhttp: bytes -> head, body, end of a request
 *   request.c   life of a request, headers, errors the front answers itself
 *   body.c      where a body goes: memory, nowhere
 *   filebody.c  where a body goes: a file
 *   reply.c     heads of replies, replies from memory
 *   sendfile.c  replies from a file
 *   handshake.c request -> WebSocket
 *   ws.c        WebSocket messages (wslay)
 */
#ifndef MUSTER_SERVER_HTTP_INTERNAL_H
#define MUSTER_SERVER_HTTP_INTERNAL_H

#include "server/http/httpd.h"

#include <llhttp.h>
#include <uv.h>

#define HTTPD_READ_CHUNK 65536	      /* most bytes taken from a socket at once */
#define HTTPD_READ_CHUNK_WAITING 4096 /* the same while a reply is being made */
#define HTTPD_PENDING_STOP 16384      /* pipelined bytes kept before reading stops */
#define HTTPD_PENDING_MAX 262144
#define HTTPD_TLS_RECORD 16384
#define HTTPD_FILE_CHUNK 65536
#define HTTPD_DISCARD_MAX 65536	 /* unread body skipped to keep a connection */
#define HTTPD_OVERHEAD_MAX 65536 /* chunk framing and trailers beyond 16 x the body */
#define HTTPD_LINGER_MS 3000
#define HTTPD_OVERFLOW_LINGERING 64 /* connections over the limit that hear a 503 at once */

struct conn;
struct filesink;
struct filesend;
struct ssl_ctx_st;
struct bio_method_st;

enum deadline {
	DL_NONE,
	DL_HEAD,
	DL_BODY,
	DL_IDLE,
	DL_WRITE,
	DL_LINGER,
	DL_WS,
	DL_SOON, /**< look at the connection in the loop's next turn */
	DL_NOW,	 /**< the connection is broken; close it outside the handler's call */
	DL_COUNT
};

/** Connections with the same kind of deadline, soonest first. */
struct deadline_list {
	struct conn *first, *last;
	uint64_t after_ms;
};

enum conn_state {
	CONN_IDLE,   /**< no byte of a request yet */
	CONN_HEAD,   /**< within a head */
	CONN_BODY,   /**< head handled, body arriving */
	CONN_WAIT,   /**< request complete: a reply is being made or sent */
	CONN_WS,     /**< switched to WebSocket */
	CONN_LINGER, /**< last reply given: flush, shut down, drain, close */
	CONN_CLOSING /**< uv_close was called */
};

enum sink_kind { SINK_NONE, SINK_MEMORY, SINK_FILE, SINK_DISCARD };

struct request {
	struct httpd_request pub;
	struct buf head; /**< target NUL (name NUL value NUL)* */
	size_t target_n;
	struct buf body;
	struct filesink *file;
	struct filesend *send;
	int64_t content_length; /**< -1: none, or chunked */
	int64_t max_body;
	int64_t received; /**< body bytes so far */
	int64_t raw;	  /**< bytes so far from the connection, after the head */
	uint64_t body_started;
	enum sink_kind sink;
	int fail_status; /**< set inside the parser; answered outside of it */
	bool active;	 /**< begin was called; a reply or gone is owed */
	bool replied;
	bool complete; /**< the whole request has arrived */
	bool ready;    /**< ready was called */
	bool chunked, head_only, keep_alive, http10, expect, saw_head, over;
};

/** Bytes waiting for the socket. `own` (memory `p` points into) is freed with it. */
struct out_seg {
	struct out_seg *next;
	char *p;
	size_t n;
	char *own;
};

struct tls;

struct conn {
	uv_tcp_t tcp;
	struct httpd *h;
	struct conn *prev, *next;	/* all connections */
	struct conn *dl_prev, *dl_next; /* same deadline */
	uint64_t due;
	enum deadline dl;
	enum conn_state state;
	struct tls *tls; /**< NULL: plain */
	struct httpd_ws *ws;
	llhttp_t parser;
	struct request rq;
	struct buf pending; /**< input that waits for its turn */
	struct out_seg *out, **out_last;
	size_t out_bytes; /**< not yet handed to the kernel */
	int64_t owner;	  /**< whose request it is or was last: httpd_set_owner */
	size_t out_left;  /**< of the write under way, when its deadline was set */
	uv_write_t write_req;
	uv_shutdown_t shutdown_req;
	size_t head_bytes;
	bool socketless; /**< fuzzing: no socket, output is dropped */
	bool line_start; /**< the last byte of the head was a line's end */
	bool writing, reading, shut, pumping, eof, first, resume, overflow;
	char peer[46];
};

struct listener {
	uv_tcp_t tcp;
	struct httpd *h;
	struct listener *next;
	bool tls;
};

struct httpd {
	struct loop *loop;
	struct httpd_options opt;
	struct httpd_handler handler;
	void *arg;
	struct listener *listeners;
	struct conn *conns;
	struct deadline_list deadlines[DL_COUNT];
	uv_timer_t timer;
	llhttp_settings_t settings;
	struct ssl_ctx_st *ssl_ctx;
	struct bio_method_st *bio_method;
	struct httpd_stats stats;
	size_t body_memory; /**< of all requests being received */
	size_t unsent;	    /**< out_bytes of all connections */
	int overflowing;    /**< connections over the limit */
	int handles;	    /**< listeners and connections not yet closed, and the owner */
	int reserve_fd;	    /**< given up to accept when descriptors run out */
	int64_t reserve_warned_ms;
	bool ending;
	int64_t date_s;
	char date[40];
	char *read_buf;	 /**< HTTPD_READ_CHUNK, from the socket */
	char *plain_buf; /**< HTTPD_TLS_RECORD, decrypted */
};

/* listener.c */
void httpd_handle_closed(struct httpd *h);

/* conn.c */
struct conn *conn_new(struct httpd *h, bool tls);
void conn_start(struct conn *c);
/** Release a connection whose socket is closed (or that has none). */
void conn_dispose(struct conn *c);
/** Decrypted bytes. */
void conn_input(struct conn *c, const char *p, size_t n);
/** The peer is gone or broke its protocol: close at once, tell the handler. */
void conn_abort(struct conn *c);
/** The same, but after the present callback. */
void conn_abort_later(struct conn *c);
/** The peer sends no more. */
void conn_eof(struct conn *c);
/** Something ended (a reply, a write, a file): see what comes next. */
void conn_next(struct conn *c);
/** Start or stop reading as the state asks. */
void conn_update_reading(struct conn *c);
/** Enter CONN_LINGER. */
void conn_linger(struct conn *c);

/* timers.c */
void timers_init(struct httpd *h);
/** Set the deadline that the connection's state asks for. `progress`: start it anew. */
void timers_update(struct conn *c, bool progress);
void timers_remove(struct conn *c);
void timers_set(struct conn *c, enum deadline dl);

/* out.c */
/**
 * Send the parts in order. What the socket does not take now is copied, except
 * the last part when `own_last` (memory it lies in) is given: that is taken over.
 */
void out_send(struct conn *c, struct span *parts, int n, char *own_last);
void out_flush(struct conn *c);
/** Queue and send what TLS has produced. */
void out_tls(struct conn *c);
void out_drop(struct conn *c);

/* unsent.c */
/** Something of this connection has to wait: over a cap, others close for it. */
void unsent_check(struct conn *c);

/* tls.c */
int tls_conn_new(struct httpd *h, struct conn *c);
void tls_conn_free(struct conn *c);
/** Bytes from the socket; decrypted ones go to conn_input. */
void tls_input(struct conn *c, const char *p, size_t n);
/** Encrypt; 0, or -1 when the connection is broken. The result is in tls_out. */
int tls_encrypt(struct conn *c, const char *p, size_t n);
struct buf *tls_out(struct conn *c);
void tls_close_notify(struct conn *c);
void tls_done(struct httpd *h);

/* parse.c */
void parse_settings(llhttp_settings_t *s);
void parse_start(struct conn *c);
/** Parse until something must be handled; returns bytes used. */
size_t parse_some(struct conn *c, const char *p, size_t n);

/* request.c */
struct request *request_of(const struct httpd_request *rq);
struct conn *request_conn(const struct httpd_request *rq);
/** Comma-separated header `name` (any of them) holds `token`, ignoring case. */
bool request_header_has(const struct request *r, const char *name, const char *token);
void request_head(struct conn *c);     /**< head complete */
void request_complete(struct conn *c); /**< body complete */
void request_ready(struct conn *c);    /**< body stored: call the handler */
void request_gone(struct conn *c);
/** Free what the request holds; ready for the next one. */
void request_reset(struct conn *c);
/** Answer with error_body and close. The handler gets `gone` first if a reply was owed. */
void request_fail(struct conn *c, int status);

/* body.c */
/** Returns 0, or the status to fail with. Called inside the parser. */
int body_data(struct conn *c, const char *p, size_t n);

/* filebody.c */
int filesink_data(struct filesink *fs, const char *p, size_t n);
bool filesink_full(const struct filesink *fs);
void filesink_end(struct filesink *fs);
/** Stop and remove the file. */
void filesink_abort(struct filesink *fs);

/* reply.c */
/** Head of a reply. `length` -1: none. Returns false when `headers` is not well-formed. */
bool reply_head(struct conn *c, struct buf *b, int status, const char *headers, int64_t length);
/** Whether to keep the connection is known from here on. */
void reply_begin(struct conn *c);
void reply_sent(struct conn *c);
/** A reply without a handler's request: error_body of `status`. */
void reply_error(struct conn *c, int status);
/** The same for a request that was begun to be answered. */
void reply_send_error(struct conn *c, int status);
/** A reply is owed; otherwise says so in the log. */
bool reply_allowed(const struct request *r);

/* sendfile.c */
void filesend_drained(struct filesend *fs);
void filesend_abort(struct filesend *fs);

/* ws.c */
struct httpd_ws *ws_new(struct conn *c, const struct httpd_ws_handler *h, void *arg);
void ws_input(struct httpd_ws *w, const char *p, size_t n);
void ws_deadline(struct httpd_ws *w);
/** The connection is closed: last call to the handler, free. */
void ws_gone(struct httpd_ws *w);
/** The front ends: close 1001, last call to the handler now. */
void ws_end(struct httpd_ws *w);

#endif
