/*
 * Names in what a person typed: "@Ada" becomes a mention of the one member of
 * the room who is called so. Private to this folder.
 */
#ifndef MUSTER_CLIENT_MENTION_H
#define MUSTER_CLIENT_MENTION_H

#include "core/client/client.h"

struct mentions {
	struct buf markdown; /**< the text with links to the people that it names */
	json_t *users;	     /**< ids, each once: array */
	bool room;	     /**< "@room" stands there */
};
/** A zeroed struct is allowed. */
void mentions_done(struct mentions *m);

/**
 * Find the names in Markdown `text`: "@" at the beginning of a word, then a
 * whole user id, the local part of one of our server, or a display name (the longest that fits;
 * ASCII case aside), of a joined member. A name that several people have is
 * left as it is; so is what stands in code or in a link. Asks the server for
 * the room's members when it must. *ret is filled only on success: mentions_done.
 */
int mentions_find(struct client *c, const char *room_id, struct span text, struct mentions *ret,
		  struct err *err);

#endif
