/* room upgrade, report. */
#include "core/client/upgrade.h"

#include "cli/params.h"
#include "core/base/json.h"
#include "core/client/devices.h"
#include "core/client/rooms.h"

static int run_upgrade(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = command_confirm(ctx, err,
			     _("Replace the room %s by a new one? There is no way back, and "
			       "everybody has to go along."),
			     room);
	if (!rc)
		rc = client_room_upgrade(c, room, command_text(ctx->line, "version"), &row, err);
	if (!rc && json_get_bool(row, "existing", false))
		command_say(ctx, "%s",
			    _("This room has been replaced already: you have gone along."));
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_room_upgrade = {
	.name = "room upgrade",
	.group = GROUP_ROOM,
	.summary = N_("Replace a room by a new one of another version (admins only)."),
	.examples = EXAMPLES{{"muster room upgrade physics", N_("to the server's default")},
			     {"muster room upgrade physics 11 --yes", N_("without a question")},
			     END_EXAMPLES},
	.details =
		N_("The new room takes over name, settings and addresses; messages stay in the old "
		   "one, which says where it went. muster goes along by itself when a room that "
		   "you are in is replaced, unless the setting chat.follow-upgrades is off; the "
		   "old name means the new room then."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "version",
			.kind = KIND_TEXT,
			.value = "VERSION",
			.what = N_("room version; without it, the server's default")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Old"), N_("id of the old room"), true},
		     {"successor", "string", N_("New"), N_("id of the new room"), true},
		     {"version", "string", N_("Version"), N_("its version"), false},
		     {"existing", "boolean", NULL, N_("it was there already"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_upgrade,
};

static int check_report(const struct command_line *l, struct err *err)
{
	bool user = command_given(l, "user"), room = command_given(l, "room");
	if (user == room)
		return err_set(err, ERR_USAGE, _("give ROOM or --user, one of them"));
	return 0;
}

static int run_report(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *event = command_text(l, "event"), *reason = command_text(l, "reason");
	struct client *c;
	AUTO_FREE char *room = NULL, *user = NULL;
	int rc = check_report(l, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	if (!rc && command_given(l, "user"))
		rc = command_user(ctx, "user", 0, NULL, &user, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = user ? client_report_user(c, user, reason, err)
		  : client_report(c, room, event, reason, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s?, s:s?, s:s?}", "room_id", room, "event_id",
					       event, "user_id", user));
}

const struct command verb_report = {
	.name = "report",
	.group = GROUP_ROOM,
	.summary = N_("Report a message, a room or a person to the server's administrators."),
	.examples =
		EXAMPLES{{"muster report physics '$event' --reason \"threat\"", N_("a message")},
			 {"muster report '#spam:school.example' --reason \"advertising\"",
			  N_("a room")},
			 {"muster report --user @troll:school.example --reason \"insults\"",
			  N_("a person")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "room",
			.kind = KIND_ROOM,
			.what = N_("the room, or where the message is")},
		       {.name = "event", .kind = KIND_EVENT, .what = N_("the message's id")},
		       END_PARAMS},
	.options = PARAMS{{.name = "user", .kind = KIND_USER, .what = N_("the person")},
			  {.name = "reason",
			   .kind = KIND_TEXT,
			   .what = N_("why, for the administrators")},
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Room"), N_("id of the room"), true},
		     {"event_id", "string", N_("Event"), N_("id of the message"), true},
		     {"user_id", "string", N_("User"), N_("Matrix id of the person"), true},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_report,
};
