/*
 * Checks of `muster doctor`: each looks at one thing and says what to do.
 */
#ifndef MUSTER_CLI_TOOL_DOCTOR_H
#define MUSTER_CLI_TOOL_DOCTOR_H

#include "core/client/command_ctx.h"

/** What a check found; sentences are translated and bounded. */
struct finding {
	bool ok;
	bool skipped; /**< does not apply here; counts as fine */
	char message[600];
	char fix[400]; /**< "" when there is nothing to do */
};

void finding_ok(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_bad(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_fix(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct check {
	const char *name; /**< stable word */
	void (*run)(struct command_ctx *ctx, struct finding *f);
	bool optional; /**< what is missing is told, but doctor does not fail for it */
};

/** A row of a check for people: sign, name, message, fix. Appends to `b`. */
void finding_line(struct buf *b, const json_t *row);

/** Checks of this machine, of its sound, and of the account's server; end with name NULL. */
extern const struct check doctor_local[], doctor_sound[], doctor_server[];

#endif
