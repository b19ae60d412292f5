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
 * *ret: room_id (the old one), successor, version, existing: somebody else has replaced it, now or before, and we have
 * gone along (version is null then). ERR_CONFLICT: and we may not.
 */
int client_room_upgrade(struct client *c, const char *room_id, const char *version, json_t **ret,
			struct err *err);

/** A room that was replaced, and by which one. Private to core/client, as what follows. */
struct upgrade {
	int64_t room; /**< the old one's row */
	char *old_id, *new_id;
	char *server; /**< of whoever replaced it: knows the new room */
};
void upgrade_done(struct upgrade *u);
/**
 * A room that we are in and that was replaced in the last 30 days, whose
 * successor we have neither joined nor left, and have not tried to join in the
 * last hour: noted as tried now. false: there is none. Any thread that owns the store.
 */
bool upgrade_next(struct store *s, int64_t now_ms, struct upgrade *ret);
/** The request that joins the new room. */
struct request upgrade_join(const struct upgrade *u);
/** Whether the new room's m.room.create names the old one: otherwise it is no successor. */
bool upgrade_is_true(const struct upgrade *u, const json_t *create);
/** Never go there again, unless another successor is named. */
void upgrade_refuse(struct store *s, const struct upgrade *u);
/**
 * Join all successors that wait, and leave those again that are none. Blocking;
 * trouble is only logged. true: one was joined.
 */
bool upgrade_follow(struct client *c);

#endif
