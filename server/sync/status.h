/*
 * Presence: who is there. It is what a person said, or follows from when they
 * last asked for news; in memory only. Changes are looked for every
 * STATUS_EVERY_MS and told together to people who share a room: only their syncs are
 * looked at. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_STATUS_H
#define MUSTER_SERVER_SYNC_STATUS_H

#include "core/base/buf.h"
#include "server/sync/builder.h"
#include "server/sync/hub.h"

#define STATUS_EVERY_MS 5000
#define STATUS_HERE_MS 90000   /* without a sync for so long nobody counts as there */
#define STATUS_GONE_MS 600000  /* without any for so long they are offline */
#define STATUS_EVENTS_MAX 1000 /* in one reply */

/** Begin to tell changes; without it presence is not part of syncs. */
void status_start(struct hub *h);
/** A sync with this set_presence. */
void status_polled(struct hub_user *u, enum hub_presence as);
/** What the person said; `msg` may be NULL. */
void status_set(struct hub_user *u, enum hub_presence presence, struct span msg);
enum hub_presence status_now(const struct hub_user *u, int64_t now_ms);
/** "online" ...; PRESENCE_UNKNOWN for anything else. */
enum hub_presence status_parse(const char *word);
/** Append the content of m.presence; `last_ms`: wall time of the last activity, 0: not known. */
void status_put_content(struct buf *b, const struct hub_user *u, int64_t last_ms, int64_t now_ms);
/**
 * Append m.presence events with what changed since the query's token, or who is
 * there. Returns how many.
 */
int status_put(struct hub *h, const struct sync_query *q, int64_t now_ms, struct buf *b);
/** Look for changes now. Timer callback: `arg` is the hub. */
void status_look(void *arg);

#endif
