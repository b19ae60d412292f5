/*
 * Who is in the call, raised hands first, and what who leads it does to them:
 * the floor, microphones, removing, the lock, the end.
 */
#ifndef MUSTER_TUI_PHONE_PEOPLE_H
#define MUSTER_TUI_PHONE_PEOPLE_H

#include "core/client/view/call_bar.h"
#include "tui/app.h"

/** A popup for tui_push. `bar` outlives it; *back is set to NULL when it goes. */
struct view *phone_people_new(struct tui *t, struct call_bar *bar, struct view **back);
/** The call has news. */
void phone_people_news(struct view *v);

#endif
