/*
 * Ending a call for everybody without being in it: a token as for joining, and
 * one request with it.
 */
#ifndef MUSTER_CLIENT_CALL_OUTSIDE_H
#define MUSTER_CLIENT_CALL_OUTSIDE_H

#include "core/client/client.h"

/**
 * Blocking, with a loop and a client of its own beside `up`, whose time limit holds. Whoever is
 * in the room's call is told that it is over; *ret_ended: somebody was. ERR_UNSUPPORTED when the
 * server of the call lets nobody do that, ERR_AUTH when we do not lead it.
 */
int outside_end_call(struct client *up, const char *room_id, bool *ret_ended, struct err *err);

#endif
