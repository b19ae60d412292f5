/*
 * People who chat on a test_server: rooms, messages, syncs, long polls that
 * wait beside other requests. Everything asserts (cmocka).
 */
#ifndef MUSTER_TESTS_SYNCING_H
#define MUSTER_TESTS_SYNCING_H

#include "core/base/limits.h"
#include "tests/lib/server.h"

struct chatter {
	struct test_server *t;
	char name[32], id[300];
	char *token;
	char since[128]; /**< of the last sync; "" before the first */
};

void chatter_new(struct test_server *t, const char *name, struct chatter *ret);
void chatter_done(struct chatter *p);

/** POST createRoom with this body; the id into `ret`. Single quotes stand for double ones in every
 * body here. */
void chatter_create(struct chatter *p, const char *body, char ret[LIMIT_ID_BYTES + 1]);
/** POST /rooms/{room}/{what} ("join", "leave", "invite", ...). */
void chatter_room(struct chatter *p, const char *room, const char *what, const char *body);
/** Send m.room.message; the event id into `ret` (may be NULL). */
void chatter_say(struct chatter *p, const char *room, const char *text, char ret[64]);
/** PUT state. */
void chatter_state(struct chatter *p, const char *room, const char *type, const char *key,
		   const char *content);
/** One /sync from where the last ended; `query` is appended ("&timeout=0..."). Owned. */
json_t *chatter_sync(struct chatter *p, const char *query);
/** GET below "/_matrix/client/v3/rooms/{room}/", 200. Owned. */
json_t *chatter_get(struct chatter *p, const char *room, const char *rest);

/** rooms.{section}.{room} of a sync; borrowed, NULL when absent. */
json_t *sync_room(const json_t *sync, const char *section, const char *room);
/** timeline.events (or state.events ...) of such a room; borrowed. */
json_t *synced_events(const json_t *room, const char *part);
/** The event of this type in a list, NULL when absent; borrowed. */
json_t *event_of_type(const json_t *events, const char *type);
/** content.body of event `at` counted from the front, or "" . */
const char *body_at(const json_t *events, size_t at);

/** A sync that waits. */
struct poll;
struct poll *poll_start(struct chatter *p, const char *query);
/** Until the server has `n` waiting syncs. */
void polls_waiting(struct test_server *t, int n);
/** Wait for its reply; moves the person's `since`. Owned. *ret_ms (may be NULL): how long it took
 * since poll_start. */
json_t *poll_end(struct poll *w, int *ret_ms);
/** Close the connection without waiting. */
void poll_kill(struct poll *w);

#endif
