#include "cli/roster/roster.h"

#include "core/base/fs.h"
#include "core/base/limits.h"

#include <string.h>

static const char *list_name(const struct command_ctx *ctx)
{
	const char *file = command_text(ctx->line, "file");
	return strcmp(file, "-") != 0 ? file : _("the list");
}

static void on_problem(void *arg, int line, const char *sentence)
{
	struct command_ctx *ctx = arg;
	if (line)
		command_warn(ctx, _("%s, line %d: %s"), list_name(ctx), line, sentence);
	else
		command_warn(ctx, "%s: %s", list_name(ctx), sentence);
}

static int read_csv(struct command_ctx *ctx, struct csv **ret, struct err *err)
{
	const char *file = command_text(ctx->line, "file");
	if (strcmp(file, "-") != 0)
		return csv_read(file, ret, err);
	struct buf b = BUF_INIT(LIMIT_CSV_BYTES);
	int rc = ctx->front->input(ctx->front_arg, &b, err);
	if (!rc)
		rc = csv_parse(buf_span(&b), ret, err);
	buf_done(&b);
	return rc;
}

int roster_list(struct command_ctx *ctx, struct roster_rows *ret, struct err *err)
{
	struct csv *t = NULL;
	int rc = read_csv(ctx, &t, err);
	if (!rc)
		rc = roster_rows_read(t, on_problem, ctx, ret, err);
	csv_free(t);
	return rc;
}

int roster_room(struct command_ctx *ctx, struct client **ret_client, char **ret_room,
		struct err *err)
{
	int rc = command_client(ctx, ret_client, err);
	return rc ? rc : command_room(ctx, "room", 0, ret_room, err);
}

int roster_give_out(struct command_ctx *ctx, const json_t *rows, int rc, const struct err *why,
		    struct err *err)
{
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		int out = command_row_fn(row, ctx);
		if (out)
			return out;
	}
	if (rc)
		*err = *why;
	return rc;
}
