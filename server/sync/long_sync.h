/*
 * Syncs that take long, as there are many rooms to read (the first one of a
 * device, or one after days): built in steps of LONG_SYNC_STEP_MS between what
 * others ask for, one after the other. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_LONG_SYNC_H
#define MUSTER_SERVER_SYNC_LONG_SYNC_H

#include "server/sync/builder.h"

struct rq;

#define LONG_SYNC_ROOMS 20 /* with fewer it is built at once */
#define LONG_SYNC_STEP_MS 4

/** Is it one of these: many rooms, and no reply that is held already? */
bool long_sync_is(const struct hub *h, const struct sync_query *q);
/**
 * Build and reply; when there is nothing to tell, wait for it like any other
 * sync unless `timeout_ms` is 0. Takes over the filter.
 */
void long_sync_start(struct hub *h, struct rq *rq, const struct sync_query *q, int timeout_ms);
/** Timer callback: `arg` is the hub. */
void long_sync_turn(void *arg);
/** Finish all of them now. */
void long_sync_finish(struct hub *h);

#endif
