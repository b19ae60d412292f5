/* admin backup, admin export. */
#include "cli/admin/admin.h"

#include "core/base/json.h"

static int run_to(struct command_ctx *ctx, const char *op, struct err *err)
{
	const char *to = command_text(ctx->line, "output");
	json_t *args = json_object();
	if (to)
		json_object_set_new(args, "to", json_string(to));
	if (command_dry_run(ctx, NULL)) {
		json_decref(args);
		return 0;
	}
	json_t *row;
	int rc = admin_op(ctx, op, args, &row, err);
	if (rc)
		return rc;
	int64_t missing = json_get_i64(row, "missing", 0), bad = json_get_i64(row, "damaged", 0);
	rc = command_row(ctx, row);
	if (rc || missing + bad == 0)
		return rc;
	err_set(err, ERR_PARTIAL,
		_("The backup is made, but of the uploaded files %lld are missing and %lld are "
		  "damaged"),
		(long long)missing, (long long)bad);
	err_hint(err, _("\"muster admin check\" names them"));
	return ERR_PARTIAL;
}

static int run_backup(struct command_ctx *ctx, struct err *err)
{
	return run_to(ctx, "backup", err);
}

static int run_export(struct command_ctx *ctx, struct err *err)
{
	return run_to(ctx, "export", err);
}

#define KEY_COUNTS                                                              \
	{"users", "integer", N_("Accounts"), N_("accounts"), false},            \
		{"rooms", "integer", N_("Rooms"), N_("rooms"), false},          \
		{"events", "integer", N_("Events"), N_("events"), false},       \
		{"media", "integer", N_("Files"), N_("uploaded files"), false}, \
	{                                                                       \
		"bytes", "bytes", N_("Size"), N_("size of all of it"), false    \
	}

const struct command verb_admin_backup = {
	.name = "admin backup",
	.group = GROUP_ADMIN,
	.no_timeout = true,
	.summary = N_("Make a backup of the server: database, files, settings and keys."),
	.examples =
		EXAMPLES{{"muster admin backup", N_("the running server makes it")},
			 {"muster admin backup --data /var/lib/muster -o /mnt/usb",
			  N_("on the server's machine, to another disk")},
			 {"muster admin backup --data ./school -o school.tar", N_("as one file")},
			 END_EXAMPLES},
	.details =
		N_("The server may go on running meanwhile. A folder gets a backup of its own name "
		   "each time, and files that have not changed are not copied again. What is "
		   "written is read back; a backup has its name only when it is whole.\n\n"
		   "A running server writes into its folder of backups (the setting backup_dir) "
		   "and makes one there each night by itself. With --data DIR, as the user whose "
		   "folder that is, any place can be named, whether or not a server runs."),
	.options = PARAMS{{.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .value = "DIR|FILE.tar",
			   .what = N_("folder for backups, or a tar archive")},
			  {.name = "data",
			   .kind = KIND_FOLDER,
			   .what = N_("read this data folder, also while a server runs on it")},
			  END_PARAMS},
	.keys = KEYS{{"path", "string", N_("Backup"), N_("where it is"), true},
		     {"made_ts", "time", N_("Made"), N_("when it was made"), false},
		     KEY_COUNTS,
		     {"copied_bytes", "bytes", N_("Copied"), N_("what had to be copied of it"),
		      false},
		     {"files", "integer", NULL, N_("files in the backup"), false},
		     {"missing", "integer", NULL, N_("uploaded files that are not there"), false},
		     {"damaged", "integer", NULL,
		      N_("uploaded files that are not what was uploaded"), false},
		     END_KEYS},
	.exits = EXITS{{7, N_("made, but uploaded files are missing or damaged")}, END_EXITS},
	.shape = SHAPE_RECORD,
	.run = run_backup,
};

const struct command verb_admin_export = {
	.name = "admin export",
	.group = GROUP_ADMIN,
	.no_timeout = true,
	.summary = N_("Write people, rooms, events and the list of files in a documented form."),
	.examples = EXAMPLES{{"muster admin export --data ./school -o school.ndjson",
			      N_("on the server's machine")},
			     END_EXAMPLES},
	.details =
		N_("One JSON object a line, described in docs/FORMATS.md. Passwords, log-ins and "
		   "keys are not in it; messages are, also those of private rooms: treat the file "
		   "like the server itself. A running server writes it into its folder of "
		   "backups.\n\n"
		   "Who is in it: jq -r 'select(.kind == \"user\").user_id' FILE"),
	.options = PARAMS{{.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .what = N_("the file to write; it must not exist")},
			  {.name = "data",
			   .kind = KIND_FOLDER,
			   .what = N_("read this data folder, also while a server runs on it")},
			  END_PARAMS},
	.keys = KEYS{{"path", "string", N_("File"), N_("where it is"), true}, KEY_COUNTS, END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_export,
};
