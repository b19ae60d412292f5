#include "cli/class/class.h"

#include "core/client/class_slips.h"

static int make(struct command_ctx *ctx, struct client *c, const struct class_ref *ref,
		struct err *err)
{
	JSON_AUTO json_t *rows = NULL;
	const char **users = command_texts(ctx, "user");
	size_t i;
	json_t *row;
	int rc = client_class_links(c, ref, users, command_number(ctx->line, "valid", 0), &rows,
				    err);
	mem_free(users);
	if (!rc)
		rc = class_write_slips(ctx, ref, rows, err);
	if (!rc && !json_array_size(rows))
		command_say(ctx, _("everybody has a password already; --user NAME makes a slip "
				   "for somebody who forgot it"));
	json_array_foreach (rows, i, row) {
		if (rc)
			break;
		rc = command_row_fn(row, ctx);
	}
	return rc;
}

static int run_slips(struct command_ctx *ctx, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	struct client *c;
	int rc = class_check_slips(ctx, err);
	if (!rc)
		rc = class_arg(ctx, &c, &ref, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	return make(ctx, c, &ref, err);
}

const struct command verb_class_slips = {
	.name = "class slips",
	.group = GROUP_CLASS,
	.no_timeout = true,
	.summary = N_("Make new one-time links for the people of a class."),
	.examples = EXAMPLES{{"muster class slips \"Physics 10b\" --slips slips.html",
			      N_("for everybody who has not come in yet")},
			     {"muster class slips \"Physics 10b\" --user ada --slips ada.html",
			      N_("for one who lost the slip, or forgot the password")},
			     END_EXAMPLES},
	.details = N_("Each new link ends the person's old one. Who uses it chooses a password "
		      "and is logged out everywhere else."),
	.args = PARAMS{ARG_CLASS, END_PARAMS},
	.options = PARAMS{{.name = "user",
			   .letter = 'u',
			   .kind = KIND_USER,
			   .repeat = true,
			   .what = N_("for this person, even with a password")},
			  OPT_SLIPS,
			  OPT_LANGUAGE,
			  OPT_VALID,
			  OPT_FORCE,
			  END_PARAMS},
	.keys = class_keys,
	.shape = SHAPE_TABLE,
	.run = run_slips,
};
