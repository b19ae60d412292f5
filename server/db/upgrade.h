/*
 * Bringing a database to this program's schema: a copy is made first.
 */
#ifndef MUSTER_SERVER_DB_UPGRADE_H
#define MUSTER_SERVER_DB_UPGRADE_H

#include "core/base/sql.h"

#define UPGRADE_KEEP_DAYS 30

/**
 * sql_migrate for the server's database at `path`, open as `db`. One that has content
 * and an older schema is first copied to "PATH.schema-N" beside it (0600); the log says
 * so. Copies older than UPGRADE_KEEP_DAYS are removed when nothing is to be done.
 * ERR_DISK, and nothing is changed, when there is no room for the copy.
 */
int upgrade(struct sql *db, const char *path, struct err *err);

#endif
