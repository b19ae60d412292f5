/*
 * Moves the write-ahead log into the database file off the writer's path, on
 * a thread and a handle of its own.
 */
#ifndef MUSTER_SERVER_DB_CHECKPOINT_H
#define MUSTER_SERVER_DB_CHECKPOINT_H

#include "core/base/sql.h"

struct checkpoint;

/** For the database at `path`, with a thread and a handle of its own. The caller owns *ret. */
int checkpoint_new(const char *path, struct checkpoint **ret, struct err *err);
/** The writer thread must have ended. NULL is allowed. */
void checkpoint_free(struct checkpoint *c);
/** Writer thread, after each COMMIT: decides whether the log is long enough. */
void checkpoint_after_commit(struct checkpoint *c, struct sql *writer);

#endif
