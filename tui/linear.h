/*
 * The linear mode, for screen readers and simple terminals: lines in, lines
 * out, nothing moves. New messages are printed as they come; what is typed is
 * sent to the open room; lines that begin with a slash are commands.
 */
#ifndef MUSTER_TUI_LINEAR_H
#define MUSTER_TUI_LINEAR_H

#include "tui/tui.h"

/** Until the end of stdin or /quit. */
int linear_run(const struct tui_options *o, struct err *err);

#endif
