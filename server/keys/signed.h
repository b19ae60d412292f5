/*
 * Signed JSON (appendices, "Signing JSON") as far as a server of keys needs it:
 * structure, caps, and Ed25519 signatures by keys that it knows.
 */
#ifndef MUSTER_SERVER_KEYS_SIGNED_H
#define MUSTER_SERVER_KEYS_SIGNED_H

#include "core/base/json.h"

#define SIGNED_SIGNATURE_MAX 512 /* bytes of one signature's text, and of a key id */

/** `signatures` is missing, or maps user ids to key ids to text. */
bool signed_structure_ok(const json_t *signatures);
/** signatures.USER.KEY_ID, or NULL. Borrowed. */
const char *signed_by(const json_t *object, const char *user_id, const char *key_id);
/**
 * Is `signature` one of `object` (without `signatures` and `unsigned`) by the
 * Ed25519 key of that unpadded base64?
 */
bool signed_verify(const json_t *object, const char *key, const char *signature);
/** Set signatures.USER.KEY_ID in `object`. */
void signed_add(json_t *object, const char *user_id, const char *key_id, const char *signature);
/** Are they the same but for `signatures` and `unsigned`? */
bool signed_same(const json_t *a, const json_t *b);
/**
 * Append canonical JSON of at most `max` bytes. 400 M_BAD_JSON when it has none (a
 * fraction), 413 M_TOO_LARGE.
 */
int signed_text(const json_t *object, size_t max, struct buf *ret, struct err *err);

#endif
