#include "core/client/config.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"

static json_t *row_of(const struct command_ctx *ctx, const struct config_row *r)
{
	const char *origin = NULL, *value = config_get(ctx->config, r->key, &origin);
	json_t *row = json_object();
	json_object_set_new(row, "key", json_string(r->key));
	json_object_set_new(row, "value", json_string(value));
	json_object_set_new(row, "origin", json_string(origin));
	json_object_set_new(row, "default", json_string(r->fallback));
	json_object_set_new(row, "what", json_string(ctx->json ? r->what : _(r->what)));
	return row;
}

static int need_config(const struct command_ctx *ctx, struct err *err)
{
	if (ctx->config)
		return 0;
	err_set(err, ERR_INVALID, _("the settings cannot be read"));
	err_hint(err, _("mend the line that was named above"));
	return ERR_INVALID;
}

static int unknown_key(const char *key, struct err *err)
{
	char names[2000], near[80];
	size_t n = 0;
	names[0] = '\0';
	for (const struct config_row *r = config_rows(); r->key && n < sizeof(names); r++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? "|" : "", r->key);
	if (command_suggest_choice(names, key, near, sizeof(near)))
		err_set(err, ERR_USAGE, _("there is no setting \"%.80s\"; did you mean %s?"), key,
			near);
	else
		err_set(err, ERR_USAGE, _("there is no setting \"%.80s\""), key);
	err_hint(err, _("muster config list shows all"));
	return ERR_USAGE;
}

/* -- list ------------------------------------------------------------------ */

static void line_list(struct buf *b, const json_t *row, const struct command_line *l)
{
	const char *origin = json_string_value(json_object_get(row, "origin"));
	if (command_flag(l, "show-origin"))
		buf_printf(b, "%s\t", origin);
	buf_printf(b, "%s = %s", json_string_value(json_object_get(row, "key")),
		   json_string_value(json_object_get(row, "value")));
}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	int rc = need_config(ctx, err);
	if (rc)
		return rc;
	for (const struct config_row *r = config_rows(); r->key && !rc; r++) {
		rc = command_row(ctx, row_of(ctx, r));
	}
	for (int i = 0; !rc && config_unknown(ctx->config, i); i++)
		command_warn(ctx, _("unknown setting: %s"), config_unknown(ctx->config, i));
	return rc;
}

static const struct command_key config_keys[] = {
	{"key", "string", N_("Setting"), N_("name of the setting"), true},
	{"value", "string", N_("Value"), N_("the value in force"), false},
	{"origin", "string", N_("From"),
	 N_("where the value comes from: default, environment NAME, or a file"), false},
	{"default", "string", NULL, N_("its default"), false},
	{"what", "string", NULL, N_("what it is for"), false},
	{NULL, NULL, NULL, NULL, false},
};

const struct command verb_config_list = {
	.name = "config list",
	.group = GROUP_TOOL,
	.summary = N_("Show all settings in force and, if asked, where they come from."),
	.examples =
		(const struct command_example[]){
			{"muster config list", N_("all settings")},
			{"muster config list --show-origin", N_("and the file of each")},
			{NULL, NULL},
		},
	.options =
		(const struct command_param[]){
			{.name = "show-origin",
			 .kind = KIND_FLAG,
			 .what = N_("put where the value comes from before it")},
			{.kind = KIND_NONE},
		},
	.keys = config_keys,
	.shape = SHAPE_LINE,
	.line = line_list,
	.run = run_list,
};

/* -- get ------------------------------------------------------------------- */

static void line_get(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	buf_put_str(b, json_string_value(json_object_get(row, "value")));
}

static int run_get(struct command_ctx *ctx, struct err *err)
{
	const char *key = command_text(ctx->line, "key");
	const struct config_row *r = config_row(key);
	if (!r)
		return unknown_key(key, err);
	int rc = need_config(ctx, err);
	return rc ? rc : command_row(ctx, row_of(ctx, r));
}

const struct command verb_config_get = {
	.name = "config get",
	.group = GROUP_TOOL,
	.summary = N_("Show one setting."),
	.examples =
		(const struct command_example[]){
			{"muster config get net.timeout", N_("the value in force")},
			{NULL, NULL},
		},
	.args =
		(const struct command_param[]){
			{.name = "key",
			 .kind = KIND_SETTING,
			 .required = true,
			 .what = N_("name of the setting")},
			{.kind = KIND_NONE},
		},
	.keys = config_keys,
	.shape = SHAPE_LINE,
	.line = line_get,
	.run = run_get,
};

/* -- set ------------------------------------------------------------------- */

static enum config_scope scope_of(const struct command_line *l)
{
	const char *s = command_text(l, "scope");
	if (!strcmp(s, "system"))
		return CONFIG_SYSTEM;
	return strcmp(s, "project") ? CONFIG_USER : CONFIG_PROJECT;
}

static int run_set(struct command_ctx *ctx, struct err *err)
{
	const char *key = command_text(ctx->line, "key");
	const char *value = command_text(ctx->line, "value");
	bool unset = command_flag(ctx->line, "unset");
	if (!config_row(key))
		return unknown_key(key, err);
	if (unset == (value != NULL))
		return err_set(err, ERR_USAGE, _("give either a value or --unset"));
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = config_set(scope_of(ctx->line), key, unset ? NULL : value, err);
	if (rc)
		return rc;
	AUTO_FREE char *path = config_path(scope_of(ctx->line));
	command_say(ctx, _("written to %s"), path ? path : "?");
	return 0;
}

const struct command verb_config_set = {
	.name = "config set",
	.group = GROUP_TOOL,
	.summary = N_("Change one setting in a file of settings."),
	.examples =
		(const struct command_example[]){
			{"muster config set net.timeout 1m", N_("wait longer by default")},
			{"muster config set net.timeout --unset", N_("back to the default")},
			{NULL, NULL},
		},
	.details = N_("Precedence: option, environment, project file, user file, system file."),
	.args =
		(const struct command_param[]){
			{.name = "key",
			 .kind = KIND_SETTING,
			 .required = true,
			 .what = N_("name of the setting")},
			{.name = "value",
			 .kind = KIND_TEXT,
			 .value = "VALUE",
			 .what = N_("its new value")},
			{.kind = KIND_NONE},
		},
	.options =
		(const struct command_param[]){
			{.name = "scope",
			 .kind = KIND_CHOICE,
			 .choices = "user|project|system",
			 .otherwise = "user",
			 .what = N_("which file is written")},
			{.name = "unset",
			 .kind = KIND_FLAG,
			 .what = N_("remove the setting from the file")},
			{.kind = KIND_NONE},
		},
	.run = run_set,
};
