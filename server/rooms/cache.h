/*
 * What the writer remembers of the rooms it appends to, so that a message
 * costs few queries. Writer thread only. An entry always says what the tables
 * say: entries changed in a batch in which something was undone are dropped.
 */
#ifndef MUSTER_SERVER_ROOMS_CACHE_H
#define MUSTER_SERVER_ROOMS_CACHE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/matrix/power.h"
#include "server/db/db.h"

#include <jansson.h>

struct room_entry {
	int64_t nid;
	uint64_t batch;	     /**< of the last change */
	char *room_id;	     /**< owned */
	char *creator;	     /**< owned; user id */
	char last_event[64]; /**< id of the newest event, "" in a room without any */
	int events;	     /**< 0, 1, or 2 for "more" */
	int version;	     /**< room version as number */
	struct power power;
	json_t *join_rules; /**< owned; content of m.room.join_rules, or NULL */
};

struct room_cache {
	uint64_t undone, batch; /**< of the last look */
	struct room_entry *slot[512];
	struct buf content, text, work; /**< scratch of one append */
};

/** The cache of this database, brought in step with what was undone. */
struct room_cache *room_cache(struct db_tx *tx);
/** The entry, loaded when absent; ERR_NOT_FOUND (404 M_NOT_FOUND). Valid until the next call. */
int room_cache_get(struct db_tx *tx, int64_t nid, struct room_entry **ret, struct err *err);
/** The tables changed under the entry, as `event_id` was appended. */
void room_cache_appended(struct db_tx *tx, struct room_entry *room, const char *event_id);
/** Forget a room. */
void room_cache_drop(struct db_tx *tx, int64_t nid);

#endif
