/* Who is in a room. */
#ifndef MUSTER_TUI_MEMBERS_H
#define MUSTER_TUI_MEMBERS_H

#include "tui/view.h"

/** A side pane; Enter writes to somebody directly. */
struct view *members_new(struct tui *t, const char *room_id);

#endif
