/*
 * Room aliases: the directory's table.
 */
#ifndef MUSTER_SERVER_ROOMS_ALIAS_H
#define MUSTER_SERVER_ROOMS_ALIAS_H

#include "core/base/err.h"
#include "server/db/db.h"

/** Alias -> room; ERR_NOT_FOUND, 404 M_NOT_FOUND. Any handle. */
int alias_find(struct sql *db, struct span alias, int64_t *ret_room_nid, struct err *err);
/**
 * Is this an alias ("#name:server") that may be made on this server? 400
 * M_INVALID_PARAM.
 */
int alias_check(struct span alias, const char *server_name, struct err *err);
/**
 * Add an alias. Writer. When it exists: `errcode` with `status` (createRoom
 * and the directory disagree about them).
 */
int alias_add(struct db_tx *tx, const char *alias, int64_t room_nid, int64_t creator_nid,
	      int status, const char *errcode, struct err *err);

#endif
