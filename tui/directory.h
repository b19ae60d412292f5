/* Rooms that everybody may find: look, and join. */
#ifndef MUSTER_TUI_DIRECTORY_H
#define MUSTER_TUI_DIRECTORY_H

#include "tui/view.h"

/** A popup; Enter joins the room, or opens it when we are there. */
struct view *directory_new(struct tui *t);

#endif
