/* meet start, meet end. */
#include "cli/meet/meet.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/call/mode.h"

#include <string.h>

static int run_start(struct command_ctx *ctx, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {.room_id = NULL};
	struct cal_occurrence o;
	struct client *c;
	json_t *row = NULL, *live = NULL;
	int rc = meet_arg(ctx, &c, &m, &o, err);
	if (rc ||
	    command_dry_run(ctx, json_pack("{s:s,s:s}", "uid", m.event.uid, "room_id", m.room_id)))
		return rc;
	rc = client_meet_start(c, &m, &o, &row, err);
	if (!rc && command_flag(ctx->line, "live"))
		rc = call_mode_change(c, m.room_id, CALL_GO_LIVE, NULL, &live, err);
	json_decref(live);
	if (rc) {
		json_decref(row);
		return rc;
	}
	const char *end = json_get_str(row, "end");
	bool told = json_get_bool(row, "existing", false);
	rc = command_row(ctx, json_incref(row));
	if (!rc && end && strlen(end) >= 16)
		command_say(ctx,
			    told ? _("attendance is taken until %.5s already")
				 : _("attendance is taken until %.5s"),
			    end + 11);
	json_decref(row);
	return rc;
}

const struct command verb_meet_start = {
	.name = "meet start",
	.group = GROUP_MEETING,
	.summary = N_("Begin a lesson: everybody sees that attendance is taken."),
	.examples =
		EXAMPLES{{"muster meet start", N_("the one that is on now")},
			 {"muster meet start physics-10b@2026-09-14", N_("one date of a series")},
			 {"muster meet start --live", N_("and in its call only you speak")},
			 END_EXAMPLES},
	.details =
		N_("A notice in the room says until when attendance is taken. The same again says "
		   "nothing more."),
	.args = PARAMS{{.name = "meeting",
			.kind = KIND_MEETING,
			.what = N_("the meeting; now without it")},
		       END_PARAMS},
	.options = PARAMS{OPT_ROOM(N_("only of this room")),
			  {.name = "live",
			   .kind = KIND_FLAG,
			   .what = N_("its call is a live lesson: only who leads it and who has "
				      "the floor speaks")},
			  END_PARAMS},
	.keys = KEYS{KEYS_MEETING,
		     {"existing", "boolean", NULL, N_("it was there already"), false},
		     {"event_id", "string", NULL, N_("id of the notice, or null"), true},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_meeting,
	.run = run_start,
};

/* The one that is on, or was until it was ended before its time: the same again is no error. */
static int arg_to_end(struct command_ctx *ctx, struct client **ret_client, struct meeting *ret,
		      struct cal_occurrence *ret_occurrence, struct err *err)
{
	const char *which = command_text(ctx->line, "meeting");
	AUTO_FREE char *room = NULL;
	if (which && strcmp(which, "now") != 0)
		return meet_arg(ctx, ret_client, ret, ret_occurrence, err);
	int rc = command_client(ctx, ret_client, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc
		  : client_meet_find_planned(*ret_client, room, clock_wall_ms(), ret,
					     ret_occurrence, err);
}

static int run_end(struct command_ctx *ctx, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {.room_id = NULL};
	struct cal_occurrence o;
	struct client *c;
	json_t *row = NULL;
	int rc = arg_to_end(ctx, &c, &m, &o, err);
	if (rc ||
	    command_dry_run(ctx, json_pack("{s:s,s:s}", "uid", m.event.uid, "room_id", m.room_id)))
		return rc;
	rc = client_meet_end(c, &m, &o, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_meet_end = {
	.name = "meet end",
	.group = GROUP_MEETING,
	.summary = N_("End a lesson before its time: attendance counts until now."),
	.examples = EXAMPLES{{"muster meet end", N_("the one that is on now")}, END_EXAMPLES},
	.details = N_(
		"The room reads that it has ended, and for everybody it is over: nobody has left "
		"early who stayed until then. A second call of a roll that you have scheduled for "
		"the rest of it is taken back. The call goes on; muster call end ends that. The "
		"same again changes nothing; muster meet change with --duration takes it back."),
	.args = PARAMS{{.name = "meeting",
			.kind = KIND_MEETING,
			.what = N_("the meeting; now without it")},
		       END_PARAMS},
	.options = PARAMS{OPT_ROOM(N_("only of this room")), END_PARAMS},
	.keys = KEYS{KEYS_MEETING,
		     KEYS_DONE,
		     {"event_id", "string", NULL, N_("id of the notice, or null"), true},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_meeting,
	.run = run_end,
};
