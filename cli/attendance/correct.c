/* Staff's word: corrections, seals, telling people their marks. */
#include "cli/attendance/attendance.h"

#include "core/base/mem.h"

#include <string.h>

static int run_correct(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	AUTO_FREE char *user = NULL;
	json_t *row = NULL;
	const char *word = command_text(ctx->line, "mark");
	int rc = attendance_ask(ctx, &a, err);
	if (!rc)
		rc = command_user(ctx, "person", 0, a.room, &user, err);
	if (!rc && command_dry_run(ctx, json_pack("{s:s,s:s}", "user_id", user, "after", word)))
		return 0;
	if (!rc)
		rc = client_attendance_correct(a.c, &a.q, user,
					       strcmp(word, "none") ? mark_status_parse(word)
								    : MARK_COUNT,
					       command_text(ctx->line, "reason"),
					       command_text(ctx->line, "contest"),
					       command_text(ctx->line, "txn-id"), &row, err);
	return rc ? rc : attendance_row(ctx, row);
}

const struct command verb_attendance_correct = {
	.name = "attendance correct",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Correct somebody's mark, or excuse them."),
	.details = N_("A correction is written into the staff room with its author, the reason and "
		      "the mark before; nothing is overwritten, and it can be taken back with "
		      "none. It also answers a contest."),
	.examples = EXAMPLES{{"muster attendance correct ada excused --room physics --since 9:00 "
			      "--until "
			      "10:30 --reason \"doctor\"",
			      N_("an excuse")},
			     {"muster attendance correct ada present --room physics --since 9:00 "
			      "--until "
			      "10:30 --contest '$abc' --reason \"was there\"",
			      N_("a contest, accepted")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "person",
			.kind = KIND_USER,
			.required = true,
			.what = N_("whose mark: Matrix id, outside id, or a unique name")},
		       {.name = "mark",
			.kind = KIND_CHOICE,
			.required = true,
			.choices =
				"present|late|left_early|partial|absent|excused|not_tracked|none",
			.value = "MARK",
			.what = N_("present, late, left_early, partial, absent, excused or "
				   "not_tracked; none takes an earlier correction back")},
		       END_PARAMS},
	.options = PARAMS{OPTS_LESSON,
			  OPT_REASON,
			  {.name = "contest",
			   .kind = KIND_EVENT,
			   .what = N_("the contest that it answers")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS{KEYS_LESSON,
		     KEY_USER_ID(N_("User")),
		     {"before", "string", N_("Before"), N_("the mark until now"), false},
		     {"after", "string", N_("After"), N_("the mark from now on; null: taken back"),
		      false},
		     KEY_EVENT_ID(NULL),
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_correct,
};

static int run_seal(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	json_t *row = NULL;
	int rc = attendance_ask(ctx, &a, err);
	if (!rc)
		rc = client_attendance_seal(a.c, &a.q, &row, err);
	return rc ? rc : attendance_row(ctx, row);
}

const struct command verb_attendance_seal = {
	.name = "attendance seal",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Close a lesson's register with a seal."),
	.details = N_("The seal names the events that the register was made of and holds a hash of "
		      "them, of the rules and of the marks: what is removed, added or changed "
		      "afterwards is seen by everybody of the staff. Corrections stay possible; "
		      "they are events of their own. Safe to repeat."),
	.examples = EXAMPLES{{"muster attendance seal --room physics --since 9:00 --until 10:30",
			      N_("after the lesson")},
			     END_EXAMPLES},
	.options = PARAMS{OPTS_LESSON, OPTS_RULES, END_PARAMS},
	.keys = KEYS{KEYS_LESSON,
		     {"seal", "string", N_("Seal"),
		      N_("good, inputs_missing, inputs_new or different"), false},
		     {"existing", "boolean", NULL, N_("it had been sealed before"), false},
		     {"by", "string", N_("By"), N_("who sealed it before"), true},
		     {"ts", "time", N_("Time"), N_("when"), false},
		     {"missing", "strings", NULL, N_("beginnings of ids that are no longer here"),
		      false},
		     {"added", "strings", NULL,
		      N_("ids from before the seal that it does not name"), false},
		     {"differ", "integer", NULL,
		      N_("marks that rules given here make others than the seal's rules do"),
		      false},
		     {"corrected", "integer", NULL, N_("marks that were corrected after the seal"),
		      false},
		     END_KEYS},
	.exits = EXITS{{8, N_("the lesson is still under way")}, END_EXITS},
	.shape = SHAPE_RECORD,
	.run = run_seal,
};

static int run_notify(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	int rc = attendance_ask(ctx, &a, err);
	a.q.dry_run = ctx->dry_run;
	return rc ? rc : client_attendance_notify(a.c, &a.q, command_row_fn, ctx, err);
}

const struct command verb_attendance_notify = {
	.name = "attendance notify",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Tell people their own mark by direct message."),
	.details = N_("Nobody gets anybody else's. Who was told the same before is not told again. "
		      "With --dry-run nobody is told, and the rows say who would be."),
	.examples = EXAMPLES{{"muster attendance notify --room physics --since 9:00 --until 10:30 "
			      "--status absent",
			      N_("those who were not there")},
			     END_EXAMPLES},
	.options = PARAMS{OPTS_LESSON, OPTS_WHOSE, OPTS_RULES, END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("name of the person"), false},
		     {"status", "word", N_("Mark"), N_("what they were told"), false},
		     {"state", "word", N_("State"),
		      N_("told, known or failed; with --dry-run would_be_told"), false},
		     {"text", "string", NULL, N_("what they read"), false},
		     KEY_EVENT_ID(NULL),
		     {"error", "string", NULL, N_("why they could not be told"), false},
		     END_KEYS},
	.exits = EXITS{{7, N_("some people could not be told")}, END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_notify,
};
