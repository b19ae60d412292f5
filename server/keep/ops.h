/*
 * Administration's operations that take long and touch no table: backup, restore, export,
 * check. On any thread, in a server or beside one. Arguments and results: server/admin.h.
 */
#ifndef MUSTER_SERVER_KEEP_OPS_H
#define MUSTER_SERVER_KEEP_OPS_H

#include "server/keep/pace.h"

#include <jansson.h>

struct keep_place {
	const char *data_dir;
	const char *config_file; /**< or NULL */
	const char *shelf;	 /**< folder of backups */
	/** Somebody asks over the network: files are written into `shelf` only. */
	bool remote;
};

/** Is there an operation of this name? */
bool keep_known(const char *op);
/** The caller owns *ret. */
int keep_do(const struct keep_place *p, const char *op, const json_t *args, struct pace *pace,
	    json_t **ret, struct err *err);

#endif
