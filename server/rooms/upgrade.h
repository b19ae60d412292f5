/*
 * Replacing a room by a new one (client-server API, "Room Upgrades"): one job of
 * the writer, all or nothing.
 *
 * The new room gets the old one's type, name, topic, picture, rules, power
 * levels, bans, and of a space its children; its addresses and its place in the
 * directory move. Who was in the old room, or invited, is invited unless anybody
 * may join. In the old room a tombstone says where it went, and speaking and
 * inviting takes more power than before.
 */
#ifndef MUSTER_SERVER_ROOMS_UPGRADE_H
#define MUSTER_SERVER_ROOMS_UPGRADE_H

#include "core/base/err.h"
#include "core/base/limits.h"
#include "server/db/db.h"

/** Who asks for what. All borrowed. */
struct room_upgrade {
	int64_t room_nid; /**< the old one */
	int64_t user_nid;
	const char *user_id;
	const char *server_name;
	const char *version; /**< wanted */
};

/** Errors are Matrix errors. */
int room_upgrade(struct db_tx *tx, const struct room_upgrade *u,
		 char ret_room_id[LIMIT_ID_BYTES + 1], struct err *err);

#endif
