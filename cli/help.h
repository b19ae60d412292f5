/*
 * Text of --help, from the command table.
 */
#ifndef MUSTER_CLI_HELP_H
#define MUSTER_CLI_HELP_H

#include "core/client/command.h"

/** Append help for a verb (examples first), a group of two-word verbs, or everything. */
void help_put_verb(struct buf *b, const struct command_set *set, const struct command *c,
		   int width);
void help_put_prefix(struct buf *b, const struct command_set *set, const char *prefix, int width);
void help_put_overview(struct buf *b, const struct command_set *set, int width);
void help_put_exit_codes(struct buf *b, int width);

/**
 * Append `text` broken into lines of `width` cells, each but the first behind
 * `indent` spaces; `at` cells of the first line are taken already.
 */
void help_put_wrapped(struct buf *b, const char *text, int indent, int at, int width);
/** Cells of a line of help on stdout: COLUMNS, the terminal's width, 80. */
int help_width(void);
/** "-n, --number N": an option as help shows it. */
void help_put_option(struct buf *b, const struct command_param *p);

#endif
