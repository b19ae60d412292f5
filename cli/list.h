/*
 * Lists of people as files, for verbs that take one as a parameter.
 */
#ifndef MUSTER_CLI_LIST_H
#define MUSTER_CLI_LIST_H

#include "core/attendance/roster_csv.h"
#include "core/client/command_ctx.h"

/** The table that parameter `param` names; "-": standard input. The caller frees *ret. */
int list_table(struct command_ctx *ctx, const char *param, struct csv **ret, struct err *err);
/** The same as people. Mistakes are warned of, with their lines. The caller owns *ret. */
int list_people(struct command_ctx *ctx, const char *param, struct roster_rows *ret,
		struct err *err);
/** Warn of one mistake in the list that `param` names; `line` 0: in the whole. */
void list_warn(struct command_ctx *ctx, const char *param, int line, const char *sentence);

#endif
