/*
 * From the outbox to the server: once each, whatever happens between.
 */
#ifndef MUSTER_CLIENT_DELIVER_H
#define MUSTER_CLIENT_DELIVER_H

#include "core/client/client.h"
#include "core/store/outbox.h"

/** One thing to send. Strings are borrowed. */
struct delivery {
	const char *room_id, *type;
	const json_t *content; /**< NULL for a redaction */
	const char *target;    /**< event id that a redaction is about */
	const char *reason;    /**< of a redaction, or NULL */
	const char *file;      /**< a file to upload first; content then lacks its url */
	const char *body;      /**< for people who look at the queue */
	const char *txn_id;    /**< the script's, or NULL */
	bool queue;	       /**< without network: keep it */
	int64_t at_ms;	       /**< send then, Unix ms; 0: now */
	void (*progress)(const char *file, int64_t done, int64_t total, void *arg);
	void *progress_arg;
};

/**
 * Store, send, note the result. *ret: event_id, room_id, txn_id, state, existing; of what is for
 * later, at_ts: "scheduled" when the server sends it, "queued" (ERR_PENDING) when we must.
 */
int deliver(struct client *c, const struct delivery *d, json_t **ret, struct err *err);
/** Send a row that is in the outbox. `again`: it was tried long ago, look for it first. */
int deliver_row(struct client *c, struct store_outbox *o, bool queue, json_t **ret,
		struct err *err);
/** ERR_ENCRYPTED when the room is encrypted; asks the server unless the cache is live. */
int deliver_check_room(struct client *c, const char *room_id, struct err *err);
/** A new transaction id. The caller owns it. */
char *deliver_txn_id(void);

#endif
