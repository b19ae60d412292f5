#include "cli/params.h"
#include "cli/settings.h"
#include "core/client/login.h"

static int find_secrets(struct command_ctx *ctx, char **ret_password, char **ret_invite,
			struct err *err)
{
	const char *file = command_text(ctx->line, "invite-file");
	int rc = file ? secret_from_file(file, ret_invite, err) : 0;
	if (rc)
		return rc;
	if (command_flag(ctx->line, "password-stdin"))
		return secret_from_stdin(ctx, ret_password, err);
	rc = secret_new(ctx, ret_password, err);
	if (rc == ERR_USAGE)
		err_hint(err, _("give it by --password-stdin"));
	return rc;
}

static int run_register(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	char *password = NULL, *invite = NULL;
	json_t *row = NULL;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = find_secrets(ctx, &password, &invite, err);
	struct register_request rq = {
		.server = command_text(l, "url"),
		.user = command_text(l, "user"),
		.password = password,
		.token = invite,
		.email = command_text(l, "email"),
		.account = command_text(l, "account"),
		.device_name = command_text(l, "device-name"),
		.ca_file = setting_ca_file(ctx),
		.timeout_ms = ctx->timeout_ms,
	};
	if (!rc)
		rc = client_register(&rq, &row, err);
	mem_free_secret(password);
	mem_free_secret(invite);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_register = {
	.name = "register",
	.group = GROUP_ACCOUNT,
	.summary = N_("Make an account on a server and log in."),
	.examples = EXAMPLES{{"muster register school.example --user ada --invite-file invite.txt",
			      N_("with an invitation; the password is asked for")},
			     END_EXAMPLES},
	.details = N_("Servers may want an invitation. The server's administrator makes one with "
		      "\"muster admin invite\"; put its token into a file."),
	.args = PARAMS{{.name = "url",
			.kind = KIND_URL,
			.required = true,
			.what = N_("address or name of the server")},
		       END_PARAMS},
	.options = PARAMS{{.name = "user",
			   .letter = 'u',
			   .kind = KIND_USER,
			   .required = true,
			   .what = N_("the user name you want")},
			  {.name = "email",
			   .kind = KIND_TEXT,
			   .value = "ADDRESS",
			   .what = N_("e-mail address, when the server asks for one")},
			  {.name = "invite-file",
			   .kind = KIND_FILE,
			   .what = N_("read the invitation's token from this file")},
			  {.name = "password-stdin",
			   .kind = KIND_FLAG,
			   .what = N_("read the new password from standard input")},
			  OPT_DEVICE_NAME,
			  END_PARAMS},
	.keys = KEYS_LOGGED_IN,
	.shape = SHAPE_RECORD,
	.run = run_register,
};
