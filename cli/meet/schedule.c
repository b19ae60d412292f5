#include "cli/meet/meet.h"

#include "core/base/mem.h"

static void tell_differs(struct command_ctx *ctx, const json_t *row)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	const json_t *list = json_get_array(row, "differs"), *name;
	size_t i;
	json_array_foreach (list, i, name)
		buf_printf(&b, "%s--%s", i ? ", " : "", json_string_value(name));
	if (json_array_size(list))
		command_warn(ctx,
			     _("it was there already and stays as it is, though not as asked for "
			       "(%s); muster meet change %s changes it"),
			     buf_str(&b), json_get_str(row, "uid"));
}

static int schedule(struct command_ctx *ctx, struct client *c, struct meet_request *rq,
		    struct err *err)
{
	json_t *row = NULL;
	int rc = client_meet_schedule(c, rq, &row, err);
	if (rc)
		return rc;
	tell_differs(ctx, row);
	return command_row(ctx, row);
}

static int check_words(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool own = command_flag(l, "own-room");
	if (!own && !command_given(l, "room"))
		return err_set(err, ERR_USAGE,
			       _("in which room? --room ROOM, or --own-room for one of its own"));
	if (own && command_given(l, "room"))
		return err_set(err, ERR_USAGE, _("--own-room and --room exclude each other"));
	if (!own && command_given(l, "invite"))
		return err_set(err, ERR_USAGE, _("--invite is for --own-room"));
	return 0;
}

static int run(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL, *rule = meet_rule(ctx);
	char **invite = NULL;
	struct meet_request rq = {
		.uid = command_text(l, "uid"),
		.title = command_text(l, "title"),
		.description = command_text(l, "description"),
		.location = command_text(l, "location"),
		.duration_ms = command_number(l, "duration", 0),
		.zone = command_text(l, "tz"),
		.rrule = rule,
		.no_message = command_flag(l, "no-message"),
		.no_file = command_flag(l, "no-file") || command_flag(l, "no-message"),
		.no_pin = command_flag(l, "no-pin"),
		.past = command_flag(l, "past"),
		.own_room = command_flag(l, "own-room"),
	};
	int rc = check_words(ctx, err);
	if (!rc)
		rc = meet_time(ctx, "start", &rq.start_ms, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (!rc)
		rc = command_users(ctx, "invite", NULL, &invite, err);
	rq.room_id = room;
	rq.invite = (const char *const *)invite;
	if (!rc && !command_dry_run(ctx, NULL))
		rc = schedule(ctx, c, &rq, err);
	if (invite)
		command_list_free(invite);
	return rc;
}

const struct command verb_meet_schedule = {
	.name = "meet schedule",
	.group = GROUP_MEETING,
	.summary = N_("Schedule a meeting, or a series of them."),
	.examples = EXAMPLES{{"muster meet schedule Physics --room physics --start \"2026-09-07 "
			      "09:00\" "
			      "--duration 45m --repeat \"FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270716\"",
			      N_("lessons of a school year")},
			     {"muster meet schedule \"Parents' evening\" --room physics --start "
			      "\"2026-10-01 18:00\" --duration 2h --tz Europe/Berlin --location "
			      "\"Room 12\"",
			      N_("once, in a zone that need not be yours")},
			     {"muster meet schedule Staff --own-room --invite @ada:school.example "
			      "--start \"tomorrow 14:00\" --duration 1h",
			      N_("with a room of its own")},
			     END_EXAMPLES},
	.details =
		N_("People in the room get a message that says when, a calendar file (.ics) and "
		   "a pin, so that it is of use in any client. The same again changes nothing: "
		   "the same room, title and start, or the same --uid. What differs then is for "
		   "meet change.\n\n"
		   "Who may send state events in the room (staff) may schedule. A room of its own "
		   "has the shape that Nordeck's meetings widget reads."),
	.args = PARAMS{{.name = "title",
			.kind = KIND_TEXT,
			.value = "TITLE",
			.required = true,
			.what = N_("what it is called")},
		       END_PARAMS},
	.options = PARAMS{OPT_ROOM(N_("the room it takes place in")),
			  OPT_START(true),
			  {.name = "duration",
			   .kind = KIND_DURATION,
			   .required = true,
			   .what = N_("how long it takes")},
			  OPT_REPEAT,
			  OPT_TZ,
			  OPT_TEXT("uid", "ID",
				   N_("an id of your choice (up to 255 bytes), for scripts")),
			  OPT_TEXT("description", "TEXT", N_("what it is about")),
			  OPT_TEXT("location", "TEXT", N_("where it takes place")),
			  OPT_FLAG("own-room", N_("make a room for it")),
			  {.name = "invite",
			   .kind = KIND_USER,
			   .repeat = true,
			   .what = N_("somebody to invite into a room of its own")},
			  OPT_FLAG("no-message", N_("tell the room nothing")),
			  OPT_FLAG("no-file", N_("post no calendar file")),
			  OPT_FLAG("no-pin", N_("pin nothing")),
			  OPT_FLAG("past", N_("also when it is over already")),
			  END_PARAMS},
	.keys = KEYS{KEYS_MEETING,
		     KEYS_DONE,
		     {"differs", "strings", NULL,
		      N_("existing: what was asked for and is not so: title, start, duration, "
			 "repeat, description, location"),
		      false},
		     {"event_id", "string", NULL, N_("id of the message in the room, or null"),
		      true},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_meeting,
	.run = run,
};
