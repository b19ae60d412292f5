/*
 * Nobody is logged in: log in, come in with a code from a slip, or start a
 * classroom on this machine.
 */
#ifndef MUSTER_TUI_FIRST_RUN_H
#define MUSTER_TUI_FIRST_RUN_H

#include "tui/app.h"

/** A popup; when somebody is logged in it closes, and the account is shown. */
struct view *first_run_new(struct tui *t);

#endif
