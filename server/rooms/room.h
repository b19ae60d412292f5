/*
 * Rooms, as the writer thread changes them: every rule of who may do what is
 * enforced here (Matrix room version 11 authorisation, without federation).
 */
#ifndef MUSTER_SERVER_ROOMS_ROOM_H
#define MUSTER_SERVER_ROOMS_ROOM_H

#include "core/base/err.h"
#include "core/base/limits.h"
#include "server/db/db.h"

#include <jansson.h>

enum membership {
	MEMBERSHIP_LEAVE = 0,
	MEMBERSHIP_INVITE = 1,
	MEMBERSHIP_JOIN = 2,
	MEMBERSHIP_KNOCK = 3,
	MEMBERSHIP_BAN = 4,
};

/*
 * Event ids make history tamper-evident. For every event
 *   hash     = sha256(canonical JSON of {content, origin_server_ts, prev_events,
 *              room_id, sender, [state_key], type}), prev_events being a list of
 *              the id of the room's event before it (empty for the first)
 *   event_id = "$" + unpadded URL-safe base64 of sha256(canonical JSON of the
 *              same object redacted, with "hashes":{"sha256":base64 of hash})
 * which is the reference hash of room version 11 over what this server keeps.
 * As `hash` is stored beside the event, ids can be checked after a redaction too.
 */

/** An event to be. All borrowed. */
struct event_draft {
	int64_t room_nid;
	int64_t sender_nid;
	const char *sender; /**< user id */
	const char *type;
	const char *state_key; /**< NULL: not state */
	const json_t *content; /**< an object */
	const char *redacts;   /**< m.room.redaction: event id, also put into content (v11) */
	int64_t device_nid;    /**< 0: none */
	const char *txn_id;    /**< or NULL; with device_nid, room, type and redacts it makes the
				  send idempotent */
	const char *delay_id;  /**< of the delayed event that this is, or NULL */
	bool trusted;	       /**< the server itself: skip authorisation (room creation steps) */
	bool suspended;	       /**< the sender may only leave and take back: suspended.h */
	bool invite_anyhow;    /**< though the person takes no invitations: it is no question */
	bool encryption_ok;    /**< m.room.encryption may be set (server_config) */
};

struct event_ref {
	int64_t pos;
	char event_id[64];
	bool existing; /**< the transaction id, or identical state, gave an event that was there */
};

/**
 * Check size, shape and authorisation, then append: event row, state,
 * membership, relations, redaction effect, transaction row, CHANGE_* notes.
 * Errors carry http_status and Matrix errcode (403 M_FORBIDDEN ...).
 */
int room_append(struct db_tx *tx, const struct event_draft *draft, struct event_ref *ret,
		struct err *err);

/** Only what needs no database: sizes of type, key and transaction id; an object as content. */
int room_check_draft(const struct event_draft *draft, struct err *err);

/** 403 M_FORBIDDEN: encrypted rooms are not offered here. */
int room_refuse_encryption(struct err *err);

/*
 * The functions below work on any handle, the writer's (inside a job) or the
 * reader's.
 */

/** Room id -> nid; ERR_NOT_FOUND with 404 M_NOT_FOUND (or 403 where existence must not leak). */
int room_find(struct sql *db, struct span room_id, int64_t *ret_nid, struct err *err);
/** The other way; "" for no room. */
void room_id_of(struct sql *db, int64_t nid, char ret[LIMIT_ID_BYTES + 1]);
/** Content of the current state event; ERR_NOT_FOUND. The caller owns *ret. */
int room_state(struct sql *db, int64_t room_nid, const char *type, const char *state_key,
	       json_t **ret);
enum membership room_membership(struct sql *db, int64_t room_nid, int64_t user_nid);

#endif
