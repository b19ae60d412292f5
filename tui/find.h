/* Messages of all rooms that hold some words. */
#ifndef MUSTER_TUI_FIND_H
#define MUSTER_TUI_FIND_H

#include "tui/view.h"

/** A popup; Enter opens the room at that message. */
struct view *find_new(struct tui *t);

#endif
