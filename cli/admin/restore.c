/* admin restore. */
#include "cli/admin/admin.h"

static int run_restore(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool replace = command_flag(l, "replace");
	if (!command_text(l, "data"))
		return err_set(err, ERR_USAGE, _("Say where to: --data DIR"));
	if (command_dry_run(ctx, NULL))
		return 0;
	return admin_row(ctx, "restore",
			 json_pack("{s:s,s:b}", "from", command_text(l, "backup"), "replace",
				   (int)replace),
			 err);
}

const struct command verb_admin_restore = {
	.name = "admin restore",
	.group = GROUP_ADMIN,
	.no_timeout = true,
	.summary = N_("Put a backup in the place of a server's data folder."),
	.examples = EXAMPLES{{"muster admin restore backups/daily-20260301T020000Z --data ./school "
			      "--replace",
			      N_("what is there now is moved aside")},
			     {"muster admin restore school.tar --data ./school2",
			      N_("into a new folder")},
			     END_EXAMPLES},
	.details =
		N_("The server must not be running. The backup is checked byte by byte before "
		   "anything is changed. Afterwards every client is told at its next sync that "
		   "history was cut, and fetches it anew; who logged in since the backup must log "
		   "in again, and log-outs and changes of passwords since then are undone."),
	.args = PARAMS{{.name = "backup",
			.kind = KIND_FILE,
			.required = true,
			.what = N_("folder or tar archive that admin backup made")},
		       END_PARAMS},
	.options = PARAMS{{.name = "data",
			   .kind = KIND_FOLDER,
			   .what = N_("the data folder to make; no server may be running on it")},
			  {.name = "replace",
			   .kind = KIND_FLAG,
			   .what = N_("move what is there aside, beside it")},
			  END_PARAMS},
	.keys = KEYS{{"data", "string", N_("Data folder"), N_("the data folder"), true},
		     {"server_name", "string", N_("Server"), N_("name of the server"), true},
		     {"made_ts", "time", N_("Backup of"), N_("when the backup was made"), false},
		     {"users", "integer", N_("Accounts"), N_("accounts"), false},
		     {"rooms", "integer", N_("Rooms"), N_("rooms"), false},
		     {"events", "integer", N_("Events"), N_("events"), false},
		     {"media", "integer", N_("Files"), N_("uploaded files"), false},
		     {"bytes", "bytes", N_("Size"), N_("size of all of it"), false},
		     {"old", "string", N_("Former folder"), N_("where what was there is now"),
		      true},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_restore,
};
