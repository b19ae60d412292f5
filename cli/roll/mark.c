#include "cli/roll/roll.h"

static int run_mark(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO(roll_done) struct roll r = {0};
	struct client *c;
	json_t *row;
	int rc = roll_arg(ctx, &c, &r, err);
	if (rc ||
	    command_dry_run(ctx, json_pack("{s:s,s:s}", "room_id", r.room_id, "roll_id", r.id)))
		return rc;
	rc = client_roll_mark(c, &r, command_text(l, "user"), command_text(l, "status"),
			      command_text(l, "reason"), &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_roll_mark = {
	.name = "roll mark",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Answer a roll-call for somebody, as staff."),
	.examples = EXAMPLES{{"muster roll mark physics ada here", N_("her phone is broken")},
			     {"muster roll mark physics 4711 excused --reason \"at the dentist\"",
			      N_("by the school's own id")},
			     {"muster roll mark physics ada none", N_("take the mark back")},
			     END_EXAMPLES},
	.details =
		N_("The mark is kept in the staff room with who made it, when and why; it stands "
		   "above what the person said. Whoever is excused is so for a reason."),
	.args = PARAMS{ARG_ROLL,
		       {.name = "user",
			.kind = KIND_TEXT,
			.value = "USER",
			.required = true,
			.what = N_(
				"the person: Matrix id, outside id, e-mail address or name of the "
				"roster")},
		       {.name = "status",
			.kind = KIND_CHOICE,
			.choices = "here|late|absent|excused|none",
			.required = true,
			.what = N_("how they are marked; none takes the mark back")},
		       END_PARAMS},
	.options = PARAMS{OPT_REASON, END_PARAMS},
	.keys = KEYS{KEYS_PERSON,
		     {"before", "string", NULL, N_("the status before"), false},
		     {"existing", "boolean", NULL, N_("it was so already"), false},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_roll_person,
	.run = run_mark,
};
