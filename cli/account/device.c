/* What asks for the password once more: devices, a new password, the account's end. */
#include "core/client/devices.h"

#include "cli/params.h"
#include "core/base/json.h"

static int ask_password(void *arg, char **ret, struct err *err)
{
	struct command_ctx *ctx = arg;
	if (command_flag(ctx->line, "password-stdin"))
		return secret_from_stdin(ctx, ret, err);
	int rc = ctx->front->secret(ctx->front_arg, _("Password of the account: "), ret, err);
	if (rc == ERR_USAGE)
		err_hint(err, _("give it by --password-stdin"));
	return rc;
}

#define OPT_PASSWORD                                                          \
	{                                                                     \
		.name = "password-stdin", .kind = KIND_FLAG,                  \
		.what = N_("read the account's password from standard input") \
	}

#define ARG_DEVICE                                                                        \
	{                                                                                 \
		.name = "device", .kind = KIND_TEXT, .value = "DEVICE", .required = true, \
		.what = N_("its id, from device list")                                    \
	}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	int rc = command_client(ctx, &c, err);
	return rc ? rc : client_device_list(c, command_row_fn, ctx, err);
}

const struct command verb_device_list = {
	.name = "device list",
	.group = GROUP_ACCOUNT,
	.summary = N_("List the devices that are logged in to your account."),
	.examples = EXAMPLES{{"muster device list", N_("with when and from where")}, END_EXAMPLES},
	.keys = KEYS{{"device_id", "string", N_("Device"), N_("id of the log-in"), true},
		     {"name", "string", N_("Name"), N_("what it is called"), false},
		     {"last_seen_ts", "time", N_("Last seen"), N_("when it was last active"),
		      false},
		     {"last_seen_ip", "string", N_("From"), N_("from which address"), false},
		     {"current", "boolean", N_("This one"), N_("the one that asks"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_rename(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *device = command_text(l, "device"), *name = command_text(l, "name");
	struct client *c;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_device_rename(c, device, name, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:s}", "device_id", device, "name", name));
}

const struct command verb_device_rename = {
	.name = "device rename",
	.group = GROUP_ACCOUNT,
	.summary = N_("Call a device something else."),
	.examples = EXAMPLES{{"muster device rename ABCDEFG \"phone\"", N_("one of yours")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_DEVICE,
		       {.name = "name",
			.kind = KIND_TEXT,
			.value = "NAME",
			.required = true,
			.what = N_("its new name")},
		       END_PARAMS},
	.keys = KEYS{{"device_id", "string", N_("Device"), N_("id of the log-in"), true},
		     {"name", "string", N_("Name"), N_("its new name"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_rename,
};

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	const char *device = command_text(ctx->line, "device");
	struct client *c;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_device_remove(c, device, ask_password, ctx, err);
	return rc ? rc : command_row(ctx, json_pack("{s:s}", "device_id", device));
}

const struct command verb_device_remove = {
	.name = "device remove",
	.group = GROUP_ACCOUNT,
	.summary = N_("Log a device of yours out."),
	.examples = EXAMPLES{{"muster device remove ABCDEFG", N_("the password is asked for")},
			     END_EXAMPLES},
	.details = N_("The device in use is logged out by muster logout."),
	.args = PARAMS{ARG_DEVICE, END_PARAMS},
	.options = PARAMS{OPT_PASSWORD, END_PARAMS},
	.keys = KEYS{{"device_id", "string", N_("Device"), N_("id of the log-in"), true}, END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_remove,
};

static int run_password(struct command_ctx *ctx, struct err *err)
{
	const char *file = command_text(ctx->line, "new-file");
	char *new_password = NULL;
	struct client *c;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = file ? secret_from_file(file, &new_password, err)
			  : secret_new(ctx, &new_password, err);
	if (rc == ERR_USAGE && !file)
		err_hint(err, _("give the new one by --new-file"));
	if (!rc)
		rc = client_password(c, new_password, !command_flag(ctx->line, "keep-devices"),
				     ask_password, ctx, err);
	mem_free_secret(new_password);
	return rc;
}

const struct command verb_account_password = {
	.name = "account password",
	.group = GROUP_ACCOUNT,
	.summary = N_("Change the account's password at the server."),
	.examples =
		EXAMPLES{{"muster account password", N_("both passwords are asked for")},
			 {"muster account password --password-stdin --new-file new.txt < old.txt",
			  N_("in a script")},
			 END_EXAMPLES},
	.details = N_("Other devices have to log in again, unless --keep-devices is given."),
	.options = PARAMS{OPT_PASSWORD,
			  {.name = "new-file",
			   .kind = KIND_FILE,
			   .what = N_("read the new password from this file")},
			  {.name = "keep-devices",
			   .kind = KIND_FLAG,
			   .what = N_("other devices stay logged in")},
			  END_PARAMS},
	.run = run_password,
};

/* Twice, because there is no way back. */
static int confirm_end(struct command_ctx *ctx, const char *user, bool erase, struct err *err)
{
	int rc = command_confirm(ctx, err, _("Deactivate the account %s for good?"), user);
	if (rc)
		return rc;
	return erase ? command_confirm(ctx, err,
				       _("Nobody can log in as %s or take that name ever again, "
					 "and "
					 "what was written is erased. Really?"),
				       user)
		     : command_confirm(ctx, err,
				       _("Nobody can log in as %s or take that name ever again. "
					 "Really?"),
				       user);
}

static int run_deactivate(struct command_ctx *ctx, struct err *err)
{
	bool erase = command_flag(ctx->line, "erase");
	struct client *c;
	int rc = command_client(ctx, &c, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	AUTO_FREE char *user = mem_strdup(client_account(c)->user_id);
	rc = confirm_end(ctx, user, erase, err);
	if (!rc)
		rc = client_deactivate(c, erase, ask_password, ctx, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:b}", "user_id", user, "erased", erase));
}

const struct command verb_account_deactivate = {
	.name = "account deactivate",
	.group = GROUP_ACCOUNT,
	.summary = N_("End your account at the server for good."),
	.examples = EXAMPLES{{"muster account deactivate", N_("after two questions")},
			     {"muster account deactivate --erase",
			      N_("what you wrote is hidden from those who come later")},
			     END_EXAMPLES},
	.details = N_("You leave all rooms, and the name can never be used again. The history kept "
		      "here stays until muster account remove."),
	.options = PARAMS{{.name = "erase",
			   .kind = KIND_FLAG,
			   .what = N_("have the server forget what you wrote, as far as it can")},
			  OPT_PASSWORD,
			  END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"erased", "boolean", N_("Erased"), N_("the server was asked to forget"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_deactivate,
};
