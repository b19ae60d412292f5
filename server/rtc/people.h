/*
 * Whom the SFU means: its names of rooms and people are hashes, so every token
 * that is given is noted here, for as long as it may be used and its bearer may
 * be in the call. Any handle to read, jobs of the writer to change.
 */
#ifndef MUSTER_SERVER_RTC_PEOPLE_H
#define MUSTER_SERVER_RTC_PEOPLE_H

#include "core/base/limits.h"
#include "server/db/db.h"

/* After the newest token, or after they left: longer than any token lives, since who is not known
 * may come in. Gone through whenever the person leaves a room or logs in: not for ever. */
#define PEOPLE_KEEP_MS (86400LL * 1000)
#define PEOPLE_TOKENS_MAX 200		 /* identities that one person may get ... */
#define PEOPLE_CALL_TOKENS_MAX 30	 /* ... of one call ... */
#define PEOPLE_TOKENS_MS (3600LL * 1000) /* ... in this time */

/** What a token is given for. All borrowed. */
struct people_ask {
	const char *room, *identity; /**< on the SFU */
	int64_t room_nid, user_nid;
	const char *slot_id, *device_id;
	const char *member_id; /**< NULL: the older form */
};

struct call_person {
	int64_t call_nid, room_nid, user_nid;
	int64_t device_nid; /**< 0: unknown */
	int way;	    /**< while there: enum sfu_way */
	int64_t present_ts; /**< the room was told that they came then; 0: not there */
	char user_id[LIMIT_ID_BYTES + 1];
	char slot_id[LIMIT_ID_BYTES + 1], device_id[LIMIT_ID_BYTES + 1];
	char member_id[LIMIT_ID_BYTES + 1];  /**< or "" */
	char session_id[LIMIT_ID_BYTES + 1]; /**< or "": nobody is in the call */
};

/** Note a token. 429 with retry_after_ms when this person was given too many. */
int people_note(struct db_tx *tx, const struct people_ask *a, struct err *err);
/** False: no token of ours names them. */
bool people_find(struct sql *db, const char *room, const char *identity, struct call_person *ret);
/**
 * May they be in the call now? Joined in the room, account open, device still
 * logged in. Whoever is not known here has a token that was made with the
 * server's key elsewhere, and may.
 */
bool people_may(struct sql *db, const char *room, const char *identity);

/** They came (`ts`) or left (0), as the room is being told; from now on they are there as
 * `p->way` says. */
int people_set_present(struct db_tx *tx, const struct call_person *p, const char *identity,
		       int64_t ts, struct err *err);

typedef void people_fn(void *arg, const char *room, const char *identity);
/** Everybody who is a person of `user_nid`; `room_nid` 0: in any room. `fn` must not write. */
void people_of_user(struct sql *db, int64_t user_nid, int64_t room_nid, people_fn *fn, void *arg);
/** Everybody who may come into the calls of a room. The same. */
void people_of_room(struct sql *db, int64_t room_nid, people_fn *fn, void *arg);
/** Everybody whom the rooms take for present. The same. */
void people_present(struct sql *db, people_fn *fn, void *arg);

#endif
