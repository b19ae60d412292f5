/* By what a class judges, and for how long it keeps what it judged by. */
#include "cli/attendance/attendance.h"

#include "core/base/mem.h"

#include <string.h>

static bool change(const struct command_ctx *ctx, struct attendance_rules *r)
{
	const struct attendance_rules before = *r;
	const char *opt_out = command_text(ctx->line, "opt-out");
	r->late_ms = command_number(ctx->line, "late", r->late_ms);
	r->early_ms = command_number(ctx->line, "early", r->early_ms);
	r->grace_ms = command_number(ctx->line, "grace", r->grace_ms);
	r->window_ms = command_number(ctx->line, "window", r->window_ms);
	r->min_percent = (int)command_number(ctx->line, "min", r->min_percent);
	r->retention_ms = command_number(ctx->line, "keep", r->retention_ms);
	if (command_flag(ctx->line, "keep-all"))
		r->retention_ms = 0;
	if (opt_out)
		r->opt_out = strcmp(opt_out, "yes") == 0;
	return r->late_ms != before.late_ms || r->early_ms != before.early_ms ||
	       r->grace_ms != before.grace_ms || r->window_ms != before.window_ms ||
	       r->min_percent != before.min_percent || r->retention_ms != before.retention_ms ||
	       r->opt_out != before.opt_out;
}

static int run_rules(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	struct attendance_rules r;
	int rc = attendance_room(ctx, &a, err);
	if (!rc)
		rc = client_attendance_rules(a.c, a.room, &r, err);
	if (rc)
		return rc;
	bool changed = change(ctx, &r);
	JSON_AUTO json_t *row = attendance_rules_make(&r);
	json_object_set_new(row, "room_id", json_string(a.room));
	json_object_set_new(row, "changed", json_boolean(changed));
	json_object_del(row, "version");
	if (changed && command_dry_run(ctx, json_incref(row)))
		return 0;
	/* Written by itself, so that a value out of its range is refused before it is sent. */
	if (changed)
		rc = attendance_rules_read(row, &r, err);
	if (!rc && changed)
		rc = client_attendance_set_rules(a.c, a.room, &r, err);
	return rc ? rc : command_row_fn(row, ctx);
}

const struct command verb_attendance_rules = {
	.name = "attendance rules",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Show or set by what rules a class's attendance is judged."),
	.details =
		N_("They are kept in the staff room, with a copy in the class room, so that those "
		   "who are judged can know them. They hold for every report from now on, "
		   "save for lessons that were sealed: these keep the rules of their seal."),
	.examples = EXAMPLES{{"muster attendance rules --room physics", N_("what they are")},
			     {"muster attendance rules --room physics --late 10m --min 50",
			      N_("set some of them")},
			     {"muster attendance rules --room physics --keep 365d",
			      N_("attendance expire may delete what is older")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_LESSON_ROOM,
			  OPTS_RULES,
			  {.name = "window",
			   .kind = KIND_DURATION,
			   .what = N_("how long a roll-call stays open")},
			  {.name = "opt-out",
			   .kind = KIND_CHOICE,
			   .choices = "yes|no",
			   .what = N_("may people ask not to be tracked")},
			  {.name = "keep",
			   .kind = KIND_DURATION,
			   .what = N_("how long it has to be kept; nothing is deleted by itself")},
			  {.name = "keep-all", .kind = KIND_FLAG, .what = N_("for ever")},
			  END_PARAMS},
	.keys = KEYS{KEY_ROOM_ID,
		     {"late_s", "seconds", N_("Late after"), N_("missed at the beginning"), false},
		     {"early_s", "seconds", N_("Early from"), N_("missed at the end"), false},
		     {"min_percent", "integer", N_("At least (%)"), N_("to be attended"), false},
		     {"grace_s", "seconds", N_("Bridged"), N_("absences that count as presence"),
		      false},
		     {"window_s", "seconds", N_("Roll-call open"), N_("for how long"), false},
		     {"opt_out", "boolean", N_("Opt-out"), N_("people may ask not to be tracked"),
		      false},
		     {"retention_s", "seconds or ever", N_("Kept"), N_("0: for ever"), false},
		     {"changed", "boolean", NULL, N_("something was set now"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_rules,
};

struct count {
	struct command_ctx *ctx;
	int n;
};

static int count_row(json_t *row, void *arg)
{
	struct count *k = arg;
	(void)row;
	k->n++;
	return 0;
}

static int run_expire(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	struct count k = {ctx, 0};
	int rc = attendance_room(ctx, &a, err);
	if (!rc && ctx->dry_run)
		return client_attendance_expire(a.c, a.room, true, command_row_fn, ctx, err);
	if (!rc)
		rc = client_attendance_expire(a.c, a.room, true, count_row, &k, err);
	if (rc || !k.n)
		return rc;
	rc = command_confirm(ctx, err,
			     ngettext("Delete %d event of old attendance for everybody?",
				      "Delete %d events of old attendance for everybody?",
				      (unsigned)k.n),
			     k.n);
	return rc ? rc : client_attendance_expire(a.c, a.room, false, command_row_fn, ctx, err);
}

const struct command verb_attendance_expire = {
	.name = "attendance expire",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Delete attendance that is older than the class keeps it."),
	.details =
		N_("What devices and servers said of who was in calls, marks, contests and seals "
		   "are redacted for everybody; it cannot be undone. Export first what you need. "
		   "Who asked not to be tracked stays untracked: that is kept while it holds. "
		   "--dry-run lists what would go."),
	.examples = EXAMPLES{{"muster attendance expire --room physics --dry-run", N_("what would "
										      "go")},
			     {"muster attendance expire --room physics --yes", N_("from a script")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_LESSON_ROOM, END_PARAMS},
	.keys = KEYS{KEY_ROOM_ID,
		     KEY_EVENT_ID(N_("Event")),
		     {"type", "string", N_("Type"), N_("of the event"), false},
		     {"sender", "string", NULL, N_("whose it is"), true},
		     {"ts", "time", N_("Time"), N_("when it was sent"), false},
		     {"state", "string", N_("State"), N_("gone, or would go"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_expire,
};
