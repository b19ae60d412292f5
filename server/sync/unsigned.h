/*
 * The member `unsigned` of an event, written as text.
 */
#ifndef MUSTER_SERVER_SYNC_UNSIGNED_H
#define MUSTER_SERVER_SYNC_UNSIGNED_H

#include "server/sync/event_row.h"

/**
 * Append the members that are the same for every receiver, each followed by a
 * comma: prev_content, prev_sender, replaces_state (when `previous`) and
 * redacted_because. Asks SQLite only when there are any.
 */
void unsigned_put_shared(struct buf *b, struct hub *h, const struct event_row *e, bool previous);
/** Append `"unsigned":{...}` for one receiver. */
void unsigned_put(struct buf *b, const struct event_row *e, const struct event_view *v);

#endif
