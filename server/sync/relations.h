/*
 * Bundled aggregations: unsigned.m.relations (client-server API,
 * "Aggregations of child events"). m.replace: the newest valid edit; m.thread:
 * summary; m.reference: the ids. m.annotation is not bundled (since v1.3).
 */
#ifndef MUSTER_SERVER_SYNC_RELATIONS_H
#define MUSTER_SERVER_SYNC_RELATIONS_H

#include "server/sync/event_row.h"

#define RELATIONS_REFERENCES_MAX 500 /* ids in one m.reference bundle, the newest */

/** Append `"m.relations":{...},` when the event has children to bundle. */
void relations_put(struct buf *b, const struct event_row *e, const struct event_view *v);

#endif
