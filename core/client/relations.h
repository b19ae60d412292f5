/*
 * What relates to an event, and single events: from the server where the cache
 * does not hold them. Private to this folder.
 */
#ifndef MUSTER_CLIENT_RELATIONS_H
#define MUSTER_CLIENT_RELATIONS_H

#include "core/client/row.h"
#include "core/matrix/sync.h"

/** Called with one event of a reply, readable or not; anything but 0 ends the walk. */
typedef int relation_fn(const struct sync_event *e, void *arg);

/**
 * All that relates to `event_id` (`type` NULL: events of any type), newest
 * first, page by page from the server. Blocking. Returns what `fn` returned.
 */
int relations_walk(struct client *c, const char *room_id, const char *event_id,
		   const char *rel_type, const char *type, relation_fn *fn, void *arg,
		   struct err *err);
/**
 * One event: from the cache, else (unless `offline`) from the server.
 * ERR_NOT_FOUND when it is unknown. *ret is owned by the caller.
 */
int event_get(struct client *c, const struct store_room *room, const char *event_id, bool offline,
	      json_t **ret, struct err *err);
/** A row for an event that need not be in the cache; what the cache knows of it counts. NULL: no
 * event at all. New reference. */
json_t *foreign_row(const struct row_context *x, json_t *event);

#endif
