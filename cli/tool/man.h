/*
 * Manual pages in mdoc(7), from the command table and the settings table.
 */
#ifndef MUSTER_CLI_TOOL_MAN_H
#define MUSTER_CLI_TOOL_MAN_H

#include "core/client/command.h"

/** muster(1): overview, global options, files, environment, exit status. */
void man_put_overview(struct buf *b, const struct command_set *set);
/** muster-room(1) and the like: every verb of one group. */
void man_put_group(struct buf *b, const struct command_set *set, enum command_group g);
/** muster-config(5). */
void man_put_config(struct buf *b);

/* Pieces. */
void man_put_head(struct buf *b, const char *title, int section, const char *name,
		  const char *what);
/** Sentences as mdoc text: one line per sentence, wrapped, escaped. */
void man_put_prose(struct buf *b, const char *text);
/** Text inside a line, escaped. */
void man_put_text(struct buf *b, const char *text);

/** The parts of muster(1) that no table holds. */
extern const char man_overview_top[], man_overview_words[], man_overview_end[];

#endif
