/*
 * The server's tables. Positions (`pos`) come from one counter for everything
 * that a sync may tell, so a since-token is one number; as there is no
 * federation, an event's position is also its place in the room's order.
 */
#ifndef MUSTER_SERVER_DB_SCHEMA_H
#define MUSTER_SERVER_DB_SCHEMA_H

#include "core/base/sql.h"

extern const sql_migration server_migrations[];
extern const int server_migration_count;

#endif
