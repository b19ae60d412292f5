/* Go to a room by some letters of its name. */
#ifndef MUSTER_TUI_SWITCHER_H
#define MUSTER_TUI_SWITCHER_H

#include "tui/app.h"

struct view *switcher_new(struct tui *t);

#endif
