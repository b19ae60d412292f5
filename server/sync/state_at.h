/*
 * A room's state at any position: current state, walked back over what each
 * event replaced.
 */
#ifndef MUSTER_SERVER_SYNC_STATE_AT_H
#define MUSTER_SERVER_SYNC_STATE_AT_H

#include "server/sync/event_row.h"

/** Append the whole state just after `pos`, oldest first. */
void state_at(struct hub *h, int64_t room_nid, int64_t pos, struct event_list *l);
/** The same without members: of a large room they are nearly all of it. */
void state_others_at(struct hub *h, int64_t room_nid, int64_t pos, struct event_list *l);
/** Put the rows from index `from` on into the order of their positions. */
void state_sort(struct event_list *l, size_t from);
/**
 * Append a page of member events just after `pos`: of at most `limit` people, whose
 * ids are greater than `after` ("": from the beginning). Returns where the next page
 * begins, or NULL after the last one. The caller owns it.
 */
char *state_members_page(struct hub *h, int64_t room_nid, const char *after, int limit, int64_t pos,
			 struct event_list *l);
/** Append one state event as it was just after `pos`; false when there was none. */
bool state_event_at(struct hub *h, int64_t room_nid, struct span type, struct span state_key,
		    int64_t pos, struct event_list *l);
/**
 * Append the state events of (after, upto], for each key only the newest,
 * oldest first.
 */
void state_changed(struct hub *h, int64_t room_nid, int64_t after, int64_t upto,
		   struct event_list *l);

#endif
