#include "cli/message/line.h"
#include "cli/params.h"
#include "cli/settings.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"
#include "core/client/unread.h"

#define SHOWN 20

static int say_ready(void *arg)
{
	struct command_ctx *ctx = arg;
	if (command_given(ctx->line, "room"))
		command_say(ctx, _("following; end with Ctrl-C"));
	else
		command_say(ctx, _("following all rooms; end with Ctrl-C"));
	return 0;
}

/* Without -n: a page of history, and for programs that follow only what is new. */
static int how_many(const struct command_ctx *ctx)
{
	const struct command_line *l = ctx->line;
	bool bounded = command_given(l, "since") || command_given(l, "until");
	if (command_given(l, "number"))
		return (int)command_number(l, "number", SHOWN);
	if (bounded)
		return 0;
	if (command_flag(l, "follow") && (ctx->json || !command_given(l, "room")))
		return 0;
	return (int)setting_int(ctx, "chat.read-last", SHOWN);
}

static int mark_read(struct command_ctx *ctx, struct client *c, const char *room, struct err *err)
{
	struct read_mark m = {
		.room_id = room,
		.thread = command_text(ctx->line, "thread"),
		.secret = setting_bool(ctx, "chat.private-receipts", false),
	};
	return command_flag(ctx->line, "mark-read") ? client_mark(c, &m, err) : 0;
}

static int run_read(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL;
	AUTO_FREE const char **types = command_texts(ctx, "type");
	bool follow = command_flag(l, "follow");
	if (!command_given(l, "room") && (!follow || command_flag(l, "mark-read")))
		return err_set(err, ERR_USAGE,
			       _("ROOM is missing; without it only --follow works, for all rooms"));
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room",
				  ROOM_LEFT | (command_flag(l, "offline") ? ROOM_OFFLINE : 0),
				  &room, err);
	if (rc)
		return rc;
	struct read_request rq = {
		.room_id = room,
		.last = how_many(ctx),
		.since_ms = command_number(l, "since", 0),
		.until_ms = command_number(l, "until", 0),
		.types = types,
		.all_types = command_flag(l, "all-types"),
		.raw = command_flag(l, "raw"),
		.offline = command_flag(l, "offline"),
		.thread = command_text(l, "thread"),
		.edits = command_flag(l, "edits"),
	};
	if (follow && rq.thread)
		return err_set(err, ERR_USAGE, _("--follow and --thread exclude each other"));
	if (command_given(l, "number") && rq.last == 0 && !follow)
		return 0;
	rc = follow ? client_follow(c, &rq, command_row_fn, say_ready, ctx, err)
		    : client_read(c, &rq, command_row_fn, ctx, err);
	if (rc == ERR_NETWORK && !rq.offline && !follow)
		err_hint(err, _("with --offline muster shows what is here already"));
	return rc ? rc : mark_read(ctx, c, room, err);
}

const struct command verb_read = {
	.name = "read",
	.group = GROUP_MESSAGE,
	.summary = N_("Show messages of a room, or follow what comes."),
	.examples = EXAMPLES{{"muster read physics", N_("the last messages")},
			     {"muster read physics --since today --json",
			      N_("what was said today, for a program")},
			     {"muster read physics --follow", N_("stay and show what comes")},
			     {"muster read --follow --json | jq -r .body",
			      N_("new messages of all rooms")},
			     END_EXAMPLES},
	.details = N_("History that is not here yet is fetched from the server. With --follow and "
		      "--json only new messages come unless -n or --since asks for older ones.\n\n"
		      "--follow has no time limit unless --timeout is given."),
	.args = PARAMS{{.name = "room",
			.kind = KIND_ROOM,
			.what = N_("the room; with --follow it may be left out for all rooms")},
		       END_PARAMS},
	.options = PARAMS{{.name = "number",
			   .letter = 'n',
			   .kind = KIND_INT,
			   .min = 0,
			   .max = 1000000,
			   .what = N_("at most so many, the newest")},
			  {.name = "since", .kind = KIND_TIME, .what = N_("nothing older")},
			  {.name = "until", .kind = KIND_TIME, .what = N_("nothing newer")},
			  {.name = "follow",
			   .letter = 'F',
			   .kind = KIND_FLAG,
			   .what = N_("go on with new messages as they come")},
			  {.name = "type",
			   .kind = KIND_TEXT,
			   .value = "TYPE",
			   .repeat = true,
			   .what = N_("events of this type, such as m.room.member; * at the end "
				      "matches any ending")},
			  {.name = "all-types",
			   .kind = KIND_FLAG,
			   .what = N_("events of all types, not only messages")},
			  {.name = "thread",
			   .kind = KIND_EVENT,
			   .what = N_("only the thread that this event begins")},
			  {.name = "edits",
			   .kind = KIND_FLAG,
			   .what = N_("with changed messages, what they said before")},
			  {.name = "ids",
			   .kind = KIND_FLAG,
			   .what = N_("put the event id in front of each line")},
			  {.name = "raw",
			   .kind = KIND_FLAG,
			   .what = N_("in JSON, add the event as the server sent it")},
			  OPT_OFFLINE,
			  {.name = "mark-read",
			   .kind = KIND_FLAG,
			   .what = N_("tell the others that you have read it")},
			  END_PARAMS},
	.keys = message_keys,
	.shape = SHAPE_LINE,
	.line = line_message,
	.run = run_read,
};
