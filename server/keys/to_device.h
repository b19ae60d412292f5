/*
 * Messages from device to device (client-server API, "Send-to-Device
 * messaging"): a queue for each device, emptied when a sync acknowledges them.
 * Jobs of the writer, unless said otherwise.
 */
#ifndef MUSTER_SERVER_KEYS_TO_DEVICE_H
#define MUSTER_SERVER_KEYS_TO_DEVICE_H

#include "server/keys/keys.h"

#define TO_DEVICE_CONTENT_MAX 65536	      /* bytes of one message's content */
#define TO_DEVICE_MESSAGES_MAX 5000	      /* in one request, "*" counted once for each device */
#define TO_DEVICE_QUEUE_MAX 5000	      /* messages that wait for one device, ... */
#define TO_DEVICE_QUEUE_BYTES (16 << 20)      /* and their bytes: see to_device_send */
#define TO_DEVICE_SENDER_BYTES (64 << 20)     /* that wait of one person, in all queues */
#define TO_DEVICE_COST 500		      /* what a message counts for beside its bytes */
#define TO_DEVICE_TXN_MS (24LL * 3600 * 1000) /* so long a request may be repeated */

/**
 * PUT /sendToDevice. Once for each device, type and transaction id; devices that
 * do not exist are passed over. A queue that is full loses the oldest messages of
 * whoever has most in it, so that one sender cannot push out the others'. So does a
 * sender of whom too much waits, so that nobody fills the disk.
 * 400 M_BAD_JSON; 413 M_TOO_LARGE.
 */
int to_device_send(struct db_tx *tx, const struct keys_owner *me, const char *type,
		   const char *txn_id, const json_t *messages, struct err *err);
/** The device has got everything up to `pos`. */
int to_device_acknowledge(struct db_tx *tx, int64_t device_nid, int64_t pos, struct err *err);

#endif
