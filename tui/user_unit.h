/*
 * `muster serve` as a service of one's own: a unit for the systemd that runs for each person who is logged in.
 */
#ifndef MUSTER_TUI_USER_UNIT_H
#define MUSTER_TUI_USER_UNIT_H

#include "core/base/buf.h"
#include "core/base/err.h"

/** The unit's text. `data_home`: XDG_DATA_HOME, which systemd need not know, or NULL. */
void user_unit_put(struct buf *b, const char *program, const char *data_home, bool lan);
/** Write it among one's units. `program` as it was called. The caller owns *ret_path. */
int user_unit_write(const char *program, bool lan, char **ret_path, struct err *err);

#endif
