/*
 * The server's administration over HTTP (our server only): a thin call.
 */
#ifndef MUSTER_CLIENT_ADMIN_H
#define MUSTER_CLIENT_ADMIN_H

#include "core/client/client.h"

/**
 * POST /_muster/admin/v1/OP with `args` (an object, or NULL). *ret is the
 * reply's object. A server that is not ours gives ERR_UNSUPPORTED.
 */
int client_admin(struct client *c, const char *op, const json_t *args, json_t **ret,
		 struct err *err);

#endif
