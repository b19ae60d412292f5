#include "cli/roster/roster.h"

#include "core/base/fs.h"

#include <string.h>

static int run_show(struct command_ctx *ctx, struct err *err)
{
	AUTO_FREE char *room = NULL;
	struct client *c;
	int rc = roster_room(ctx, &c, &room, err);
	return rc ? rc : client_roster_show(c, room, command_row_fn, ctx, err);
}

const struct command verb_roster_show = {
	.name = "roster show",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Show who is expected in a class."),
	.examples = EXAMPLES{{"muster roster show --room \"Physics 10b\"", N_("the whole roster")},
			     {"muster roster show --room \"Physics 10b\" --json | jq -r .email",
			      N_("their addresses")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_CLASS_ROOM, END_PARAMS},
	.keys = KEYS{KEYS_PERSON, END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_show,
};

static int check_output(const struct command_ctx *ctx, const char *file, struct err *err)
{
	if (!file || !strcmp(file, "-") || !fs_exists(file) || command_flag(ctx->line, "force"))
		return 0;
	err_set(err, ERR_CONFLICT, _("%s exists already"), file);
	err_hint(err, _("--force overwrites it"));
	return ERR_CONFLICT;
}

static int run_export(struct command_ctx *ctx, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	AUTO_FREE char *room = NULL;
	const char *file = command_text(ctx->line, "output");
	struct client *c;
	struct roster *r = NULL;
	int rc = check_output(ctx, file, err);
	if (!rc)
		rc = roster_room(ctx, &c, &room, err);
	if (!rc)
		rc = client_roster_of(c, room, &ref, &r, err);
	if (rc)
		return rc;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	roster_put_csv(&b, r, command_flag(ctx->line, "excel"));
	roster_free(r);
	if (!file || !strcmp(file, "-"))
		return command_raw(ctx, buf_span(&b));
	return fs_write_atomic(file, buf_span(&b), 0600, err);
}

const struct command verb_roster_export = {
	.name = "roster export",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Write the roster of a class as CSV."),
	.details = N_("Columns: name, external_id, email, user_id. The file can be imported again. "
		      "Cells that a spreadsheet would run as a formula begin with an apostrophe."),
	.examples = EXAMPLES{{"muster roster export --room \"Physics 10b\" -o 10b.csv",
			      N_("into a file that only you can read")},
			     {"muster roster export --room \"Physics 10b\" --excel -o 10b.csv",
			      N_("as spreadsheets like it")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_CLASS_ROOM,
			  {.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .dash = true,
			   .what = N_("file to write; standard output without it")},
			  {.name = "excel",
			   .kind = KIND_FLAG,
			   .what = N_("begin with a byte order mark, end lines with CRLF")},
			  {.name = "force",
			   .kind = KIND_FLAG,
			   .what = N_("overwrite a file that exists")},
			  END_PARAMS},
	.run = run_export,
};
