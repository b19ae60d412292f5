#include "cli/tool/completion.h"

#include "core/base/i18n.h"
#include "core/client/command_ctx.h"

void completion_put_source(struct buf *b, const struct command_param *p)
{
	switch (p->kind) {
	case KIND_FILE:
	case KIND_FOLDER:
	case KIND_ROOM:
	case KIND_USER:
	case KIND_ACCOUNT:
	case KIND_SETTING:
	case KIND_MEETING:
	case KIND_VERB:
		buf_printf(b, "@%s", command_kind_name(p->kind));
		break;
	case KIND_CHOICE:
		for (const char *c = p->choices; *c; c++)
			buf_put_char(b, *c == '|' ? ' ' : *c);
		break;
	default:
		break;
	}
}

/* The next word of `name` behind `prefix`; false when it does not stand behind it. */
static bool word_behind(const char *name, const char *prefix, char *ret, size_t size)
{
	size_t n = strlen(prefix);
	if (n && (strncmp(name, prefix, n) != 0 || name[n] != ' '))
		return false;
	name += n ? n + 1 : 0;
	snprintf(ret, size, "%.*s", (int)strcspn(name, " "), name);
	return true;
}

static bool came_before(const struct command_set *set, const struct command *const *end,
			const char *prefix, const char *word)
{
	char other[60];
	for (const struct command *const *c = set->commands; c < end; c++)
		if (!(*c)->hidden && word_behind((*c)->name, prefix, other, sizeof(other)) &&
		    !strcmp(other, word))
			return true;
	return false;
}

const struct command *completion_next(const struct command_set *set, const char *prefix, size_t i,
				      char *ret, size_t size)
{
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden || !word_behind((*c)->name, prefix, ret, size) ||
		    came_before(set, c, prefix, ret))
			continue;
		if (i-- == 0)
			return *c;
	}
	return NULL;
}

void completion_each_prefix(const struct command_set *set,
			    void (*fn)(const char *prefix, const struct command_set *set,
				       void *arg),
			    void *arg)
{
	char last[84] = "";
	for (const struct command *const *c = set->commands; *c; c++)
		for (const char *space = strchr((*c)->name, ' '); space && !(*c)->hidden;
		     space = strchr(space + 1, ' ')) {
			char prefix[80];
			size_t n = (size_t)(space - (*c)->name);
			snprintf(prefix, sizeof(prefix), "%.*s", (int)n, (*c)->name);
			if (!strncmp(last, (*c)->name, n + 1))
				continue;
			fn(prefix, set, arg);
			snprintf(last, sizeof(last), "%s ", prefix);
		}
}

static int run_completion(struct command_ctx *ctx, struct err *err)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	const char *shell = command_text(ctx->line, "shell");
	(void)err;
	if (!strcmp(shell, "bash"))
		completion_put_bash(&b, ctx->line->set);
	else if (!strcmp(shell, "zsh"))
		completion_put_zsh(&b, ctx->line->set);
	else
		completion_put_fish(&b, ctx->line->set);
	int rc = command_raw(ctx, buf_span(&b));
	buf_done(&b);
	return rc;
}

const struct command verb_completion = {
	.name = "completion",
	.group = GROUP_TOOL,
	.summary = N_("Print a script that completes words in your shell."),
	.examples =
		(const struct command_example[]){
			{"source <(muster completion bash)", N_("for this bash")},
			{"muster completion fish > ~/.config/fish/completions/muster.fish",
			 N_("for good, in fish")},
			{NULL, NULL},
		},
	.details = N_("make install puts the scripts where bash, zsh and fish look for them."),
	.args =
		(const struct command_param[]){
			{.name = "shell",
			 .kind = KIND_CHOICE,
			 .choices = "bash|zsh|fish",
			 .required = true,
			 .what = N_("the shell")},
			{.kind = KIND_NONE},
		},
	.run = run_completion,
};
