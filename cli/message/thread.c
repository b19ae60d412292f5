#include "core/client/threads.h"

#include "cli/message/line.h"
#include "cli/params.h"
#include "core/client/rooms.h"

static int run_list(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool offline = command_flag(l, "offline");
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT | (offline ? ROOM_OFFLINE : 0), &room,
				  err);
	struct thread_query q = {
		.room_id = room,
		.limit = (int)command_number(l, "number", 20),
		.participated = command_flag(l, "mine"),
		.offline = offline,
	};
	return rc ? rc : client_thread_list(c, &q, command_row_fn, ctx, err);
}

const struct command verb_thread_list = {
	.name = "thread list",
	.group = GROUP_MESSAGE,
	.summary = N_("List the threads of a room, the one with the newest message first."),
	.examples = EXAMPLES{{"muster thread list physics", N_("its threads")},
			     {"muster thread list physics --mine", N_("only yours")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "mine",
			   .kind = KIND_FLAG,
			   .what = N_("only those that you began or wrote in")},
			  {.name = "number",
			   .letter = 'n',
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 10000,
			   .otherwise = "20",
			   .what = N_("at most so many")},
			  OPT_OFFLINE,
			  END_PARAMS},
	.keys = KEYS{KEY_EVENT_ID(N_("Begins with")),
		     KEY_ROOM_ID,
		     {"sender", "string", N_("By"), N_("who began it"), false},
		     {"sender_name", "string", NULL, N_("the sender's name"), false},
		     {"ts", "time", NULL, N_("when it began"), false},
		     {"body", "string", N_("Text"), N_("what it begins with"), false},
		     {"replies", "integer", N_("Replies"), N_("messages in it"), false},
		     {"unread", "integer", N_("New"), N_("unread messages in it"), false},
		     {"highlights", "integer", NULL, N_("unread messages that name you"), false},
		     {"participated", "boolean", NULL, N_("you wrote in it"), false},
		     {"latest_ts", "time", N_("Latest"), N_("time of its newest message"), false},
		     {"latest_event_id", "string", NULL, N_("its newest message"), false},
		     {"latest_sender", "string", NULL, N_("who wrote that"), false},
		     {"latest_body", "string", NULL, N_("what that says"), false},
		     END_KEYS},
	.run = run_list,
};
