/*
 * Administration: over HTTP with an administrator's account, or on the data
 * folder itself (--data) while no server runs on it. Operations: server/admin.h.
 */
#ifndef MUSTER_CLI_ADMIN_H
#define MUSTER_CLI_ADMIN_H

#include "cli/params.h"

#define OPT_DATA                                                                       \
	{                                                                              \
		.name = "data", .kind = KIND_FOLDER,                                   \
		.what = N_("work on this data folder; no server may be running on it") \
	}
#define ARG_USER                                                     \
	{                                                            \
		.name = "user", .kind = KIND_USER, .required = true, \
		.what = N_("user name, or Matrix id of this server") \
	}

/** Run an operation; `args` is taken over. The caller owns *ret. */
int admin_op(struct command_ctx *ctx, const char *op, json_t *args, json_t **ret, struct err *err);
/** admin_op, and its result is the one row. */
int admin_row(struct command_ctx *ctx, const char *op, json_t *args, struct err *err);
/** admin_op, and the list `key` of its result are the rows. *ret (may be NULL) as admin_op. */
int admin_rows(struct command_ctx *ctx, const char *op, json_t *args, const char *key, json_t **ret,
	       struct err *err);

#endif
