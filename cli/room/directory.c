/* Finding what we are not in yet: room directory, people search, room knock, room knocks. */
#include "core/client/directory.h"

#include "cli/params.h"
#include "core/base/json.h"

static int run_directory(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *text = command_joined(l, "words");
	int rc = command_client(ctx, &c, err);
	struct directory_query q = {
		.text = text && *text ? text : NULL,
		.server = command_text(l, "server"),
		.limit = (int)command_number(l, "number", 50),
	};
	return rc ? rc : client_directory(c, &q, command_row_fn, ctx, err);
}

#define OPT_NUMBER(most)                                                                    \
	{                                                                                   \
		.name = "number", .letter = 'n', .kind = KIND_INT, .min = 1, .max = 100000, \
		.otherwise = most, .what = N_("at most so many")                            \
	}

const struct command verb_room_directory = {
	.name = "room directory",
	.group = GROUP_ROOM,
	.summary = N_("List public rooms that can be found by everybody."),
	.examples = EXAMPLES{{"muster room directory", N_("the server's")},
			     {"muster room directory physics",
			      N_("those whose name, topic or alias holds a word")},
			     END_EXAMPLES},
	.details = N_("muster room set ROOM directory public lists a room there."),
	.args = PARAMS{{.name = "words",
			.kind = KIND_TEXT,
			.repeat = true,
			.what = N_("words to look for")},
		       END_PARAMS},
	.options = PARAMS{{.name = "server",
			   .kind = KIND_TEXT,
			   .value = "NAME",
			   .what = N_("another server's directory")},
			  OPT_NUMBER("50"),
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"name", "string", N_("Name"), N_("name of the room"), false},
		     {"alias", "string", N_("Alias"), N_("its main alias"), false},
		     {"topic", "string", N_("Topic"), N_("what it is about"), false},
		     {"members", "integer", N_("People"), N_("how many are in it"), false},
		     {"type", "string", NULL, N_("m.space for spaces"), false},
		     {"join_rule", "joining", N_("Join"), N_("who may join: public or knock"),
		      false},
		     {"world_readable", "boolean", NULL, N_("anybody may read it"), false},
		     {"membership", "word", N_("You"), N_("join when you are in it"), false},
		     END_KEYS},
	.run = run_directory,
};

static int run_search(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *text = command_joined(ctx->line, "words");
	int rc = command_client(ctx, &c, err);
	return rc ? rc
		  : client_people_search(c, text, (int)command_number(ctx->line, "number", 20),
					 command_row_fn, ctx, err);
}

const struct command verb_people_search = {
	.name = "people search",
	.group = GROUP_ROOM,
	.summary = N_("Find people by name or id."),
	.examples = EXAMPLES{{"muster people search ada", N_("whose name or id holds it")},
			     END_EXAMPLES},
	.details = N_("Servers decide whom one may find: at least those one shares a room with."),
	.args = PARAMS{{.name = "words",
			.kind = KIND_TEXT,
			.required = true,
			.repeat = true,
			.what = N_("part of a name or id")},
		       END_PARAMS},
	.options = PARAMS{OPT_NUMBER("20"), END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("the person's name"), false},
		     {"avatar_url", "string", NULL, N_("media address of the picture"), false},
		     END_KEYS},
	.run = run_search,
};

static int run_knock(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_room_knock(c, command_text(l, "what"), command_text(l, "reason"), &row,
				       err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_room_knock = {
	.name = "room knock",
	.group = GROUP_ROOM,
	.summary = N_("Ask to be let into a room."),
	.examples = EXAMPLES{{"muster room knock '#staff:school.example' --reason \"I am new\"",
			      N_("somebody there must invite you then")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "what",
			.kind = KIND_TEXT,
			.value = "ROOM",
			.required = true,
			.what = N_("id or alias of the room")},
		       END_PARAMS},
	.options = PARAMS{OPT_REASON, END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"membership", "word", N_("You"), N_("knock: you wait at the door"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_knock,
};

static int run_knocks(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc : client_room_knocks(c, room, command_row_fn, ctx, err);
}

const struct command verb_room_knocks = {
	.name = "room knocks",
	.group = GROUP_ROOM,
	.summary = N_("Show who asks to be let into a room."),
	.examples = EXAMPLES{{"muster room knocks staff", N_("and why")}, END_EXAMPLES},
	.details = N_("muster room invite lets a person in, muster room kick turns them down."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("the person's name"), false},
		     {"reason", "string", N_("Reason"), N_("why"), false},
		     {"ts", "time", N_("Since"), N_("since when"), false},
		     END_KEYS},
	.run = run_knocks,
};
