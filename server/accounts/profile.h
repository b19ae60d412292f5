/*
 * Profiles: the two fields that rooms show, and custom ones.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_PROFILE_H
#define MUSTER_SERVER_ACCOUNTS_PROFILE_H

#include "server/db/db.h"

#include <jansson.h>

#define PROFILE_MAX 65536 /* bytes of a whole profile */

/** 400 M_INVALID_PARAM or M_KEY_TOO_LARGE unless `key` may name a field. */
int profile_check_key(const char *key, struct err *err);
/**
 * Set a field, or remove it (`value` NULL or JSON null). "displayname" and
 * "avatar_url" are strings and reach the member events of the user's rooms.
 * 400 M_PROFILE_TOO_LARGE, M_BAD_JSON.
 */
int profile_set(struct db_tx *tx, int64_t user_nid, const char *key, const json_t *value,
		struct err *err);
/** All fields. The caller owns it. */
json_t *profile_get(struct sql *db, int64_t user_nid);

#endif
