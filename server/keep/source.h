/*
 * Reading a backup, folder or tar archive, file by file; every byte is checked against
 * the manifest.
 */
#ifndef MUSTER_SERVER_KEEP_SOURCE_H
#define MUSTER_SERVER_KEEP_SOURCE_H

#include "server/keep/manifest.h"
#include "server/keep/pace.h"

struct keep_visitor {
	/** A file begins; its name is one that keep_name_ok allows. */
	int (*begin)(void *arg, const char *name, struct err *err);
	int (*data)(void *arg, struct span data, struct err *err);
	int (*end)(void *arg, struct err *err);
};

/**
 * Read all of it. `v` may be NULL: only check. What the visitor was told counts only
 * when this returns 0: ERR_INVALID when a file is missing, is not what the manifest says
 * or not in it. *ret is owned (manifest_done).
 */
int keep_read(const char *path, const struct keep_visitor *v, void *arg, struct pace *pace,
	      struct manifest *ret, struct err *err);

#endif
