/*
 * OpenID tokens: who somebody is, shown to services that are not the homeserver.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_OPENID_H
#define MUSTER_SERVER_ACCOUNTS_OPENID_H

#include "core/base/limits.h"
#include "core/base/sql.h"

struct openid_user {
	int64_t nid;
	char user_id[LIMIT_ID_BYTES + 1];
};

/** Whose token is it? False when it is unknown, expired, or its owner is locked. Any handle. */
bool openid_find(struct sql *db, const char *token, struct openid_user *ret);

#endif
