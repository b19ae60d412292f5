/* meet change, meet cancel. */
#include "cli/meet/meet.h"

#include "core/base/mem.h"

#define OPT_QUIET_TELL OPT_FLAG("no-message", N_("tell the room nothing"))

/* Fill in which meeting, and which date of it. */
static int run(struct command_ctx *ctx, const struct meet_change *what, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {.room_id = NULL};
	struct meet_change ch = *what;
	struct cal_occurrence o;
	struct client *c;
	char stamp[CAL_STAMP_SIZE];
	json_t *row = NULL;
	bool one;
	int rc = meet_arg_any(ctx, &c, &m, &o, &one, err);
	if (rc)
		return rc;
	ch.uid = m.event.uid;
	ch.room_id = m.room_id;
	if (one && (m.event.rrule || m.event.n_rdates)) {
		cal_stamp(&o.recurrence_id, stamp);
		ch.recurrence = stamp;
		ch.zone = NULL; /* it said what --start means */
	}
	if (command_dry_run(ctx, json_pack("{s:s,s:s,s:s?}", "uid", ch.uid, "room_id", ch.room_id,
					   "recurrence_id", ch.recurrence)))
		return 0;
	rc = client_meet_change(c, &ch, &row, err);
	return rc ? rc : command_row(ctx, row);
}

static int run_change(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO_FREE char *rule = meet_rule(ctx);
	struct meet_change ch = {
		.title = command_text(l, "title"),
		.description = command_text(l, "description"),
		.location = command_text(l, "location"),
		.rrule = rule,
		.zone = command_text(l, "tz"),
		.duration_ms = command_number(l, "duration", 0),
		.reason = command_text(l, "reason"),
		.quiet = command_flag(l, "no-message"),
	};
	if (command_given(l, "duration") && !ch.duration_ms)
		return err_set(err, ERR_USAGE, _("the meeting must take longer than no time"));
	int rc = meet_time(ctx, "start", &ch.start_ms, err);
	return rc ? rc : run(ctx, &ch, err);
}

const struct command verb_meet_change = {
	.name = "meet change",
	.group = GROUP_MEETING,
	.summary = N_("Change a meeting, a series, or one date of it."),
	.examples =
		EXAMPLES{{"muster meet change physics-10b@2026-09-14 --start \"2026-09-15 11:00\" "
			  "--reason \"sports day\"",
			  N_("one date is moved")},
			 {"muster meet change physics-10b --location \"Room 7\"",
			  N_("all of the series")},
			 END_EXAMPLES},
	.details = N_(
		"Only what is given is changed. The room is told, with a new calendar file. Of a "
		"series the dates that have begun stay as they were, their title and length, too; "
		"what was said of single dates to come goes with it to another time. A cancelled "
		"meeting or date "
		"comes back when it is changed, and one that was "
		"ended early goes on when --start or --duration is given. A single meeting that "
		"took "
		"place is not moved to a time to come: schedule another one."),
	.args = PARAMS{ARG_MEETING, END_PARAMS},
	.options =
		PARAMS{OPT_TEXT("title", "TITLE", N_("what it is called")),
		       OPT_START(false),
		       {.name = "duration", .kind = KIND_DURATION, .what = N_("how long it takes")},
		       OPT_REPEAT,
		       OPT_TZ,
		       OPT_TEXT("description", "TEXT", N_("what it is about")),
		       OPT_TEXT("location", "TEXT", N_("where it takes place")),
		       OPT_REASON,
		       OPT_ROOM(N_("only of this room")),
		       OPT_QUIET_TELL,
		       END_PARAMS},
	.keys = KEYS{KEYS_MEETING, KEYS_DONE, END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_meeting,
	.run = run_change,
};

static int run_cancel(struct command_ctx *ctx, struct err *err)
{
	struct meet_change ch = {.cancel = true,
				 .reason = command_text(ctx->line, "reason"),
				 .quiet = command_flag(ctx->line, "no-message")};
	return run(ctx, &ch, err);
}

const struct command verb_meet_cancel = {
	.name = "meet cancel",
	.group = GROUP_MEETING,
	.summary = N_("Cancel a meeting, a series, or one date of it."),
	.examples = EXAMPLES{{"muster meet cancel physics-10b@2026-09-14 --reason \"excursion\"",
			      N_("one date")},
			     {"muster meet cancel physics-10b", N_("all of the series")},
			     END_EXAMPLES},
	.details =
		N_("It stays in the list with --all; meet change brings it back. Dates of a series "
		   "that have begun took place all the same: cancel such a date by itself, or "
		   "end it by meet end."),
	.args = PARAMS{ARG_MEETING, END_PARAMS},
	.options =
		PARAMS{OPT_REASON, OPT_ROOM(N_("only of this room")), OPT_QUIET_TELL, END_PARAMS},
	.keys = KEYS{KEYS_MEETING, KEYS_DONE, END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_meeting,
	.run = run_cancel,
};
