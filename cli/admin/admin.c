#include "cli/admin/admin.h"

#include "core/base/json.h"
#include "core/client/admin.h"
#include "server/admin.h"

int admin_op(struct command_ctx *ctx, const char *op, json_t *args, json_t **ret, struct err *err)
{
	const char *data = command_text(ctx->line, "data");
	struct client *c;
	int rc;
	if (data) {
		rc = admin_offline(data, op, args, ret, err);
	} else {
		rc = command_client(ctx, &c, err);
		if (rc == ERR_AUTH && err && !err->hint[0])
			err_hint(err, _("log in as an administrator, or name the folder with "
					"--data DIR"));
		if (!rc)
			rc = client_admin(c, op, args, ret, err);
	}
	json_decref(args);
	return rc;
}

int admin_row(struct command_ctx *ctx, const char *op, json_t *args, struct err *err)
{
	json_t *row;
	int rc = admin_op(ctx, op, args, &row, err);
	return rc ? rc : command_row(ctx, row);
}

int admin_rows(struct command_ctx *ctx, const char *op, json_t *args, const char *key, json_t **ret,
	       struct err *err)
{
	json_t *reply, *row;
	size_t i;
	int rc = admin_op(ctx, op, args, &reply, err);
	if (rc)
		return rc;
	json_array_foreach (json_get_array(reply, key), i, row) {
		rc = command_row_fn(row, ctx);
		if (rc)
			break;
	}
	if (ret && !rc)
		*ret = reply;
	else
		json_decref(reply);
	return rc;
}
