#include "cli/meet/meet.h"

#include "core/base/mem.h"

static void say_ready(void *arg)
{
	command_say(arg, _("watching meetings; end with Ctrl-C"));
}

static int run(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	struct meet_watch w = {.room_id = room,
			       .before_ms = command_number(ctx->line, "before", 0)};
	return rc ? rc : client_meet_watch(c, &w, command_row_fn, say_ready, ctx, err);
}

static void line_watch(struct buf *b, const json_t *row, const struct command_line *l)
{
	static const struct {
		const char *event, *word;
	} words[] = {{"soon", N_("soon:")},	  {"begins", N_("begins:")},
		     {"ends", N_("ends:")},	  {"new", N_("new:")},
		     {"changed", N_("changed:")}, {"cancelled", N_("cancelled:")}};
	const char *event = json_get_str(row, "event");
	for (size_t i = 0; event && i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].event, event))
			buf_printf(b, "%s ", _(words[i].word));
	line_meeting(b, row, l);
}

const struct command verb_meet_watch = {
	.name = "meet watch",
	.group = GROUP_MEETING,
	.no_timeout = true,
	.summary = N_("Tell of meetings as they come near, begin, end and change."),
	.examples = EXAMPLES{{"muster meet watch --before 5m", N_("and five minutes ahead")},
			     {"muster meet watch --json | while read -r row; do ...; done",
			      N_("for a script")},
			     END_EXAMPLES},
	.details = N_(
		"In your quiet hours nothing is told ahead; what begins, ends or changes is, and "
		"its row says that it is quiet."),
	.options = PARAMS{OPT_ROOM(N_("only of this room")),
			  {.name = "before",
			   .kind = KIND_DURATION,
			   .otherwise = "5m",
			   .what = N_("so long before it begins, too; 0s: not")},
			  END_PARAMS},
	.keys = KEYS{{"event", "string", NULL, N_("soon, begins, ends, new, changed or cancelled"),
		      false},
		     {"quiet", "boolean", NULL, N_("it is in your quiet hours"), false},
		     KEYS_MEETING,
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_watch,
	.run = run,
};
