/*
 * What people may see of each other's keys (POST /keys/query). Reads only; any handle.
 */
#ifndef MUSTER_SERVER_KEYS_QUERY_H
#define MUSTER_SERVER_KEYS_QUERY_H

#include "core/base/buf.h"
#include "server/keys/keys.h"

struct keys_query;

/**
 * Begin a reply for `wanted`, which maps user ids to lists of device ids (empty: all)
 * and is borrowed until keys_query_free. 400 M_BAD_JSON; 413 M_TOO_LARGE when it asks
 * for too many.
 */
int keys_query_new(struct sql *db, int64_t asker_nid, const json_t *wanted, struct keys_query **ret,
		   struct err *err);
/** One person, as there may be many. True: complete. */
bool keys_query_step(struct keys_query *q);
/** What came out, borrowed; it may be taken. 413 M_TOO_LARGE when it is too much. */
int keys_query_end(struct keys_query *q, struct buf **ret, struct err *err);
void keys_query_free(struct keys_query *q);

#endif
