#include "core/client/rooms.h"

#include "cli/params.h"
#include "core/base/i18n.h"
#include "core/base/json.h"

struct listing {
	struct command_ctx *ctx;
	bool invited; /* invitations are asked for */
	int hidden;   /* of those that are not */
	int shown;
};

static int on_room(json_t *row, void *arg)
{
	struct listing *list = arg;
	const char *membership = json_get_str(row, "membership");
	if (!list->invited && membership && !strcmp(membership, "invite")) {
		list->hidden++;
		return 0;
	}
	list->shown++;
	return command_row_fn(row, list->ctx);
}

/* An empty answer must not be a riddle, and an invitation not be missed. */
static void remark(const struct listing *list)
{
	if (list->hidden)
		command_say(list->ctx, _("invitations: %d; see muster room list --invited"),
			    list->hidden);
	else if (!list->shown)
		command_say(list->ctx, _("you are in no room yet"));
}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct listing list = {.ctx = ctx, .invited = command_flag(l, "invited")};
	struct client *c;
	unsigned flags = ROOM_INVITED;
	if (command_flag(l, "left"))
		flags |= ROOM_LEFT;
	if (command_flag(l, "offline"))
		flags |= ROOM_OFFLINE;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_room_list(c, flags, on_room, &list, err);
	if (!rc)
		remark(&list);
	return rc;
}

const struct command verb_room_list = {
	.name = "room list",
	.group = GROUP_ROOM,
	.summary = N_("List your rooms."),
	.examples = EXAMPLES{{"muster room list", N_("rooms you are in")},
			     {"muster room list --invited", N_("and those you are invited to")},
			     {"muster room list --json | jq -r 'select(.unread > 0).name'",
			      N_("rooms with something new")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "invited",
			   .kind = KIND_FLAG,
			   .what = N_("also rooms you are invited to")},
			  {.name = "left", .kind = KIND_FLAG, .what = N_("also rooms you left")},
			  OPT_OFFLINE,
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"name", "string", N_("Name"), N_("name of the room"), false},
		     {"alias", "string", N_("Alias"), N_("its main alias"), false},
		     {"topic", "string", NULL, N_("what it is about"), false},
		     {"membership", "word", N_("Member"), N_("join, invite or leave"), false},
		     {"members", "integer", N_("People"), N_("how many are in it"), false},
		     {"unread", "integer", N_("New"), N_("unread messages"), false},
		     {"highlights", "integer", NULL, N_("unread messages that name you"), false},
		     {"thread_unread", "integer", NULL, N_("unread messages in threads"), false},
		     {"marked_unread", "boolean", NULL, N_("you marked it as unread"), false},
		     {"favourite", "boolean", NULL, N_("it is a favourite of yours"), false},
		     {"low_priority", "boolean", NULL, N_("you put it behind the others"), false},
		     {"archived", "boolean", NULL, N_("you put it out of sight"), false},
		     {"successor", "string", NULL, N_("id of the room that replaced it"), false},
		     {"invited", "integer", NULL, N_("how many are invited"), false},
		     {"inviter", "string", NULL, N_("who invited you"), false},
		     {"encrypted", "boolean", NULL, N_("the room is encrypted"), false},
		     {"direct", "string", NULL, N_("the other person of a direct chat"), false},
		     {"type", "string", NULL, N_("m.space for spaces"), false},
		     {"last_ts", "time", N_("Latest"), N_("time of the latest message"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_show(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	unsigned flags = command_flag(ctx->line, "offline") ? ROOM_OFFLINE : 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_INVITED | ROOM_LEFT | flags, &room, err);
	if (!rc)
		rc = client_room_show(c, room, flags, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_room_show = {
	.name = "room show",
	.group = GROUP_ROOM,
	.summary = N_("Show what is known of a room."),
	.examples = EXAMPLES{{"muster room show physics", N_("its settings")}, END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{OPT_OFFLINE, END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"name", "string", N_("Name"), N_("name of the room"), false},
		     {"alias", "string", N_("Alias"), N_("its main alias"), false},
		     {"topic", "string", N_("Topic"), N_("what it is about"), false},
		     {"membership", "word", N_("Member"), N_("join, invite or leave"), false},
		     {"members", "integer", N_("People"), N_("how many are in it"), false},
		     {"unread", "integer", N_("New"), N_("unread messages"), false},
		     {"highlights", "integer", NULL, N_("unread messages that name you"), false},
		     {"encrypted", "boolean", N_("Encrypted"), N_("the room is encrypted"), false},
		     {"direct", "string", NULL, N_("the other person of a direct chat"), false},
		     {"type", "string", NULL, N_("m.space for spaces"), false},
		     {"last_ts", "time", N_("Latest"), N_("time of the latest message"), false},
		     {"creator", "string", N_("Made by"), N_("who made it"), true},
		     {"version", "string", N_("Version"), N_("room version"), false},
		     {"join_rule", "joining", N_("Joining"), N_("public, invite, knock ..."),
		      false},
		     {"history_visibility", "string", N_("History"), N_("who sees old messages"),
		      false},
		     {"guest_access", "string", NULL, N_("whether guests may join"), false},
		     {"power", "object", NULL, N_("the power levels"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_show,
};

static int run_members(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc : client_room_members(c, room, command_row_fn, ctx, err);
}

const struct command verb_room_members = {
	.name = "room members",
	.group = GROUP_ROOM,
	.summary = N_("List the people of a room and their roles."),
	.examples = EXAMPLES{{"muster room members physics", N_("everybody")},
			     {"muster room members physics --format csv > members.csv",
			      N_("as a table for other programs")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("the name they go by"), false},
		     {"membership", "word", N_("Member"), N_("join, invite, leave or ban"), false},
		     {"power", "integer", NULL, N_("power level"), false},
		     {"role", "word", N_("Role"),
		      N_("student, assistant, teacher, admin, or the number"), false},
		     END_KEYS},
	.run = run_members,
};
