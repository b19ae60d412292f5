/*
 * One append under way: what its steps share. Internal to server/rooms.
 */
#ifndef MUSTER_SERVER_ROOMS_APPEND_H
#define MUSTER_SERVER_ROOMS_APPEND_H

#include "server/rooms/cache.h"
#include "server/rooms/room.h"

/** m.relates_to, as the events table keeps it. Borrowed from the content. */
struct relation {
	const char *target, *type, *key; /**< NULL: none */
};

struct append {
	struct db_tx *tx;
	struct sql *sql;
	const struct event_draft *d;
	struct room_cache *cache;
	struct room_entry *room;
	json_t *own;	       /**< owned: a changed copy of the draft's content, or NULL */
	const json_t *content; /**< what will be stored */
	enum membership sender_is;

	/* state */
	int64_t old_pos; /**< position of the state event in force, or 0 */
	char old_id[64];
	bool identical; /**< the same sender said the same already */

	/* m.room.member */
	bool member;
	int64_t target_nid;
	enum membership target_is, target_becomes;

	/* m.room.redaction */
	const char *redacts;
	int64_t redacted_pos; /**< 0: none to be redacted */

	struct relation relation;
	bool forget_room; /**< cached state of the room changes with this event */
	struct event_ref ref;
	uint8_t hash[32];
};

/* Each: 0, or a Matrix error; nothing is written. */

/** m.room.member: look up its person, fill in the profile, see to restricted joins. */
int append_member(struct append *a, struct err *err);
/** m.room.redaction: find the target, put it into the content, check the right to redact it. */
int append_redaction(struct append *a, struct err *err);
/** Message events: read and check m.relates_to. */
int append_relation(struct append *a, struct err *err);

/** m.room.canonical_alias: aliases that are new in it lead here. */
int append_canonical_alias(struct append *a, struct err *err);

/* Effects, after the event's row is in. */

/** The membership that the event gives to its target; syncs are told. */
int append_member_effect(struct append *a, struct err *err);
/** The event that is redacted loses its content, in the table and in the index of words. */
int append_redaction_effect(struct append *a, struct err *err);

/** a->own, made on first use, to be changed. */
json_t *append_own_content(struct append *a);

#endif
