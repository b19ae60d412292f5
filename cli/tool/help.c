#include "cli/help.h"

#include "cli/verbs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

static int put_topic(struct command_ctx *ctx, struct buf *b, int width, struct err *err)
{
	AUTO_FREE char *topic = command_joined(ctx->line, "verb");
	const struct command_set *set = ctx->line->set;
	const struct command *c = command_find(set, topic);
	const char *first = command_nth(ctx->line, "verb", 0);
	if (!*topic)
		help_put_overview(b, set, width);
	else if (!strcmp(topic, "exit-codes"))
		help_put_exit_codes(b, width);
	else if (c)
		help_put_verb(b, set, c, width);
	else if (command_is_prefix(set, topic))
		help_put_prefix(b, set, topic, width);
	else {
		const char *near =
			command_suggest_verb(set, first, command_nth(ctx->line, "verb", 1));
		if (near)
			return err_set(err, ERR_USAGE,
				       _("there is no verb \"%.60s\"; did you mean \"%s\"?"), topic,
				       near);
		err_set(err, ERR_USAGE, _("there is no verb \"%.60s\""), topic);
		err_hint(err, _("muster --help lists the verbs"));
		return ERR_USAGE;
	}
	return 0;
}

static int run_help(struct command_ctx *ctx, struct err *err)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	int rc = put_topic(ctx, &b, help_width(), err);
	if (!rc)
		rc = command_raw(ctx, buf_span(&b));
	buf_done(&b);
	return rc;
}

const struct command verb_help = {
	.name = "help",
	.group = GROUP_TOOL,
	.summary = N_("Show help for a verb, a group of verbs, or the exit codes."),
	.examples =
		(const struct command_example[]){
			{"muster help", N_("all verbs")},
			{"muster help room create", N_("one verb")},
			{"muster help exit-codes", N_("what an exit status means")},
			{NULL, NULL},
		},
	.args =
		(const struct command_param[]){
			{.name = "verb",
			 .kind = KIND_VERB,
			 .repeat = true,
			 .what = N_("a verb, the first word of several, or exit-codes")},
			{.kind = KIND_NONE},
		},
	.run = run_help,
};
