/*
 * Putting a backup in the place of a data folder.
 */
#ifndef MUSTER_SERVER_KEEP_RESTORE_H
#define MUSTER_SERVER_KEEP_RESTORE_H

#include "core/base/err.h"

#include <jansson.h>

/**
 * Make the data folder `dir` out of the backup at `path` (folder or tar archive). Every
 * byte is checked before anything of `dir` is touched; the store gets a new epoch
 * (server/db/renew.h). A folder that has something in it is refused (ERR_CONFLICT) unless
 * `replace`: then it is moved aside, its "backups" excepted. ERR_CONFLICT when a server
 * runs on it.
 *
 * *ret: {"data","server_name","made_ts","users","rooms","events","media","bytes","old"}
 * ("old": where the former folder is, or null). The caller owns it.
 */
int keep_restore(const char *path, const char *dir, bool replace, json_t **ret, struct err *err);

#endif
