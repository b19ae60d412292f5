#include "cli/roster/roster.h"

#include "core/base/fs.h"
#include "core/base/limits.h"

#include <string.h>

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
