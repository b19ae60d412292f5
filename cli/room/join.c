/* Coming and going: room join, leave, archive. */
#include "cli/params.h"
#include "core/client/rooms.h"

static const struct command_key keys[] = {
	{"room_id", "string", N_("Id"), N_("id of the room"), true},
	{"membership", "word", N_("Member"), N_("join or leave"), false},
	{"archived", "boolean", N_("Archived"), N_("out of sight"), false},
	END_KEYS,
};

static int run_join(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	json_t *row;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_room_join(c, command_text(ctx->line, "room"),
				      command_text(ctx->line, "reason"), &row, err);
	if (rc)
		return rc;
	json_object_set_new(row, "membership", json_string("join"));
	return command_row(ctx, row);
}

const struct command verb_room_join = {
	.name = "room join",
	.group = GROUP_ROOM,
	.summary = N_("Join a room, or accept an invitation."),
	.examples = EXAMPLES{{"muster room join '#physics:school.example'", N_("by its alias")},
			     {"muster room join Physics", N_("a room you are invited to")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{OPT_REASON, END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_join,
};

static int run_leave(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_INVITED, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_room_leave(c, room, command_text(l, "reason"), command_flag(l, "forget"), err);
	return rc ? rc
		  : command_row(ctx,
				json_pack("{s:s, s:s}", "room_id", room, "membership", "leave"));
}

const struct command verb_room_leave = {
	.name = "room leave",
	.group = GROUP_ROOM,
	.summary = N_("Leave a room, or decline an invitation."),
	.examples = EXAMPLES{{"muster room leave physics", N_("the history stays readable here")},
			     {"muster room leave physics --forget", N_("and is forgotten")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{OPT_REASON,
			  {.name = "forget",
			   .kind = KIND_FLAG,
			   .what = N_("forget the room and its history")},
			  END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_leave,
};

static int run_archive(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	bool undo = command_flag(ctx->line, "undo");
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_room_archive(c, room, undo, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:b}", "room_id", room, "archived", !undo));
}

const struct command verb_room_archive = {
	.name = "room archive",
	.group = GROUP_ROOM,
	.summary = N_("Put a room out of sight and make it silent; you stay in it."),
	.examples = EXAMPLES{{"muster room archive \"Physics 2025\"", N_("at the end of the year")},
			     {"muster room archive \"Physics 2025\" --undo", N_("and back")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "undo", .kind = KIND_FLAG, .what = N_("bring it back")},
			  END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_archive,
};
