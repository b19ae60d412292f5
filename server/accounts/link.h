/*
 * One-time links: what a person who has an account but no password is handed on
 * a slip of paper. The code is typed as often as it is scanned: 16 characters
 * of Crockford's base32 (80 bits) in groups of four; the database has only its
 * SHA-256. A person has at most one link: a new one takes the old one's place.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_LINK_H
#define MUSTER_SERVER_ACCOUNTS_LINK_H

#include "core/base/span.h"
#include "server/accounts/user.h"
#include "server/db/db.h"

#define LINK_CODE_SIZE 20		       /**< "ABCD-EFGH-JKMN-PQRS" and the end */
#define LINK_LIFE_MS (30LL * 24 * 3600 * 1000) /**< unless the administrator says otherwise */
#define LINK_LIFE_MAX_MS (2LL * 365 * 24 * 3600 * 1000)

/**
 * As it was made, from what somebody typed: case, dashes and spaces do not
 * count, I and L are 1, O is 0. False when it cannot be a code.
 */
bool link_code_fold(struct span typed, char ret[LINK_CODE_SIZE]);

struct link {
	struct user user;
	int64_t room_nid;   /**< 0: none */
	int64_t expires_ts; /**< wall ms */
	bool used;
};

/** By a folded code. False when there is none, or its account is gone. Any handle. */
bool link_find(struct sql *db, const char *code, struct link *ret);
/** 410 M_EXPIRED, 409 ORG.MUSTER.LINK_USED, 403 M_USER_LOCKED: what keeps it from being used. */
int link_check(const struct link *l, int64_t now_ms, struct err *err);
/** 404 M_NOT_FOUND: no link has this code. */
int link_unknown(struct err *err);
/** Make one; the person's old one dies. `room_nid` 0: none. Wiping the code is the caller's. */
int link_create(struct db_tx *tx, int64_t user_nid, int64_t room_nid, int64_t expires_ts,
		char ret_code[LINK_CODE_SIZE], struct err *err);
/** The person has a link, used or not. */
bool link_exists(struct sql *db, int64_t user_nid);
/** ERR_NOT_FOUND when the person has none. */
int link_revoke(struct db_tx *tx, int64_t user_nid, struct err *err);
/** Unused links into a room die; *ret_count: how many. */
int link_revoke_room(struct db_tx *tx, int64_t room_nid, int *ret_count, struct err *err);
/** Use it up, in the job that lets the person in. Errors of link_unknown and link_check. */
int link_use(struct db_tx *tx, const char *code, struct link *ret, struct err *err);

#endif
