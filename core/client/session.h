/*
 * Authenticated requests to the account's homeserver. Refreshes an expired
 * token once for all processes (lock, re-read, refresh), honours 429, repeats
 * what may be repeated, and turns Matrix errors into struct err.
 */
#ifndef MUSTER_CLIENT_SESSION_H
#define MUSTER_CLIENT_SESSION_H

#include "core/base/http.h"
#include "core/base/json.h"
#include "core/client/account.h"
#include "core/matrix/request.h"

struct session;
struct session_call;

struct session_request {
	const char *method;
	const char *path; /**< "/_matrix/...", percent-encoded, with query */
	struct span body; /**< JSON unless content_type; empty: none ("{}" for POST and PUT) */
	const char *content_type;
	const char *body_file; /**< stream this file as the body */
	const char *save_file; /**< stream a 2xx reply there (0600) */
	size_t max_reply;      /**< 0: LIMIT_REPLY_JSON */
	int timeout_ms;	       /**< of one attempt; 0: 60 s, none for files */
	bool repeatable;       /**< a POST that may be repeated; GET, PUT and DELETE always may */
	bool anonymous;	       /**< without token */
	bool (*progress)(int64_t done, int64_t total, void *arg); /**< http.h; blocking only */
	void *progress_arg;
	bool once; /**< never repeat on 5xx or network trouble (long polls do that themselves) */
};

/** `l` may be NULL for blocking use. `a` is borrowed; NULL: anonymous calls to `base_url`. */
struct session *session_new(struct loop *l, const struct account *a, const char *base_url,
			    const char *ca_file);
void session_free(struct session *s);
/** Everything after this clock_mono_ms fails with ERR_CANCELLED; 0: no deadline. */
void session_set_deadline(struct session *s, int64_t mono_ms);
/** Looked at now and then (atomically); non-zero ends with ERR_CANCELLED. Borrowed. */
void session_set_cancel_flag(struct session *s, const int *flag);
/**
 * Looked at (atomically) when the network let a request down: non-zero, and it is not tried again, as
 * somebody else already waits for the server to be back. Borrowed, or NULL.
 */
void session_set_offline_flag(struct session *s, const int *flag);
/** Use this token; nothing is stored or renewed. */
void session_use_token(struct session *s, const char *token);
const char *session_base_url(const struct session *s);

/** Blocking. 2xx with a JSON object: 0 and *ret (may be NULL) owned by the caller. */
int session_json(struct session *s, const struct session_request *rq, json_t **ret,
		 struct err *err);
/** Blocking. 2xx: 0 and the raw body appended to `body`; after an error reply `body` holds that. */
int session_raw(struct session *s, const struct session_request *rq, struct buf *body,
		struct err *err);
/** Blocking. Carries out `rq` and releases it. */
int session_do(struct session *s, struct request rq, json_t **ret, struct err *err);
/** The same for a GET of this path. */
int session_get(struct session *s, const char *path, json_t **ret, struct err *err);

/** `body` is borrowed until the callback returns: of an error reply too, which may be anything;
 * err NULL for 2xx. */
typedef void session_done_fn(struct span body, const struct err *err, void *arg);
/** On the loop. The callback runs exactly once, never inside session_start. */
struct session_call *session_start(struct session *s, const struct session_request *rq,
				   session_done_fn *fn, void *arg);
/** Its callback runs with ERR_CANCELLED on the next turn. */
void session_cancel(struct session_call *c);
/** The same without a callback. NULL is allowed. */
void session_drop(struct session_call *c);

#endif
