/*
 * Routes: one table row per path, one file per group. The dispatcher checks
 * method, authentication, body cap and JSON, answers CORS preflights, and
 * gives Matrix errors for everything it refuses. Loop thread.
 */
#ifndef MUSTER_SERVER_ROUTES_ROUTE_H
#define MUSTER_SERVER_ROUTES_ROUTE_H

#include "core/base/json.h"
#include "server/server.h"

enum route_auth {
	ROUTE_OPEN,	/**< no token needed; one that is sent is ignored */
	ROUTE_OPTIONAL, /**< a token is looked at when sent */
	ROUTE_USER,	/**< 401 M_MISSING_TOKEN / M_UNKNOWN_TOKEN otherwise */
	ROUTE_ADMIN,	/**< a server administrator's token; 403 otherwise */
};

enum route_flags {
	ROUTE_JSON = 1, /**< the body must be a JSON object (empty counts as {}) */
	/**
	 * fn is called twice: with rq->begin set when the head is in (it calls
	 * httpd_body_file(rq->http, ...) or replies), then when the file is complete.
	 */
	ROUTE_FILE = 2,
	ROUTE_LOCKED_OK = 8,   /**< locked accounts may still call it (logout) */
	ROUTE_PACED = 32,      /**< counts as an event of the requester: pace.h */
	ROUTE_TAKES_PART = 64, /**< suspended accounts may not call it: rooms/suspended.h */
	ROUTE_LIVE_OK = 128,   /**< tokens for one room's sound may call it: device.h */
	ROUTE_WEBSOCKET = 16,  /**< 400 unless a WebSocket is asked for; see rq_hand_over */
};

#define ROUTE_MAX_PARAMS 6

struct requester {
	int64_t user_nid, device_nid; /**< 0 when nobody is logged in */
	const char *user_id;	      /**< "@a:hs"; borrowed for the request's life */
	const char *device_id;
	bool admin;
	bool suspended;	       /**< see ROUTE_TAKES_PART; room_append asks as well */
	int64_t live_room_nid; /**< the only room whose sound they may have; 0: no such limit */
	int live_rights;       /**< ... and what of it: enum live_right */
};

/** One request on its way through a route. */
struct rq {
	struct server *srv;
	struct httpd_request *http; /**< NULL once the client went away */
	const struct route *route;
	struct requester who;
	struct span param[ROUTE_MAX_PARAMS]; /**< percent-decoded path parameters: terminated,
						valid UTF-8, no NUL */
	json_t *body;			     /**< ROUTE_JSON: owned by the request */
	bool begin;			     /**< ROUTE_FILE: the body has not been read yet */
	void *user;			     /**< the route's, with `drop` */
	/**
	 * Set by a route that answers later: called when the client went away,
	 * after which rq is gone (it must not be replied to). A route with a job
	 * on the writer or the pool leaves this NULL: the rq then outlives the
	 * client and the reply to it, still due, only frees it.
	 */
	void (*drop)(struct rq *rq);
	struct rq_impl *impl;
};

typedef void route_fn(struct rq *rq);

struct route {
	const char *method;
	/**
	 * "/_matrix/client/v3/rooms/{}/state/{}/{}". "{}" takes one segment,
	 * which may be empty only where it is the last. "v3" also answers "r0".
	 * A fixed segment wins over "{}"; HEAD is answered by GET's row.
	 */
	const char *pattern;
	enum route_auth auth;
	unsigned flags;
	route_fn *fn;
	size_t max_body; /**< 0: LIMIT_JSON_BODY */
};

/** Every group's table, each ended by a row with method NULL; ended by NULL. server/routes/groups.c
 */
extern const struct route *const route_groups[];

/** The handler that httpd_new is given, with the struct server as its argument. */
extern const struct httpd_handler route_handler;
/** "Name: value" lines for httpd_options.common_headers: CORS. */
extern const char *const route_common_headers[];

/* Exactly one reply per rq; the rq is gone afterwards. */
void rq_json(struct rq *rq, int status, json_t *steal);
/** Reply with JSON text that was built by hand; takes the buffer's memory. */
void rq_text(struct rq *rq, int status, struct buf *json);
void rq_empty(struct rq *rq); /**< 200 {} */
/** {"errcode":..., "error":...} */
void rq_error(struct rq *rq, int status, const char *errcode, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** From an err: its http_status and errcode, or what its code stands for (ERR_DISK: 507 M_UNKNOWN
 * ...). */
void rq_err(struct rq *rq, const struct err *err);
/** M_LIMIT_EXCEEDED with retry_after_ms and Retry-After. */
void rq_limited(struct rq *rq, int retry_after_ms);
/** Any reply: `headers` as httpd_reply takes them, with Content-Type. */
void rq_raw(struct rq *rq, int status, const char *headers, struct span body);
/** httpd_reply_file. */
void rq_file(struct rq *rq, int status, const char *headers, const char *path, int64_t offset,
	     int64_t len);
/** Give the request to another part of the server, which replies to it: the rq is gone, `http`
 * (NULL: the client went away) is the caller's. */
struct httpd_request *rq_hand_over(struct rq *rq);

/** Decoded query parameter (first of the name), or NULL. Borrowed for the request's life. */
const char *rq_query(struct rq *rq, const char *name);
int64_t rq_query_i64(struct rq *rq, const char *name, int64_t otherwise);
/** Address that limits and device lists see. */
const char *rq_peer(const struct rq *rq);

/**
 * Have the writer do `run(tx, arg)`, then call `done(rq, arg, rc, err)` on the
 * loop. `arg` is freed with `free_arg` afterwards (may be NULL). The rq stays
 * valid until `done`, whether or not the client is still there; `done` replies.
 */
typedef void rq_done_fn(struct rq *rq, void *arg, int rc, const struct err *err);
void rq_write(struct rq *rq, db_run_fn *run, rq_done_fn *done, void *arg, void (*free_arg)(void *));
/**
 * The same for what takes long: `run` does one piece of it, and sets *ret_more (false at
 * first) when there is more to do. Each piece is a job of its own, on disk before the next
 * begins, so that what others write goes in between; `done` follows the last, or the one
 * that failed. Pieces before that one stay: each must leave what is whole.
 */
typedef int rq_piece_fn(struct db_tx *tx, void *arg, bool *ret_more, struct err *err);
void rq_write_pieces(struct rq *rq, rq_piece_fn *run, rq_done_fn *done, void *arg,
		     void (*free_arg)(void *));
/** A rq_done_fn that replies with the error or 200 {}. */
void rq_done_empty(struct rq *rq, void *arg, int rc, const struct err *err);

/** Fill an err as a Matrix error and return ERR_* that fits the status. */
int matrix_err(struct err *err, int status, const char *errcode, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
