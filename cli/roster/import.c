#include "cli/roster/roster.h"

#include "cli/list.h"

static int ask(void *arg, size_t n, struct err *err)
{
	return command_confirm(
		arg, err,
		ngettext("Remove %zu person from the roster, who is not in the list?",
			 "Remove %zu people from the roster, who are not in the list?", n),
		n);
}

static int run_import(struct command_ctx *ctx, struct err *err)
{
	AUTO(roster_rows_done) struct roster_rows rows = {0};
	AUTO_FREE char *room = NULL;
	JSON_AUTO json_t *out = NULL;
	struct client *c;
	struct err why = {0};
	int rc = list_people(ctx, "file", &rows, err);
	if (!rc)
		rc = roster_room(ctx, &c, &room, err);
	if (rc)
		return rc;
	struct roster_import rq = {.rows = &rows,
				   .prune = command_flag(ctx->line, "prune"),
				   .dry_run = ctx->dry_run,
				   .confirm = ask,
				   .arg = ctx};
	rc = client_roster_import(c, room, &rq, &out, &why);
	return roster_give_out(ctx, out, rc, &why, err);
}

const struct command verb_roster_import = {
	.name = "roster import",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Put a class list into the roster of a class."),
	.details = N_("The first line names the columns: name (or first and last name), id, email, "
		      "user, in "
		      "any order and in several languages; UTF-8 or UTF-16, separated by commas, "
		      "semicolons or tabs.\n\n"
		      "Lines are matched to people by Matrix id, outside id and e-mail address; by "
		      "name only "
		      "where one person and one line have it. People of one name are never taken "
		      "for one. "
		      "Lines that match nobody are shown and left out: give them an account with "
		      "class add. To run it again changes nothing."),
	.examples = EXAMPLES{{"muster roster import 10b.csv --room \"Physics 10b\" --dry-run",
			      N_("what would be done, line by line")},
			     {"muster roster import 10b.csv --room \"Physics 10b\"",
			      N_("add whom it names, change what differs")},
			     {"muster roster import 10b.csv --room \"Physics 10b\" --prune",
			      N_("and take off who is no longer in it")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "file",
			.kind = KIND_FILE,
			.dash = true,
			.required = true,
			.what = N_("the list (CSV); - reads standard input")},
		       END_PARAMS},
	.options = PARAMS{OPT_CLASS_ROOM,
			  {.name = "prune",
			   .kind = KIND_FLAG,
			   .what = N_("remove who is not in the list; asks first")},
			  END_PARAMS},
	.keys = KEYS{KEYS_MATCH,
		     KEYS_PERSON,
		     {"state", "word", N_("State"),
		      N_("added, changed, existing, removed, unmatched or ambiguous"), false},
		     KEY_WHY,
		     END_KEYS},
	.exits = EXITS{{7, N_("some lines were not matched; the others are in the roster")},
		       END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_import,
};
