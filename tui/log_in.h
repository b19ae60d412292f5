/*
 * Logging in from the screen: with a password, or with the code of a slip.
 */
#ifndef MUSTER_TUI_LOG_IN_H
#define MUSTER_TUI_LOG_IN_H

#include "core/client/login.h"
#include "tui/app.h"
#include "tui/form.h"

/** Popups. */
struct log_in;

struct view *log_in_new(struct tui *t);
struct view *log_in_code_new(struct tui *t);
/**
 * Log in in the background; texts of `rq` are copied, secrets wiped afterwards.
 * Success shows the account; trouble is told by `f` (borrowed; NULL: nowhere),
 * which must tell log_in_forget when it goes first: its `arg` is the handle
 * for that meanwhile. A server that does not answer yet is asked again for a
 * while. `then` (may be NULL) runs when the account is shown.
 */
void log_in_start(struct tui *t, const struct login_request *rq, struct form *f, loop_fn *then,
		  void *then_arg);
void log_in_forget(struct log_in *l);

#endif
