/* What completion scripts ask: names from the local cache, never the network, never an error. */
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/command_ctx.h"
#include "core/client/config.h"
#include "core/client/rooms.h"

static int put(struct command_ctx *ctx, const char *value, const char *what)
{
	json_t *row = json_object();
	json_object_set_new(row, "value", json_string(value));
	json_object_set_new(row, "what", json_string(what ? what : ""));
	return command_row(ctx, row);
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static int complete_settings(struct command_ctx *ctx, const char *prefix)
{
	for (const struct config_row *r = config_rows(); r->key; r++)
		if (starts(r->key, prefix))
			put(ctx, r->key, _(r->what));
	return 0;
}

static int complete_verbs(struct command_ctx *ctx, const char *prefix)
{
	for (const struct command *const *c = ctx->line->set->commands; *c; c++)
		if (!(*c)->hidden && starts((*c)->name, prefix))
			put(ctx, (*c)->name, _((*c)->summary));
	return 0;
}

static int complete_accounts(struct command_ctx *ctx, const char *prefix)
{
	char **names;
	if (account_names(&names, NULL))
		return 0;
	for (char **n = names; *n; n++)
		if (starts(*n, prefix))
			put(ctx, *n, "");
	account_names_free(names);
	return 0;
}

static int complete_cached(struct command_ctx *ctx, const char *kind, const char *prefix)
{
	struct client *c;
	if (command_client(ctx, &c, NULL))
		return 0;
	return !strcmp(kind, "room") ? room_complete(c, prefix, command_row_fn, ctx)
				     : user_complete(c, prefix, command_row_fn, ctx);
}

static int run_complete(struct command_ctx *ctx, struct err *err)
{
	const char *kind = command_text(ctx->line, "kind");
	const char *prefix = command_text(ctx->line, "prefix");
	(void)err;
	if (!prefix)
		prefix = "";
	if (!strcmp(kind, "setting"))
		complete_settings(ctx, prefix);
	else if (!strcmp(kind, "verb"))
		complete_verbs(ctx, prefix);
	else if (!strcmp(kind, "account"))
		complete_accounts(ctx, prefix);
	else
		complete_cached(ctx, kind, prefix);
	return 0;
}

static void line_complete(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	command_put_clean(b, json_object_get(row, "value"));
	buf_put_char(b, '\t');
	command_put_clean(b, json_object_get(row, "what"));
}

const struct command verb_complete = {
	.name = "complete",
	.group = GROUP_TOOL,
	.hidden = true,
	.summary = N_("List names for shell completion."),
	.args =
		(const struct command_param[]){
			{.name = "kind",
			 .kind = KIND_CHOICE,
			 .choices = "room|user|account|setting|verb",
			 .required = true,
			 .what = N_("what is being completed")},
			{.name = "prefix",
			 .kind = KIND_TEXT,
			 .value = "PREFIX",
			 .what = N_("its beginning")},
			{.kind = KIND_NONE},
		},
	.keys =
		(const struct command_key[]){
			{"value", "string", NULL, N_("the word"), true},
			{"what", "string", NULL, N_("what it is"), false},
			{NULL, NULL, NULL, NULL, false},
		},
	.shape = SHAPE_LINE,
	.line = line_complete,
	.run = run_complete,
};
