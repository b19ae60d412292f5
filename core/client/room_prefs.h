/*
 * A room as one person has it: tags, notifications; and what a room has
 * pinned (client-server API, "Room Tagging", "Push rules",
 * m.room.pinned_events).
 */
#ifndef MUSTER_CLIENT_ROOM_PREFS_H
#define MUSTER_CLIENT_ROOM_PREFS_H

#include "core/client/client.h"

/**
 * What a person writes for a tag as what Matrix calls it: favourite,
 * low-priority, a name of their own (u.NAME, the u. may be left out), or any
 * Matrix name. ERR_USAGE. The caller owns *ret.
 */
int room_tag_name(const char *word, char **ret, struct err *err);
/** Rows: room_id, tag, order (0 to 1, or null). Asks the server. */
int client_room_tags(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		     struct err *err);
/** `tag` as Matrix calls it; `order` outside 0..1: none. */
int client_room_tag(struct client *c, const char *room_id, const char *tag, double order,
		    struct err *err);
int client_room_untag(struct client *c, const char *room_id, const char *tag, struct err *err);

enum room_notify {
	ROOM_NOTIFY_DEFAULT,  /**< what the account's rules say of any room */
	ROOM_NOTIFY_ALL,      /**< every message */
	ROOM_NOTIFY_MENTIONS, /**< only what names us */
	ROOM_NOTIFY_NONE,     /**< nothing */
};
/** "default", "all", "mentions", "none" */
const char *room_notify_name(enum room_notify level);
bool room_notify_parse(const char *word, enum room_notify *ret);
/** By push rules named after the room; other clients show the same. */
int client_room_notify(struct client *c, const char *room_id, enum room_notify level,
		       struct err *err);
int client_room_notify_get(struct client *c, const char *room_id, enum room_notify *ret,
			   struct err *err);
/** The same from the cache alone: the content of m.push_rules. */
enum room_notify room_notify_of(const json_t *push_rules, const char *room_id);

/** Pin an event, or take it off; the same again is fine. */
int client_room_pin(struct client *c, const char *room_id, const char *event_id, bool on,
		    struct err *err);
/** Rows of client_read for what is pinned, in the room's order; what cannot be had is left out. */
int client_room_pins(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		     struct err *err);

#endif
