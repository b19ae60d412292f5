/*
 * When something is meant for us: a bell, or a notice of the terminal's.
 */
#ifndef MUSTER_TUI_NOTIFY_H
#define MUSTER_TUI_NOTIFY_H

#include "tui/app.h"

/** After room_list_update: tell of new mentions while nobody looks. */
void notify_news(struct tui *t);

#endif
