/* call token: for programs such as OBS, that know nothing of Matrix. */
#include "cli/params.h"
#include "core/base/mem.h"
#include "core/client/call/program.h"
#include "core/client/rooms.h"

static int run_token(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *remove = command_text(l, "remove");
	bool list = command_flag(l, "list");
	struct client *c;
	AUTO_FREE char *room = NULL;
	if (list && remove)
		return err_set(err, ERR_USAGE, _("--list and --remove are two different wishes"));
	if (!list && command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc)
		return rc;
	if (list)
		return program_token_list(c, room, command_row_fn, ctx, err);
	if (remove) {
		rc = program_token_remove(c, room, remove, command_row_fn, ctx, err);
		if (!rc)
			command_say(ctx, _("removed: the program can do nothing any more"));
		return rc;
	}
	return program_token_add(c, room, command_flag(l, "listen"), command_text(l, "name"),
				 command_row_fn, ctx, err);
}

const struct command verb_call_token = {
	.name = "call token",
	.group = GROUP_CALL,
	.summary = N_("Let a program such as OBS speak or listen in a room's call."),
	.examples = EXAMPLES{{"muster call token physics --name OBS",
			      N_("an address and a token to type into OBS, as service WHIP")},
			     {"muster call token physics --listen --name hall",
			      N_("for a player that knows WHEP")},
			     {"muster call token physics --list", N_("those you have made")},
			     {"muster call token physics --remove ABCDEFGHIJ",
			      N_("it can do nothing any more")},
			     END_EXAMPLES},
	.details = N_("The program is heard, and counts as present, as you; where only those who "
		      "lead may speak, you must be one of them, or have the floor. The token is "
		      "shown once, "
		      "is good for this room alone, and ends with the log-out of all your devices. "
		      "Servers other than muster serve know none of this."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "listen",
			   .kind = KIND_FLAG,
			   .what = N_("the program listens, instead of speaking")},
			  {.name = "name",
			   .kind = KIND_TEXT,
			   .value = "NAME",
			   .what = N_("what the program is called among your devices")},
			  {.name = "list",
			   .kind = KIND_FLAG,
			   .what = N_("show the tokens for this room, without what is secret")},
			  {.name = "remove",
			   .kind = KIND_TEXT,
			   .value = "DEVICE",
			   .what = N_("end the one with this device_id")},
			  END_PARAMS},
	.keys = KEYS{{"device_id", "string", N_("Device"), N_("its id among your devices"), true},
		     {"name", "string", N_("Name"), N_("what it is called"), false},
		     {"for", "string", N_("For"), N_("speak or listen"), false},
		     {"url", "string", N_("Address"), N_("where the program connects"), false},
		     {"token", "string", N_("Token"), N_("what it must know, a secret"), false},
		     {"seen_ts", "time", N_("Last seen"), N_("when it was last there"), false},
		     END_KEYS},
	.run = run_token,
};
