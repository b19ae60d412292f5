/*
 * The outbox: what is to be sent, by (room, transaction id).
 */
#ifndef MUSTER_STORE_OUTBOX_H
#define MUSTER_STORE_OUTBOX_H

#include "core/store/store.h"

/** Texts are owned by the struct: store_outbox_done. */
struct store_outbox {
	int64_t id, created_ms, tried_ms, attempts;
	char *room_id, *txn_id, *type, *content, *body;
	char *target;	/**< of a redaction, or NULL */
	char *file;	/**< a file still to be uploaded, or NULL */
	char *state;	/**< "queued", "sending", "scheduled", "sent", "failed" */
	int64_t due_ms; /**< not to be sent before; 0: at once */
	char *delay_id; /**< the server sends it then ("scheduled"), under this id; or NULL */
	char *event_id; /**< once sent */
	char *error;	/**< last trouble, or NULL */
	bool keep;	/**< the script chose the id: the result is remembered */
};

/**
 * Add in state "sending" (with `attempts` 1: the first attempt begins now), unless (room, txn) is there: then *ret is that row
 * and *ret_new is false. Commits by itself.
 */
int store_outbox_add(struct store *s, const struct store_outbox *o, struct store_outbox *ret,
		     bool *ret_new, struct err *err);
void store_outbox_done(struct store_outbox *o);
bool store_outbox_get(struct store *s, const char *room_id, const char *txn_id,
		      struct store_outbox *ret);
/** Which rows a walk sees beside those that are to be sent from here. Bits. */
enum outbox_kinds {
	OUTBOX_FAILED = 1,    /**< those that failed for good */
	OUTBOX_SCHEDULED = 2, /**< those that the server sends */
};
/** The oldest row after `after` (an id) that is not sent yet; `kinds` of enum outbox_kinds. */
bool store_outbox_next(struct store *s, int64_t after, unsigned kinds, struct store_outbox *ret);
/** Called with a borrowed row; anything but 0 ends the walk. */
typedef int store_outbox_fn(const struct store_outbox *o, void *arg);
/** What of a room is not sent yet, oldest first; `room_id` NULL: of all rooms. */
int store_outbox_walk(struct store *s, const char *room_id, store_outbox_fn *fn, void *arg);
/** Result: kept rows keep the event id and drop the content, others go. */
int store_outbox_sent(struct store *s, int64_t id, const char *event_id, struct err *err);
int store_outbox_state(struct store *s, int64_t id, const char *state, const char *error,
		       struct err *err);
/** Replace the content once a file has been uploaded. */
int store_outbox_content(struct store *s, int64_t id, const char *content, struct err *err);
int store_outbox_attempt(struct store *s, int64_t id, int64_t now_ms, struct err *err);
/** The server has it: state "scheduled". */
int store_outbox_scheduled(struct store *s, int64_t id, const char *delay_id, struct err *err);
/** Is this id on the server one of another row than `but`? */
bool store_outbox_has_delay(struct store *s, const char *delay_id, int64_t but);
int store_outbox_drop(struct store *s, int64_t id, struct err *err);
/** Forget remembered results older than this. */
int store_outbox_prune(struct store *s, int64_t before_ms, struct err *err);

#endif
