#include "cli/roster/roster.h"

#include "cli/list.h"

#include "core/base/fs.h"

#include <string.h>

/* Words instead of a file: each is a person's id, address or name. */
static void take_words(struct command_ctx *ctx, struct roster_rows *ret)
{
	size_t n = command_count(ctx->line, "file");
	ret->v = mem_alloc((n + 1) * sizeof(*ret->v));
	for (size_t i = 0; i < n; i++) {
		ret->v[ret->n++] =
			(struct roster_row){(int)i + 1,
					    {.name = mem_strdup(
						     command_nth(ctx->line, "file", i))}};
	}
}

static bool is_list(const struct command_ctx *ctx)
{
	const char *first = command_text(ctx->line, "file");
	return command_count(ctx->line, "file") == 1 && (!strcmp(first, "-") || fs_exists(first));
}

static int run_match(struct command_ctx *ctx, struct err *err)
{
	AUTO(roster_rows_done) struct roster_rows rows = {0};
	AUTO_FREE char *room = NULL;
	JSON_AUTO json_t *out = NULL;
	struct client *c;
	struct err why = {0};
	bool list = is_list(ctx);
	int rc = list ? list_people(ctx, "file", &rows, err) : 0;
	if (!list)
		take_words(ctx, &rows);
	if (!rc)
		rc = roster_room(ctx, &c, &room, err);
	if (rc)
		return rc;
	rc = client_roster_match(c, room, &rows, !list, &out, &why);
	return roster_give_out(ctx, out, rc, &why, err);
}

const struct command verb_roster_match = {
	.name = "roster match",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Show whom the lines of a list, or words, mean in a class."),
	.examples = EXAMPLES{{"muster roster match 10b.csv --room \"Physics 10b\"",
			      N_("how each line is matched, and which is not")},
			     {"muster roster match \"Anna Meier\" 801 --room \"Physics 10b\"",
			      N_("by name, id or e-mail address")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "file",
			.kind = KIND_FILE,
			.value = "FILE|TEXT",
			.dash = true,
			.required = true,
			.repeat = true,
			.what = N_("a list (CSV; - reads standard input), or names, ids and "
				   "addresses")},
		       END_PARAMS},
	.options = PARAMS{OPT_CLASS_ROOM, END_PARAMS},
	.keys = KEYS{KEYS_MATCH, KEYS_PERSON, KEY_WHY, END_KEYS},
	.exits = EXITS{{7, N_("some were not matched")}, END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_match,
};
