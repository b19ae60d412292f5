/* An invitation is answered before there is a room to show. */
#ifndef MUSTER_TUI_INVITATION_H
#define MUSTER_TUI_INVITATION_H

#include "tui/app.h"

bool invitation_is(const struct tui *t, const char *room_id);
/** A popup: come in, or decline. */
struct view *invitation_new(struct tui *t, const char *room_id);

#endif
