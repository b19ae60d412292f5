/*
 * The data folder: private, one process at a time, one server name for ever.
 */
#ifndef MUSTER_SERVER_DATA_H
#define MUSTER_SERVER_DATA_H

#include "core/base/fs.h"
#include "server/db/db.h"

#define SERVER_NAME_SIZE 232

/** Make `dir` (0700) when absent, and lock it. ERR_CONFLICT when a server has it. */
int data_lock(const char *dir, struct fs_lock **ret, struct err *err);
/**
 * The server's name. Until a server first starts it is provisional: accounts
 * may be made already, and are renamed when `fix` settles it as `wanted`
 * (NULL: "localhost"). A name that is fixed already and differs is an error.
 */
int data_name(struct db *offline, const char *wanted, bool fix, char ret[SERVER_NAME_SIZE],
	      struct err *err);

#endif
