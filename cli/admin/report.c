/* admin reports. */
#include "cli/admin/admin.h"

static int run_reports(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	json_t *args = json_object();
	if (!command_given(l, "done")) {
		if (command_flag(l, "all"))
			json_object_set_new(args, "all", json_true());
		return admin_rows(ctx, "report.list", args, "reports", NULL, err);
	}
	json_object_set_new(args, "report_id", json_integer(command_number(l, "done", 0)));
	if (!command_dry_run(ctx, NULL))
		return admin_row(ctx, "report.done", args, err);
	json_decref(args);
	return 0;
}

const struct command verb_admin_reports = {
	.name = "admin reports",
	.group = GROUP_ADMIN,
	.summary = N_("List what people reported to who runs the server, the newest first."),
	.examples = EXAMPLES{{"muster admin reports", N_("what still waits for somebody")},
			     {"muster admin reports --done 12", N_("number 12 was seen to")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "all",
			   .kind = KIND_FLAG,
			   .what = N_("also those that were seen to")},
			  {.name = "done",
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 1000000000,
			   .value = "NUMBER",
			   .what = N_("this one was seen to")},
			  OPT_DATA,
			  END_PARAMS},
	.keys = KEYS{{"report_id", "integer", N_("Number"), N_("number of the report"), true},
		     {"ts", "time", N_("Time"), N_("when it was made"), false},
		     {"reporter", "string", N_("From"), N_("who made it"), false},
		     {"user_id", "string", N_("About"), N_("whom it is about"), false},
		     {"room_id", "string", NULL, N_("room that it is about"), false},
		     {"room", "string", N_("Room"), N_("name of that room"), false},
		     {"event_id", "string", NULL, N_("event that it is about"), false},
		     {"body", "string", N_("Message"), N_("what that event says"), false},
		     {"reason", "string", N_("Reason"), N_("what they wrote"), false},
		     {"handled_ts", "time", N_("Seen to"), N_("when it was seen to"), false},
		     END_KEYS},
	.run = run_reports,
};
