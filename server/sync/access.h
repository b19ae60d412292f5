/*
 * May this person read this room, and how far? Asked at the beginning of every
 * read route.
 */
#ifndef MUSTER_SERVER_SYNC_ACCESS_H
#define MUSTER_SERVER_SYNC_ACCESS_H

#include "server/sync/event_row.h"
#include "server/sync/visibility.h"

struct room_access {
	struct hub *hub;
	struct hub_room *room;
	struct hub_user *me;
	int64_t device_nid;
	bool joined;
	int64_t upto; /**< state is shown as of here: now, or the end of the last stay */
	struct visibility vis;
};

/**
 * Open a room for reading: joined people, those who were (until they left), and
 * everybody where history is world_readable. Otherwise, and when there is no
 * such room, 403 M_FORBIDDEN. access_done afterwards when 0 was returned.
 */
int access_open(struct hub *h, int64_t user_nid, int64_t device_nid, struct span room_id,
		struct room_access *ret, struct err *err);
/** The same for what only joined members may do. */
int access_open_joined(struct hub *h, int64_t user_nid, int64_t device_nid, struct span room_id,
		       struct room_access *ret, struct err *err);
void access_done(struct room_access *a);
/**
 * Is it a message of somebody who asked to be forgotten, and the reader was not
 * there when it was sent? (client-server API, "erase" of /account/deactivate)
 */
bool access_erased(struct hub *h, const struct visibility *vis, const struct event_row *e);
bool access_sees(const struct room_access *a, const struct event_row *e);
/** Append a visible event of the room; 404 M_NOT_FOUND otherwise. */
int access_event(struct room_access *a, struct span event_id, struct event_list *l,
		 struct err *err);
/** Append the event as this person is shown it outside /sync. */
void access_put(struct buf *b, const struct room_access *a, const struct event_row *e);
/** Append `[...]` of all rows. */
void access_put_list(struct buf *b, const struct room_access *a, const struct event_list *l);
/** Append the member events of the senders in `l` as they were just after `pos`. */
void access_senders(struct room_access *a, const struct event_list *l, int64_t pos,
		    struct event_list *ret);

#endif
