/* A side pane: what a room is about, how one has it, what is pinned there. */
#ifndef MUSTER_TUI_DETAILS_H
#define MUSTER_TUI_DETAILS_H

#include "tui/app.h"

/** NULL, and it is said: no such room. */
struct view *details_new(struct tui *t, const char *room_id);

#endif
