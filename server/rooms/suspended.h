/*
 * Suspended accounts (client-server API, "Account suspension"): they read, leave
 * rooms, refuse invitations, take back what they sent themselves, and keep their
 * keys and devices; everything that others would see is refused.
 */
#ifndef MUSTER_SERVER_ROOMS_SUSPENDED_H
#define MUSTER_SERVER_ROOMS_SUSPENDED_H

#include "server/rooms/room.h"

/** 403 M_USER_SUSPENDED. */
int suspended_refuse(struct err *err);
/** May a suspended sender send this? Of redactions: if the event is their own. */
bool suspended_may(const struct event_draft *d);
/** Any handle. */
bool suspended_is(struct sql *db, int64_t user_nid);

#endif
