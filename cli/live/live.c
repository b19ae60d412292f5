/* Live lessons: live start, join, floor, end. */
#include "cli/call/run.h"
#include "cli/params.h"
#include "core/base/mem.h"
#include "core/client/call/mode.h"
#include "core/client/rooms.h"
#include "core/client/util.h"

static int run_start(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	bool publish = command_flag(l, "publish-recording");
	int rc = call_check_options(l, err);
	if (!rc && publish && !command_given(l, "record"))
		rc = err_set(err, ERR_USAGE, _("--publish-recording goes with --record"));
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = call_mode_change(c, room, CALL_GO_LIVE, NULL, &row, err);
	json_decref(row);
	if (rc)
		return rc;
	const struct call_how how = {.ring = true, .publish = publish};
	return call_run(ctx, room, &how, err);
}

#define OPT_PUBLISH                                                                        \
	{                                                                                  \
		.name = "publish-recording", .kind = KIND_FLAG,                            \
		.what = N_("with --record: post the recording in the room when you leave") \
	}

const struct command verb_live_start = {
	.name = "live start",
	.group = GROUP_CALL,
	.no_timeout = true,
	.summary = N_("Begin a live lesson: you speak, the audience listens."),
	.examples = EXAMPLES{{"muster live start physics", N_("with microphone and loudspeaker")},
			     {"muster live start physics --record lesson.ogg --publish-recording",
			      N_("and the room gets the recording")},
			     {"muster live start physics --play lecture.ogg",
			      N_("a lesson from a file")},
			     END_EXAMPLES},
	.details =
		N_("Only who leads the room's calls (power 50) and who was given the floor (live "
		   "floor "
		   "give) can be heard. muster serve holds everybody to it, whatever client they "
		   "have; on other servers muster's own clients keep to it, and muster warns. The "
		   "lesson goes on when you leave: live end makes an end of it.\n\n"
		   "Options and rows are those of call join."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{CALL_OPTIONS, OPT_PUBLISH, END_PARAMS},
	.keys = call_keys,
	.exits = call_exits,
	.shape = SHAPE_LINE,
	.line = call_line,
	.run = run_start,
};

static int run_join(struct command_ctx *ctx, struct err *err)
{
	AUTO_FREE char *room = NULL;
	int rc = call_check_options(ctx->line, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	const struct call_how how = {.muted = true, .may_listen = true, .lesson = true};
	return call_run(ctx, room, &how, err);
}

const struct command verb_live_join = {
	.name = "live join",
	.group = GROUP_CALL,
	.no_timeout = true,
	.summary = N_("Listen to a live lesson."),
	.examples = EXAMPLES{{"muster live join physics", N_("listen; call hand raises your hand")},
			     {"muster live join physics --listen-only --record lesson.ogg",
			      N_("a recorder: the room is told")},
			     END_EXAMPLES},
	.details = N_("Your microphone is off. Raise your hand with call hand; who is given the "
		      "floor turns it on with call unmute. Nobody is told that you came, as the "
		      "room would be by call join. Options and rows are those of call join."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{CALL_OPTIONS, END_PARAMS},
	.keys = call_keys,
	.exits = call_exits,
	.shape = SHAPE_LINE,
	.line = call_line,
	.run = run_join,
};

#define ARG_LESSON_ROOM                                                        \
	{                                                                      \
		.name = "room", .kind = KIND_ROOM,                             \
		.what = N_("the room; without it that of the call you are in") \
	}

static int run_floor(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL, *user = NULL;
	json_t *row = NULL;
	bool give = command_text(ctx->line, "what")[0] == 'g';
	int rc = call_room_arg(ctx, &c, &room, err);
	if (!rc)
		rc = command_user(ctx, "user", 0, room, &user, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s,s:s}", "room_id", room, "user_id", user)))
		return rc;
	rc = call_mode_change(c, room, give ? CALL_GIVE_FLOOR : CALL_TAKE_FLOOR, user, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_live_floor = {
	.name = "live floor",
	.group = GROUP_CALL,
	.summary = N_("Give somebody the floor in a live lesson, or take it."),
	.examples = EXAMPLES{{"muster live floor give ada", N_("she may speak now")},
			     {"muster live floor take ada", N_("and now no more")},
			     END_EXAMPLES},
	.details = N_("Who is given it turns their microphone on themselves; from whom it is taken "
		      "it is turned off. A hundred people at most have it at once."),
	.args = PARAMS{{.name = "what",
			.kind = KIND_CHOICE,
			.choices = "give|take",
			.required = true,
			.what = N_("give or take")},
		       {.name = "user",
			.kind = KIND_USER,
			.required = true,
			.what = N_("to whom, from whom")},
		       ARG_LESSON_ROOM,
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     KEY_USER_ID(N_("User")),
		     {"floor", "strings", N_("Floor"), N_("everybody who has it now"), false},
		     {"live", "boolean", NULL, N_("it is a live lesson"), false},
		     {"locked", "boolean", NULL, N_("nobody else comes in"), false},
		     {"changed", "boolean", NULL, N_("it was not so before"), false},
		     END_KEYS},
	.exits = EXITS{{4, N_("you do not lead the room's calls")},
		       {5, N_("no call is running and no room was named")},
		       END_EXITS},
	.shape = SHAPE_RECORD,
	.run = run_floor,
};

static int run_end(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	int rc = call_room_arg(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	if (!command_flag(ctx->line, "keep-call"))
		rc = call_end_for_all(c, room, &row, err);
	else if ((rc = call_mode_change(c, room, CALL_GO_MEETING, NULL, &row, err)) == 0)
		row_bool(row, "ended", false);
	if (rc)
		return rc;
	if (!json_get_bool(row, "ended", false) && !json_get_bool(row, "changed", false))
		command_say(ctx, "%s", _("no live lesson was on there"));
	return command_row(ctx, row);
}

const struct command verb_live_end = {
	.name = "live end",
	.group = GROUP_CALL,
	.summary = N_("End a live lesson."),
	.examples = EXAMPLES{{"muster live end", N_("the one you are in, for everybody")},
			     {"muster live end physics --keep-call",
			      N_("everybody may speak now, and the call goes on")},
			     END_EXAMPLES},
	.details = N_("Its call ends for everybody, whether you are in it or not. A locked call is "
		      "open again; with --keep-call it stays locked."),
	.args = PARAMS{ARG_LESSON_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "keep-call",
			   .kind = KIND_FLAG,
			   .what = N_("the call goes on, and everybody may speak")},
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     {"live", "boolean", N_("Live"), N_("it is a live lesson"), false},
		     {"ended", "boolean", N_("Ended"),
		      N_("the call is over for those who were in it"), false},
		     {"floor", "strings", NULL, N_("who has the floor"), false},
		     {"locked", "boolean", NULL, N_("nobody else comes in"), false},
		     {"changed", "boolean", NULL, N_("it was not so before"), false},
		     END_KEYS},
	.exits = EXITS{{4, N_("you do not lead the room's calls")},
		       {5, N_("no call is running and no room was named")},
		       END_EXITS},
	.shape = SHAPE_RECORD,
	.run = run_end,
};
