/*
 * A classroom on this machine: makes a server's data folder with its
 * administrator, starts the server (as a child of this program, or as a
 * service of systemd that outlives it), and logs in.
 */
#ifndef MUSTER_TUI_START_CLASS_H
#define MUSTER_TUI_START_CLASS_H

#include "tui/app.h"

/** A popup. */
struct view *start_class_new(struct tui *t);
/** The program ends: a server that is our child ends with it. */
void start_class_stop(struct tui *t);

#endif
