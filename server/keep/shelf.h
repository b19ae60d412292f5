/*
 * A folder of backups. Each has the name KIND-YYYYMMDDTHHMMSSZ: "daily" for those that the
 * server makes by itself, "backup" for those that somebody asked for.
 */
#ifndef MUSTER_SERVER_KEEP_SHELF_H
#define MUSTER_SERVER_KEEP_SHELF_H

#include "core/base/err.h"

#include <stdint.h>

#define SHELF_DAILY "daily"
#define SHELF_ASKED "backup"

/** Path for a new one. The caller owns it. */
char *shelf_name(const char *shelf, const char *kind, int64_t now_ms, const char *ending);
/**
 * The newest whole one of a kind (NULL: of any). The caller owns *ret. False: there is none.
 * *ret_ms (may be NULL): when it was made, as its name says.
 */
bool shelf_newest(const char *shelf, const char *kind, char **ret, int64_t *ret_ms);
/** Remove what a crash left half-made. Only while nobody else makes a backup there. */
void shelf_clean(const char *shelf);
/**
 * Keep the `keep` newest daily ones, remove those before. Each goes under a name that no
 * backup has, then altogether: a half-removed one is never taken for a backup.
 */
int shelf_prune(const char *shelf, int keep, struct err *err);

#endif
