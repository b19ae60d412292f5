/* What others may see of us besides messages: mark, typing, presence. */
#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/json.h"
#include "core/client/presence.h"
#include "core/client/rooms.h"
#include "core/client/unread.h"

static int check_mark(const struct command_line *l, struct err *err)
{
	bool unread = command_flag(l, "unread");
	if (unread &&
	    (command_given(l, "event") || command_flag(l, "private") || command_given(l, "thread")))
		return err_set(err, ERR_USAGE,
			       _("--unread is about the whole room: no EVENT, --thread or "
				 "--private"));
	return 0;
}

static int run_mark(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool unread = command_flag(l, "unread");
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = check_mark(l, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	struct read_mark m = {
		.room_id = room,
		.event_id = command_text(l, "event"),
		.thread = command_text(l, "thread"),
		.secret = command_flag(l, "private") ||
			  setting_bool(ctx, "chat.private-receipts", false),
	};
	rc = unread ? client_mark_unread(c, room, true, err) : client_mark(c, &m, err);
	return rc ? rc
		  : command_row(ctx,
				json_pack("{s:s, s:b}", "room_id", room, "marked_unread", unread));
}

const struct command verb_mark = {
	.name = "mark",
	.group = GROUP_MESSAGE,
	.summary = N_("Mark a room as read, up to an event or all of it, or as unread."),
	.examples = EXAMPLES{{"muster mark physics", N_("everything is read")},
			     {"muster mark physics '$event' --private",
			      N_("up to there, and nobody else is told")},
			     {"muster mark physics --unread", N_("to come back to it")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM,
		       {.name = "event",
			.kind = KIND_EVENT,
			.what = N_("up to here; without it, all")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "thread",
			.kind = KIND_EVENT,
			.what = N_("only the thread that this event begins")},
		       {.name = "private", .kind = KIND_FLAG, .what = N_("do not tell the others")},
		       {.name = "unread", .kind = KIND_FLAG, .what = N_("mark the room as unread")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"marked_unread", "boolean", N_("Unread"), N_("it is marked as unread"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_mark,
};

static int run_typing(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool on = !command_flag(l, "stop");
	struct client *c;
	AUTO_FREE char *room = NULL;
	if (!on && command_given(l, "for"))
		return err_set(err, ERR_USAGE, _("--for and --stop exclude each other"));
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_typing(c, room, on, (int)command_number(l, "for", 30000), err);
	return rc ? rc : command_row(ctx, json_pack("{s:s, s:b}", "room_id", room, "typing", on));
}

const struct command verb_typing = {
	.name = "typing",
	.group = GROUP_MESSAGE,
	.summary = N_("Show the others of a room that you are writing."),
	.examples = EXAMPLES{{"muster typing physics", N_("for half a minute")},
			     {"muster typing physics --stop", N_("no more")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "for",
			   .kind = KIND_DURATION,
			   .min = 1000,
			   .max = TYPING_MAX_MS,
			   .otherwise = "30s",
			   .what = N_("for so long, a minute at most")},
			  {.name = "stop", .kind = KIND_FLAG, .what = N_("you stopped")},
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"typing", "boolean", N_("Writing"), N_("you are shown as writing"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_typing,
};

static const struct command_key presence_keys[] = {
	KEY_USER_ID(N_("User")),
	{"presence", "word", N_("Presence"), N_("online, unavailable or offline"), false},
	{"status", "string", N_("Status"), N_("what they say of it"), false},
	{"active", "boolean", NULL, N_("active right now"), false},
	{"active_ts", "time", N_("Last active"), N_("when they were last active"), false},
	END_KEYS,
};

static int run_presence_show(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	char **users = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_users(ctx, "user", NULL, &users, err);
	if (rc)
		return rc;
	for (size_t i = 0; !rc && (users[i] || i == 0); i++) {
		json_t *row;
		rc = client_presence_show(c, users[i], &row, err);
		if (!rc)
			rc = command_row(ctx, row);
		if (!users[i])
			break;
	}
	command_list_free(users);
	return rc;
}

const struct command verb_presence_show = {
	.name = "presence show",
	.group = GROUP_ACCOUNT,
	.summary = N_("Show who is there."),
	.examples = EXAMPLES{{"muster presence show @ada:school.example", N_("Ada's")},
			     {"muster presence show", N_("your own")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "user",
			.kind = KIND_USER,
			.repeat = true,
			.what = N_("whose; yours without it")},
		       END_PARAMS},
	.keys = presence_keys,
	.run = run_presence_show,
};

static int run_presence_set(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	int rc = command_client(ctx, &c, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = client_presence_set(c, command_text(l, "presence"), command_text(l, "status"), err);
	if (!rc)
		rc = client_presence_show(c, NULL, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_presence_set = {
	.name = "presence set",
	.group = GROUP_ACCOUNT,
	.summary = N_("Say that you are there, away or not to be seen."),
	.examples = EXAMPLES{{"muster presence set unavailable --status \"at lunch\"",
			      N_("with a word beside it")},
			     {"muster presence set online", N_("back again")},
			     END_EXAMPLES},
	.details = N_("A server sets you offline again when none of your clients shows itself for "
		      "a while. muster's own syncing does not change your presence."),
	.args = PARAMS{{.name = "presence",
			.kind = KIND_CHOICE,
			.choices = "online|unavailable|offline",
			.required = true,
			.what = N_("what the others see")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "status", .kind = KIND_TEXT, .what = N_("a few words beside it")},
		       END_PARAMS},
	.keys = presence_keys,
	.shape = SHAPE_RECORD,
	.run = run_presence_set,
};
