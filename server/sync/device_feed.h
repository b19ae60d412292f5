/*
 * What a sync tells one device alone: messages to it, and how many keys others
 * can still claim. In memory is only whether something waits, so that a device
 * that does not encrypt costs no query. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_DEVICE_FEED_H
#define MUSTER_SERVER_SYNC_DEVICE_FEED_H

#include "core/base/buf.h"
#include "server/sync/hub.h"

#define FEED_MESSAGES_MAX 100	  /* messages in one reply: the rest comes with the next one */
#define FEED_BYTES_MAX (1u << 20) /* and their bytes, once there is one */

struct hub_device {
	int64_t nid;
	int64_t oldest, newest; /**< positions of messages that may wait; newest 0: none */
	char *counts;		/**< members of a reply, ready; NULL: ask SQLite */
};

/** Read from the database who has messages or keys. */
int feed_load(struct hub *h, struct err *err);
void feed_free(struct hub *h);
/* Changes, as hub_commit hears of them. */
void feed_message(struct hub *h, const struct db_change *c);
void feed_keys(struct hub *h, const struct db_change *c);
void feed_gone(struct hub *h, const struct db_change *c);
/** The device has got its messages up to `pos`: they are deleted, a little later. */
void feed_acknowledge(struct hub *h, int64_t device_nid, int64_t pos);
/**
 * Append messages of (after, upto], comma between. *ret_upto: everything up to here was told.
 * Returns whether there were any.
 */
bool feed_put_messages(struct hub *h, int64_t device_nid, int64_t after, int64_t upto,
		       struct buf *b, int64_t *ret_upto);
/** Append the two members of a reply that count keys. */
void feed_put_counts(struct hub *h, int64_t device_nid, struct buf *b);

#endif
