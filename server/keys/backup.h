/*
 * Backups of room keys (client-server API, "Server-side key backups"): sealed
 * by their owner, kept by version, room and session. `version` is a number that
 * counts up for each person and is never used twice.
 */
#ifndef MUSTER_SERVER_KEYS_BACKUP_H
#define MUSTER_SERVER_KEYS_BACKUP_H

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "server/db/db.h"

#include <jansson.h>

#define BACKUP_AUTH_MAX 16384	      /* bytes of auth_data, and of one session's data */
#define BACKUP_VERSIONS_MAX 20	      /* of one person, deleted ones not counted */
#define BACKUP_BYTES_MAX (64 << 20)   /* of one person's sessions, all versions together */
#define BACKUP_SESSION_COST 200	      /* what a session counts for beside its data */
#define BACKUP_PIECE 100	      /* sessions read at once */
#define BACKUP_WRITE_PIECE 250	      /* sessions looked at, stored or deleted in one job */
#define BACKUP_REQUEST_MAX (4u << 20) /* bytes of one request with sessions */

/** What a version is now. */
struct backup {
	int64_t version; /**< 0: none */
	int64_t etag, count;
	char *algorithm, *auth_data; /**< owned */
};
void backup_done(struct backup *b);

/** That version, or (0) the newest. 404 M_NOT_FOUND. backup_done afterwards. Any handle. */
int backup_find(struct sql *db, int64_t user_nid, int64_t version, struct backup *ret,
		struct err *err);

/* Jobs of the writer. */

/** POST /room_keys/version. */
int backup_create(struct db_tx *tx, int64_t user_nid, const json_t *body, int64_t *ret_version,
		  struct err *err);
/** PUT: other auth_data. 400 M_INVALID_PARAM for another algorithm or version. */
int backup_update(struct db_tx *tx, int64_t user_nid, int64_t version, const json_t *body,
		  struct err *err);
/** The next piece: sessions go first. *ret_more: it was not the last. */
int backup_delete(struct db_tx *tx, int64_t user_nid, int64_t version, bool *ret_more,
		  struct err *err);
/** How far the storing of a request is. Begins zeroed. */
struct backup_storing {
	void *room, *session; /**< iterators of jansson, NULL: before the first */
	bool checked;	      /**< all sessions are well-formed: they are being stored */
};
/**
 * The next piece of storing {"rooms":{ID:{"sessions":{ID:{...}}}}} in the newest version, where each
 * session keeps the better of two keys (is_verified, then first_message_index,
 * then forwarded_count). 403 M_WRONG_ROOM_KEYS_VERSION when `version` is not the
 * newest, whose number is then in ret->version; 400 M_BAD_JSON, before anything is stored;
 * 413 M_TOO_LARGE. ret->etag and count are those after it. *ret_more: it was not the last.
 */
int backup_put_keys(struct db_tx *tx, int64_t user_nid, int64_t version, const json_t *body,
		    struct backup_storing *at, struct backup *ret, bool *ret_more, struct err *err);
/** Delete a piece of all sessions, of those of a room, or one. NULL: all. */
int backup_delete_keys(struct db_tx *tx, int64_t user_nid, int64_t version, const char *room_id,
		       const char *session_id, struct backup *ret, bool *ret_more, struct err *err);

/* Any handle. */

/** A place in a version that is read in pieces, as it may hold much. Begins zeroed. */
struct backup_place {
	bool begun;
	char room_id[LIMIT_ID_BYTES + 1], session_id[LIMIT_ID_BYTES + 1]; /**< after these */
};
/**
 * Append the next BACKUP_PIECE sessions: of {"ROOM":{"sessions":{...}},...}, or with
 * `room_id` of {"SESSION":{...},...} of that room. Returns true when it is complete.
 */
bool backup_put_piece(struct sql *db, int64_t user_nid, int64_t version, const char *room_id,
		      struct backup_place *at, struct buf *b);
/** Append one session; false when it is not there. */
bool backup_put_session(struct sql *db, int64_t user_nid, int64_t version, const char *room_id,
			const char *session_id, struct buf *b);

#endif
