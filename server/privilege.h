/*
 * A server needs no powers of root's, and none of root's harm.
 */
#ifndef MUSTER_SERVER_PRIVILEGE_H
#define MUSTER_SERVER_PRIVILEGE_H

#include "core/base/err.h"

/**
 * When this process is root's: go on as the user whose the data folder is, for good. One
 * that is root's (or not there yet) is refused, unless the environment variable
 * MUSTER_ALLOW_ROOT says that it is meant so, as in a container of its own. Before other
 * threads are started.
 */
int privilege_drop(const char *data_dir, struct err *err);
/** The same without becoming anybody: 0, or what privilege_drop would refuse. */
int privilege_check(const char *data_dir, struct err *err);

#endif
