/* space create, list, show, add, remove. */
#include "core/client/space.h"

#include "cli/params.h"
#include "core/base/json.h"
#include "core/client/rooms.h"

#define ARG_SPACE                                                                       \
	{                                                                               \
		.name = "space", .kind = KIND_ROOM, .value = "SPACE", .required = true, \
		.what = N_("the space: id, alias or local name")                        \
	}

static int run_create(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row = NULL;
	AUTO_FREE char *parent = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "space", 0, &parent, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	struct room_create rq = {
		.name = command_text(l, "name"),
		.topic = command_text(l, "topic"),
		.alias = command_text(l, "alias"),
		.space = parent,
		.is_public = command_flag(l, "public"),
		.is_space = true,
	};
	rc = client_room_create(c, &rq, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_space_create = {
	.name = "space create",
	.group = GROUP_ROOM,
	.summary = N_("Create a space, which groups rooms."),
	.examples = EXAMPLES{{"muster space create \"Year 10\"", N_("private, with you alone")},
			     {"muster space create School --public --alias school",
			      N_("anybody may join and see what it holds")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "name",
			.kind = KIND_TEXT,
			.value = "NAME",
			.required = true,
			.what = N_("the space's name")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "topic", .kind = KIND_TEXT, .what = N_("what it is about")},
		       {.name = "alias",
			.kind = KIND_TEXT,
			.value = "ALIAS",
			.what = N_("an address: NAME or #NAME:SERVER")},
		       {.name = "public", .kind = KIND_FLAG, .what = N_("anybody may join")},
		       {.name = "space", .kind = KIND_ROOM, .what = N_("put it into this space")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the space"), true},
		     {"name", "string", N_("Name"), N_("its name"), false},
		     {"alias", "string", N_("Alias"), N_("its address"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_create,
};

static int run_list(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	int rc = command_client(ctx, &c, err);
	return rc ? rc : client_space_list(c, command_row_fn, ctx, err);
}

const struct command verb_space_list = {
	.name = "space list",
	.group = GROUP_ROOM,
	.summary = N_("List the spaces that you are in."),
	.examples = EXAMPLES{{"muster space list", N_("all of them")}, END_EXAMPLES},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the space"), true},
		     {"name", "string", N_("Name"), N_("its name"), false},
		     {"alias", "string", N_("Alias"), N_("its address"), false},
		     {"topic", "string", NULL, N_("what it is about"), false},
		     {"members", "integer", N_("People"), N_("how many are in it"), false},
		     {"children", "integer", N_("Rooms"), N_("how many rooms it lists"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_show(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool offline = command_flag(l, "offline");
	struct client *c;
	AUTO_FREE char *space = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "space", offline ? ROOM_OFFLINE : 0, &space, err);
	return rc ? rc
		  : client_space_show(c, space, (int)command_number(l, "depth", 0), offline,
				      command_row_fn, ctx, err);
}

const struct command verb_space_show = {
	.name = "space show",
	.group = GROUP_ROOM,
	.summary = N_("Show the rooms of a space, also those that you are not in."),
	.examples = EXAMPLES{{"muster space show School", N_("with what is in spaces inside")},
			     {"muster space show School --depth 1", N_("its own rooms only")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_SPACE, END_PARAMS},
	.options = PARAMS{{.name = "depth",
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 32,
			   .what = N_("so many levels; all without it")},
			  OPT_OFFLINE,
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"name", "string", N_("Name"), N_("name of the room"), false},
		     {"alias", "string", N_("Alias"), N_("its main alias"), false},
		     {"topic", "string", NULL, N_("what it is about"), false},
		     {"members", "integer", N_("People"), N_("how many are in it"), false},
		     {"type", "string", NULL, N_("m.space for spaces"), false},
		     {"parent", "string", NULL, N_("id of the space that lists it"), false},
		     {"depth", "integer", N_("Level"), N_("1: in the space itself"), false},
		     {"suggested", "boolean", NULL, N_("new people should join it"), false},
		     {"join_rule", "joining", N_("Join"), N_("who may join"), false},
		     {"membership", "word", N_("You"), N_("join when you are in it"), false},
		     END_KEYS},
	.run = run_show,
};

static const struct command_key change_keys[] = {
	{"space_id", "string", NULL, N_("id of the space"), true},
	{"room_id", "string", N_("Room"), N_("id of the room"), true},
	END_KEYS,
};

/* Space and room of space add and space remove, resolved. */
static int find_both(struct command_ctx *ctx, struct client **ret, char **ret_space,
		     char **ret_room, struct err *err)
{
	int rc = command_client(ctx, ret, err);
	if (!rc)
		rc = command_room(ctx, "space", 0, ret_space, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, ret_room, err);
	return rc;
}

static int change_row(struct command_ctx *ctx, const char *space, const char *room)
{
	return command_row(ctx, json_pack("{s:s, s:s}", "space_id", space, "room_id", room));
}

static int run_add(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *space = NULL, *room = NULL;
	int rc = find_both(ctx, &c, &space, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	struct space_add a = {
		.space = space,
		.room_id = room,
		.order = command_text(ctx->line, "order"),
		.suggested = command_flag(ctx->line, "suggested"),
	};
	rc = client_space_add(c, &a, err);
	return rc ? rc : change_row(ctx, space, room);
}

const struct command verb_space_add = {
	.name = "space add",
	.group = GROUP_ROOM,
	.summary = N_("Put a room into a space."),
	.examples = EXAMPLES{{"muster space add School physics", N_("at its end")},
			     {"muster space add School news --order a --suggested",
			      N_("in front, and new people should join it")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_SPACE, ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "order",
			   .kind = KIND_TEXT,
			   .value = "WORD",
			   .what = N_("place among the others, by the alphabet")},
			  {.name = "suggested",
			   .kind = KIND_FLAG,
			   .what = N_("new people should join it")},
			  END_PARAMS},
	.keys = change_keys,
	.shape = SHAPE_RECORD,
	.run = run_add,
};

static int run_remove(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *space = NULL, *room = NULL;
	int rc = find_both(ctx, &c, &space, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_space_remove(c, space, room, err);
	return rc ? rc : change_row(ctx, space, room);
}

const struct command verb_space_remove = {
	.name = "space remove",
	.group = GROUP_ROOM,
	.summary = N_("Take a room out of a space; the room stays as it is."),
	.examples = EXAMPLES{{"muster space remove School physics", N_("no longer listed")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_SPACE, ARG_ROOM, END_PARAMS},
	.keys = change_keys,
	.shape = SHAPE_RECORD,
	.run = run_remove,
};
