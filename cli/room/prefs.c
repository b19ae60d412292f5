/* A room as one has it, and what it has pinned: tag, notify, pin, unpin, pins. */
#include "core/client/room_prefs.h"

#include "cli/message/line.h"
#include "cli/params.h"
#include "core/base/json.h"

static int find(struct command_ctx *ctx, struct client **ret, char **ret_room, struct err *err)
{
	int rc = command_client(ctx, ret, err);
	return rc ? rc : command_room(ctx, "room", 0, ret_room, err);
}

/* "0.25": -1 when nothing was given. */
static int order_of(const struct command_line *l, double *ret, struct err *err)
{
	const char *text = command_text(l, "order");
	char *end = NULL;
	*ret = -1;
	if (!text)
		return 0;
	double v = strtod(text, &end);
	if (end == text || *end || !(v >= 0 && v <= 1))
		return err_set(err, ERR_USAGE, _("--order is a number from 0 to 1, not %.40s"),
			       text);
	*ret = v;
	return 0;
}

static int run_tag(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	double order;
	AUTO_FREE char *room = NULL, *tag = NULL;
	bool off = command_flag(l, "remove");
	const char *word = command_text(l, "tag");
	if (!word && (off || command_given(l, "order")))
		return err_set(err, ERR_USAGE, _("TAG is missing"));
	int rc = order_of(l, &order, err);
	if (!rc && word)
		rc = room_tag_name(word, &tag, err);
	if (!rc)
		rc = find(ctx, &c, &room, err);
	if (rc || (word && command_dry_run(ctx, json_pack("{s:s}", "room_id", room))))
		return rc;
	if (word)
		rc = off ? client_room_untag(c, room, tag, err)
			 : client_room_tag(c, room, tag, order, err);
	return rc ? rc : client_room_tags(c, room, command_row_fn, ctx, err);
}

const struct command verb_room_tag = {
	.name = "room tag",
	.group = GROUP_ROOM,
	.summary = N_("Make a room a favourite, put it last, or give it a tag of your own."),
	.examples = EXAMPLES{{"muster room tag physics favourite", N_("in front of the others")},
			     {"muster room tag news low-priority", N_("behind them")},
			     {"muster room tag physics exam --order 0.5", N_("a tag of your own")},
			     {"muster room tag physics favourite --remove", N_("no more")},
			     {"muster room tag physics", N_("which it has")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM,
		       {.name = "tag",
			.kind = KIND_TEXT,
			.value = "TAG",
			.what = N_("favourite, low-priority or a word; without it the tags are "
				   "shown")},
		       END_PARAMS},
	.options = PARAMS{{.name = "order",
			   .kind = KIND_TEXT,
			   .value = "N",
			   .what = N_("place among rooms with this tag, from 0 to 1")},
			  {.name = "remove", .kind = KIND_FLAG, .what = N_("take it off")},
			  END_PARAMS},
	.keys = KEYS{KEY_ROOM_ID,
		     {"tag", "string", N_("Tag"), N_("the tag as Matrix calls it"), true},
		     {"order", "number", N_("Order"), N_("place among rooms with it"), false},
		     END_KEYS},
	.run = run_tag,
};

static int run_notify(struct command_ctx *ctx, struct err *err)
{
	const char *word = command_text(ctx->line, "level");
	enum room_notify level = ROOM_NOTIFY_DEFAULT;
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || (word && command_dry_run(ctx, json_pack("{s:s}", "room_id", room))))
		return rc;
	if (word && room_notify_parse(word, &level))
		rc = client_room_notify(c, room, level, err);
	if (!rc)
		rc = client_room_notify_get(c, room, &level, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:s}", "room_id", room, "notify",
					       room_notify_name(level)));
}

const struct command verb_room_notify = {
	.name = "room notify",
	.group = GROUP_ROOM,
	.summary = N_("Choose what you are notified of in a room."),
	.examples = EXAMPLES{{"muster room notify physics all", N_("of every message")},
			     {"muster room notify news mentions", N_("only of what names you")},
			     {"muster room notify news none", N_("of nothing")},
			     {"muster room notify news default", N_("as in other rooms")},
			     END_EXAMPLES},
	.details = N_("It is a push rule of your account: all your clients follow it, and so do "
		      "the counts of unread messages."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "level",
			.kind = KIND_CHOICE,
			.choices = "all|mentions|none|default",
			.what = N_("of what; without it, what holds now is shown")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"notify", "string", N_("Notify"), N_("all, mentions, none or default"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_notify,
};

static int run_pinning(struct command_ctx *ctx, bool on, struct err *err)
{
	const char *event = command_text(ctx->line, "event");
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_room_pin(c, room, event, on, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:s, s:b}", "room_id", room, "event_id",
					       event, "pinned", on));
}

static int run_pin(struct command_ctx *ctx, struct err *err)
{
	return run_pinning(ctx, true, err);
}

static int run_unpin(struct command_ctx *ctx, struct err *err)
{
	return run_pinning(ctx, false, err);
}

static const struct command_key pin_keys[] = {
	KEY_ROOM_ID,
	KEY_EVENT_ID(N_("Event")),
	{"pinned", "boolean", N_("Pinned"), N_("the room has it pinned now"), false},
	END_KEYS,
};

const struct command verb_room_pin = {
	.name = "room pin",
	.group = GROUP_ROOM,
	.summary = N_("Pin a message for everybody in the room."),
	.examples = EXAMPLES{{"muster room pin physics '$event'", N_("it stays in sight")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, ARG_EVENT, END_PARAMS},
	.keys = pin_keys,
	.shape = SHAPE_RECORD,
	.run = run_pin,
};

const struct command verb_room_unpin = {
	.name = "room unpin",
	.group = GROUP_ROOM,
	.summary = N_("Take a pinned message off."),
	.examples = EXAMPLES{{"muster room unpin physics '$event'", N_("the message stays")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, ARG_EVENT, END_PARAMS},
	.keys = pin_keys,
	.shape = SHAPE_RECORD,
	.run = run_unpin,
};

static int run_pins(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	return rc ? rc : client_room_pins(c, room, command_row_fn, ctx, err);
}

const struct command verb_room_pins = {
	.name = "room pins",
	.group = GROUP_ROOM,
	.summary = N_("Show the pinned messages of a room."),
	.examples = EXAMPLES{{"muster room pins physics", N_("in the room's order")}, END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "ids",
			   .kind = KIND_FLAG,
			   .what = N_("put the event id in front of each line")},
			  END_PARAMS},
	.keys = message_keys,
	.shape = SHAPE_LINE,
	.line = line_message,
	.run = run_pins,
};
