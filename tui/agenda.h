/* Meetings and lessons of all rooms, by day, and what can be done with one. */
#ifndef MUSTER_TUI_AGENDA_H
#define MUSTER_TUI_AGENDA_H

#include "tui/view.h"

/** A popup; Enter asks what to do with a meeting: join, open, take attendance, change, cancel. */
struct view *agenda_view_new(struct tui *t);

#endif
