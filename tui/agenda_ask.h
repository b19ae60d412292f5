/* What to do with one date of a meeting. */
#ifndef MUSTER_TUI_AGENDA_ASK_H
#define MUSTER_TUI_AGENDA_ASK_H

#include "core/client/view/agenda.h"
#include "tui/view.h"

/** A popup; what it needs of `row` is copied. */
struct view *agenda_ask_new(struct tui *t, const struct agenda_row *row);
/** A line for a command that schedules one, above all else. */
void agenda_schedule(struct tui *t);

#endif
