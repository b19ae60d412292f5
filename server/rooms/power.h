/*
 * Power levels of a room as the tables have them now. Any handle; inside
 * room_append the writer's cache is used instead.
 */
#ifndef MUSTER_SERVER_ROOMS_POWER_H
#define MUSTER_SERVER_ROOMS_POWER_H

#include "core/base/sql.h"
#include "core/matrix/power.h"

/** Fill `ret`; the caller ends it with power_done. */
void room_power(struct sql *db, int64_t room_nid, struct power *ret);
/** Is the level of `user_id` enough for this kind of state? Membership is for the caller. */
bool room_may_state(struct sql *db, int64_t room_nid, const char *user_id, const char *type);

#endif
