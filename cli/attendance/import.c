/* Marks out of a file of another system, into the register of a lesson. */
#include "core/client/attendance/import.h"

#include "cli/attendance/files.h"

#include <string.h>

static void on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	struct command_ctx *ctx = arg;
	if (ctx->front->progress)
		ctx->front->progress(ctx->front_arg, what, done, total);
}

static int check_options(const struct command_ctx *ctx, struct err *err)
{
	if (command_given(ctx->line, "meeting") != command_given(ctx->line, "roll"))
		return 0;
	return err_set(err, ERR_USAGE, _("Into which lesson? give --meeting or --roll"));
}

/* What was said of lines and people of the file, after all that could be done is done. */
static int sum_up(int rc, unsigned passed, struct err *err)
{
	if (rc || !passed)
		return rc;
	return err_set(err, ERR_PARTIAL,
		       ngettext("%u thing of the file could not be taken over",
				"%u things of the file could not be taken over", passed),
		       passed);
}

static int import_lesson(struct command_ctx *ctx, struct sheet_lesson *file,
			 enum attendance_format form, struct err *err)
{
	AUTO_FREE char *room = NULL, *reason = NULL;
	struct client *c;
	const char *given = command_text(ctx->line, "reason");
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc)
		return rc;
	reason = given ? mem_strdup(given) : mem_printf(_("from a file (%s)"), format_name(form));
	struct attendance_query q = {.room_id = room,
				     .meeting = command_text(ctx->line, "meeting"),
				     .roll_id = command_text(ctx->line, "roll"),
				     .late_ms = -1,
				     .early_ms = -1,
				     .grace_ms = -1,
				     .min_percent = -1,
				     .progress = on_progress,
				     .progress_arg = ctx};
	struct attendance_import im = {.q = &q,
				       .file = file,
				       .has_marks = format_has_marks(form),
				       .reason = reason,
				       .dry_run = ctx->dry_run};
	return client_attendance_import(c, &im, command_row_fn, ctx, err);
}

static int run_import(struct command_ctx *ctx, struct err *err)
{
	AUTO(sheet_done) struct attendance_sheet sheet = {0};
	enum attendance_format form = FORMAT_COUNT;
	unsigned passed = 0;
	int rc = check_options(ctx, err);
	if (!rc)
		rc = attendance_read(ctx, &sheet, &form, &passed, err);
	if (!rc && sheet.n_lessons != 1)
		rc = err_set(err, ERR_USAGE,
			     _("The file holds %zu lessons: marks are imported from one"),
			     sheet.n_lessons);
	if (!rc)
		rc = attendance_by_roster(ctx, &sheet, false, &passed, err);
	if (!rc)
		rc = import_lesson(ctx, &sheet.lessons[0], form, err);
	return sum_up(rc, passed, err);
}

const struct command verb_attendance_import = {
	.name = "attendance import",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Write the marks of another system's file into the register of a lesson."),
	.details = N_(
		"For lessons that were held elsewhere, in Zoom, Teams or Meet, or marked in "
		"Moodle. "
		"People are found in the roster of the class. Marks that a file has count before "
		"what the register has worked out; times without marks are judged by the class's "
		"rules and only fill in: nobody who is present, late or excused already, or of "
		"whom staff said what they are, is changed. Who does not stand in the file stays "
		"as they are. Each change is a "
		"correction with its reason and what was before. To run it again changes nothing."),
	.examples =
		EXAMPLES{{"muster attendance import zoom.csv --room \"Physics 10b\" --meeting last "
			  "--dry-run",
			  N_("what would be changed")},
			 {"muster attendance import moodle.csv --room \"Physics 10b\" --meeting "
			  "physics-10b@2026-03-02",
			  N_("marks of one session")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "in",
			.kind = KIND_FILE,
			.dash = true,
			.required = true,
			.what = N_("the file; - reads standard input")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "room",
			.letter = 'r',
			.kind = KIND_ROOM,
			.required = true,
			.what = N_("the class: its room's id, alias or local name")},
		       {.name = "meeting",
			.kind = KIND_TEXT,
			.value = "MEETING",
			.what = N_("the lesson: UID@DATE, now, or last")},
		       {.name = "roll",
			.kind = KIND_EVENT,
			.value = "ROLL",
			.what = N_("a roll-call of no lesson, by its id")},
		       {.name = "reason",
			.kind = KIND_TEXT,
			.what = N_("why, for the people concerned; otherwise which file it was")},
		       OPT_FROM,
		       OPT_ZONE,
		       OPT_DAY,
		       END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},
		     {"name", "string", N_("Name"), N_("name in the school's own lists"), false},
		     {"before", "string", N_("Before"), N_("the mark that the register had"),
		      false},
		     {"after", "string", N_("After"), N_("the mark that holds now"), false},
		     {"state", "word", N_("State"),
		      N_("changed, same, kept (the register knows better) or not_expected"), false},
		     {"event_id", "string", NULL, N_("id of the correction"), true},
		     END_KEYS},
	.exits = EXITS{{7, N_("some lines or people of the file were not taken over; the rest was "
			      "written")},
		       END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_import,
};
