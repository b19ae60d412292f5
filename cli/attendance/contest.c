/* What people say to their marks: contests, and not to be tracked at all. */
#include "cli/attendance/attendance.h"

#include "core/base/mem.h"

static int run_contest(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	AUTO(buf_done) struct buf words = BUF_INIT(LIMIT_EVENT_BYTES / 4);
	json_t *row = NULL;
	bool from_stdin;
	int rc = attendance_ask(ctx, &a, err);
	if (!rc)
		rc = command_words(ctx, "reason", &words, &from_stdin, err);
	if (!rc && command_dry_run(ctx, NULL))
		return 0;
	if (!rc)
		rc = client_attendance_contest(a.c, &a.q, buf_str(&words), &row, err);
	return rc ? rc : attendance_row(ctx, row);
}

const struct command verb_attendance_contest = {
	.name = "attendance contest",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Say that your own mark is wrong."),
	.details =
		N_("It goes to the class's staff by direct message, and from there into the staff "
		   "room; nobody else reads it."),
	.examples =
		EXAMPLES{{"muster attendance contest --room physics --since 9:00 --until 10:30 I "
			  "was there, without sound",
			  N_("the reason is needed")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "reason",
			.kind = KIND_TEXT,
			.required = true,
			.repeat = true,
			.dash = true,
			.what = N_("why; - reads standard input")},
		       END_PARAMS},
	.options = PARAMS{OPTS_LESSON, END_PARAMS},
	.keys = KEYS{KEYS_LESSON,
		     {"contest_id", "string", N_("Contest"), N_("id of the message"), true},
		     {"to", "string", N_("Told"), N_("who of the staff was told"), true},
		     {"reason", "string", NULL, N_("as given"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_contest,
};

static int run_contests(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	int rc = attendance_room(ctx, &a, err);
	return rc ? rc
		  : client_attendance_contests(a.c, a.room, command_flag(ctx->line, "all"),
					       command_row_fn, ctx, err);
}

const struct command verb_attendance_contests = {
	.name = "attendance contests",
	.group = GROUP_ATTENDANCE,
	.summary = N_("List marks that people say are wrong."),
	.examples = EXAMPLES{{"muster attendance contests --room physics", N_("those that wait for "
									      "an answer")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_LESSON_ROOM,
			  {.name = "all", .kind = KIND_FLAG, .what = N_("answered ones, too")},
			  END_PARAMS},
	.keys = KEYS{{"contest_id", "string", N_("Contest"), N_("its id, for --contest"), true},
		     KEYS_LESSON,
		     {"roll", "string", NULL, N_("the roll-call, of no lesson"), true},
		     KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("name of the person"), false},
		     {"reason", "string", N_("Reason"), N_("what they say"), false},
		     {"ts", "time", N_("Time"), N_("when they said it"), false},
		     {"state", "word", N_("State"), N_("open, accepted or declined"), false},
		     {"by", "string", NULL, N_("who answered"), true},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_contests,
};

static int run_opt_out(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	int rc = attendance_room(ctx, &a, err);
	if (!rc && command_dry_run(ctx, NULL))
		return 0;
	if (!rc)
		rc = client_attendance_opt_out(a.c, a.room, !command_flag(ctx->line, "undo"), err);
	if (!rc)
		command_say(ctx, "%s",
			    command_flag(ctx->line, "undo")
				    ? _("the class's staff has been told that you may be "
					"tracked again")
				    : _("the class's staff has been asked not to track "
					"you"));
	return rc;
}

const struct command verb_attendance_opt_out = {
	.name = "attendance opt-out",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Ask not to be tracked, where the class allows it."),
	.details =
		N_("Your marks are then not_tracked, without any times. A roll-call can still be "
		   "answered."),
	.examples =
		EXAMPLES{{"muster attendance opt-out --room physics", N_("from now on")},
			 {"muster attendance opt-out --room physics --undo", N_("take it back")},
			 END_EXAMPLES},
	.options = PARAMS{OPT_LESSON_ROOM,
			  {.name = "undo", .kind = KIND_FLAG, .what = N_("be tracked again")},
			  END_PARAMS},
	.shape = SHAPE_TABLE,
	.run = run_opt_out,
};
