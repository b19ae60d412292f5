/* How a notification would look now, and why it would or would not appear. */
#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/quiet/notice.h"
#include "core/client/room_prefs.h"
#include "core/client/rooms.h"
#include "core/store/rooms.h"

static char *sentence(enum notice_why why, const char *how, int64_t until)
{
	char when[WHEN_ISO_SIZE];
	when_human(until, clock_wall_ms(), when);
	switch (why) {
	case NOTICE_SHOWN:
		return mem_printf(_("the screen would tell it now: %s"), how);
	case NOTICE_URGENT:
		return mem_printf(_("the screen would tell it now although it is quiet until %s: "
				    "urgent messages of staff are heard"),
				  when);
	case NOTICE_OFF:
		return mem_strdup(
			_("notices are off: muster config set tui.notify bell, or window"));
	case NOTICE_MUTED:
		return mem_strdup(_("the room is muted: muster room notify ROOM default"));
	case NOTICE_QUIET:
	default:
		return until ? mem_printf(_("it is quiet until %s: muster quiet off --for 2h"),
					  when)
			     : mem_strdup(_("it is quiet: muster quiet off --for 2h"));
	}
}

/* What is known of the room; without one, a room where people work together is meant. */
static int look_at_room(struct command_ctx *ctx, struct client *c, const struct quiet_hours *q,
			struct notice *n, struct err *err)
{
	AUTO_FREE char *room = NULL;
	enum room_notify level = ROOM_NOTIFY_DEFAULT;
	struct store *s;
	n->covered = true;
	int rc = command_room(ctx, "room", 0, &room, err);
	if (rc || !room)
		return rc;
	rc = client_store(c, &s, err);
	if (!rc)
		rc = client_room_notify_get(c, room, &level, err);
	if (rc)
		return rc;
	n->covered = quiet_covers(s, q, store_room_find(s, span_of(room)));
	n->muted = level == ROOM_NOTIFY_NONE;
	return 0;
}

static int run_test(struct command_ctx *ctx, struct err *err)
{
	const char *how = setting_text(ctx, "tui.notify");
	struct notice n = {
		.now_ms = clock_wall_ms(),
		.wanted = how && strcmp(how, "off") != 0,
		.urgent = command_flag(ctx->line, "urgent"),
	};
	struct client *c;
	struct quiet_hours q;
	int64_t until = 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_quiet_get(c, &q, err);
	if (!rc)
		rc = look_at_room(ctx, c, &q, &n, err);
	if (rc)
		return rc;
	enum notice_why why = notice_judge(&q, &n, &until);
	AUTO_FREE char *what = sentence(why, how ? how : "off", until);
	return command_row(ctx,
			   json_pack("{s:b,s:s,s:s,s:s,s:o,s:s}", "shown", notice_is_shown(why),
				     "why", notice_word(why), "how", how ? how : "off", "text",
				     notice_text(), "until_ts",
				     until ? json_integer(until) : json_null(), "message", what));
}

const struct command verb_notify_test = {
	.name = "notify test",
	.group = GROUP_ACCOUNT,
	.summary =
		N_("Show how a notification would look now, and why it would or would not come."),
	.examples = EXAMPLES{{"muster notify test --room physics", N_("of a message there")},
			     {"muster notify test --urgent", N_("of an urgent one of staff")},
			     END_EXAMPLES},
	.details = N_("Notifications are the screen's: they come while muster is open and looks at "
		      "something else. Nothing is sent by this."),
	.options = PARAMS{{.name = "room",
			   .kind = KIND_ROOM,
			   .what = N_("of a message in this room; without it, of one at work")},
			  {.name = "urgent",
			   .kind = KIND_FLAG,
			   .what = N_("of an urgent message of staff that names you")},
			  END_PARAMS},
	.keys = KEYS{{"shown", "boolean", N_("Shown"), N_("it would appear"), false},
		     {"why", "string", N_("Why"), N_("shown, urgent, off, muted or quiet"), false},
		     {"how", "string", N_("How"), N_("bell, window or off: the setting tui.notify"),
		      false},
		     {"text", "string", N_("Text"), N_("what it says"), false},
		     {"until_ts", "time", N_("Quiet until"), N_("null: it is not quiet"), false},
		     {"message", "string", N_("That is"), N_("the reason, and what changes it"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_test,
};
