/*
 * Registration tokens: an invite to make an account.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_INVITE_H
#define MUSTER_SERVER_ACCOUNTS_INVITE_H

#include "server/db/db.h"

/** Whether an account could be made with it now. */
bool invite_valid(struct sql *db, const char *token);
/** Count a use, in the job that makes the account: 401 M_FORBIDDEN when it is used up by now. */
int invite_use(struct db_tx *tx, const char *token, struct err *err);
/** "A-Za-z0-9._~-", 1 to 64 of them. */
bool invite_valid_text(const char *token);
/** `uses` 0: any number; `expires_ts` 0: never. 409 when it exists. */
int invite_create(struct db_tx *tx, const char *token, int64_t uses, int64_t expires_ts,
		  const char *note, struct err *err);
/** ERR_NOT_FOUND. */
int invite_revoke(struct db_tx *tx, const char *token, struct err *err);

#endif
