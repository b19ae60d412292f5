/*
 * Backups of a data folder: database, uploaded files, settings and keys. Also while a
 * server runs on it, by itself or by another process: it only reads.
 */
#ifndef MUSTER_SERVER_KEEP_BACKUP_H
#define MUSTER_SERVER_KEEP_BACKUP_H

#include "server/keep/pace.h"

#include <jansson.h>

struct backup_options {
	const char *data_dir;
	const char *config_file; /**< settings outside the data folder; may be NULL */
	const char *to;		 /**< a folder of backups (made when absent), or FILE.tar */
	const char *kind;	 /**< SHELF_DAILY or SHELF_ASKED */
	struct pace *pace;
};

/**
 * Make one, checked as it is written; it has its name only once it is whole and on the
 * disk. Uploaded files that did not change since the last backup in that folder, or that
 * are on the same file system, are not copied again.
 *
 * *ret: {"path","made_ts","bytes","copied_bytes","files","users","rooms","events","media",
 * "missing","damaged"}; the last two count uploaded files that are not there or not what
 * was uploaded. The caller owns it. ERR_CONFLICT: one is being made; ERR_DISK: no room.
 */
int keep_backup(const struct backup_options *o, json_t **ret, struct err *err);

#endif
