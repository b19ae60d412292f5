/*
 * Account data as the writer changes it. Inside a job, writer thread.
 */
#ifndef MUSTER_SERVER_SYNC_ACCOUNT_DATA_H
#define MUSTER_SERVER_SYNC_ACCOUNT_DATA_H

#include "server/db/db.h"

#include <jansson.h>

#define ACCOUNT_DATA_TYPES_MAX 2000	    /* rows of one account, rooms together */
#define ACCOUNT_DATA_BYTES_MAX (256u << 10) /* of one row */
#define ACCOUNT_DATA_ALL_MAX (4u << 20)	    /* of all of them: an initial sync holds them */

/** The content, or NULL; the caller owns it. `room_nid` 0: global. Any handle. */
json_t *account_data_get(struct sql *db, int64_t user_nid, int64_t room_nid, const char *type);
/**
 * Store and tell the account's syncs. What is there already changes nothing.
 * 413 M_TOO_LARGE over the caps above.
 */
int account_data_put(struct db_tx *tx, int64_t user_nid, int64_t room_nid, const char *type,
		     const json_t *content, struct err *err);

#endif
