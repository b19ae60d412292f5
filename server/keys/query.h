/*
 * What people may see of each other's keys (POST /keys/query). Reads only; any handle.
 */
#ifndef MUSTER_SERVER_KEYS_QUERY_H
#define MUSTER_SERVER_KEYS_QUERY_H

#include "core/base/buf.h"
#include "server/keys/keys.h"

/**
 * Append the reply for `wanted`, which maps user ids to lists of device ids (empty: all).
 * 400 M_BAD_JSON; 413 M_TOO_LARGE when it asks for too many, or too much came out.
 */
int keys_query(struct sql *db, int64_t asker_nid, const json_t *wanted, struct buf *b,
	       struct err *err);

#endif
