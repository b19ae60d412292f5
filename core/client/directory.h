/*
 * Finding rooms and people that we do not share anything with yet: the room
 * directory, the user directory, knocking (client-server API, "Listing
 * rooms", "User Directory", "Knocking on rooms").
 */
#ifndef MUSTER_CLIENT_DIRECTORY_H
#define MUSTER_CLIENT_DIRECTORY_H

#include "core/client/client.h"

struct directory_query {
	const char *text;   /**< in names, topics and aliases; NULL: all */
	const char *server; /**< another server's directory; NULL: ours */
	int limit;	    /**< at most so many; 0: all */
};
/** Rows, the largest first as servers give them: room_id, name, alias, topic, members, join_rule,
 * world_readable, membership (ours, or null). */
int client_directory(struct client *c, const struct directory_query *q, client_row_fn *fn,
		     void *arg, struct err *err);

/** People whose name or id holds the text. Rows: user_id, name, avatar_url. */
int client_people_search(struct client *c, const char *text, int limit, client_row_fn *fn,
			 void *arg, struct err *err);

/** Ask to be let in. `what`: room id or alias. *ret: room_id, membership. */
int client_room_knock(struct client *c, const char *what, const char *reason, json_t **ret,
		      struct err *err);
/** Who knocks at a room of ours. Rows: user_id, name, reason, ts. Inviting lets them in, kicking
 * turns them down. */
int client_room_knocks(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err);

#endif
