#include "core/client/login.h"

#include "cli/params.h"
#include "cli/settings.h"

#include <unistd.h>

/* Link and new password: both typed, or both on stdin. */
static int find_link(struct command_ctx *ctx, char **ret_link, char **ret_password, struct err *err)
{
	const char *const what[] = {_("one-time link"), _("password"), NULL};
	char *lines[2] = {NULL, NULL};
	int rc;
	if (command_flag(ctx->line, "link-stdin")) {
		rc = secrets_from_stdin(ctx, what, lines, err);
	} else {
		rc = ctx->front->ask(ctx->front_arg, _("Link or code of your slip: "), &lines[0],
				     err);
		if (!rc && !login_link_is_whole(lines[0]))
			rc = err_set(err, ERR_FAILED,
				     _("this code is not whole: it has four groups of four"));
		if (!rc)
			rc = secret_new(ctx, &lines[1], err);
		if (rc == ERR_USAGE && !isatty(STDIN_FILENO))
			err_hint(err, _("give both by --link-stdin"));
	}
	*ret_link = lines[0];
	*ret_password = lines[1];
	return rc;
}

static bool by_link(const struct command_line *l)
{
	return command_flag(l, "link") || command_flag(l, "link-stdin");
}

/* What stands for a password, from wherever it was said to be. */
static int find_secret(struct command_ctx *ctx, struct login_request *rq, char **ret_password,
		       char **ret_token, struct err *err)
{
	const char *file = command_text(ctx->line, "token-file");
	char prompt[300];
	if (by_link(ctx->line))
		return 0;
	if (file)
		return secret_from_file(file, ret_token, err);
	if (command_flag(ctx->line, "password-stdin"))
		return secret_from_stdin(ctx, ret_password, err);
	snprintf(prompt, sizeof(prompt), _("Password of %s: "), rq->user ? rq->user : rq->email);
	int rc = ctx->front->secret(ctx->front_arg, prompt, ret_password, err);
	if (rc == ERR_USAGE)
		err_hint(err, _("give it by --password-stdin or --token-file"));
	return rc;
}

static int ask_who(struct command_ctx *ctx, struct login_request *rq, char **ret, struct err *err)
{
	if (rq->user || rq->email || rq->link || command_given(ctx->line, "token-file"))
		return 0;
	int rc = ctx->front->ask(ctx->front_arg, _("User name or e-mail address: "), ret, err);
	if (rc == ERR_USAGE)
		return err_set(err, ERR_USAGE, _("--user or --email is missing"));
	/* "@ada:host" is a Matrix id; "ada@host" an e-mail address. */
	if (!rc && (*ret)[0] != '@' && strchr(*ret, '@'))
		rq->email = *ret;
	else if (!rc)
		rq->user = *ret;
	return rc;
}

static int ask_server(struct command_ctx *ctx, struct login_request *rq, char **ret,
		      struct err *err)
{
	bool told = rq->server || (rq->user && rq->user[0] == '@' && strchr(rq->user, ':'));
	if (told)
		return 0;
	int rc = ctx->front->ask(ctx->front_arg, _("Server (URL or name): "), ret, err);
	if (rc == ERR_USAGE) {
		err_set(err, ERR_USAGE, _("which server? none was given"));
		err_hint(err, _("muster login https://SERVER --user NAME"));
	}
	rq->server = rc ? NULL : *ret;
	return rc;
}

static int check_options(const struct command_line *l, struct err *err)
{
	bool user = command_given(l, "user"), email = command_given(l, "email");
	if (user && email)
		return err_set(err, ERR_USAGE, _("--user and --email exclude each other"));
	if (by_link(l) &&
	    (user || email || command_given(l, "token-file") || command_flag(l, "password-stdin")))
		return err_set(err, ERR_USAGE,
			       _("A one-time link says who you are: give no other log-in with it"));
	return 0;
}

/* What was asked for or read, beside the command line's own words. */
struct answers {
	char *who, *server;
	char *found; /* the address at which the server answered */
	char *password, *token, *link;
};

static void answers_done(struct answers *a)
{
	mem_free(a->who);
	mem_free(a->server);
	mem_free(a->found);
	mem_free_secret(a->password);
	mem_free_secret(a->token);
	mem_free_secret(a->link);
}

/* Nobody types a password for a server that is not there. (Where nobody can be asked, that is what is told.) */
static int look_for_server(struct command_ctx *ctx, struct login_request *rq, struct answers *a,
			   struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *colon = rq->user && rq->user[0] == '@' ? strchr(rq->user, ':') : NULL;
	const char *server = rq->server ? rq->server : colon ? colon + 1 : NULL;
	if (!server || a->found || ctx->dry_run || !ctx->unique_prefix ||
	    command_given(l, "token-file") || command_flag(l, "password-stdin") ||
	    command_flag(l, "link-stdin"))
		return 0;
	int rc = client_discover(server, rq->ca_file, rq->timeout_ms, &a->found, err);
	if (!rc)
		rq->server = a->found;
	return rc;
}

static int find_who(struct command_ctx *ctx, struct login_request *rq, struct answers *a,
		    struct err *err)
{
	int rc = look_for_server(ctx, rq, a, err);
	if (!rc && by_link(ctx->line))
		rc = find_link(ctx, &a->link, &a->password, err);
	rq->link = a->link;
	if (a->link && !rq->server)
		rq->server = a->server = login_link_server(a->link);
	if (!rc)
		rc = ask_server(ctx, rq, &a->server, err);
	if (!rc)
		rc = look_for_server(ctx, rq, a, err);
	return rc ? rc : ask_who(ctx, rq, &a->who, err);
}

static int run_login(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO(answers_done) struct answers a = {0};
	json_t *row = NULL;
	struct login_request rq = {
		.server = command_text(l, "url"),
		.user = command_text(l, "user"),
		.email = command_text(l, "email"),
		.account = command_text(l, "account"),
		.device_name = command_text(l, "device-name"),
		.ca_file = setting_ca_file(ctx),
		.timeout_ms = ctx->timeout_ms,
	};
	int rc = check_options(l, err);
	if (!rc)
		rc = find_who(ctx, &rq, &a, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = find_secret(ctx, &rq, &a.password, &a.token, err);
	rq.password = a.password;
	rq.token = a.token;
	if (!rc)
		rc = client_login(&rq, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_login = {
	.name = "login",
	.group = GROUP_ACCOUNT,
	.summary = N_("Log in to a server and keep the account here."),
	.examples = EXAMPLES{{"muster login https://school.example --user ada",
			      N_("the password is asked for")},
			     {"muster login --user @ada:school.example",
			      N_("the server is found by its name")},
			     {"muster login school.example --email ada@mail.example "
			      "--password-stdin < password.txt",
			      N_("by e-mail address, in a script")},
			     {"muster login http://192.168.1.20:8008 --link",
			      N_("the first time, with the slip your teacher gave you")},
			     END_EXAMPLES},
	.details = N_("Passwords are asked for without echo, or come by --password-stdin: "
		      "the first line counts. With --token-file an access token takes the "
		      "place of the password. With --link the code of a slip (muster class "
		      "slips) takes the place of name and password, and you choose your "
		      "password; --link-stdin reads the link or code and the new password, one "
		      "line each.\n\nThe global option --account NAME sets the "
		      "local name of the account; otherwise it is the user's name."),
	.args = PARAMS{{.name = "url",
			.kind = KIND_URL,
			.what = N_("address or name of the server; not needed with --user "
				   "@name:server")},
		       END_PARAMS},
	.options = PARAMS{{.name = "user",
			   .letter = 'u',
			   .kind = KIND_USER,
			   .what = N_("user name, or a whole Matrix id")},
			  {.name = "email",
			   .kind = KIND_TEXT,
			   .value = "ADDRESS",
			   .what = N_("e-mail address instead of a user name")},
			  {.name = "password-stdin",
			   .kind = KIND_FLAG,
			   .what = N_("read the password from standard input")},
			  {.name = "token-file",
			   .kind = KIND_FILE,
			   .what = N_("read an access token from this file instead of a password")},
			  {.name = "link",
			   .kind = KIND_FLAG,
			   .what = N_("use a one-time link, or the code of a slip; it is asked "
				      "for")},
			  {.name = "link-stdin",
			   .kind = KIND_FLAG,
			   .what = N_("read the link or code, and below it the password you "
				      "choose, from standard input")},
			  OPT_DEVICE_NAME,
			  END_PARAMS},
	.keys = KEYS_LOGGED_IN,
	.shape = SHAPE_RECORD,
	.run = run_login,
};
