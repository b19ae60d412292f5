#include "cli/params.h"
#include "core/base/json.h"
#include "core/client/login.h"

static int run_logout(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	int rc = command_client(ctx, &c, err);
	if (rc)
		return rc;
	const struct account *a = client_account(c);
	json_t *row = json_pack("{s:s, s:s, s:s}", "account", a->name, "user_id", a->user_id,
				"homeserver", a->homeserver);
	if (command_dry_run(ctx, json_incref(row)))
		rc = 0;
	else
		rc = client_logout(c, command_flag(ctx->line, "everywhere"), err);
	if (rc || ctx->dry_run) {
		json_decref(row);
		return rc;
	}
	command_say(ctx, _("logged out; the local history stays until: muster account remove %s"),
		    a->name);
	return command_row(ctx, row);
}

const struct command verb_logout = {
	.name = "logout",
	.group = GROUP_ACCOUNT,
	.summary = N_("Log out at the server and forget the tokens; the history stays here."),
	.examples = EXAMPLES{{"muster logout", N_("this device")},
			     {"muster logout --everywhere", N_("all devices of the account")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "everywhere",
			   .kind = KIND_FLAG,
			   .what = N_("log out all other devices as well")},
			  END_PARAMS},
	.keys = KEYS{{"account", "string", N_("Account"), N_("local name of the account"), true},
		     KEY_USER_ID(N_("User")),
		     {"homeserver", "string", N_("Server"), N_("address of the server"), true},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_logout,
};
