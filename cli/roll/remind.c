#include "cli/roll/roll.h"

static int run_remind(struct command_ctx *ctx, struct err *err)
{
	AUTO(roll_done) struct roll r = {0};
	struct client *c;
	char **users = NULL;
	int rc = roll_arg(ctx, &c, &r, err);
	if (!rc && command_given(ctx->line, "user"))
		rc = command_users(ctx, "user", r.room_id, &users, err);
	if (!rc &&
	    !command_dry_run(ctx, json_pack("{s:s,s:s}", "room_id", r.room_id, "roll_id", r.id)))
		rc = client_roll_remind(c, &r, (const char *const *)users, command_row_fn, ctx,
					err);
	command_list_free(users);
	return rc;
}

const struct command verb_roll_remind = {
	.name = "roll remind",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Tell those who have not answered, each by direct message."),
	.examples = EXAMPLES{{"muster roll remind physics", N_("everybody who is missing")},
			     {"muster roll remind physics --user ada", N_("one of them")},
			     END_EXAMPLES},
	.details = N_("Nobody gets more than one a minute and three for one roll-call, whoever of "
		      "the staff asks, and none in quiet hours that they have published."),
	.args = PARAMS{ARG_ROLL, END_PARAMS},
	.options = PARAMS{{.name = "user",
			   .kind = KIND_USER,
			   .repeat = true,
			   .what = N_("only this person, when they have not answered")},
			  END_PARAMS},
	.keys = KEYS{KEYS_PERSON,
		     {"told", "boolean", N_("Told"), N_("a message was sent now"), false},
		     {"why", "string", N_("Why not"),
		      N_("recent (less than a minute ago), enough (three times), quiet, failed, or "
			 "null"),
		      false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_remind,
};
