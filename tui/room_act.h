/*
 * Keys for a room as one person has it: favourite, out of the way,
 * notifications, read and unread. The room that is chosen in the list, or the
 * open one.
 */
#ifndef MUSTER_TUI_ROOM_ACT_H
#define MUSTER_TUI_ROOM_ACT_H

#include "core/client/room_prefs.h"
#include "core/store/rooms.h"
#include "tui/app.h"

/** False: the action is none of these. */
bool tui_room_act(struct tui *t, enum action a);
/** The same for a room that is named. */
bool tui_room_act_on(struct tui *t, const char *room_id, enum action a);
/** What the cache says of a room; false: it is not there. store_room_done in any case. */
bool tui_room_state(struct tui *t, const char *room_id, struct store_room *ret,
		    enum room_notify *ret_notify);
/** A level as people read it, N_(). */
const char *room_notify_words(enum room_notify level);

#endif
