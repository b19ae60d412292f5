/* Which space's rooms are listed. */
#ifndef MUSTER_TUI_SPACES_H
#define MUSTER_TUI_SPACES_H

#include "tui/view.h"

/** A popup; Enter lists only the rooms of that space, or all. */
struct view *spaces_new(struct tui *t);

#endif
