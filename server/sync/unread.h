/*
 * unread_notifications: what each person has not read in a room.
 *
 * Counted are events of other people after the newest event with an own
 * receipt (m.read or m.read.private, not those of threads), but not before
 * the own join, as the spec's default push rules say: messages
 * (not m.notice, not edits), encrypted events and calls count; tombstones,
 * m.mentions of the person and @room by somebody who may also count as highlights. Own
 * rules change the answer (pushrules.h). At most the newest UNREAD_MAX events of a
 * room are looked at, so a count never exceeds it.
 *
 * Each event is classed once for everybody, when it comes in.
 */
#ifndef MUSTER_SERVER_SYNC_UNREAD_H
#define MUSTER_SERVER_SYNC_UNREAD_H

#include "server/sync/hub.h"

#include <jansson.h>

#define UNREAD_MAX 1000
#define UNREAD_ROOMS 256 /* rooms whose classes are held; the rest is read again when needed */

struct unread_counts {
	int notification, highlight;
};

struct unread_counts unread_count(struct hub *h, struct hub_member *m);
/** A new event of the room. `json` is its parsed text. */
void unread_event(struct hub *h, struct hub_room *room, const struct db_change *c,
		  const json_t *json);
/** An event was redacted: it does not count any more. */
void unread_redacted(struct hub_room *room, int64_t pos);
/** The person's own push rules changed. */
void unread_rules_changed(struct hub_user *user);
void unread_free(struct unread_room *u);

#endif
