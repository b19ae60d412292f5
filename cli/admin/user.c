/* Accounts of a server: admin user add, list, password, lock, unlock, role, remove. */
#include "cli/admin/admin.h"

static void set_text(json_t *args, const char *key, const char *value)
{
	if (value)
		json_object_set_new(args, key, json_string(value));
}

static json_t *user_args(const struct command_ctx *ctx)
{
	return json_pack("{s:s}", "user", command_text(ctx->line, "user"));
}

/* --password-stdin; otherwise the server makes one. */
static int add_password(struct command_ctx *ctx, json_t *args, struct err *err)
{
	char *password = NULL;
	if (!command_flag(ctx->line, "password-stdin"))
		return 0;
	int rc = secret_from_stdin(ctx, &password, err);
	if (!rc)
		set_text(args, "password", password);
	mem_free_secret(password);
	return rc;
}

#define KEY_PASSWORD                                                                      \
	{                                                                                 \
		"password", "string", N_("Password"),                                     \
			N_("the password that was made; it is told only this once"), true \
	}
#define KEY_SUSPENDED                                                          \
	{                                                                      \
		"suspended", "boolean", N_("Suspended"),                       \
			N_("may read and leave, but not take part now"), false \
	}
#define OPT_PASSWORD_STDIN                                                                    \
	{                                                                                     \
		.name = "password-stdin", .kind = KIND_FLAG,                                  \
		.what = N_("read the password from standard input; otherwise one is made up") \
	}

static int run_add(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	json_t *args = user_args(ctx);
	set_text(args, "name", command_text(l, "name"));
	set_text(args, "email", command_text(l, "email"));
	set_text(args, "external_id", command_text(l, "external-id"));
	json_object_set_new(args, "admin", json_boolean(command_flag(l, "admin")));
	int rc = command_dry_run(ctx, NULL) ? COMMAND_STOP : add_password(ctx, args, err);
	if (rc) {
		json_decref(args);
		return rc == COMMAND_STOP ? 0 : rc;
	}
	return admin_row(ctx, "user.add", args, err);
}

const struct command verb_admin_user_add = {
	.name = "admin user add",
	.group = GROUP_ADMIN,
	.summary = N_("Make an account on the server."),
	.examples = EXAMPLES{{"muster admin user add ada --name \"Ada Lovelace\"",
			      N_("a password is made and shown once")},
			     {"muster admin user add eve --admin --password-stdin < password.txt",
			      N_("an administrator")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{{.name = "name",
			   .kind = KIND_TEXT,
			   .value = "NAME",
			   .what = N_("the name that others see")},
			  {.name = "email",
			   .kind = KIND_TEXT,
			   .value = "ADDRESS",
			   .what = N_("e-mail address, good for logging in")},
			  {.name = "external-id",
			   .kind = KIND_TEXT,
			   .value = "ID",
			   .what = N_("number of the person outside, such as a student number")},
			  {.name = "admin",
			   .kind = KIND_FLAG,
			   .what = N_("the account may administer the server")},
			  OPT_PASSWORD_STDIN,
			  OPT_DATA,
			  END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"state", "word", N_("State"), N_("created"), false},
		     KEY_PASSWORD,
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_add,
};

static int run_list(struct command_ctx *ctx, struct err *err)
{
	json_t *args = json_object();
	set_text(args, "search", command_text(ctx->line, "search"));
	return admin_rows(ctx, "user.list", args, "users", NULL, err);
}

const struct command verb_admin_user_list = {
	.name = "admin user list",
	.group = GROUP_ADMIN,
	.summary = N_("List the accounts of the server."),
	.examples = EXAMPLES{{"muster admin user list", N_("all of them")},
			     {"muster admin user list ada", N_("those whose name holds \"ada\"")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "search",
			.kind = KIND_TEXT,
			.value = "TEXT",
			.what = N_("part of a name, an id or an e-mail address")},
		       END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("the name that others see"), false},
		     {"emails", "strings", N_("E-mail"), N_("e-mail addresses"), false},
		     {"external_id", "string", N_("Outside id"), N_("number of the person outside"),
		      false},
		     {"admin", "boolean", N_("Admin"), N_("may administer the server"), false},
		     {"locked", "boolean", N_("Locked"), N_("may not log in now"), false},
		     KEY_SUSPENDED,
		     {"removed", "boolean", NULL, N_("the account was removed"), false},
		     {"created_ts", "time", NULL, N_("when it was made"), false},
		     {"last_seen_ts", "time", N_("Seen"), N_("when it was last used"), false},
		     {"devices", "integer", NULL, N_("how many log-ins it has"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_password(struct command_ctx *ctx, struct err *err)
{
	json_t *args = user_args(ctx);
	bool keep = command_flag(ctx->line, "keep-devices");
	json_object_set_new(args, "logout", json_boolean(!keep));
	int rc = command_dry_run(ctx, NULL) ? COMMAND_STOP : add_password(ctx, args, err);
	if (rc) {
		json_decref(args);
		return rc == COMMAND_STOP ? 0 : rc;
	}
	return admin_row(ctx, "user.password", args, err);
}

const struct command verb_admin_user_password = {
	.name = "admin user password",
	.group = GROUP_ADMIN,
	.summary = N_("Give an account a new password and log out its devices."),
	.examples =
		EXAMPLES{{"muster admin user password ada", N_("a new one is made and shown once")},
			 END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_PASSWORD_STDIN,
			  {.name = "keep-devices",
			   .kind = KIND_FLAG,
			   .what = N_("leave its devices logged in")},
			  OPT_DATA,
			  END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")), KEY_PASSWORD, END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_password,
};

static const struct command_key lock_keys[] = {
	KEY_USER_ID(N_("User")),
	{"locked", "boolean", N_("Locked"), N_("may not log in now"), false},
	END_KEYS,
};

static int run_lock(struct command_ctx *ctx, struct err *err)
{
	if (command_dry_run(ctx, NULL))
		return 0;
	return admin_row(ctx, "user.lock", user_args(ctx), err);
}

const struct command verb_admin_user_lock = {
	.name = "admin user lock",
	.group = GROUP_ADMIN,
	.summary = N_("Lock an account: its devices stop working until it is unlocked."),
	.examples = EXAMPLES{{"muster admin user lock bob", N_("at once")}, END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = lock_keys,
	.shape = SHAPE_RECORD,
	.run = run_lock,
};

static int run_unlock(struct command_ctx *ctx, struct err *err)
{
	if (command_dry_run(ctx, NULL))
		return 0;
	return admin_row(ctx, "user.unlock", user_args(ctx), err);
}

const struct command verb_admin_user_unlock = {
	.name = "admin user unlock",
	.group = GROUP_ADMIN,
	.summary = N_("Let a locked account work again."),
	.examples = EXAMPLES{{"muster admin user unlock bob", N_("at once")}, END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = lock_keys,
	.shape = SHAPE_RECORD,
	.run = run_unlock,
};

static const struct command_key suspend_keys[] = {
	KEY_USER_ID(N_("User")),
	KEY_SUSPENDED,
	END_KEYS,
};

static int run_suspend(struct command_ctx *ctx, struct err *err)
{
	if (command_dry_run(ctx, NULL))
		return 0;
	return admin_row(ctx, "user.suspend", user_args(ctx), err);
}

const struct command verb_admin_user_suspend = {
	.name = "admin user suspend",
	.group = GROUP_ADMIN,
	.summary = N_("Let an account read and leave, but not take part."),
	.examples = EXAMPLES{{"muster admin user suspend bob", N_("at once; his devices stay "
								  "logged in")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = suspend_keys,
	.shape = SHAPE_RECORD,
	.run = run_suspend,
};

static int run_resume(struct command_ctx *ctx, struct err *err)
{
	if (command_dry_run(ctx, NULL))
		return 0;
	return admin_row(ctx, "user.resume", user_args(ctx), err);
}

const struct command verb_admin_user_resume = {
	.name = "admin user resume",
	.group = GROUP_ADMIN,
	.summary = N_("Let a suspended account take part again."),
	.examples = EXAMPLES{{"muster admin user resume bob", N_("at once")}, END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = suspend_keys,
	.shape = SHAPE_RECORD,
	.run = run_resume,
};

static int run_role(struct command_ctx *ctx, struct err *err)
{
	json_t *args = user_args(ctx);
	bool admin = !strcmp(command_text(ctx->line, "role"), "admin");
	json_object_set_new(args, "admin", json_boolean(admin));
	if (command_dry_run(ctx, NULL)) {
		json_decref(args);
		return 0;
	}
	return admin_row(ctx, "user.role", args, err);
}

const struct command verb_admin_user_role = {
	.name = "admin user role",
	.group = GROUP_ADMIN,
	.summary = N_("Make an account an administrator of the server, or an ordinary user."),
	.examples = EXAMPLES{{"muster admin user role ada admin", N_("Ada may administer")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_USER,
		       {.name = "role",
			.kind = KIND_CHOICE,
			.choices = "admin|user",
			.required = true,
			.what = N_("the new role")},
		       END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"admin", "boolean", N_("Admin"), N_("may administer the server"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_role,
};

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_confirm(ctx, err, _("Remove account %s for good? Its messages stay."),
				 command_text(ctx->line, "user"));
	return rc ? rc : admin_row(ctx, "user.remove", user_args(ctx), err);
}

const struct command verb_admin_user_remove = {
	.name = "admin user remove",
	.group = GROUP_ADMIN,
	.summary = N_("Remove an account for good; its messages stay."),
	.examples = EXAMPLES{{"muster admin user remove bob --yes", N_("without a question")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_USER, END_PARAMS},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"removed", "boolean", N_("Removed"), N_("the account is gone"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_remove,
};
