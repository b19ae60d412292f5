/*
 * Spaces: rooms that list other rooms (client-server API, "Spaces"). Made by
 * client_room_create with is_space.
 */
#ifndef MUSTER_CLIENT_SPACE_H
#define MUSTER_CLIENT_SPACE_H

#include "core/client/client.h"

/** Rows of the joined spaces: room_id, name, alias, topic, members, children (how many). */
int client_space_list(struct client *c, client_row_fn *fn, void *arg, struct err *err);
/**
 * What a space holds, as the server lets us see it: rows in the space's order,
 * what is inside a space inside behind it: room_id, name, alias, topic,
 * members, type, parent (room id), depth (1: in the space itself), suggested,
 * join_rule, membership (ours, or null). `depth` 0: all levels. `offline`: from
 * the cache, one level.
 */
int client_space_show(struct client *c, const char *space, int depth, bool offline,
		      client_row_fn *fn, void *arg, struct err *err);
struct space_add {
	const char *space, *room_id;
	const char *order; /**< places it among the others, or NULL */
	bool suggested;
};
/** Put a room into a space; the room names the space where we may have it do so. */
int client_space_add(struct client *c, const struct space_add *a, struct err *err);
/** Take it out again. Not in it is fine. */
int client_space_remove(struct client *c, const char *space, const char *room_id, struct err *err);

#endif
