/*
 * Quiet hours on the screen: what may be heard, what others are told, and what is
 * due: once a minute, for as long as the screen is open.
 */
#ifndef MUSTER_TUI_QUIET_H
#define MUSTER_TUI_QUIET_H

#include "tui/app.h"

/** Is nothing to be heard of this room now? */
bool quiet_silences(struct tui *t, int64_t room);
/**
 * Of what arrived after `seq` in rooms that call somebody: may any of it be heard, because it is not
 * quiet there, or because it is urgent? `but`: a room that is being looked at, or NULL.
 */
bool quiet_lets_through(struct tui *t, int64_t seq, const char *but);

/** Begin and end looking once a minute: messages that are due, what others may know, what was said to staff. */
void minute_start(struct tui *t);
void minute_stop(struct tui *t);

#endif
