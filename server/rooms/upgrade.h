/*
 * Replacing a room by a new one (client-server API, "Room Upgrades"): a job of the
 * writer, or several where many people have to be invited. The old room is closed by the
 * last of them only: until then it is used as before, and if that one never comes, as the
 * server was killed, the room can be replaced anew. What is changed in it meanwhile (bans, who was taken out,
 * levels, names) holds in the new room, too. The same person's same request once more, within ten minutes, goes on
 * with the new room that is there, or names it; somebody else's gets that one as soon as the old room names it, and
 * is asked to come again while it is being made.
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

#define ROOM_UPGRADE_PEOPLE 100 /* invited, or banned again, in one job */

/** Who asks for what, all borrowed, and how far it is. Begins zeroed. */
struct room_upgrade {
	int64_t room_nid; /**< the old one */
	int64_t user_nid;
	const char *user_id;
	const char *server_name;
	const char *version; /**< wanted */
	int64_t new_nid;     /**< 0: it is not there yet */
	char new_id[LIMIT_ID_BYTES + 1];
};

/** The next piece; *ret_more is set when it was not the last. Errors are Matrix errors. */
int room_upgrade(struct db_tx *tx, struct room_upgrade *u, bool *ret_more, struct err *err);

#endif
