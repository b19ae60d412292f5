#include "cli/class/class.h"

#include "cli/list.h"

#include "core/client/class_slips.h"

/* What exists of it, or its name alone. */
static int find(struct client *c, const char *name, struct class_ref *ret, struct err *err)
{
	int rc = class_find_named(c, name, ret, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	ret->name = mem_strdup(name);
	return 0;
}

static int create(struct command_ctx *ctx, const struct roster_rows *rows, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	AUTO_FREE char *space = NULL;
	const char *name = command_text(ctx->line, "name");
	struct client *c;
	char **teachers = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_users(ctx, "teacher", NULL, &teachers, err);
	if (!rc)
		rc = command_room(ctx, "space", 0, &space, err);
	if (!rc)
		rc = find(c, name, &ref, err);
	if (!rc) {
		struct class_request rq = class_request_of(ctx, rows, teachers);
		rq.space = space;
		rq.language = command_text(ctx->line, "language");
		rc = class_fill(ctx, c, &ref, &rq, err);
	}
	command_list_free(teachers);
	return rc;
}

static int run_create(struct command_ctx *ctx, struct err *err)
{
	AUTO(roster_rows_done) struct roster_rows rows = {0};
	if (!span_trim(span_of(command_text(ctx->line, "name"))).n)
		return err_set(err, ERR_USAGE, _("the name of the class is empty"));
	int rc = class_check_slips_name(ctx, err);
	if (!rc)
		rc = list_people(ctx, "students", &rows, err);
	return rc ? rc : create(ctx, &rows, err);
}

const struct command verb_class_create = {
	.name = "class create",
	.group = GROUP_CLASS,
	.no_timeout = true,
	.summary = N_("Make a class out of a list: accounts, rooms, members, slips."),
	.examples = EXAMPLES{{"muster class create \"Physics 10b\" --students 10b.csv "
			      "--slips slips.html",
			      N_("then print slips.html, cut it, and hand the slips out")},
			     {"muster class create \"Physics 10b\" --students 10b.csv --dry-run",
			      N_("who would be added; nothing is written")},
			     END_EXAMPLES},
	.details = N_(
		"The first line of the list names the columns, in any order: name (or first name "
		"and last name), id, email, user; only one of them is needed. Commas, semicolons "
		"and tabs, UTF-8 and UTF-16 are understood. Mistakes are told with their lines "
		"before anything is written; people of the same name are told apart by id or "
		"e-mail address.\n\n"
		"On muster's own server an administrator runs this: everybody gets an account "
		"without a password and is in the class room at once; the one-time link of the "
		"slip lets them choose a password. On other servers the column user must hold "
		"Matrix ids, and people are invited.\n\n"
		"Beside the class room a staff room is made, private to teachers, which keeps "
		"the list. It is safe to repeat: only what is missing is added, whether the list "
		"grew or an earlier run was interrupted. Links are told only when they are made; "
		"\"muster class slips\" makes new ones."),
	.args = PARAMS{{.name = "name",
			.kind = KIND_TEXT,
			.value = "NAME",
			.required = true,
			.what = N_("name of the class")},
		       END_PARAMS},
	.options = PARAMS{OPT_STUDENTS,
			  OPT_TEACHER,
			  OPT_SLIPS,
			  OPT_LANGUAGE,
			  OPT_VALID,
			  OPT_FORCE,
			  {.name = "space",
			   .kind = KIND_ROOM,
			   .value = "ROOM",
			   .what = N_("put both rooms into this space")},
			  END_PARAMS},
	.keys = class_keys,
	.exits = EXITS{{7, N_("some people could not be added")}, END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_create,
};
