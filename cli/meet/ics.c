/* meet export, meet import. */
#include "cli/meet/meet.h"

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/calendar/ics.h"

static int write_out(struct command_ctx *ctx, const char *out, struct span ics, struct err *err)
{
	if (!out || !strcmp(out, "-"))
		return command_raw(ctx, ics);
	if (fs_exists(out) && !command_flag(ctx->line, "force")) {
		err_set(err, ERR_CONFLICT, _("%s exists already"), out);
		err_hint(err, _("--force overwrites it"));
		return ERR_CONFLICT;
	}
	return fs_write_atomic(out, ics, 0644, err);
}

static int run_export(struct command_ctx *ctx, struct err *err)
{
	AUTO(buf_done) struct buf ics = BUF_INIT(ICS_FILE_MAX);
	AUTO_FREE char *room = NULL;
	struct client *c;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (!rc)
		rc = client_meet_export(c, room, command_text(ctx->line, "meeting"), &ics, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	return write_out(ctx, command_text(ctx->line, "output"), buf_span(&ics), err);
}

const struct command verb_meet_export = {
	.name = "meet export",
	.group = GROUP_MEETING,
	.summary = N_("Write meetings as a calendar file (.ics)."),
	.examples =
		EXAMPLES{{"muster meet export --room physics -o physics.ics",
			  N_("all of a room, for another calendar")},
			 {"muster meet export physics-10b", N_("one series on standard output")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "meeting",
			.kind = KIND_MEETING,
			.value = "ID",
			.what = N_("id of one; all without it")},
		       END_PARAMS},
	.options = PARAMS{OPT_ROOM(N_("only of this room")),
			  {.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .dash = true,
			   .what = N_("the file to write; standard output without it")},
			  OPT_FLAG("force", N_("overwrite a file that exists")),
			  END_PARAMS},
	.run = run_export,
};

static void on_problem(void *arg, int line, const char *sentence)
{
	if (line)
		command_warn(arg, _("line %d: %s"), line, sentence);
	else
		command_warn(arg, "%s", sentence);
}

static int read_file(struct command_ctx *ctx, struct buf *b, struct err *err)
{
	const char *path = command_text(ctx->line, "file");
	return strcmp(path, "-") ? fs_read(path, b, err)
				 : ctx->front->input(ctx->front_arg, b, err);
}

static int run_import(struct command_ctx *ctx, struct err *err)
{
	AUTO(buf_done) struct buf ics = BUF_INIT(ICS_FILE_MAX);
	AUTO_FREE char *room = NULL;
	struct client *c;
	int rc = read_file(ctx, &ics, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc
		  : client_meet_import(c, room, buf_span(&ics), ctx->dry_run, on_problem,
				       command_row_fn, ctx, err);
}

const struct command verb_meet_import = {
	.name = "meet import",
	.group = GROUP_MEETING,
	.summary = N_("Take meetings out of a calendar file (.ics) into a room."),
	.examples = EXAMPLES{{"muster meet import timetable.ics --room physics --dry-run",
			      N_("what would be done")},
			     {"curl -s https://example.org/term.ics | muster meet import - --room "
			      "physics",
			      N_("out of another calendar")},
			     END_EXAMPLES},
	.details =
		N_("The same file again changes nothing. An event that the room has already is "
		   "changed when the file has a newer one (SEQUENCE, LAST-MODIFIED). What cannot "
		   "be used is named with its line and passed over. The room is told nothing."),
	.args = PARAMS{{.name = "file",
			.kind = KIND_FILE,
			.required = true,
			.dash = true,
			.what = N_("the calendar file")},
		       END_PARAMS},
	.options = PARAMS{{.name = "room",
			   .letter = 'r',
			   .kind = KIND_ROOM,
			   .value = "ROOM",
			   .required = true,
			   .what = N_("the room they take place in")},
			  END_PARAMS},
	.keys = KEYS{KEYS_MEETING, KEYS_DONE, END_KEYS},
	.run = run_import,
};
