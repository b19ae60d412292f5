/*
 * Sending. A transaction id is stored in the outbox before the first byte goes
 * out and the result after it, so a retry never posts twice and a crash loses
 * nothing. Encrypted rooms are refused (ERR_ENCRYPTED).
 */
#ifndef MUSTER_CLIENT_SEND_H
#define MUSTER_CLIENT_SEND_H

#include "core/client/client.h"

enum send_format { SEND_TEXT, SEND_MARKDOWN };

struct send_request {
	const char *room_id;
	enum send_format format;
	struct span text; /**< UTF-8; empty when only files are sent */
	bool notice, emote;
	const char *reply_to;	  /**< event id, or NULL */
	const char *thread;	  /**< thread root's event id, or NULL */
	const char *const *files; /**< paths, NULL-ended, or NULL; sent in order, after the text */
	const char *const *mentions; /**< user ids, NULL-ended, or NULL */
	const char *txn_id;  /**< the script's id; the same again posts nothing. NULL: made */
	bool queue;	     /**< without network: keep it queued (ERR_PENDING) */
	int64_t at_ms;	     /**< send at that time (Unix ms, in the future); 0: now */
	const json_t *extra; /**< merged into the content, or NULL */
	void (*progress)(const char *file, int64_t done, int64_t total, void *arg);
	void *progress_arg;
};

/**
 * Send. One row per event: event_id, room_id, txn_id, state ("sent", "queued"),
 * existing (true when this txn_id had been sent before). With at_ms: at_ts, state "scheduled" when the
 * server sends it (MSC4140), or "queued" and in the end ERR_PENDING when it must be sent from here
 * (client_queue_run). Files are uploaded at once.
 */
int client_send(struct client *c, const struct send_request *rq, client_row_fn *fn, void *arg,
		struct err *err);
/** Any event through the outbox. *ret like a row of client_send. */
int client_send_event(struct client *c, const char *room_id, const char *type,
		      const json_t *content, const char *txn_id, bool queue, json_t **ret,
		      struct err *err);

/** *ret: event_id, room_id, txn_id, state. The same reaction again is fine (existing = true). */
int client_react(struct client *c, const char *room_id, const char *event_id, const char *key,
		 const char *txn_id, json_t **ret, struct err *err);
/** Take our reaction back. ERR_NOT_FOUND when there is none. *ret: the deletion, as above. */
int client_unreact(struct client *c, const char *room_id, const char *event_id, const char *key,
		   const char *txn_id, json_t **ret, struct err *err);
int client_edit(struct client *c, const char *room_id, const char *event_id,
		enum send_format format, struct span text, const char *txn_id, json_t **ret,
		struct err *err);
/** Redact. */
int client_delete(struct client *c, const char *room_id, const char *event_id, const char *reason,
		  const char *txn_id, json_t **ret, struct err *err);

/** Rows: txn_id, room_id, type, state (queued, sending, failed, scheduled), body, created_ts, at_ts
 * (of what is for later, else null), attempts, error. */
int client_queue_list(struct client *c, client_row_fn *fn, void *arg, struct err *err);
/**
 * Send what is queued, in order per room. `failed`: also what failed for good
 * before. `txn_id` NULL: all. Rows as client_send. ERR_PENDING when some stay;
 * what waits for its time is given to the server if it takes it now, and else no trouble.
 */
int client_queue_run(struct client *c, const char *txn_id, bool failed, client_row_fn *fn,
		     void *arg, struct err *err);
/**
 * The same, only for what was to be sent later: what is due goes out, what the server was to send is
 * looked after. For what runs on while somebody is there. Nothing to do costs two queries.
 */
int client_queue_due(struct client *c, client_row_fn *fn, void *arg, struct err *err);
/** Forget a queued message, take a scheduled one back from the server; NULL: all. *ret_dropped
 * counts. ERR_CONFLICT: `txn_id` has gone out already. */
int client_queue_drop(struct client *c, const char *txn_id, int *ret_dropped, struct err *err);

#endif
