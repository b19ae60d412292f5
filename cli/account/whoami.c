#include "cli/params.h"
#include "core/client/login.h"

static int run_whoami(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	json_t *row;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_whoami(c, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_whoami = {
	.name = "whoami",
	.group = GROUP_ACCOUNT,
	.summary = N_("Ask the server who you are to it."),
	.examples = EXAMPLES{{"muster whoami", N_("the default account")},
			     {"muster whoami --account work --json | jq -r .user_id",
			      N_("another one, in a script")},
			     END_EXAMPLES},
	.keys = KEYS{{"account", "string", N_("Account"), N_("local name of the account"), true},
		     KEY_USER_ID(N_("User")),
		     {"device_id", "string", N_("Device"), N_("id of this log-in"), true},
		     {"homeserver", "string", N_("Server"), N_("address of the server"), true},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_whoami,
};
