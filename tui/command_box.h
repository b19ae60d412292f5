/* A command is typed where no room is open to write into. */
#ifndef MUSTER_TUI_COMMAND_BOX_H
#define MUSTER_TUI_COMMAND_BOX_H

#include "tui/app.h"

/** A popup. */
struct view *command_box_new(struct tui *t);

#endif
