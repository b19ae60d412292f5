/* What a command's rows become on the screen: a popup to read, or a line at the bottom. */
#ifndef MUSTER_TUI_SLASH_SHOW_H
#define MUSTER_TUI_SLASH_SHOW_H

#include "tui/app.h"

/** All of it is borrowed. */
struct slash_result {
	const struct command_line *line;
	const json_t *rows;
	struct span raw;  /**< what it wrote that is no row */
	struct span said; /**< remarks, sanitised */
};

/** Whoever runs this verb wants to read its rows, however few, and though something is still to come. */
bool slash_asks(const struct command *c);
/** Loop thread. In linear mode it is printed. */
void slash_show(struct tui *t, const struct slash_result *r);

#endif
