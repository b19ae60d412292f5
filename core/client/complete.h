/*
 * Names that may stand for a parameter, for completion in the shell and on the
 * screen: from the tables and the local cache, never the network.
 */
#ifndef MUSTER_CLIENT_COMPLETE_H
#define MUSTER_CLIENT_COMPLETE_H

#include "core/client/client.h"
#include "core/client/command.h"

/**
 * Those that begin with `prefix`, as rows of value and what (a remark, or "").
 * Nothing for kinds that have no names. `c` may be NULL: no rooms and people
 * then. Anything but 0 from `fn` ends it and is returned.
 */
int names_complete(const struct command_set *set, enum command_kind kind, struct client *c,
		   const char *prefix, client_row_fn *fn, void *arg);

#endif
