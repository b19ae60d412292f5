/* /call join, /call answer, /live join, /live start: the call is the screen's own, not a verb's. */
#ifndef MUSTER_TUI_SLASH_CALL_H
#define MUSTER_TUI_SLASH_CALL_H

#include "tui/app.h"
#include "tui/words.h"

bool slash_is_call(const struct command *c);
/** Loop thread; `w` is filled in. False: it was refused, and why was said. */
bool slash_call(struct tui *t, const struct command *c, const struct words *w);

#endif
