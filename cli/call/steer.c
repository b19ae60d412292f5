/* What may be done to a running call from any process: status, people, mute, unmute, hand, leave. */
#include "core/client/call/steer.h"

#include "cli/call/run.h"
#include "cli/params.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"

#include <string.h>

#define ARG_CALL_ROOM                                                              \
	{                                                                          \
		.name = "room", .kind = KIND_ROOM,                                 \
		.what = N_("the room whose call is meant, when there are several") \
	}

typedef int list_fn(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		    struct err *err);

static int list(struct command_ctx *ctx, list_fn *fn, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_OFFLINE, &room, err);
	return rc ? rc : fn(c, room, command_row_fn, ctx, err);
}

static int run_status(struct command_ctx *ctx, struct err *err)
{
	return list(ctx, calls_status, err);
}

const struct command verb_call_status = {
	.name = "call status",
	.group = GROUP_CALL,
	.summary = N_("Show the calls that this account is in, and how they go."),
	.examples = EXAMPLES{{"muster call status", N_("all of them")},
			     {"muster call status --json | jq .loss_in",
			      N_("how much of what others say is lost, 0 to 1")},
			     END_EXAMPLES},
	.details = N_("Without a running call the status is 5."),
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS{{"room", "string", N_("Room"), N_("name of the room"), false},
		     {"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"state", "word", N_("State"), N_("joining, joined, reconnecting or leaving"),
		      false},
		     {"muted", "boolean", N_("Muted"), N_("we cannot be heard"), false},
		     {"listen_only", "boolean", NULL, N_("we only listen"), false},
		     {"live", "boolean", N_("Live"), N_("it is a live lesson"), false},
		     {"host", "boolean", NULL, N_("we lead it"), false},
		     {"may_speak", "boolean", NULL, N_("we may speak"), false},
		     {"locked", "boolean", NULL, N_("nobody else comes in"), false},
		     {"floor", "strings", NULL, N_("who has the floor"), false},
		     {"low", "boolean", N_("Narrow line"), N_("for a narrow line (--low)"), false},
		     {"publishing", "boolean", NULL, N_("we have a voice there"), false},
		     {"hand", "boolean", N_("Hand"), N_("our hand is raised"), false},
		     {"people", "integer", N_("People"), N_("how many, oneself included"), false},
		     {"speaking", "strings", N_("Speaking"), N_("who speaks now"), false},
		     {"recording", "string", N_("Recording"), N_("the file, or null"), false},
		     {"since_ts", "time", N_("Since"), N_("in the call since"), false},
		     {"duration_s", "seconds", N_("Duration"), N_("so long"), false},
		     {"quality", "word", N_("Quality"), N_("of our connection"), false},
		     {"rtt_ms", "integer", NULL, N_("way to the SFU and back; -1: not known"),
		      false},
		     {"loss_in", "number", NULL, N_("lost of what others say, 0 to 1, of late"),
		      false},
		     {"loss_out", "number", NULL, N_("lost of what we say, 0 to 1, of late"),
		      false},
		     {"jitter_ms", "number", NULL, N_("how unevenly packets come"), false},
		     {"delay_ms", "integer", NULL, N_("sound that is buffered"), false},
		     {"packets_in", "integer", NULL, N_("packets received"), false},
		     {"packets_out", "integer", NULL, N_("packets sent"), false},
		     {"lost_in", "integer", NULL, N_("packets that never came"), false},
		     {"reconnects", "integer", NULL, N_("how often the connection was mended"),
		      false},
		     {"way", "string", NULL,
		      N_("how sound travels: udp, tcp where UDP is blocked, relay by a TURN "
			 "server; "
			 "null: not now"),
		      false},
		     {"guarded", "boolean", NULL,
		      N_("if this program were killed, the server would let us leave"), false},
		     {"pid", "integer", NULL, N_("the process that is in the call"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_status,
};

static int run_people(struct command_ctx *ctx, struct err *err)
{
	return list(ctx, calls_people, err);
}

const struct command verb_call_people = {
	.name = "call people",
	.group = GROUP_CALL,
	.summary = N_("List who is in the call that this account is in."),
	.examples = EXAMPLES{{"muster call people", N_("everybody")},
			     {"muster call people --json | jq -r 'select(.hand).name'",
			      N_("whose hands are raised")},
			     {"muster call people --json | jq -r "
			      "'select(.hand)|[.hand_ts,.user_id]|@tsv' | sort | head -1",
			      N_("whose hand has been up longest")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS{{"name", "string", N_("Name"), N_("their name"), false},
		     KEY_USER_ID(N_("Id")),
		     {"device_id", "string", NULL, N_("their device"), true},
		     {"identity", "string", NULL, N_("what the SFU calls them"), true},
		     {"self", "boolean", NULL, N_("it is this account"), false},
		     {"member", "boolean", NULL, N_("the room says that they are in the call"),
		      false},
		     {"muted", "boolean", N_("Muted"), N_("they cannot be heard"), false},
		     {"speaking", "boolean", N_("Speaking"), N_("they speak"), false},
		     {"hand", "boolean", N_("Hand"), N_("their hand is raised"), false},
		     {"hand_ts", "time", NULL, N_("since when it is"), false},
		     {"recording", "boolean", NULL, N_("they say that they record the call"),
		      false},
		     {"quality", "word", N_("Quality"), N_("of their connection"), false},
		     {"since_ts", "time", N_("Since"), N_("in the call since"), false},
		     END_KEYS},
	.run = run_people,
};

static int act(struct command_ctx *ctx, enum calls_act what, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_OFFLINE, &room, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = calls_act(c, room, what, &row, err);
	return rc ? rc : command_row(ctx, row);
}

/* What needs no call of ours can be told which room's is meant. */
static void hint_room(const char *verb, struct err *err)
{
	static const char *const known[] = {"live end", "call lock", "call unlock", "call end"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i], verb))
			err_hint(err, "muster %s ROOM", verb);
	if (!strcmp(verb, "live floor"))
		err_hint(err, "muster live floor give USER ROOM");
}

int call_room_arg(struct command_ctx *ctx, struct client **ret_client, char **ret, struct err *err)
{
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, ret_client, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_OFFLINE, &room, err);
	if (rc)
		return rc;
	rc = calls_room(*ret_client, room, ret, err);
	if (rc == ERR_NOT_FOUND && !room)
		hint_room(ctx->line->command->name, err);
	return rc;
}

/* Somebody else's microphone, or everybody's. */
static int mute_others(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL, *user = NULL;
	json_t *row = NULL;
	bool all = command_flag(ctx->line, "all");
	if (all && command_given(ctx->line, "user"))
		return err_set(err, ERR_USAGE, _("--%s and --%s exclude each other"), "all",
			       "user");
	int rc = call_room_arg(ctx, &c, &room, err);
	if (!rc)
		rc = command_user(ctx, "user", 0, room, &user, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = calls_host(c, room, all ? HOST_MUTE_ALL : HOST_MUTE, user, &row, err);
	if (rc || !ctx->people)
		return rc ? rc : command_row(ctx, row);
	/* The key is a count here, of which "Muted: 1" says nothing. */
	int64_t n = json_get_i64(row, "muted", 0);
	json_decref(row);
	if (n)
		command_say(ctx,
			    ngettext("%lld microphone was turned off",
				     "%lld microphones were turned off", (unsigned long)n),
			    (long long)n);
	else
		command_say(ctx, "%s", _("no microphone was on"));
	return 0;
}

static int run_mute(struct command_ctx *ctx, struct err *err)
{
	if (command_flag(ctx->line, "all") || command_given(ctx->line, "user"))
		return mute_others(ctx, err);
	return act(ctx, CALLS_MUTE, err);
}

static int run_unmute(struct command_ctx *ctx, struct err *err)
{
	return act(ctx, CALLS_UNMUTE, err);
}

static int run_leave(struct command_ctx *ctx, struct err *err)
{
	return act(ctx, CALLS_LEAVE, err);
}

static int run_hand(struct command_ctx *ctx, struct err *err)
{
	const char *where = command_text(ctx->line, "where");
	return act(ctx, where && where[0] == 'd' ? CALLS_HAND_DOWN : CALLS_HAND_UP, err);
}

#define KEYS_ACT(key, label, sense)                                            \
	KEYS                                                                   \
	{                                                                      \
		{"room_id", "string", N_("Room"), N_("id of the room"), true}, \
			{key, "boolean", label, sense, false}, END_KEYS        \
	}

const struct command verb_call_mute = {
	.name = "call mute",
	.group = GROUP_CALL,
	.summary = N_("Turn the microphone of the running call off."),
	.examples = EXAMPLES{{"muster call mute", N_("from another terminal, or a key binding")},
			     {"muster call mute --user ada", N_("hers, as who leads the call")},
			     {"muster call mute --all", N_("everybody's but one's own")},
			     END_EXAMPLES},
	.details =
		N_("Somebody else's microphone is turned off by who leads the call (power 50 in "
		   "its room); they can turn it on again, but for the audience of a live lesson. "
		   "Nobody's is turned on for them. Status 1 where the server of the call lets "
		   "nobody do that: muster serve does."),
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "user", .kind = KIND_USER, .what = N_("whose, instead of ours")},
			  {.name = "all",
			   .kind = KIND_FLAG,
			   .what = N_("everybody's, instead of ours")},
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     KEY_USER_ID(NULL),
		     {"muted", "boolean", N_("Muted"),
		      N_("we cannot be heard; with --user and --all, how many were turned off"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_mute,
};

const struct command verb_call_unmute = {
	.name = "call unmute",
	.group = GROUP_CALL,
	.summary = N_("Turn the microphone of the running call on."),
	.examples = EXAMPLES{{"muster call unmute", N_("say something")}, END_EXAMPLES},
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS_ACT("muted", N_("Muted"), N_("we cannot be heard")),
	.shape = SHAPE_RECORD,
	.run = run_unmute,
};

const struct command verb_call_hand = {
	.name = "call hand",
	.group = GROUP_CALL,
	.summary = N_("Raise or lower your hand in the running call."),
	.examples = EXAMPLES{{"muster call hand", N_("raise it")},
			     {"muster call hand down", N_("lower it")},
			     END_EXAMPLES},
	.details = N_("Element Call shows such hands too, and muster those raised there."),
	.args = PARAMS{{.name = "where",
			.kind = KIND_CHOICE,
			.choices = "up|down",
			.otherwise = "up",
			.what = N_("up or down")},
		       ARG_CALL_ROOM,
		       END_PARAMS},
	.keys = KEYS_ACT("hand", N_("Hand"), N_("our hand is raised")),
	.shape = SHAPE_RECORD,
	.run = run_hand,
};

const struct command verb_call_leave = {
	.name = "call leave",
	.group = GROUP_CALL,
	.summary = N_("Leave the running call."),
	.examples = EXAMPLES{{"muster call leave", N_("the one that is running")},
			     {"muster call leave physics", N_("one of several")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS_ACT("left", N_("Left"), N_("we are out of it")),
	.shape = SHAPE_RECORD,
	.run = run_leave,
};
