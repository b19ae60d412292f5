/* A popup: who asks to come into a room, and whether they may. */
#ifndef MUSTER_TUI_KNOCKS_H
#define MUSTER_TUI_KNOCKS_H

#include "tui/app.h"

struct view *knocks_new(struct tui *t, const char *room_id);

#endif
