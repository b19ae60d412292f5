/*
 * Devices and their tokens, in jobs of the writer. A token is "mst_..."
 * (access) or "msr_..." (refresh); the database has only its SHA-256.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_DEVICE_H
#define MUSTER_SERVER_ACCOUNTS_DEVICE_H

#include "core/base/span.h"
#include "server/db/db.h"

#define ACCESS_LIFE_MS (60 * 60 * 1000) /* of access tokens that can be refreshed */
#define DEVICE_ID_SIZE 256
#define DEVICES_MAX 500 /* of one account: then the one unseen for longest is logged out */

/** What a device may do that is no more than a program's sound (OBS, a player) in one room. */
enum live_right { LIVE_LISTEN = 1, LIVE_SPEAK = 2 };
#define LIVE_TOKENS_MAX 20 /* devices of one account that may only that */

/** What a log-in gives. Secrets are wiped by grant_done. */
struct grant {
	char device_id[DEVICE_ID_SIZE];
	char *access_token, *refresh_token; /**< refresh_token NULL: the other never expires */
	int64_t expires_in_ms;
};
void grant_done(struct grant *g);

/**
 * Log a device in. `device_id` NULL makes a new one; a known one loses its
 * older tokens. `name` is given to new devices.
 */
int device_login(struct db_tx *tx, int64_t user_nid, const char *device_id, const char *name,
		 bool refreshable, struct grant *ret, struct err *err);
/**
 * New tokens for a refresh token. It stays valid until the new one is used, so
 * that a lost reply harms nobody. 401 M_UNKNOWN_TOKEN, M_USER_LOCKED.
 */
int device_refresh(struct db_tx *tx, struct span refresh_token, struct grant *ret, struct err *err);
/**
 * A device of a user for nothing but the sound of one room, with a token that does not expire.
 * It ends like any other: with a log-out of all, a new password, or device_delete. ERR_LIMITED,
 * 403, above LIVE_TOKENS_MAX.
 */
int device_live(struct db_tx *tx, int64_t user_nid, int64_t room_nid, int rights, const char *name,
		struct grant *ret, struct err *err);
/** Remove a device and its tokens. */
int device_delete(struct db_tx *tx, int64_t user_nid, int64_t device_nid, struct err *err);
/** All of a user's devices but `keep_nid` (0: none is kept). */
int device_delete_all(struct db_tx *tx, int64_t user_nid, int64_t keep_nid, struct err *err);
/** Have the token cache forget; device 0: all of the user's. */
void device_tokens_changed(struct db_tx *tx, int64_t user_nid, int64_t device_nid);

#endif
