/* What the verbs about roll-calls share. */
#include "cli/roll/roll.h"

#include "core/base/clock.h"
#include "core/base/when.h"
#include "core/client/rooms.h"

int roll_arg(struct command_ctx *ctx, struct client **ret_client, struct roll *ret, struct err *err)
{
	AUTO_FREE char *room = NULL;
	const char *word = command_text(ctx->line, "room");
	int rc = command_client(ctx, ret_client, err);
	if (!rc && word[0] == '$')
		return client_roll_find(*ret_client, NULL, word, ret, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_FOLLOW, &room, err);
	return rc ? rc : client_roll_find(*ret_client, room, NULL, ret, err);
}

void line_roll_person(struct buf *b, const json_t *row, const struct command_line *l)
{
	char at[WHEN_ISO_SIZE];
	const json_t *name = json_object_get(row, "name");
	int64_t ts = json_get_i64(row, "ts", 0);
	(void)l;
	if (ts) {
		when_human(ts, clock_wall_ms(), at);
		buf_printf(b, "%s ", at);
	}
	command_put_clean(b, json_is_string(name) ? name : json_object_get(row, "user_id"));
	const char *status = json_get_str(row, "status");
	const char *label = status ? command_word("answer", status) : NULL;
	buf_printf(b, ": %s", label ? label : "");
	if (json_get_str(row, "reason")) {
		buf_put_str(b, " (");
		command_put_clean(b, json_object_get(row, "reason"));
		buf_put_str(b, ")");
	}
}

void roll_say_open(struct command_ctx *ctx, size_t open)
{
	if (open == 0)
		command_say(ctx, _("everybody has answered"));
	else
		command_say(ctx,
			    ngettext("%zu person has not answered", "%zu people have not answered",
				     (unsigned long)open),
			    open);
}
