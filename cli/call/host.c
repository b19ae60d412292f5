/* What who leads a call does to the others: call remove, lock, unlock, end. */
#include "cli/call/run.h"
#include "cli/params.h"
#include "core/base/mem.h"
#include "core/client/call/mode.h"

#define ARG_CALL_ROOM                                                              \
	{                                                                          \
		.name = "room", .kind = KIND_ROOM,                                 \
		.what = N_("the room whose call is meant, when there are several") \
	}

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL, *user = NULL;
	json_t *row = NULL;
	int rc = call_room_arg(ctx, &c, &room, err);
	if (!rc)
		rc = command_user(ctx, "user", 0, room, &user, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = call_put_out(c, room, user, &row, err);
	return rc ? rc : command_row(ctx, row);
}

static const struct command_exit host_exits[] = {
	{4, N_("you do not lead the call: that takes power 50 in its room")},
	{5, N_("no call is running, or nobody of this name is in it")},
	END_EXITS,
};

const struct command verb_call_remove = {
	.name = "call remove",
	.group = GROUP_CALL,
	.summary = N_("Put somebody out of the running call."),
	.examples = EXAMPLES{{"muster call remove ada", N_("out of the call; still in its room")},
			     END_EXAMPLES},
	.details = N_("Who had the floor in a live lesson has it no more. They may come again, "
		      "unless the "
		      "call is locked (call lock); room kick and "
		      "room ban put somebody out of both. Status 1 where the server of the call "
		      "lets nobody do that: muster serve does."),
	.args = PARAMS{{.name = "user",
			.kind = KIND_USER,
			.required = true,
			.what = N_("who is to go")},
		       ARG_CALL_ROOM,
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     KEY_USER_ID(N_("User")),
		     {"removed", "integer", N_("Devices"), N_("how many of theirs were in it"),
		      false},
		     END_KEYS},
	.exits = host_exits,
	.shape = SHAPE_RECORD,
	.run = run_remove,
};

static int change(struct command_ctx *ctx, enum call_change what, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	int rc = call_room_arg(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = call_mode_change(c, room, what, NULL, &row, err);
	return rc ? rc : command_row(ctx, row);
}

static int run_lock(struct command_ctx *ctx, struct err *err)
{
	return change(ctx, CALL_LOCK, err);
}

static int run_unlock(struct command_ctx *ctx, struct err *err)
{
	return change(ctx, CALL_UNLOCK, err);
}

#define KEYS_LOCK                                                                                 \
	KEYS                                                                                      \
	{                                                                                         \
		{"room_id", "string", N_("Room"), N_("id of the room"), true},                    \
			{"locked", "boolean", N_("Locked"), N_("nobody else comes in"), false},   \
			{"live", "boolean", NULL, N_("it is a live lesson"), false},              \
			{"floor", "strings", NULL, N_("who has the floor"), false},               \
			{"changed", "boolean", NULL, N_("it was not so before"), false}, END_KEYS \
	}

const struct command verb_call_lock = {
	.name = "call lock",
	.group = GROUP_CALL,
	.summary = N_("Let nobody else into a call."),
	.examples = EXAMPLES{{"muster call lock", N_("the running one")},
			     {"muster call lock physics", N_("that of a room")},
			     END_EXAMPLES},
	.details = N_("Who is in the call stays and may come back; who leads it always may. It "
		      "holds until call unlock, live end or call end. muster serve holds "
		      "everybody to it, other servers nobody."),
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS_LOCK,
	.exits = host_exits,
	.shape = SHAPE_RECORD,
	.run = run_lock,
};

const struct command verb_call_unlock = {
	.name = "call unlock",
	.group = GROUP_CALL,
	.summary = N_("Let people into a call again."),
	.examples = EXAMPLES{{"muster call unlock", N_("the running one")}, END_EXAMPLES},
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS_LOCK,
	.exits = host_exits,
	.shape = SHAPE_RECORD,
	.run = run_unlock,
};

static int run_end(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	JSON_AUTO json_t *row = NULL;
	int rc = call_room_arg(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = call_end_for_all(c, room, &row, err);
	if (rc)
		return rc;
	return command_row(ctx, json_pack("{s:s,s:O}", "room_id", room, "ended",
					  json_object_get(row, "ended")));
}

const struct command verb_call_end = {
	.name = "call end",
	.group = GROUP_CALL,
	.summary = N_("End the running call for everybody."),
	.examples = EXAMPLES{{"muster call end", N_("the running one")},
			     {"muster call end physics", N_("that of a room, in it or not")},
			     END_EXAMPLES},
	.details = N_("call leave leaves it to the others. A live lesson is over with it, and a "
		      "locked call is open again."),
	.args = PARAMS{ARG_CALL_ROOM, END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     {"ended", "boolean", N_("Ended"), N_("somebody was in it"), false},
		     END_KEYS},
	.exits = host_exits,
	.shape = SHAPE_RECORD,
	.run = run_end,
};
