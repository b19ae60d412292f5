/*
 * What we have read, and what that leaves unread. The server counts and its
 * counts come with a sync; here they are counted again by the same push rules
 * for the moment between our own reading and the server's word, and while there is no network.
 */
#ifndef MUSTER_CLIENT_UNREAD_H
#define MUSTER_CLIENT_UNREAD_H

#include "core/client/client.h"

#define UNREAD_LOOK_BACK 1000 /* events of a room that are looked at: the server's bound, too */

/** Comparisons that counting one room may cost: a moment, whatever the rules are. */
#define UNREAD_STEPS 20000000

/** Where we have read up to. */
struct read_mark {
	const char *room_id;
	const char *event_id; /**< NULL: the newest that is here */
	const char *thread;   /**< root's event id: only in that thread; NULL: everywhere */
	bool secret;	      /**< m.read.private: nobody else is told */
};
/**
 * Move our receipt and, outside of a thread, the read marker; a room that was
 * marked as unread is so no more. The cache knows at once. Blocking.
 */
int client_mark(struct client *c, const struct read_mark *m, struct err *err);
/** Mark a room as unread (m.marked_unread), or take that back. Blocking. */
int client_mark_unread(struct client *c, const char *room_id, bool on, struct err *err);

/**
 * Only the cache: note that `own_user_id` has read up to there, and count anew. For a screen that
 * shows it before the server knows. false: that event is not in the cache, nothing is changed.
 */
bool unread_note_read(struct store *s, const char *own_user_id, const struct read_mark *m);
/**
 * Count a room's unread and highlighted events, by thread, from the cache and
 * the account's push rules, and store the counts. false: the cache does not
 * hold what is needed (rules, or the event of a receipt), or *budget, from which the work
 * is taken, was used up; nothing is changed. Inside the caller's transaction.
 */
bool unread_recount(struct store *s, const char *own_user_id, int64_t room, int *budget);

#endif
