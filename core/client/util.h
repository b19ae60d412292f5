/*
 * Small things that the verbs of this folder share.
 */
#ifndef MUSTER_CLIENT_UTIL_H
#define MUSTER_CLIENT_UTIL_H

#include "core/client/client.h"
#include "core/client/session.h"
#include "core/store/events.h"
#include "core/store/rooms.h"

/** The server name of our own user id. Borrowed. */
const char *client_server_name(const struct client *c);
/** Extra trusted certificates the client was opened with, or NULL. */
const char *client_ca_file(const struct client *c);
/** client_options.stay */
bool client_stays(const struct client *c);
/** client_options.kept */
bool client_is_kept(const struct client *c);
/**
 * A room's row. Not in the cache: sync first. ERR_NOT_FOUND when it is unknown
 * then too. Release with store_room_done.
 */
int client_find_room(struct client *c, const char *room_id, struct store_room *ret,
		     struct err *err);
/** Have the whole member list in the cache. */
int client_need_members(struct client *c, const char *room_id, struct err *err);
/** The cache was brought up to date within the last `ms`. */
bool client_is_fresh(struct client *c, int64_t ms);
/** Note a room that we have just made or joined, so that it is found before the next sync. */
void client_note_room(struct client *c, const char *room_id, const char *name, const char *direct);

/** Add a room to m.direct. */
int room_note_direct(struct client *c, const char *user, const char *room_id, struct err *err);

/**
 * Content of a state event with an empty key, as the cache has it; NULL when
 * unset. Borrowed from *ret_event, which the caller owns; *ret_sender (may be
 * NULL) too.
 */
json_t *state_content(struct store *s, int64_t room, const char *type, const char **ret_sender,
		      json_t **ret_event);

/** Set a string, or null when `s` is NULL or not UTF-8. */
void row_str(json_t *row, const char *key, const char *s);
void row_span(json_t *row, const char *key, struct span s);
void row_int(json_t *row, const char *key, int64_t v);
void row_bool(json_t *row, const char *key, bool v);
/** A string from bytes; invalid UTF-8 becomes U+FFFD. New reference. */
json_t *row_text(struct span s);

#endif
