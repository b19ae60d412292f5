/* roll close, roll cancel. */
#include "cli/roll/roll.h"

#define KEYS_ENDED                                                                              \
	KEYS                                                                                    \
	{                                                                                       \
		{"roll_id", "string", NULL, N_("id of the roll-call"), true}, KEY_ROOM_ID,      \
			{"state", "string", NULL, N_("closed or cancelled"), false},            \
			{"existing", "boolean", NULL, N_("it was so already"), false}, END_KEYS \
	}

static void line_ended(struct buf *b, const json_t *row, const struct command_line *l)
{
	const char *state = json_get_str(row, "state");
	(void)l;
	command_put_clean(b, json_object_get(row, "roll_id"));
	buf_printf(b, " %s", state && !strcmp(state, "cancelled") ? _("cancelled") : _("closed"));
}

static int run(struct command_ctx *ctx, bool cancel, struct err *err)
{
	AUTO(roll_done) struct roll r = {0};
	struct client *c;
	json_t *row;
	int rc = roll_arg(ctx, &c, &r, err);
	if (rc ||
	    command_dry_run(ctx, json_pack("{s:s,s:s}", "room_id", r.room_id, "roll_id", r.id)))
		return rc;
	rc = cancel ? client_roll_cancel(c, &r, command_text(ctx->line, "reason"), &row, err)
		    : client_roll_close(c, &r, &row, err);
	return rc ? rc : command_row(ctx, row);
}

static int run_close(struct command_ctx *ctx, struct err *err)
{
	return run(ctx, false, err);
}

static int run_cancel(struct command_ctx *ctx, struct err *err)
{
	return run(ctx, true, err);
}

const struct command verb_roll_close = {
	.name = "roll close",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Close a roll-call now: later answers do not count."),
	.examples = EXAMPLES{{"muster roll close physics", N_("the newest one")}, END_EXAMPLES},
	.args = PARAMS{ARG_ROLL, END_PARAMS},
	.keys = KEYS_ENDED,
	.shape = SHAPE_LINE,
	.line = line_ended,
	.run = run_close,
};

const struct command verb_roll_cancel = {
	.name = "roll cancel",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Cancel a roll-call: it counts for nothing."),
	.examples = EXAMPLES{{"muster roll cancel physics --reason \"fire drill\"",
			      N_("the newest one, open or closed")},
			     END_EXAMPLES},
	.details = N_("A second call that was to follow does not come."),
	.args = PARAMS{ARG_ROLL, END_PARAMS},
	.options = PARAMS{OPT_REASON, END_PARAMS},
	.keys = KEYS_ENDED,
	.shape = SHAPE_LINE,
	.line = line_ended,
	.run = run_cancel,
};
