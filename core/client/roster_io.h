/*
 * Rosters in their room: loading, fresh from the server, and saving.
 */
#ifndef MUSTER_CLIENT_ROSTER_IO_H
#define MUSTER_CLIENT_ROSTER_IO_H

#include "core/client/client.h"
#include "core/attendance/roster.h"

/** The roster kept in `room_id`; empty when there is none. The caller owns *ret. */
int client_roster_load(struct client *c, const char *room_id, struct roster **ret, struct err *err);
/** Send the chunks that changed. After an error, what was not sent still counts as changed. */
int client_roster_save(struct client *c, const char *room_id, struct roster *r, struct err *err);

#endif
