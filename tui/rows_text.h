/*
 * Rows of a verb as text for people: a line each, or columns, or one record.
 */
#ifndef MUSTER_TUI_ROWS_TEXT_H
#define MUSTER_TUI_ROWS_TEXT_H

#include "core/client/command.h"

/** Append sanitised lines. `rows` is an array. */
void rows_put_text(struct buf *b, const json_t *rows, const struct command_line *l);
/** Append what a row says under its labels, in one line and without ids; sanitised. */
void rows_put_facts(struct buf *b, const json_t *row, const struct command *c);
/** One value by the kind that its key says. */
void rows_put_value(struct buf *b, const json_t *value, const struct command_key *k);

#endif
