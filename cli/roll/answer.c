#include "cli/roll/roll.h"

static int run_answer(struct command_ctx *ctx, struct err *err)
{
	AUTO(roll_done) struct roll r = {0};
	struct client *c;
	json_t *row;
	int rc = roll_arg(ctx, &c, &r, err);
	if (rc ||
	    command_dry_run(ctx, json_pack("{s:s,s:s}", "room_id", r.room_id, "roll_id", r.id)))
		return rc;
	rc = client_roll_answer(c, &r, !command_flag(ctx->line, "away"),
				command_text(ctx->line, "txn-id"), &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_roll_answer = {
	.name = "roll answer",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Answer a roll-call: here, or not able to come."),
	.examples = EXAMPLES{{"muster roll answer physics", N_("I am here")},
			     {"muster roll answer physics --away", N_("I cannot come")},
			     END_EXAMPLES},
	.details = N_("The first answer counts for the time. \"Cannot come\" is an answer, not an "
		      "excuse: that is for staff to say."),
	.args = PARAMS{ARG_ROLL, END_PARAMS},
	.options =
		PARAMS{{.name = "away", .kind = KIND_FLAG, .what = N_("say that you cannot come")},
		       OPT_TXN,
		       END_PARAMS},
	.keys = KEYS{KEYS_PERSON,
		     {"event_id", "string", NULL, N_("id of the answer"), true},
		     {"existing", "boolean", NULL, N_("you had said so already"), false},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_roll_person,
	.run = run_answer,
};
