#include "cli/class/class.h"

static int run_show(struct command_ctx *ctx, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	struct client *c;
	int rc = class_arg(ctx, &c, &ref, err);
	return rc ? rc : client_class_show(c, &ref, command_row_fn, ctx, err);
}

const struct command verb_class_show = {
	.name = "class show",
	.group = GROUP_CLASS,
	.summary = N_("Show who is expected in a class, and who has come in."),
	.examples = EXAMPLES{{"muster class show \"Physics 10b\"", N_("the whole list")},
			     {"muster class show \"Physics 10b\" --json | jq -r "
			      "'select(.link == \"open\").name'",
			      N_("who has not used the slip yet")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_CLASS, END_PARAMS},
	.keys = KEYS{{"room_id", "string", NULL, N_("id of the class room"), true},
		     {"user_id", "string", N_("User"), N_("Matrix id of the person"), true},
		     {"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},
		     {"name", "string", N_("Name"), N_("name of the person"), false},
		     {"email", "string", NULL, N_("e-mail address"), false},
		     {"membership", "word", N_("Membership"),
		      N_("join, invite, leave, ban or none"), false},
		     {"link", "word", N_("Link"),
		      N_("open, used, expired or none; null where the server makes no links"),
		      false},
		     {"last_seen_ts", "time", N_("Last seen"), N_("newest request"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_show,
};
