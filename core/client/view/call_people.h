/*
 * How many are in the calls of rooms, as the rooms' member events tell. Private
 * to this folder.
 */
#ifndef MUSTER_CLIENT_VIEW_CALL_PEOPLE_H
#define MUSTER_CLIENT_VIEW_CALL_PEOPLE_H

#include "core/base/json.h"
#include "core/store/store.h"

/** People in the call of `room` at `wall_ms`, ourselves aside. */
int call_people_here(struct store *s, int64_t room, const char *own, int64_t wall_ms);

#endif
