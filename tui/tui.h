/*
 * The terminal interface: `muster` without a verb.
 */
#ifndef MUSTER_TUI_TUI_H
#define MUSTER_TUI_TUI_H

#include "core/client/command.h"
#include "core/client/config.h"

struct tui_options {
	const struct command_set *commands; /**< what may be typed after a slash */
	struct config *config;
	const char *account; /**< NULL: the default one */
	const char *ca_file; /**< or NULL */
	const char *program; /**< how this program was called, for what runs as a child */
	bool linear;	     /**< lines instead of a screen */
};

/** Run until the person leaves. 0, or a negative code. stdin and stdout are a terminal. */
int tui_run(const struct tui_options *o, struct err *err);

#endif
