/*
 * What must change in a database that was put back from a backup, before anybody is
 * served from it: clients know things that it does not.
 */
#ifndef MUSTER_SERVER_DB_RENEW_H
#define MUSTER_SERVER_DB_RENEW_H

#include "core/base/err.h"

/** Positions handed out after the backup are at most so many: none of them is used again. */
#define RENEW_POSITIONS ((int64_t)1 << 32)
/** The same of versions of a person's backup of room keys. */
#define RENEW_VERSIONS 1000000

/**
 * In `dir`/muster.db, which nobody uses and which is brought to this program's schema:
 * a new epoch, with the former one noted (db_former); positions, numbers of filters and of backups of room keys go on far behind
 * all that were ever given out; one-time keys go, as they may have been handed out since (devices bring new
 * ones as soon as they are told that there are none); OpenID tokens go.
 */
int renew(const char *dir, struct err *err);

#endif
