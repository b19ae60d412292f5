#include "cli/meet/meet.h"

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance.h"

struct watching {
	struct command_ctx *ctx;
	int64_t seq; /* up to where has been looked for what people said to staff */
};

static void say_ready(void *arg)
{
	const struct watching *x = arg;
	command_say(x->ctx, _("watching meetings; end with Ctrl-C"));
}

static int give_row(json_t *row, void *arg)
{
	const struct watching *x = arg;
	return command_row_fn(row, x->ctx);
}

/* This runs all day: what students say to staff of their marks need not wait for another verb. */
static void relay(struct client *c, void *arg)
{
	struct watching *x = arg;
	struct err e = {0};
	if (!x->ctx->dry_run && client_attendance_relay_news(c, &x->seq, &e))
		log_info("what was said to staff is not sent on: %s", e.msg);
}

static int run(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	struct watching x = {.ctx = ctx};
	struct meet_watch w = {.room_id = room,
			       .before_ms = command_number(ctx->line, "before", 0),
			       .aside = relay};
	return rc ? rc : client_meet_watch(c, &w, give_row, say_ready, &x, err);
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
		"its row says that it is quiet. For staff it also sends on into the staff room "
		"what "
		"people say in direct chats of their marks (attendance contest, opt-out)."),
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
