/* Local accounts: account list, use, remove. */
#include "core/client/account.h"

#include "cli/params.h"
#include "core/client/login.h"

#define ARG_NAME                                                        \
	{                                                               \
		.name = "name", .kind = KIND_ACCOUNT, .required = true, \
		.what = N_("local name of the account")                 \
	}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	return client_account_list(command_row_fn, ctx, err);
}

const struct command verb_account_list = {
	.name = "account list",
	.group = GROUP_ACCOUNT,
	.summary = N_("List the accounts of this machine."),
	.examples = EXAMPLES{{"muster account list", N_("all of them")}, END_EXAMPLES},
	.keys = KEYS{{"name", "string", N_("Account"), N_("local name of the account"), true},
		     KEY_USER_ID(N_("User")),
		     {"homeserver", "string", N_("Server"), N_("address of the server"), false},
		     {"default", "boolean", N_("Default"), N_("used unless another is named"),
		      false},
		     {"logged_in", "boolean", N_("Logged in"), N_("there is a token for it"),
		      false},
		     {"cache_bytes", "bytes", N_("Stored"),
		      N_("what its rooms and messages take here"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_use(struct command_ctx *ctx, struct err *err)
{
	const char *name = command_text(ctx->line, "name");
	if (command_dry_run(ctx, NULL))
		return 0;
	return account_use(name, err);
}

const struct command verb_account_use = {
	.name = "account use",
	.group = GROUP_ACCOUNT,
	.summary = N_("Choose the default account."),
	.examples = EXAMPLES{{"muster account use work", N_("from now on")}, END_EXAMPLES},
	.args = PARAMS{ARG_NAME, END_PARAMS},
	.run = run_use,
};

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	const char *name = command_text(ctx->line, "name");
	struct account *a = NULL;
	int rc = account_load(name, &a, err);
	account_free(a);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = command_confirm(ctx, err,
			     _("Remove account %s with its history and unsent messages from this "
			       "machine?"),
			     name);
	return rc ? rc : account_remove(name, err);
}

const struct command verb_account_remove = {
	.name = "account remove",
	.group = GROUP_ACCOUNT,
	.summary = N_("Remove an account and its history from this machine."),
	.examples = EXAMPLES{{"muster account remove work", N_("after a question")},
			     {"muster account remove work --yes", N_("without one")},
			     END_EXAMPLES},
	.details = N_("This does not log out at the server: do that first with muster logout."),
	.args = PARAMS{ARG_NAME, END_PARAMS},
	.run = run_remove,
};
