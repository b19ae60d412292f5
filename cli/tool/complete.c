/* What completion scripts ask: names from the local cache, never the network, never an error. */
#include "core/client/complete.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"

#include <string.h>

static int run_complete(struct command_ctx *ctx, struct err *err)
{
	static const enum command_kind kinds[] = {KIND_ROOM,	KIND_USER,    KIND_ACCOUNT,
						  KIND_SETTING, KIND_MEETING, KIND_VERB};
	const char *kind = command_text(ctx->line, "kind");
	const char *prefix = command_text(ctx->line, "prefix");
	struct client *c = NULL;
	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kind, command_kind_name(kinds[i])) != 0)
			continue;
		if (kinds[i] == KIND_ROOM || kinds[i] == KIND_USER || kinds[i] == KIND_MEETING)
			command_client(ctx, &c, NULL);
		names_complete(ctx->line->set, kinds[i], c, prefix ? prefix : "", command_row_fn,
			       ctx);
	}
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
