/*
 * Who is there, and who is typing (client-server API, "Presence", "Typing
 * Notifications"). What others do comes with a sync: core/store/live.h.
 */
#ifndef MUSTER_CLIENT_PRESENCE_H
#define MUSTER_CLIENT_PRESENCE_H

#include "core/client/client.h"

/** Longest time that one word of typing may hold: what servers take. */
#define TYPING_MAX_MS 60000

/** Say that we are typing, for so long unless it is said again, or that we stopped. */
int client_typing(struct client *c, const char *room_id, bool on, int timeout_ms, struct err *err);
/** *ret: user_id, presence (online, unavailable, offline), status, active, active_ts (or null).
 * `user_id` NULL: ourselves. Asks the server. */
int client_presence_show(struct client *c, const char *user_id, json_t **ret, struct err *err);
/** `presence`: online, unavailable or offline; `status` NULL: none. */
int client_presence_set(struct client *c, const char *presence, const char *status,
			struct err *err);

#endif
