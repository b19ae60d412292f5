/*
 * Making a room (client-server API, POST createRoom): one job of the writer,
 * all or nothing.
 */
#ifndef MUSTER_SERVER_ROOMS_CREATE_H
#define MUSTER_SERVER_ROOMS_CREATE_H

#include "core/base/err.h"
#include "core/base/limits.h"
#include "server/db/db.h"

#include <jansson.h>

#define ROOM_VERSION_SERVED "11" /**< the only one that rooms are made in */
#define ROOM_CREATE_MAX_INVITES 1000
#define ROOM_CREATE_MAX_STATE 500

/** Who asks for what. All borrowed. */
struct room_creation {
	const json_t *body; /**< the request's body */
	int64_t user_nid;
	const char *user_id;
	const char *server_name;
	bool encryption_ok;
};

/** Make it; `ret_room_id` has LIMIT_ID_BYTES + 1. Errors are Matrix errors. */
int room_create(struct db_tx *tx, const struct room_creation *c, char *ret_room_id,
		int64_t *ret_nid, struct err *err);

/** Only the row of a room that has no events yet. */
int room_insert(struct db_tx *tx, const char *server_name, int64_t creator_nid, bool listed,
		char ret_room_id[LIMIT_ID_BYTES + 1], int64_t *ret_nid, struct err *err);

/** The power levels that a room begins with. The caller owns the object. */
json_t *room_default_levels(const char *creator, bool anyone_invites);

#endif
