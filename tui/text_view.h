/* Text in a popup, to be read and scrolled: what a command printed. */
#ifndef MUSTER_TUI_TEXT_VIEW_H
#define MUSTER_TUI_TEXT_VIEW_H

#include "tui/app.h"

/** `title` is copied; `text` is sanitised here. */
struct view *text_view_new(struct tui *t, const char *title, struct span text);

#endif
