#include "cli/class/class.h"

struct listing {
	struct command_ctx *ctx;
	int n;
};

static int on_class(const struct class_ref *ref, int64_t members, void *arg)
{
	struct listing *l = arg;
	l->n++;
	return command_row(l->ctx, json_pack("{s:s,s:s,s:s?,s:I,s:b,s:s?}", "room_id", ref->room_id,
					     "name", ref->name, "staff_room", ref->staff_id,
					     "members", (json_int_t)members, "closed",
					     (int)ref->closed, "language", ref->language));
}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	struct listing l = {.ctx = ctx};
	struct client *c;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = class_each(c, on_class, &l, err);
	if (!rc && !l.n)
		command_say(ctx, _("no classes yet; muster class create makes one"));
	return rc;
}

const struct command verb_class_list = {
	.name = "class list",
	.group = GROUP_CLASS,
	.summary = N_("List your classes."),
	.examples =
		EXAMPLES{{"muster class list", N_("classes you teach or are in")}, END_EXAMPLES},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the class room"), true},
		     {"name", "string", N_("Name"), N_("name of the class"), false},
		     {"staff_room", "string", NULL, N_("id of the staff room"), true},
		     {"members", "integer", N_("Members"), N_("people in the class room"), false},
		     {"closed", "boolean", N_("Closed"), N_("students cannot write any more"),
		      false},
		     {"language", "string", NULL, N_("language of the slips"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_list,
};
