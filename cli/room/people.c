/* What is done to people in a room: invite, kick, ban, unban, role. */
#include "cli/params.h"
#include "core/client/rooms.h"

#define ARG_USERS                                                                    \
	{                                                                            \
		.name = "user", .kind = KIND_USER, .required = true, .repeat = true, \
		.what = N_("Matrix id or unique name of each person")                \
	}

static const struct command_key keys[] = {
	KEY_USER_ID(N_("User")),
	KEY_ROOM_ID,
	{"ok", "boolean", N_("Done"), N_("it was done"), false},
	{"error", "string", N_("Error"), N_("why it was not"), false},
	END_KEYS,
};

static const struct command_exit exits[] = {{7, N_("it was done to some of them only")}, END_EXITS};

typedef int act_fn(struct client *c, const char *room_id, const char *user_id, const char *reason,
		   struct err *err);

static int run_act(struct command_ctx *ctx, act_fn *act, struct err *err)
{
	AUTO_FREE char *room = NULL;
	int rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	return each_user(ctx, room, "user", act, err);
}

/* What is done to one person, and the verb that does it to each of a list. */
#define ACT(verb, what)                                                                        \
	static int verb(struct client *c, const char *room, const char *user, const char *why, \
			struct err *err)                                                       \
	{                                                                                      \
		return client_room_act(c, what, room, user, why, err);                         \
	}                                                                                      \
	static int run_##verb(struct command_ctx *ctx, struct err *err)                        \
	{                                                                                      \
		return run_act(ctx, verb, err);                                                \
	}
ACT(invite, ROOM_INVITE)
ACT(kick, ROOM_KICK)
ACT(ban, ROOM_BAN)
ACT(unban, ROOM_UNBAN)

/* The four verbs differ in what they do and say; the rest is one. */
#define ACT_VERB(verb, title, does, ...)                         \
	const struct command verb_room_##verb = {                \
		.name = "room " #verb,                           \
		.group = GROUP_ROOM,                             \
		.summary = title,                                \
		.examples = EXAMPLES{__VA_ARGS__, END_EXAMPLES}, \
		.args = PARAMS{ARG_ROOM, ARG_USERS, END_PARAMS}, \
		.options = PARAMS{OPT_REASON, END_PARAMS},       \
		.keys = keys,                                    \
		.exits = exits,                                  \
		.run = does,                                     \
	}

ACT_VERB(invite, N_("Invite people to a room; who is there already is fine."), run_invite,
	 {"muster room invite physics @ada:school.example @bob:school.example", N_("two people")});
ACT_VERB(kick, N_("Remove people from a room; they may come back if they are let in."), run_kick,
	 {"muster room kick physics @bob:school.example --reason \"wrong class\"",
	  N_("with the reason")});
ACT_VERB(ban, N_("Remove people from a room and keep them out."), run_ban,
	 {"muster room ban physics @troll:elsewhere.example", N_("for good")});
ACT_VERB(unban, N_("Let banned people join again."), run_unban,
	 {"muster room unban physics @bob:school.example", N_("forgiven")});

static int run_role(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL, *user = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (!rc)
		rc = command_user(ctx, "user", 0, room, &user, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s, s:s}", "room_id", room, "user_id", user)))
		return rc;
	rc = client_room_role(c, room, user, command_text(l, "role"), command_flag(l, "force"),
			      &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_room_role = {
	.name = "room role",
	.group = GROUP_ROOM,
	.summary = N_("Make somebody a teacher, an assistant or a student of a room."),
	.examples = EXAMPLES{{"muster room role physics @ada:school.example assistant",
			      N_("Ada may now help")},
			     END_EXAMPLES},
	.details = N_("Roles are power levels: student 0, assistant 25, teacher 50, admin 100; a "
		      "number works too. The last admin is not lowered without --force."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "user",
			.kind = KIND_USER,
			.required = true,
			.what = N_("the person")},
		       {.name = "role",
			.kind = KIND_TEXT,
			.value = "ROLE",
			.required = true,
			.what = N_("teacher, assistant, student, admin, or a number")},
		       END_PARAMS},
	.options = PARAMS{{.name = "force",
			   .kind = KIND_FLAG,
			   .what = N_("lower even the last admin")},
			  END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     KEY_ROOM_ID,
		     {"role", "word", N_("Role"), N_("the new role"), false},
		     {"power", "integer", N_("Power"), N_("the new power level"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_role,
};
