/* admin invite, admin status. */
#include "cli/admin/admin.h"

static int run_invite(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *revoke = command_text(l, "revoke"), *note = command_text(l, "note");
	if (revoke && command_flag(l, "list"))
		return err_set(err, ERR_USAGE, _("--list and --revoke exclude each other"));
	if (command_flag(l, "list"))
		return admin_rows(ctx, "invite.list", json_object(), "invites", NULL, err);
	if (command_dry_run(ctx, NULL))
		return 0;
	if (revoke)
		return admin_row(ctx, "invite.revoke", json_pack("{s:s}", "token", revoke), err);
	json_t *args = json_object();
	json_object_set_new(args, "uses", json_integer(command_number(l, "uses", 1)));
	if (command_given(l, "expires"))
		json_object_set_new(args, "expires_in_ms",
				    json_integer(command_number(l, "expires", 0)));
	if (note)
		json_object_set_new(args, "note", json_string(note));
	return admin_row(ctx, "invite.create", args, err);
}

const struct command verb_admin_invite = {
	.name = "admin invite",
	.group = GROUP_ADMIN,
	.summary = N_("Make an invitation with which people register, or list and revoke them."),
	.examples = EXAMPLES{{"muster admin invite --uses 30 --expires 7d --note \"class 10b\"",
			      N_("for a class, for a week")},
			     {"muster admin invite --list", N_("what is out there")},
			     {"muster admin invite --revoke TOKEN", N_("worthless from now on")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "uses",
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 1000000,
			   .otherwise = "1",
			   .what = N_("how many people may register with it")},
			  {.name = "expires",
			   .kind = KIND_DURATION,
			   .what = N_("how long it is good; for ever without it")},
			  {.name = "note",
			   .kind = KIND_TEXT,
			   .what = N_("what it is for, for the list")},
			  {.name = "list", .kind = KIND_FLAG, .what = N_("list all invitations")},
			  {.name = "revoke",
			   .kind = KIND_TEXT,
			   .value = "TOKEN",
			   .what = N_("make this one worthless")},
			  OPT_DATA,
			  END_PARAMS},
	.keys = KEYS{{"token", "string", N_("Token"), N_("the invitation's token"), true},
		     {"uses_allowed", "integer", N_("Good for"),
		      N_("how many may register with it"), false},
		     {"uses", "integer", N_("Used"), N_("how many have"), false},
		     {"expires_ts", "time", N_("Until"), N_("when it ends"), false},
		     {"note", "string", N_("Note"), N_("what it is for"), false},
		     {"valid", "boolean", N_("Valid"), N_("it can still be used"), false},
		     {"revoked", "boolean", NULL, N_("it was revoked just now"), false},
		     END_KEYS},
	.run = run_invite,
};

static int run_status(struct command_ctx *ctx, struct err *err)
{
	return admin_row(ctx, "status", json_object(), err);
}

const struct command verb_admin_status = {
	.name = "admin status",
	.group = GROUP_ADMIN,
	.summary = N_("Show how the server is."),
	.examples = EXAMPLES{{"muster admin status --json | jq .events", N_("for monitoring")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_DATA, END_PARAMS},
	.keys = KEYS{{"server_name", "string", N_("Server"), N_("name of the server"), true},
		     {"version", "string", N_("Version"), N_("version of muster"), false},
		     {"users", "integer", N_("Accounts"), N_("accounts"), false},
		     {"rooms", "integer", N_("Rooms"), N_("rooms"), false},
		     {"events", "integer", N_("Events"), N_("events in the database"), false},
		     {"media_bytes", "bytes", N_("Files"), N_("size of all files"), false},
		     {"database_bytes", "bytes", N_("Database"), N_("size of the database"), false},
		     {"log_bytes", "bytes", N_("Write-ahead log"),
		      N_("size of the write-ahead log"), false},
		     {"backup_dir", "string", N_("Backups in"),
		      N_("folder of backups of the running server"), true},
		     {"backup_ts", "time", N_("Last backup"), N_("when the newest was made"),
		      false},
		     {"backup_error", "string", N_("Backup failed"),
		      N_("why the last daily backup failed"), false},
		     {"uptime_s", "seconds", N_("Running for"), N_("time since the start"), false},
		     {"rss_bytes", "bytes", N_("Memory"), N_("memory in use"), false},
		     {"connections", "integer", N_("Connections"), N_("open connections"), false},
		     {"backlog", "integer", N_("Backlog"), N_("writes that wait"), false},
		     {"calls", "integer", N_("Calls"), N_("calls that go on"), false},
		     {"people_in_calls", "integer", N_("People in calls"), N_("in all of them"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_status,
};
