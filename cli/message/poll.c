/* poll create, vote, show, close. */
#include "core/client/poll.h"

#include "cli/params.h"
#include "core/base/json.h"
#include "core/client/rooms.h"

#define ARG_POLL                                                      \
	{                                                             \
		.name = "poll", .kind = KIND_EVENT, .required = true, \
		.what = N_("the id of the event that began the poll") \
	}

static int find(struct command_ctx *ctx, struct client **ret, char **ret_room, struct err *err)
{
	int rc = command_client(ctx, ret, err);
	return rc ? rc : command_room(ctx, "room", ROOM_FOLLOW, ret_room, err);
}

static int run_create(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	AUTO_FREE const char **answers = command_texts(ctx, "answer");
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	struct poll_request rq = {
		.room_id = room,
		.question = command_text(l, "question"),
		.answers = answers,
		.max = (int)command_number(l, "max", 1),
		.undisclosed = command_flag(l, "undisclosed"),
		.thread = command_text(l, "thread"),
		.txn_id = command_text(l, "txn-id"),
	};
	rc = client_poll_create(c, &rq, &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_poll_create = {
	.name = "poll create",
	.group = GROUP_MESSAGE,
	.summary = N_("Ask a room a question with answers to choose from."),
	.examples =
		EXAMPLES{{"muster poll create physics \"Field trip?\" Yes No", N_("two answers")},
			 {"muster poll create physics \"Which days?\" Mon Tue Wed --max 2",
			  N_("up to two of three")},
			 {"muster poll create physics \"7 x 8?\" 54 56 58 --undisclosed",
			  N_("results are shown when it is closed")},
			 END_EXAMPLES},
	.details = N_("One to twenty answers. muster poll show tells the votes, muster poll close "
		      "ends it.\n\nAn undisclosed poll hides its results only as long as people's "
		      "clients do."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "question",
			.kind = KIND_TEXT,
			.value = "QUESTION",
			.required = true,
			.what = N_("what is asked")},
		       {.name = "answer",
			.kind = KIND_TEXT,
			.value = "ANSWER",
			.required = true,
			.repeat = true,
			.what = N_("each answer that can be chosen")},
		       END_PARAMS},
	.options = PARAMS{{.name = "max",
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 20,
			   .otherwise = "1",
			   .what = N_("how many answers one person may choose")},
			  {.name = "undisclosed",
			   .kind = KIND_FLAG,
			   .what = N_("show results only when it is closed")},
			  {.name = "thread",
			   .kind = KIND_EVENT,
			   .what = N_("put it into the thread that this event begins")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS_SENT,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_create,
};

static int run_vote(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	AUTO_FREE const char **answers = command_texts(ctx, "answer");
	bool none = command_flag(l, "retract");
	if (none == (answers != NULL))
		return err_set(err, ERR_USAGE, _("give ANSWER or --retract, one of them"));
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_poll_vote(c, room, command_text(l, "poll"), answers, command_text(l, "txn-id"),
			      &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_poll_vote = {
	.name = "poll vote",
	.group = GROUP_MESSAGE,
	.summary = N_("Vote in a poll; a new vote replaces the old one."),
	.examples = EXAMPLES{{"muster poll vote physics '$poll' Yes", N_("by the answer's text")},
			     {"muster poll vote physics '$poll' 1 3", N_("by number")},
			     {"muster poll vote physics '$poll' --retract", N_("for nothing")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM,
		       ARG_POLL,
		       {.name = "answer",
			.kind = KIND_TEXT,
			.value = "ANSWER",
			.repeat = true,
			.what = N_("number, text or id of each answer")},
		       END_PARAMS},
	.options = PARAMS{{.name = "retract", .kind = KIND_FLAG, .what = N_("take your vote back")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS_SENT,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_vote,
};

static int run_show(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	return rc ? rc
		  : client_poll_show(c, room, command_text(ctx->line, "poll"), command_row_fn, ctx,
				     err);
}

const struct command verb_poll_show = {
	.name = "poll show",
	.group = GROUP_MESSAGE,
	.summary = N_("Show how a poll stands, answer by answer."),
	.examples = EXAMPLES{{"muster poll show physics '$poll'", N_("a table")},
			     {"muster poll show physics '$poll' --json | jq -r '.voters[]?'",
			      N_("who has voted")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, ARG_POLL, END_PARAMS},
	.keys = KEYS{KEY_EVENT_ID(NULL),
		     KEY_ROOM_ID,
		     {"question", "string", N_("Question"), N_("what was asked"), false},
		     {"number", "integer", N_("No."), N_("the answer's number"), false},
		     {"answer", "string", N_("Answer"), N_("its text"), false},
		     {"votes", "integer", N_("Votes"),
		      N_("how many chose it; null while an undisclosed poll runs"), false},
		     {"mine", "boolean", N_("You"), N_("you chose it"), false},
		     {"answer_id", "string", NULL, N_("its id in the poll"), false},
		     {"voters", "strings", NULL, N_("who chose it; null as with votes"), false},
		     {"voted", "integer", N_("Voted"), N_("how many people voted at all"), false},
		     {"closed", "boolean", N_("Closed"), N_("the poll has ended"), false},
		     {"ts", "time", NULL, N_("when it ended"), false},
		     {"disclosed", "boolean", NULL, N_("results are shown while it runs"), false},
		     {"max", "integer", NULL, N_("how many answers one may choose"), false},
		     END_KEYS},
	.run = run_show,
};

static int run_close(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_poll_close(c, room, command_text(l, "poll"), command_text(l, "txn-id"), &row,
			       err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_poll_close = {
	.name = "poll close",
	.group = GROUP_MESSAGE,
	.summary = N_("End a poll: later votes do not count."),
	.examples = EXAMPLES{{"muster poll close physics '$poll'", N_("the result is posted")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, ARG_POLL, END_PARAMS},
	.options = PARAMS{OPT_TXN, END_PARAMS},
	.keys = KEYS_SENT,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_close,
};
