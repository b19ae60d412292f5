/* Which part of the screen is where; private to the app. */
#ifndef MUSTER_TUI_SCREEN_H
#define MUSTER_TUI_SCREEN_H

#include "tui/app.h"

/** A part that does not fit has no width or height. */
struct places {
	struct rect title, phone, rooms, line, talk, side_line, side, status;
};

struct places screen_places(const struct tui *t);
/** Draw everything into the canvas. */
void screen_draw(struct tui *t);
/** The view that keys go to; never NULL while there is any. */
struct view *screen_focus(const struct tui *t);
/** The view that was drawn at a place; NULL. */
struct view *screen_view_at(const struct tui *t, int x, int y);

#endif
