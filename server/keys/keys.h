/*
 * Caps on what clients that encrypt store here, and how the rest of the
 * server hears of changes (client-server API, "End-to-end encryption").
 * The server understands no message: it keeps public keys, signatures and
 * sealed envelopes, gives them out, and forgets them with their device.
 */
#ifndef MUSTER_SERVER_KEYS_KEYS_H
#define MUSTER_SERVER_KEYS_KEYS_H

#include "server/db/db.h"

#include <jansson.h>

#define KEYS_OBJECT_MAX 16384	     /* bytes of one device's keys, or one cross-signing key */
#define KEYS_ONE_TIME_MAX 2048	     /* bytes of one one-time or fallback key */
#define KEYS_ONE_TIME_COUNT 500	     /* one-time keys of one device */
#define KEYS_FALLBACK_COUNT 8	     /* fallback keys of one device: one for each algorithm */
#define KEYS_QUERY_USERS 1000	     /* people in one query */
#define KEYS_QUERY_DEVICES 1000	     /* devices that are named of one of them */
#define KEYS_QUERY_BYTES (16u << 20) /* of its reply: more must be asked for in parts */
#define KEYS_CLAIM_MAX 2000	     /* devices in one claim */
#define KEYS_SIGNATURES_MAX 500	     /* signed objects in one request */

/** Who a job works for. `user_id` and `device_id` are borrowed. */
struct keys_owner {
	int64_t user_nid, device_nid;
	const char *user_id, *device_id;
};

/** Have everybody who shares a room with this person look at their devices again. */
int keys_list_changed(struct db_tx *tx, int64_t user_nid, struct err *err);
/** Drop what the device stored; tells others when they could know it. In its removal's job. */
int keys_device_gone(struct db_tx *tx, int64_t user_nid, int64_t device_nid, struct err *err);
/** The same for all devices of a person but `keep_nid` (0: none is kept). */
int keys_devices_gone(struct db_tx *tx, int64_t user_nid, int64_t keep_nid, struct err *err);
/** Drop all that an account stored besides: cross-signing keys, signatures, backups. */
int keys_account_gone(struct db_tx *tx, int64_t user_nid, struct err *err);
/** A device got another name: others are shown it. */
int keys_device_renamed(struct db_tx *tx, int64_t user_nid, struct span device_id, struct err *err);

#endif
