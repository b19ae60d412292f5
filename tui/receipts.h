/* Who has read a message. */
#ifndef MUSTER_TUI_RECEIPTS_H
#define MUSTER_TUI_RECEIPTS_H

#include "tui/view.h"

/** A popup. */
struct view *receipts_new(struct tui *t, const char *room_id, const char *event_id);

#endif
