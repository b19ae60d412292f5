/*
 * Reading: history from the cache with back-fill from the server, following,
 * receipts, search.
 */
#ifndef MUSTER_CLIENT_TIMELINE_H
#define MUSTER_CLIENT_TIMELINE_H

#include "core/client/client.h"

struct read_request {
	const char *room_id;	    /**< NULL: all joined rooms (follow, search) */
	int last;		    /**< -n: at most so many, the newest; 0: no such bound */
	int64_t since_ms, until_ms; /**< by origin_server_ts; 0: open */
	const char *const *types; /**< event types, "*" at the end is a prefix; NULL: messages that
				     people read (m.room.message, m.sticker, polls, that somebody
				     calls, unreadable) */
	bool all_types;
	const char *thread; /**< root's event id: only that thread; NULL: everything */
	bool edits;	    /**< rows of edited messages carry "edits": every text it had */
	bool raw;	    /**< rows carry "event": the event as the server sent it */
	bool offline;	    /**< the cache alone */
};

/**
 * Rows, oldest first: event_id, room_id, room (name), sender, sender_name, ts,
 * type, body; for messages msgtype, formatted_body, edited, reply_to, thread,
 * url, filename, size, mimetype; for others state_key, content; "redacted";
 * "unreadable" with the reason; "reactions": {key: count}; with rq->edits
 * "edits": its texts, the first one first.
 */
int client_read(struct client *c, const struct read_request *rq, client_row_fn *fn, void *arg,
		struct err *err);
/**
 * First what client_read gives when `last` or since_ms is set, then new events as they come, in
 * room order, each once, until the deadline (ERR_CANCELLED), or fn says stop.
 * `ready` (may be NULL) runs once when nothing sent from now on can be missed; other than 0
 * ends it at once with that.
 */
int client_follow(struct client *c, const struct read_request *rq, client_row_fn *fn,
		  int (*ready)(void *arg), void *arg, struct err *err);

/** Rows: user_id, name, read (bool), ts (of the receipt), event_id (where it stands). Everybody
 * joined but the sender. */
int client_receipts(struct client *c, const char *room_id, const char *event_id, client_row_fn *fn,
		    void *arg, struct err *err);
/** Cache and, where it can, the server; newest first. Rows as client_read. */
int client_search(struct client *c, const char *text, const char *room_id, int limit,
		  client_row_fn *fn, void *arg, struct err *err);

/** Bring the cache up to now: sync once, or ask the process that syncs. */
int client_refresh(struct client *c, struct err *err);
/** That, and the cache, borrowed from the client. */
int client_fresh_store(struct client *c, struct store **ret, struct err *err);

#endif
