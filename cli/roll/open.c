#include "cli/roll/roll.h"

#include "core/base/clock.h"
#include "core/base/when.h"
#include "core/client/meet/meet.h"
#include "core/client/rooms.h"

static int64_t second_of(const json_t *row)
{
	return json_get_i64(row, "second", 0);
}

static void say(struct command_ctx *ctx, const json_t *row)
{
	char at[WHEN_ISO_SIZE];
	when_human(json_get_i64(row, "closes", 0), clock_wall_ms(), at);
	if (json_get_bool(row, "existing", false))
		command_say(ctx, _("this roll-call is there already; it closes at %s"), at);
	else
		command_say(ctx, _("the roll-call is open until %s"), at);
	if (!second_of(row))
		return;
	when_human(second_of(row), clock_wall_ms(), at);
	command_say(ctx, _("the second call comes at %s"), at);
}

/* A row of people who answer is no row of the roll: its keys are in the verb's list, too. */
static int wait_for(struct command_ctx *ctx, struct client *c, const json_t *row, struct err *err)
{
	AUTO(roll_done) struct roll r = {0};
	int rc = client_roll_find(c, json_get_str(row, "room_id"), json_get_str(row, "roll_id"), &r,
				  err);
	if (!rc)
		rc = client_roll_wait(c, &r, second_of(row), command_number(ctx->line, "wait", 0),
				      command_row_fn, ctx, err);
	if (!rc)
		command_say(ctx, _("everybody has answered"));
	return rc;
}

/* The lesson that --meeting means. `m` and `stamp` own what `rq` borrows from then on. */
static int take_lesson(struct command_ctx *ctx, struct client *c, struct roll_request *rq,
		       struct meeting *m, char stamp[CAL_STAMP_SIZE], struct err *err)
{
	struct cal_occurrence o;
	const char *which = command_text(ctx->line, "meeting");
	if (!which)
		return 0;
	int rc = client_meet_find(c, rq->room_id, which, clock_wall_ms(), m, &o, err);
	if (rc)
		return rc;
	cal_stamp(&o.recurrence_id, stamp);
	rq->uid = m->event.uid;
	rq->recurrence_id = stamp;
	rq->lesson_end_ms = o.end_ms;
	return 0;
}

static int open_and_wait(struct command_ctx *ctx, struct client *c, const struct roll_request *rq,
			 struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	int rc = client_roll_open(c, rq, &row, err);
	if (row) {
		say(ctx, row);
		command_row_fn(row, ctx);
	}
	return !rc && rq->waits ? wait_for(ctx, c, row, err) : rc;
}

static int run_open(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO(meeting_done) struct meeting m = {0};
	char stamp[CAL_STAMP_SIZE];
	AUTO_FREE char *room = NULL;
	AUTO_FREE const char **words = command_texts(ctx, "word");
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_FOLLOW, &room, err);
	struct roll_request rq = {
		.room_id = room,
		.window_ms = command_number(l, "window", 0),
		.late_ms = command_number(l, "late-after", 0),
		.waits = command_given(l, "wait"),
		.second_call = command_flag(l, "second-call"),
		.question = command_text(l, "question"),
		.txn_id = command_text(l, "txn-id"),
		.words = words,
	};
	if (!rc)
		rc = take_lesson(ctx, c, &rq, &m, stamp, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s,s:s?}", "room_id", room, "uid", rq.uid)))
		return rc;
	return open_and_wait(ctx, c, &rq, err);
}

static void line_open(struct buf *b, const json_t *row, const struct command_line *l)
{
	if (json_get_str(row, "user_id"))
		line_roll_person(b, row, l);
	else
		command_put_clean(b, json_object_get(row, "roll_id"));
}

const struct command verb_roll_open = {
	.name = "roll open",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Call the roll: ask who is there, and close by itself."),
	.examples = EXAMPLES{{"muster roll open \"Physics 10b\"", N_("open for ten minutes")},
			     {"muster roll open physics --window 5m --late-after 2m --wait",
			      N_("see each answer as it comes; status 8 when some are missing")},
			     {"muster roll open physics --meeting now --second-call",
			      N_("of the lesson that is on; status 5 when none is")},
			     {"muster roll open physics --txn-id \"$(date +%F)\" --json | jq -r "
			      ".roll_id",
			      N_("once a day, however often it runs")},
			     END_EXAMPLES},
	.details = N_(
		"Anybody answers with any client: a vote, a reaction, a message that says only "
		"\"here\" (or the same in many languages), muster roll answer, or the button "
		"on the join page. Later answers change what one says, not when one came.\n\n"
		"It closes by itself, though this machine be switched off: the server ends it "
		"where it can send later, else muster does when it next runs; by its window it "
		"counts as closed in any case. While a roll-call is open in the room, that one "
		"is told with existing=true instead of a second one. Of two that are opened at the "
		"same moment the first counts, and the other is taken back.\n\n"
		"With --wait each answer is a row; Ctrl-C leaves the roll-call open. Only "
		"staff (power level 50) may open one.\n\n"
		"--second-call opens another one between the end of this one and the end of the "
		"lesson, at a time that nobody knows beforehand but you: on the server where it "
		"can send later, else while --wait runs, which then waits for both."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options =
		PARAMS{{.name = "meeting",
			.kind = KIND_MEETING,
			.value = "MEETING",
			.what = N_("the lesson that it belongs to: UID[@DATE], now or last; status "
				   "5 when "
				   "none is on")},
		       {.name = "window",
			.kind = KIND_DURATION,
			.what = N_("how long it is open; 10m unless the class has its own rule")},
		       {.name = "late-after",
			.kind = KIND_DURATION,
			.what = N_("who answers later than that is late; 5m unless the class has "
				   "its own rule")},
		       {.name = "wait",
			.kind = KIND_DURATION,
			.value_optional = true,
			.what = N_("stay until all have answered or it has closed, or for this "
				   "time")},
		       {.name = "second-call",
			.kind = KIND_FLAG,
			.what = N_("call again, at a random time of the lesson")},
		       {.name = "word",
			.kind = KIND_TEXT,
			.value = "WORD",
			.repeat = true,
			.what = N_("a word that answers, beside the common ones")},
		       {.name = "question", .kind = KIND_TEXT, .what = N_("what is asked")},
		       OPT_TXN,
		       END_PARAMS},
	.keys = KEYS{{"roll_id", "string", NULL, N_("id of the roll-call"), true},
		     KEY_ROOM_ID,
		     {"existing", "boolean", NULL, N_("it was there already"), false},
		     {"uid", "string", NULL, N_("meeting that it belongs to, or null"), true},
		     {"opened", "time", NULL, N_("when it was opened"), false},
		     {"closes", "time", NULL, N_("when it closes"), false},
		     {"ends_by_itself", "boolean", NULL,
		      N_("the server ends it; null: somebody else's affair"), false},
		     {"expected", "integer", NULL, N_("how many people are asked"), false},
		     {"second", "time", NULL, N_("when the second call comes, or null"), false},
		     {"user_id", "string", NULL, N_("with --wait: who answered"), true},
		     {"external_id", "string", NULL, N_("id in the school's own lists"), false},
		     {"name", "string", NULL, N_("name of the person"), false},
		     {"status", "string", NULL,
		      N_("here, late, away, excused, absent or not_tracked"), false},
		     {"way", "string", NULL, N_("vote, reaction, word or staff"), false},
		     {"ts", "time", NULL, N_("of the first answer"), false},
		     {"by", "string", NULL, N_("who of the staff marked it"), true},
		     {"reason", "string", NULL, N_("why staff did so"), false},
		     END_KEYS},
	.exits = EXITS{{5, N_("with --meeting now: no lesson is on")},
		       {8, N_("with --wait: some have not answered")},
		       END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_open,
	.run = run_open,
};
