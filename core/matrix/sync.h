/*
 * Reading a /sync reply (client-server API, "GET /_matrix/client/v3/sync") out
 * of its text, room by room and event by event. Nothing is copied but small
 * fields; every span points into the reply, which must stay where it is.
 *
 * A reply whose outer structure is broken is an error as a whole. Everything
 * below a room's event lists is forgiven one event at a time.
 */
#ifndef MUSTER_MATRIX_SYNC_H
#define MUSTER_MATRIX_SYNC_H

#include "core/matrix/event.h"
#include "core/matrix/slice.h"

#define LIMIT_SYNC_TOKEN 4096

enum sync_section { SYNC_JOIN, SYNC_INVITE, SYNC_LEAVE, SYNC_KNOCK, SYNC_SECTIONS };

struct sync_reply {
	char next_batch[LIMIT_SYNC_TOKEN];
	/** org.muster.restored: the server was put back to an earlier state; this is all of it. */
	bool restored;
	struct span rooms[SYNC_SECTIONS]; /**< objects of rooms; empty when absent */
	struct span account_data;	  /**< arrays of events; empty when absent */
	struct span presence;
	struct span to_device;
};

/** ERR_PROTOCOL when the reply is not JSON in its outer parts, or lacks next_batch. */
int sync_read(struct span reply, struct sync_reply *ret, struct err *err);

/** One room at a time: `struct slice s; sync_rooms(&s, &reply, SYNC_JOIN, err)`. */
int sync_rooms(struct slice *s, const struct sync_reply *r, enum sync_section which,
	       struct err *err);

/** A room of the reply. Spans are arrays of events, empty when absent. */
struct sync_room {
	char room_id[LIMIT_ID_BYTES + 1];
	struct span text; /**< all of it */
	struct span timeline;
	bool limited;			   /**< a gap lies before the timeline */
	char prev_batch[LIMIT_SYNC_TOKEN]; /**< "" when not said */
	/** org.muster.kept: the newest event that a server that was put back has not lost, or "" */
	char kept[LIMIT_ID_BYTES + 1];
	struct span state;   /**< before the timeline, or after it: */
	bool state_is_after; /**< `state` is state_after (v1.16): the timeline does not alter it */
	struct span ephemeral, account_data;
	struct span stripped; /**< invite_state or knock_state */
	bool has_summary;
	int64_t joined_count, invited_count;   /**< -1: not said */
	json_t *heroes;			       /**< array of user ids or NULL; owned */
	int64_t notify_count, highlight_count; /**< -1: not said */
	struct span thread_counts; /**< unread_thread_notifications: an object, or empty */
};

/**
 * 1: next room. 0: no more. A room that is malformed inside or whose id is
 * invalid is ERR_INVALID with its id in the sentence; the cursor stands behind
 * it then, so the caller may go on. ERR_PROTOCOL: the list itself is broken.
 */
int sync_next_room(struct slice *s, struct sync_room *ret, struct err *err);
/** A zeroed struct is allowed. */
void sync_room_done(struct sync_room *r);

/** One event of a list. */
struct sync_event {
	struct span raw;    /**< as the server sent it */
	bool ok;	    /**< `ev` is set; else `why` and `rest` are */
	struct mx_event ev; /**< owned: sync_event_done */
	struct err why;
	struct event_rest rest;
};

/** Begin a list; an empty span is an empty list. */
int sync_events(struct slice *s, struct span list, struct err *err);
/** 1: next event, readable or not. 0: no more. ERR_PROTOCOL: the list is broken from here on. */
int sync_next_event(struct slice *s, enum event_form form, struct sync_event *ret, struct err *err);
void sync_event_done(struct sync_event *e);

/** unread_thread_notifications, one call for each thread that is named. */
typedef void thread_count_fn(const char *root, int64_t unread, int64_t highlights, void *arg);
/** `counts` as in struct sync_room; what is malformed in it is left out. */
void thread_counts_read(struct span counts, thread_count_fn *fn, void *arg);

/** m.receipt, one call for each. `thread` is "main", a root's id, or NULL (unthreaded). */
typedef void receipt_fn(const char *event_id, const char *user_id, const char *type,
			const char *thread, int64_t ts, void *arg);
/** Content of an m.receipt event; what is malformed in it is left out. */
void receipts_read(const json_t *content, receipt_fn *fn, void *arg);

#endif
