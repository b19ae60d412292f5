/*
 * What a room says of its meetings, as one line of text.
 */
#ifndef MUSTER_TUI_LESSON_TEXT_H
#define MUSTER_TUI_LESSON_TEXT_H

#include "core/client/view/agenda.h"

/** "Maths 5b now, until 9:45 · next: Maths 5b, Wed 9:00"; what comes next only where both fit `cells`. */
void lesson_put_text(struct buf *b, const struct agenda_here *l, int cells);

#endif
