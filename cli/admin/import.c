/* admin user import: many accounts from a table. */
#include "cli/admin/admin.h"

#include "cli/list.h"
#include "core/base/json.h"
#include "core/base/limits.h"

/* Arguments of user.add, as columns are called. */
static const struct {
	enum roster_column column;
	const char *arg;
} columns[] = {
	{COLUMN_USER, "user"},	    {COLUMN_NAME, "name"},	   {COLUMN_EMAIL, "email"},
	{COLUMN_ID, "external_id"}, {COLUMN_PASSWORD, "password"},
};

static json_t *one_user(const struct csv *t, const int at[COLUMN_COUNT], size_t row)
{
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		struct span v = span_trim(csv_cell(t, row, at[columns[i].column]));
		if (v.n)
			json_object_set_new(o, columns[i].arg, json_stringn(v.p, v.n));
	}
	return o;
}

static int table_to_rows(const struct csv *t, json_t **ret, struct err *err)
{
	int at[COLUMN_COUNT];
	json_t *rows = json_array();
	roster_columns(t, at);
	if (at[COLUMN_USER] < 0) {
		json_decref(rows);
		err_set(err, ERR_INVALID, _("no column is called \"user\""));
		err_hint(err, _("the first line names the columns: user, name, email, external_id, "
				"password"));
		return ERR_INVALID;
	}
	for (size_t r = 0; r < csv_rows(t); r++) {
		if (span_trim(csv_cell(t, r, at[COLUMN_USER])).n == 0) {
			json_decref(rows);
			return err_set(err, ERR_INVALID, _("line %d has no user name"),
				       csv_line(t, r));
		}
		json_array_append_new(rows, one_user(t, at, r));
	}
	*ret = rows;
	return 0;
}

/* All failed is a failure, some is status 7. */
static int verdict(const json_t *reply, struct err *err)
{
	long long failed = json_get_i64(reply, "failed", 0);
	long long fine = json_get_i64(reply, "created", 0) + json_get_i64(reply, "existing", 0) +
			 json_get_i64(reply, "updated", 0);
	if (failed == 0)
		return 0;
	return err_set(err, fine ? ERR_PARTIAL : ERR_FAILED,
		       _("%lld of %lld accounts could not be made"), failed, failed + fine);
}

static int run_import(struct command_ctx *ctx, struct err *err)
{
	struct csv *t = NULL;
	json_t *rows = NULL, *reply = NULL;
	int rc = list_table(ctx, "file", &t, err);
	if (!rc)
		rc = table_to_rows(t, &rows, err);
	csv_free(t);
	if (rc)
		return rc;
	if (command_dry_run(ctx, json_pack("{s:i}", "rows", (int)json_array_size(rows)))) {
		json_decref(rows);
		return 0;
	}
	json_t *args = json_object();
	json_object_set_new(args, "rows", rows);
	json_object_set_new(args, "update", json_boolean(command_flag(ctx->line, "update")));
	rc = admin_rows(ctx, "user.import", args, "users", &reply, err);
	if (rc)
		return rc;
	command_say(ctx, _("%lld made, %lld there already, %lld changed, %lld failed"),
		    (long long)json_get_i64(reply, "created", 0),
		    (long long)json_get_i64(reply, "existing", 0),
		    (long long)json_get_i64(reply, "updated", 0),
		    (long long)json_get_i64(reply, "failed", 0));
	rc = verdict(reply, err);
	json_decref(reply);
	return rc;
}

const struct command verb_admin_user_import = {
	.name = "admin user import",
	.group = GROUP_ADMIN,
	.no_timeout = true,
	.summary = N_("Make many accounts from a table (CSV)."),
	.examples = EXAMPLES{{"muster admin user import class.csv --format csv > passwords.csv",
			      N_("and keep the passwords that were made")},
			     {"muster admin user import class.csv --update",
			      N_("again, with changed names and e-mail addresses")},
			     END_EXAMPLES},
	.details = N_("The first line names the columns: user, name, email, external_id, password. "
		      "Only user is needed; a password that is not there is made up and printed. "
		      "It is safe to repeat: accounts that exist are left as they are, unless "
		      "--update is given. The e-mail address counts as verified."),
	.args = PARAMS{{.name = "file",
			.kind = KIND_FILE,
			.required = true,
			.dash = true,
			.what = N_("the table; - reads standard input")},
		       END_PARAMS},
	.options = PARAMS{{.name = "update",
			   .kind = KIND_FLAG,
			   .what = N_("change name, e-mail and outside id of accounts that exist")},
			  OPT_DATA,
			  END_PARAMS},
	.keys = KEYS{KEY_USER_ID(N_("User")),
		     {"external_id", "string", N_("Outside id"), N_("number of the person outside"),
		      false},
		     {"name", "string", N_("Name"), N_("the name that others see"), false},
		     {"email", "string", N_("E-mail"), N_("e-mail address"), false},
		     {"state", "word", N_("State"), N_("created, existing, updated or failed"),
		      false},
		     {"password", "string", N_("Password"),
		      N_("the password that was made; it is told only this once"), true},
		     {"error", "string", N_("Error"), N_("why it failed"), true},
		     END_KEYS},
	.exits = EXITS{{7, N_("some accounts could not be made")}, END_EXITS},
	.run = run_import,
};
