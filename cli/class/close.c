#include "cli/class/class.h"

static int run_close(struct command_ctx *ctx, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	bool undo = command_flag(ctx->line, "undo");
	struct client *c;
	int rc = class_arg(ctx, &c, &ref, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = client_class_close(c, &ref, undo, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s,s:s,s:b}", "room_id", ref.room_id, "name",
					       ref.name, "closed", !undo));
}

const struct command verb_class_close = {
	.name = "class close",
	.group = GROUP_CLASS,
	.summary = N_("Close a class at the end of term: it can be read, not written in."),
	.examples = EXAMPLES{{"muster class close \"Physics 10b\"",
			      N_("nothing is deleted; unused slips end")},
			     {"muster class close \"Physics 10b\" --undo",
			      N_("students can write again; make new slips if needed")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_CLASS, END_PARAMS},
	.options = PARAMS{{.name = "undo", .kind = KIND_FLAG, .what = N_("open it again")},
			  END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the class room"), true},
		     {"name", "string", N_("Name"), N_("name of the class"), false},
		     {"closed", "boolean", N_("Closed"), N_("students cannot write any more"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_close,
};
