#include "cli/roll/roll.h"

static int run_status(struct command_ctx *ctx, struct err *err)
{
	AUTO(roll_done) struct roll r = {0};
	struct client *c;
	size_t open = 0;
	int rc = roll_arg(ctx, &c, &r, err);
	if (!rc)
		rc = client_roll_status(c, &r, command_row_fn, ctx, &open, err);
	if (!rc)
		roll_say_open(ctx, open);
	return rc;
}

const struct command verb_roll_status = {
	.name = "roll status",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Show how a roll-call stands, person by person."),
	.examples = EXAMPLES{{"muster roll status physics", N_("the newest one")},
			     {"muster roll status physics --json | jq -r "
			      "'select(.status == \"absent\").external_id'",
			      N_("whom nobody has seen")},
			     END_EXAMPLES},
	.details = N_("Everybody on the roster, else in the room, then others who answered."),
	.args = PARAMS{ARG_ROLL, END_PARAMS},
	.keys = KEYS{KEYS_PERSON,
		     {"expected", "boolean", NULL, N_("on the roster, else in the room"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_status,
};
