/*
 * A database with people and rooms for tests of the server, without threads
 * and without HTTP. Everything asserts (cmocka) unless it returns an error.
 */
#ifndef MUSTER_TESTS_WORLD_H
#define MUSTER_TESTS_WORLD_H

#include "core/base/limits.h"
#include "server/rooms/room.h"

#define WORLD_SERVER "test.example"

struct world {
	char dir[256];
	struct db *db;
};

struct world_room {
	int64_t nid;
	char id[LIMIT_ID_BYTES + 1];
};

void world_open(struct world *w);
void world_close(struct world *w);
/** The person "@name:test.example", made on first use. */
int64_t world_user(struct world *w, const char *name);
/** "@name:test.example" in a static ring of 8. */
const char *world_id(const char *name);

/**
 * createRoom as `creator` with this JSON body. Single quotes stand for double
 * ones in every JSON text here.
 */
int world_create(struct world *w, const char *creator, const char *body, struct world_room *ret,
		 struct err *err);
/** Append as `sender`; state_key NULL: not state. `ret` and `err` may be NULL. */
int world_append(struct world *w, const struct world_room *room, const char *sender,
		 const char *type, const char *state_key, const char *content,
		 struct event_ref *ret, struct err *err);
/** The same with a device and a transaction id. */
int world_append_txn(struct world *w, const struct world_room *room, const char *sender,
		     int64_t device_nid, const char *txn_id, const char *type, const char *content,
		     struct event_ref *ret, struct err *err);
int world_redact(struct world *w, const struct world_room *room, const char *sender,
		 const char *event_id, struct event_ref *ret, struct err *err);
/** Member event about `target` by `sender`. */
int world_member(struct world *w, const struct world_room *room, const char *sender,
		 const char *target, const char *membership, struct err *err);
/** Content of current state as JSON text, or NULL. The caller owns it. */
char *world_state(struct world *w, const struct world_room *room, const char *type,
		  const char *state_key);
enum membership world_membership(struct world *w, const struct world_room *room, const char *name);
/** One integer, or text (NULL when none; static buffer), from a query. */
int64_t world_i64(struct world *w, const char *sql_literal);
/** Text of an event, parsed; the caller owns it. */
json_t *world_event(struct world *w, const char *event_id);

#endif
