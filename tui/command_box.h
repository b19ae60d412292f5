/*
 * A line for a command where no room is open, and what may follow in it.
 */
#ifndef MUSTER_TUI_COMMAND_BOX_H
#define MUSTER_TUI_COMMAND_BOX_H

#include "tui/app.h"

/** With `line` in it, which begins with a slash; NULL: an empty one. */
struct view *command_box_new(struct tui *t, const char *line);

#endif
