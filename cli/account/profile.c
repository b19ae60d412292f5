#include "core/client/profile.h"

#include "cli/params.h"

static const struct command_key keys[] = {
	KEY_USER_ID(N_("User")),
	{"name", "string", N_("Name"), N_("the name that others see"), false},
	{"avatar_url", "string", N_("Picture"), N_("media address of the picture"), false},
	END_KEYS,
};

static int run_show(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *user = NULL;
	json_t *row;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_user(ctx, "user", 0, NULL, &user, err);
	if (!rc)
		rc = client_profile_show(c, user, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_profile_show = {
	.name = "profile show",
	.group = GROUP_ACCOUNT,
	.summary = N_("Show your profile or somebody else's."),
	.examples = EXAMPLES{{"muster profile show", N_("your own")},
			     {"muster profile show @ada:school.example", N_("Ada's")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "user", .kind = KIND_USER, .what = N_("whose; yours without it")},
		       END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_show,
};

static int run_set(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	json_t *row;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_profile_set(c, command_text(ctx->line, "key"),
					command_text(ctx->line, "value"), err);
	if (!rc)
		rc = client_profile_show(c, NULL, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_profile_set = {
	.name = "profile set",
	.group = GROUP_ACCOUNT,
	.summary = N_("Change your name or picture."),
	.examples = EXAMPLES{{"muster profile set name \"Ada Lovelace\"", N_("the name")},
			     {"muster profile set avatar ada.png", N_("the picture, from a file")},
			     {"muster profile set avatar \"\"", N_("no picture any more")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "key",
			.kind = KIND_CHOICE,
			.choices = "name|avatar",
			.required = true,
			.what = N_("what to change")},
		       {.name = "value",
			.kind = KIND_TEXT,
			.value = "VALUE",
			.required = true,
			.what = N_("the name; a file or mxc address for the picture; empty removes "
				   "it")},
		       END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_set,
};
