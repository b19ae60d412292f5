/*
 * Urgent messages: ordinary messages that name people and a reason in words that
 * every client shows, marked `org.muster.urgent` (docs/FORMATS.md).
 *
 * They break quiet hours only for whom they name, and only when they come from the
 * staff of the room (power level 50 and up; a chat of two that is no room of work has no staff). How many one
 * may send is limited by the sender's client, which reads the timeline, so that it
 * holds on all devices of an account; a server does not enforce it.
 */
#ifndef MUSTER_CLIENT_URGENT_H
#define MUSTER_CLIENT_URGENT_H

#include "core/client/client.h"

#define URGENT_KEY "org.muster.urgent"
#define URGENT_PEOPLE_MAX 50
#define URGENT_REASON_MAX 300	   /**< bytes */
#define URGENT_TEXT_MAX 16384	   /**< bytes */
#define URGENT_WINDOW_MS 3600000LL /**< in so long ... */
#define URGENT_ROOM_MAX 3	   /**< ... so many by one sender in a room; one to one person */
#define URGENT_STAFF 50		   /**< power level */

struct urgent_request {
	const char *room_id;
	struct span text;
	const char *reason;
	const char *const *users; /**< members of the room, NULL-ended */
	const char *txn_id;	  /**< the same again sends nothing; or NULL */
};

/**
 * Send one. *ret as a row of client_send. ERR_USAGE for people who are not in the room, too many,
 * no reason; ERR_LIMITED with the time from which on it is possible again.
 */
int client_urgent(struct client *c, const struct urgent_request *rq, json_t **ret, struct err *err);

/** Are we staff of the room, so that ours break quiet hours there? From the cache. */
bool client_urgent_is_staff(struct client *c, const char *room_id);
/** The reason of an urgent message's content, borrowed; NULL: it is none. */
const char *urgent_reason(const json_t *content);
/**
 * Is an event (as the server sent it) an urgent message that breaks `own`'s quiet hours in the room
 * it stands in? From the cache.
 */
bool urgent_breaks(struct store *s, int64_t room, const json_t *event, const char *own);
/** The same of what arrived in a room after `seq` (order of arrival): any such message? */
bool urgent_since(struct store *s, int64_t room, int64_t seq, const char *own);

/**
 * Who of `users` has read it: a row of client_receipts, with the event's id as `event_id`, for each
 * as soon as they have, until all have or `until_ms` (clock_mono_ms; 0: no end); then a row for each
 * who has not, and ERR_PENDING. Who reads privately counts as not having read it.
 */
int client_urgent_wait(struct client *c, const char *room_id, const char *event_id,
		       const char *const *users, int64_t until_ms, client_row_fn *fn, void *arg,
		       struct err *err);

#endif
