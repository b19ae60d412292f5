#include "cli/roll/roll.h"

#include "core/base/clock.h"
#include "core/client/rooms.h"

#define LOOK_BACK_MS (7LL * 24 * 3600 * 1000)

static int run_list(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int64_t since = command_number(ctx->line, "since", clock_wall_ms() - LOOK_BACK_MS);
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_FOLLOW, &room, err);
	return rc ? rc : client_roll_list(c, room, since, command_row_fn, ctx, err);
}

const struct command verb_roll_list = {
	.name = "roll list",
	.group = GROUP_ATTENDANCE,
	.summary = N_("List roll-calls, the newest first."),
	.examples =
		EXAMPLES{{"muster roll list physics", N_("of the last seven days")},
			 {"muster roll list --since 2026-09-01 --format csv", N_("of all rooms")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "room",
			.kind = KIND_ROOM,
			.what = N_("the room; all joined ones without it")},
		       END_PARAMS},
	.options = PARAMS{{.name = "since",
			   .kind = KIND_TIME,
			   .what = N_("nothing older; seven days without this option")},
			  END_PARAMS},
	.keys = KEYS{{"roll_id", "string", N_("Roll-call"), N_("id of the roll-call"), true},
		     KEY_ROOM_ID,
		     {"room", "string", N_("Room"), N_("the room's name"), false},
		     {"uid", "string", NULL, N_("meeting that it belongs to, or null"), true},
		     {"recurrence_id", "string", NULL, N_("which of its lessons"), true},
		     {"second_of", "string", NULL, N_("id of the first call, in a second one"),
		      true},
		     {"by", "string", NULL, N_("who opened it"), true},
		     {"opened", "time", N_("Opened"), N_("when it was opened"), false},
		     {"closes", "time", NULL, N_("when it closes, or closed"), false},
		     {"state", "word", N_("State"), N_("open, closed or cancelled"), false},
		     {"here", "integer", N_("Here"), N_("how many were there in time"), false},
		     {"late", "integer", N_("Late"), N_("how many were late"), false},
		     {"away", "integer", N_("Cannot come"), N_("how many said so"), false},
		     {"absent", "integer", N_("Absent"), N_("how many said nothing"), false},
		     {"excused", "integer", N_("Excused"), N_("how many staff excused"), false},
		     {"pending", "integer", N_("No answer yet"), N_("how many may still answer"),
		      false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_list,
};
