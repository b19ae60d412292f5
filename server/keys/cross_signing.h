/*
 * Cross-signing keys and signatures by them (client-server API, "Cross-signing").
 * Jobs of the writer, unless said otherwise.
 */
#ifndef MUSTER_SERVER_KEYS_CROSS_SIGNING_H
#define MUSTER_SERVER_KEYS_CROSS_SIGNING_H

#include "server/keys/keys.h"

/**
 * Must a person prove who they are before this upload? Not for the first keys
 * of an account, nor for those that are there already. Any handle.
 */
bool cross_signing_needs_auth(struct sql *db, int64_t user_nid, const json_t *body);
/**
 * POST /keys/device_signing/upload. `authorised`: who it is has been proved; the
 * need for it is looked at again. 400 M_INVALID_SIGNATURE, M_MISSING_PARAM,
 * M_INVALID_PARAM, M_BAD_JSON; 403 M_FORBIDDEN; 413 M_TOO_LARGE.
 */
int cross_signing_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
			 bool authorised, struct err *err);
/**
 * POST /keys/signatures/upload. *ret_failures maps users to key ids to Matrix
 * errors; the caller owns it, also after an error.
 */
int cross_signatures_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
			    json_t **ret_failures, struct err *err);
/** A key of that usage ("master", "self_signing", "user_signing"), or NULL. Any handle. The caller
 * owns it. */
json_t *cross_signing_key(struct sql *db, int64_t user_nid, const char *usage);
/** Store a checked one. */
int cross_signing_store(struct db_tx *tx, int64_t user_nid, const char *usage, const json_t *key,
			struct err *err);
/** Its public key, unpadded base64; NULL when it is none. Borrowed from `key`. */
const char *cross_signing_public(const json_t *key);

#endif
