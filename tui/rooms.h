/*
 * The rooms at the left: sections, unread counts, the chosen one.
 */
#ifndef MUSTER_TUI_ROOMS_H
#define MUSTER_TUI_ROOMS_H

#include "tui/app.h"

/** The app owns it. */
struct view *rooms_view_new(struct tui *t);
/**
 * One room's line in `r` (one row high): marks, name, count. Also in lists of
 * others. `bytes`, ended by 255, are the letters of its name to point out, or NULL.
 */
void rooms_draw_row(struct canvas *c, struct rect r, const struct room_row *row,
		    const uint8_t *bytes);
/** What Enter does on a row: the room, or those who ask to come into it. */
void rooms_open_row(struct tui *t, const struct room_row *row);
/** Id of the room that is chosen in the list, or NULL. Borrowed until it is drawn next. */
const char *rooms_chosen(const struct view *v);

#endif
