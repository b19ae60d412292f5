/*
 * How a message looks on a line for people.
 */
#ifndef MUSTER_CLI_MESSAGE_LINE_H
#define MUSTER_CLI_MESSAGE_LINE_H

#include "core/client/command.h"

/**
 * A `line` function for rows of client_read: "09:00 Ada: text". Further lines
 * of a text are indented, so that no text can look like somebody else's line.
 * Options that count: --ids (event id in front); without a room, its name.
 */
void line_message(struct buf *b, const json_t *row, const struct command_line *l);

/** Keys of such rows; the names are client_read's. */
extern const struct command_key message_keys[];

#endif
