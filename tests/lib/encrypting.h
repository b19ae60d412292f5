/*
 * Devices that upload keys, as clients that encrypt do. Everything asserts
 * (cmocka). Signatures are real (Ed25519); nothing is encrypted with them.
 */
#ifndef MUSTER_TESTS_ENCRYPTING_H
#define MUSTER_TESTS_ENCRYPTING_H

#include "tests/lib/syncing.h"

struct signer {
	uint8_t seed[32];
	char public[44]; /**< unpadded base64 */
};

/** A key pair; random. */
void signer_new(struct signer *ret);
/** Sign `object` as `user_id` with the key id "ed25519:NAME". */
void signer_sign(const struct signer *s, json_t *object, const char *user_id, const char *name);

/** One device of a person. */
struct crypter {
	struct chatter chat; /**< the person, logged in on this device; `since` is the device's */
	char device_id[64];
	struct signer signer;
	json_t *device_keys; /**< as uploaded */
};

/** Log `who` in once more, as a device with keys that nobody has seen. */
void crypter_new(const struct chatter *who, const char *device_id, struct crypter *ret);
void crypter_done(struct crypter *c);
/** POST /keys/upload: identity and one-time keys K0, K1, ... The reply. Owned. */
json_t *crypter_upload_keys(struct crypter *c, int one_time);
/** POST /keys/query of one person and device (NULL: all). Owned. */
json_t *crypter_query(struct chatter *asker, const char *user_id, const char *device_id);

#endif
