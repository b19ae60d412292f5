/* Coming: call join, call answer; and not coming: call decline. */
#include "cli/call/run.h"
#include "cli/call/via.h"
#include "cli/params.h"
#include "core/base/mem.h"
#include "core/client/call/ring.h"
#include "core/client/rooms.h"

static int run_join(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO_FREE char *room = NULL;
	int rc = call_check_options(l, err);
	if (!rc && command_given(l, "via"))
		return call_run_via(ctx, err);
	if (!rc)
		rc = command_room(ctx, "room", ctx->dry_run ? 0 : ROOM_MAKE_DIRECT, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	const struct call_how how = {.ring = !command_flag(l, "no-ring")};
	return call_run(ctx, room, &how, err);
}

const struct command verb_call_join = {
	.name = "call join",
	.group = GROUP_CALL,
	.no_timeout = true,
	.summary = N_("Be in a room's call: hear, speak, play, record."),
	.examples =
		EXAMPLES{{"muster call join physics", N_("with microphone and loudspeaker")},
			 {"muster call join @ada:school.example", N_("ring one person")},
			 {"muster call join physics --listen-only --record lesson.ogg "
			  "--leave-when-empty",
			  N_("a recorder")},
			 {"espeak-ng --stdout \"Fire drill at ten\" | sox - -t raw -r 48000 -e "
			  "signed "
			  "-b 16 -c 1 - | muster call join physics --in -",
			  N_("an announcer")},
			 {"muster call join ops --listen-only --out - | aplay -t raw -f S16_LE -r "
			  "48000 -c 1",
			  N_("a pipe to another program")},
			 {"muster call join physics --listen-only --json | jq -r "
			  "'select(.event == \"hand\" and .hand).name'",
			  N_("a monitor")},
			 {"muster call join physics --via ada@school.example",
			  N_("muster runs there, sound is here")},
			 END_EXAMPLES},
	.details = N_(
		"Everything that happens is a row: who comes and goes, raises a hand, loses the "
		"connection; with --json also who speaks, and how good the connections are. The "
		"first Ctrl-C leaves and ends with 130; a second one ends at "
		"once, and the server lets you leave within seconds. Other processes steer the "
		"call with call status, mute, unmute, hand and leave.\n\n"
		"Whoever is the first in the call tells the room; in a direct chat that rings. "
		"--no-ring and --listen-only tell nobody. A chat that somebody has not accepted "
		"yet does "
		"not ring there.\n\n"
		"With --play or --in the call is left when the sound is at its end, unless --stay "
		"is given. Microphone and loudspeaker are used only where no option stands for "
		"them: --play, --in and --listen-only need no microphone; with --play, with --in, "
		"and with --listen-only --record nothing is played here unless --output says "
		"where.\n\n"
		"Who records says so: the room is told, and muster shows it to everybody in the "
		"call. A file that is there already is recorded over only with --force. Encrypted "
		"rooms are refused with status 9."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{CALL_OPTIONS,
			  {.name = "no-ring",
			   .kind = KIND_FLAG,
			   .what = N_("tell nobody that the call has begun")},
			  {.name = "via",
			   .kind = KIND_TEXT,
			   .value = "[USER@]HOST",
			   .what = N_("muster runs there, through ssh; sound and files are here")},
			  END_PARAMS},
	.keys = call_keys,
	.exits = call_exits,
	.shape = SHAPE_LINE,
	.line = call_line,
	.run = run_join,
};

static int run_answer(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	JSON_AUTO json_t *ring = NULL;
	int rc = call_check_options(ctx->line, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (!rc)
		rc = ring_find(c, room, &ring, err);
	if (rc)
		return rc;
	const char *where = json_get_str(ring, "room_id");
	if (command_dry_run(ctx, json_pack("{s:s}", "room_id", where)))
		return 0;
	const struct call_how how = {.ring = false};
	return call_run(ctx, where, &how, err);
}

#define ARG_RINGING_ROOM                                                                \
	{                                                                               \
		.name = "room", .kind = KIND_ROOM, .what = N_("only a call from there") \
	}

const struct command verb_call_answer = {
	.name = "call answer",
	.group = GROUP_CALL,
	.no_timeout = true,
	.summary = N_("Join the call that rings, the newest of several."),
	.examples = EXAMPLES{{"muster call answer", N_("with microphone and loudspeaker")},
			     {"muster call answer @ada:school.example --muted",
			      N_("only if she is the one who calls")},
			     END_EXAMPLES},
	.details =
		N_("A call rings for half a minute or as long as the caller says, ninety seconds "
		   "at most; later it is joined with call join. muster read --follow shows who "
		   "calls."),
	.args = PARAMS{ARG_RINGING_ROOM, END_PARAMS},
	.options = PARAMS{CALL_OPTIONS, END_PARAMS},
	.keys = call_keys,
	.exits = call_exits,
	.shape = SHAPE_LINE,
	.line = call_line,
	.run = run_answer,
};

static int run_decline(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = ring_decline(c, room, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_call_decline = {
	.name = "call decline",
	.group = GROUP_CALL,
	.summary = N_("Tell who is calling that you do not come."),
	.examples =
		EXAMPLES{{"muster call decline", N_("the newest call that rings")}, END_EXAMPLES},
	.args = PARAMS{ARG_RINGING_ROOM, END_PARAMS},
	.keys = KEYS{KEY_EVENT_ID(N_("Answer")),
		     KEY_ROOM_ID,
		     {"sender", "string", N_("Caller"), N_("who called"), true},
		     {"txn_id", "string", NULL, N_("name of this action"), false},
		     {"state", "string", NULL, N_("sent"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_decline,
};
