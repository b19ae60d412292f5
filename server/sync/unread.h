/*
 * unread_notifications: what each person has not read in a room.
 *
 * Counted are events of other people after the own join and after the newest
 * event with an own receipt (m.read or m.read.private; one for a thread counts
 * in that thread, one for "main" outside of threads, others everywhere), as the spec's
 * default push rules say: messages (not m.notice, not edits), encrypted events
 * and calls; tombstones, m.mentions of the person and @room by somebody who
 * may also count as highlights. Own rules change the answer (pushrules.h). At most the
 * newest UNREAD_MAX events of a room are looked at, so a count never exceeds it.
 *
 * Each event is classed once for everybody, when it comes in; for people
 * with rules of their own once more.
 */
#ifndef MUSTER_SERVER_SYNC_UNREAD_H
#define MUSTER_SERVER_SYNC_UNREAD_H

#include "server/sync/hub.h"
#include "server/sync/pushrules.h"

#include <jansson.h>

#define UNREAD_MAX 1000
#define UNREAD_ROOMS 256 /* rooms whose classes are held; the rest is read again when needed */

struct unread_counts {
	int notification, highlight;
};

/** Of one thread, or of everything outside of threads, or of the whole room. */
struct unread_thread {
	const char *root; /**< borrowed until the next call; NULL: outside of threads */
	struct unread_counts counts;
};

/** Of the whole room. */
struct unread_counts unread_count(struct hub *h, struct hub_member *m);
/** By thread; the first row is what is outside of threads. Returns how many; *ret is the caller's. */
size_t unread_by_thread(struct hub *h, struct hub_member *m, struct unread_thread **ret);
/**
 * What the person's push rules (own or default) say about an event of the room
 * that another person sent. The caller owns *ret_actions, which is NULL unless it
 * notifies. `budget` as in pushrules.h.
 */
struct pushrules_verdict unread_judge(struct hub *h, const struct hub_member *m,
				      const json_t *event, int *budget, json_t **ret_actions);
/** Has the person read the event at `pos`, in this thread (NULL: outside of threads)? */
bool unread_was_read(struct hub *h, struct hub_member *m, int64_t pos, const char *thread);
/** A new event of the room. `json` is its parsed text. */
void unread_event(struct hub *h, struct hub_room *room, const struct db_change *c,
		  const json_t *json);
/** An event was redacted: it does not count any more. */
void unread_redacted(struct hub_room *room, int64_t pos);
/** A receipt or a membership changed: look again how far the person has read. */
void unread_read(struct hub_member *m);
/** The person's own push rules changed. */
void unread_rules_changed(struct hub_user *user);
/** NULL is allowed. */
void unread_free(struct unread_list *u);

#endif
