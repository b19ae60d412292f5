/* admin check. */
#include "cli/admin/admin.h"

#include "core/base/json.h"

static int run_check(struct command_ctx *ctx, struct err *err)
{
	json_t *reply, *row;
	size_t i;
	int bad = 0;
	int rc = admin_rows(ctx, "check", json_object(), "findings", &reply, err);
	if (rc)
		return rc;
	json_array_foreach (json_get_array(reply, "findings"), i, row)
		bad += !json_get_bool(row, "ok", false);
	json_decref(reply);
	if (!bad)
		return 0;
	return err_set(err, ERR_FAILED,
		       ngettext("%d thing is wrong with the server's data",
				"%d things are wrong with the server's data", (unsigned)bad),
		       bad);
}

static void line_finding(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	buf_put_str(b, json_is_true(json_object_get(row, "ok")) ? "✓ " : "✗ ");
	command_put_clean(b, json_object_get(row, "check"));
	buf_put_str(b, ": ");
	command_put_clean(b, json_object_get(row, "message"));
	if (json_is_string(json_object_get(row, "fix"))) {
		buf_put_str(b, "\n    → ");
		command_put_clean(b, json_object_get(row, "fix"));
	}
}

const struct command verb_admin_check = {
	.name = "admin check",
	.group = GROUP_ADMIN,
	.no_timeout = true,
	.summary = N_("Look whether the server's data are whole: database, events, files."),
	.examples = EXAMPLES{{"muster admin check", N_("the running server looks")},
			     {"muster admin check --data ./school --json | jq 'select(.ok|not)'",
			      N_("on its machine, only what is wrong")},
			     END_EXAMPLES},
	.details =
		N_("Reads everything: the database's structure, rows that belong to nothing, hash "
		   "and id of every event, the bytes of every uploaded file, who may look into "
		   "the folder. It changes nothing; the server may go on running meanwhile."),
	.options = PARAMS{{.name = "data",
			   .kind = KIND_FOLDER,
			   .what = N_("read this data folder, also while a server runs on it")},
			  END_PARAMS},
	.keys = KEYS{{"check", "string", NULL, N_("database, rows, state, events, media or folder"),
		      false},
		     {"ok", "boolean", NULL, N_("nothing is wrong"), false},
		     {"message", "string", NULL, N_("what was found"), false},
		     {"fix", "string", NULL, N_("what to do about it"), false},
		     END_KEYS},
	.exits = EXITS{{1, N_("something is wrong")}, END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_finding,
	.run = run_check,
};
