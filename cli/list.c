/* Lists of people as files. */
#include "cli/list.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"

#include <string.h>

void list_warn(struct command_ctx *ctx, const char *param, int line, const char *sentence)
{
	const char *file = command_text(ctx->line, param);
	if (!file || strcmp(file, "-") == 0)
		file = _("the list");
	if (line)
		command_warn(ctx, _("%s, line %d: %s"), file, line, sentence);
	else
		command_warn(ctx, "%s: %s", file, sentence);
}

int list_table(struct command_ctx *ctx, const char *param, struct csv **ret, struct err *err)
{
	const char *file = command_text(ctx->line, param);
	if (strcmp(file, "-") != 0)
		return csv_read(file, ret, err);
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CSV_BYTES);
	int rc = ctx->front->input(ctx->front_arg, &b, err);
	return rc ? rc : csv_parse(buf_span(&b), ret, err);
}

struct source {
	struct command_ctx *ctx;
	const char *param;
};

static void on_problem(void *arg, int line, const char *sentence)
{
	struct source *s = arg;
	list_warn(s->ctx, s->param, line, sentence);
}

int list_people(struct command_ctx *ctx, const char *param, struct roster_rows *ret,
		struct err *err)
{
	struct source s = {ctx, param};
	struct csv *t = NULL;
	int rc = list_table(ctx, param, &t, err);
	if (!rc)
		rc = roster_rows_read(t, on_problem, &s, ret, err);
	csv_free(t);
	return rc;
}
