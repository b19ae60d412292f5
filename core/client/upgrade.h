/*
 * Rooms that are replaced by new ones (client-server API, "Room Upgrades"):
 * doing it, and going along.
 */
#ifndef MUSTER_CLIENT_UPGRADE_H
#define MUSTER_CLIENT_UPGRADE_H

#include "core/client/client.h"
#include "core/matrix/request.h"

/**
 * Replace a room by a new one of that version (NULL: the server's default).
 * *ret: room_id (the old one), successor, version.
 */
int client_room_upgrade(struct client *c, const char *room_id, const char *version, json_t **ret,
			struct err *err);

/**
 * A room that we are in and that was replaced in the last 30 days, whose
 * successor we have neither joined nor left, and have not tried to join in the
 * last hour: noted as tried now. *ret_join is the request that joins it. false:
 * there is none. Private to core/client; any thread that owns the store.
 */
bool upgrade_next(struct store *s, int64_t now_ms, struct request *ret_join);
/** Join all successors that wait. Blocking; trouble is only logged. true: one was joined. */
bool upgrade_follow(struct client *c);

#endif
