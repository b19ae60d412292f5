/* All keys, made from the keymap's table. */
#ifndef MUSTER_TUI_HELP_H
#define MUSTER_TUI_HELP_H

#include "tui/app.h"

struct view *help_new(struct tui *t);

#endif
