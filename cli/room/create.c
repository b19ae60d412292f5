#include "cli/params.h"
#include "core/base/i18n.h"
#include "core/client/rooms.h"

static int run_create(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row = NULL;
	AUTO_FREE char *space = NULL;
	char **invite = NULL;
	if (!span_trim(span_of(command_text(l, "name"))).n)
		return err_set(err, ERR_USAGE, _("the room's name is empty"));
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_users(ctx, "invite", NULL, &invite, err);
	if (!rc)
		rc = command_room(ctx, "space", 0, &space, err);
	if (rc || command_dry_run(ctx, NULL)) {
		command_list_free(invite);
		return rc;
	}
	struct room_create rq = {
		.name = command_text(l, "name"),
		.topic = command_text(l, "topic"),
		.alias = command_text(l, "alias"),
		.invite = invite[0] ? (const char *const *)invite : NULL,
		.space = space,
		.is_public = command_flag(l, "public"),
		.is_space = command_flag(l, "as-space"),
		.direct = command_flag(l, "direct"),
	};
	rc = client_room_create(c, &rq, &row, err);
	command_list_free(invite);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_room_create = {
	.name = "room create",
	.group = GROUP_ROOM,
	.summary = N_("Make a room."),
	.examples = EXAMPLES{{"muster room create \"Physics 10b\" --alias physics",
			      N_("people are invited later")},
			     {"muster room create Physics --invite @ada:school.example "
			      "--invite @bob:school.example",
			      N_("and at once")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "name",
			.kind = KIND_TEXT,
			.value = "NAME",
			.required = true,
			.what = N_("name of the room")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "alias",
			.kind = KIND_TEXT,
			.value = "ALIAS",
			.what = N_("an address: physics, #physics or #physics:server")},
		       {.name = "topic", .kind = KIND_TEXT, .what = N_("what the room is about")},
		       {.name = "invite",
			.kind = KIND_USER,
			.repeat = true,
			.what = N_("somebody to invite")},
		       {.name = "public",
			.kind = KIND_FLAG,
			.what = N_("anybody may join, and it is listed")},
		       {.name = "space",
			.kind = KIND_ROOM,
			.value = "ROOM",
			.what = N_("put it into this space")},
		       {.name = "as-space",
			.kind = KIND_FLAG,
			.what = N_("make a space, which holds rooms")},
		       {.name = "direct",
			.kind = KIND_FLAG,
			.what = N_("a direct chat with the people invited")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"name", "string", N_("Name"), N_("name of the room"), false},
		     {"alias", "string", N_("Alias"), N_("its main alias"), true},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_create,
};
