/*
 * Keys of one device: its identity keys, one-time keys and fallback keys.
 * Jobs of the writer, unless said otherwise.
 */
#ifndef MUSTER_SERVER_KEYS_DEVICE_KEYS_H
#define MUSTER_SERVER_KEYS_DEVICE_KEYS_H

#include "core/base/buf.h"
#include "server/keys/keys.h"

/**
 * POST /keys/upload. Other identity keys than before void the one-time and
 * fallback keys, which the old ones signed. 400 M_INVALID_PARAM or M_BAD_JSON,
 * 413 M_TOO_LARGE; nothing of the request is stored then.
 */
int device_keys_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
		       struct err *err);
/** A device's identity keys with signatures, or NULL. Any handle. The caller owns it. */
json_t *device_keys_get(struct sql *db, int64_t user_nid, const char *device_id, int64_t *ret_nid);
/** Store them with other signatures. */
int device_keys_put(struct sql *db, int64_t device_nid, const json_t *keys, struct err *err);
/** The parts of it that are sets of keys. */
int one_time_keys_add(struct db_tx *tx, int64_t device_nid, const json_t *keys, struct err *err);
int fallback_keys_set(struct db_tx *tx, int64_t device_nid, const json_t *keys, struct err *err);
/**
 * POST /keys/claim: take one key of each named device, the oldest first, the
 * fallback key when there is none. *ret is what the reply holds; the caller owns it.
 */
int one_time_keys_claim(struct db_tx *tx, const json_t *wanted, json_t **ret, struct err *err);
/** Append {"ALGORITHM":COUNT,...} of one-time keys that are left; always names signed_curve25519.
 * Any handle. */
void one_time_keys_count(struct sql *db, int64_t device_nid, struct buf *b);
/** Append ["ALGORITHM",...] of fallback keys that were not used. Any handle. */
void fallback_keys_unused(struct sql *db, int64_t device_nid, struct buf *b);

#endif
