/* The threads of a room. */
#ifndef MUSTER_TUI_THREADS_H
#define MUSTER_TUI_THREADS_H

#include "tui/view.h"

/** A side pane; Enter opens the thread in its place. */
struct view *threads_new(struct tui *t, const char *room_id);

#endif
