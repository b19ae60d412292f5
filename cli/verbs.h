/*
 * All verbs of the command line and the options that each of them takes.
 */
#ifndef MUSTER_CLI_VERBS_H
#define MUSTER_CLI_VERBS_H

#include "core/client/command_ctx.h"

/** The table that the parser, help, completion, manual and TUI read. */
extern const struct command_set cli_set;

extern const struct command_param cli_globals[];

#endif
