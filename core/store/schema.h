/* The cache's schema, one migration per version. */
#ifndef MUSTER_STORE_SCHEMA_H
#define MUSTER_STORE_SCHEMA_H

#include "core/base/sql.h"

extern const sql_migration store_migrations[];
extern const int store_migration_count;

#endif
