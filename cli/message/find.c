/* Who has read it, and where was it: receipts, search. */
#include "cli/message/line.h"
#include "cli/params.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"

static int run_receipts(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc
		  : client_receipts(c, room, command_text(ctx->line, "event"), command_row_fn, ctx,
				    err);
}

const struct command verb_receipts = {
	.name = "receipts",
	.group = GROUP_MESSAGE,
	.summary = N_("Show who has read a message and who has not."),
	.examples = EXAMPLES{{"muster receipts physics '$event'", N_("a list of everybody")},
			     {"muster receipts physics '$event' --json | jq -r "
			      "'select(.read|not).user_id'",
			      N_("who has not read it")},
			     END_EXAMPLES},
	.details = N_("People may keep their receipts private; they count as not having read it."),
	.args = PARAMS{ARG_ROOM, ARG_EVENT, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("the person's name"), false},
		     {"read", "boolean", N_("Read"), N_("has read the message"), false},
		     {"ts", "time", N_("When"), N_("time of the receipt"), false},
		     {"event_id", "string", NULL, N_("the event the receipt stands at"), false},
		     END_KEYS},
	.run = run_receipts,
};

static int run_search(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL, *text = command_joined(l, "words");
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	return rc ? rc
		  : client_search(c, text, room, (int)command_number(l, "number", 20),
				  command_row_fn, ctx, err);
}

const struct command verb_search = {
	.name = "search",
	.group = GROUP_MESSAGE,
	.summary = N_("Search messages, here and on the server."),
	.examples =
		EXAMPLES{{"muster search homework", N_("in all rooms, newest first")},
			 {"muster search \"field trip\" --room physics -n 5", N_("in one room")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "words",
			.kind = KIND_TEXT,
			.required = true,
			.repeat = true,
			.what = N_("words that the message holds")},
		       END_PARAMS},
	.options = PARAMS{{.name = "room",
			   .letter = 'r',
			   .kind = KIND_ROOM,
			   .what = N_("in this room only")},
			  {.name = "number",
			   .letter = 'n',
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 10000,
			   .otherwise = "20",
			   .what = N_("at most so many")},
			  {.name = "ids",
			   .kind = KIND_FLAG,
			   .what = N_("put the event id in front of each line")},
			  END_PARAMS},
	.keys = message_keys,
	.shape = SHAPE_LINE,
	.line = line_message,
	.run = run_search,
};
