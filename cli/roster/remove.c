#include "cli/roster/roster.h"

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	AUTO_FREE char *room = NULL;
	struct client *c;
	int rc = roster_room(ctx, &c, &room, err);
	for (size_t i = 0; !rc && i < command_count(ctx->line, "user"); i++) {
		json_t *row = NULL;
		rc = client_roster_remove(c, room, command_nth(ctx->line, "user", i), ctx->dry_run,
					  &row, err);
		if (!rc)
			rc = command_row(ctx, row);
	}
	return rc;
}

const struct command verb_roster_remove = {
	.name = "roster remove",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Take people off the roster of a class."),
	.details = N_("They are no longer expected. Their accounts, their place in the room and "
		      "what was recorded "
		      "of them stay: room kick puts somebody out."),
	.examples = EXAMPLES{{"muster roster remove @anna:school.example --room \"Physics 10b\"",
			      N_("by Matrix id")},
			     {"muster roster remove 801 802 --room \"Physics 10b\"",
			      N_("by their ids in the school's own lists")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "user",
			.kind = KIND_TEXT,
			.value = "USER",
			.required = true,
			.repeat = true,
			.what = N_("Matrix id, outside id, e-mail address or unique name")},
		       END_PARAMS},
	.options = PARAMS{OPT_CLASS_ROOM, END_PARAMS},
	.keys = KEYS{KEYS_PERSON, {"state", "word", N_("State"), N_("removed"), false}, END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_remove,
};
