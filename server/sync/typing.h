/*
 * Who types, in memory only: it ends by itself, with a message, or by leaving.
 */
#ifndef MUSTER_SERVER_SYNC_TYPING_H
#define MUSTER_SERVER_SYNC_TYPING_H

#include "core/base/buf.h"
#include "server/sync/hub.h"

#define TYPING_MAX_MS 120000
#define TYPING_DEFAULT_MS 30000

/** Timer callback: `arg` is the hub. */
void typing_expire(void *arg);
/** Somebody sent a message: they stopped typing. */
void typing_sent(struct hub *h, struct hub_room *room, const char *sender);
/** Append {"type":"m.typing","content":{"user_ids":[...]}}. */
void typing_put(struct buf *b, const struct hub_room *room);

#endif
