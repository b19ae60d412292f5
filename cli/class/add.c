#include "cli/class/class.h"

#include "cli/list.h"

#include "core/client/class_slips.h"

static int run_add(struct command_ctx *ctx, struct err *err)
{
	AUTO(roster_rows_done) struct roster_rows rows = {0};
	AUTO(class_ref_done) struct class_ref ref = {0};
	bool list = command_given(ctx->line, "students");
	struct client *c;
	char **teachers = NULL;
	if (!list && !command_given(ctx->line, "teacher"))
		return err_set(err, ERR_USAGE, _("whom? give --students or --teacher"));
	int rc = class_check_slips_name(ctx, err);
	if (!rc && list)
		rc = list_people(ctx, "students", &rows, err);
	if (!rc)
		rc = class_arg(ctx, &c, &ref, err);
	if (!rc)
		rc = command_users(ctx, "teacher", NULL, &teachers, err);
	if (!rc) {
		struct class_request rq = class_request_of(ctx, &rows, teachers);
		rc = class_fill(ctx, c, &ref, &rq, err);
	}
	command_list_free(teachers);
	return rc;
}

const struct command verb_class_add = {
	.name = "class add",
	.group = GROUP_CLASS,
	.no_timeout = true,
	.summary = N_("Add students or teachers to a class."),
	.examples =
		EXAMPLES{{"muster class add \"Physics 10b\" --students new.csv --slips new.html",
			  N_("the list may hold those who are there already")},
			 {"muster class add \"Physics 10b\" --teacher @carl:school.example",
			  N_("a substitute: in both rooms, with a teacher's rights")},
			 END_EXAMPLES},
	.args = PARAMS{ARG_CLASS, END_PARAMS},
	.options = PARAMS{{.name = "students",
			   .kind = KIND_FILE,
			   .dash = true,
			   .what = N_("the list (CSV), as for class create; - reads standard "
				      "input")},
			  OPT_TEACHER,
			  OPT_SLIPS,
			  OPT_LANGUAGE,
			  OPT_VALID,
			  OPT_FORCE,
			  END_PARAMS},
	.keys = class_keys,
	.exits = EXITS{{7, N_("some people could not be added")}, END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_add,
};
