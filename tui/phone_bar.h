/*
 * The line about the call we are in, or about who calls.
 */
#ifndef MUSTER_TUI_PHONE_BAR_H
#define MUSTER_TUI_PHONE_BAR_H

#include "core/client/view/call_bar.h"
#include "tui/canvas.h"
#include "tui/keymap.h"

/** Draw it into `r`, one row high. `now_ms`: wall clock. */
void phone_bar_draw(const struct call_bar_row *row, const struct keymap *keys, int64_t now_ms,
		    struct canvas *c, struct rect r);

#endif
