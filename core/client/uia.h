/*
 * User-interactive authentication with a password (client-server API, "User-
 * Interactive Authentication API"). Private to this folder.
 */
#ifndef MUSTER_CLIENT_UIA_H
#define MUSTER_CLIENT_UIA_H

#include "core/client/devices.h"
#include "core/matrix/request.h"

/** The request with this stage in it; NULL: the first attempt, without. `what` is the caller's. */
typedef struct request uia_request_fn(const json_t *auth, const void *what);

/**
 * Send it; when the server asks who we are, ask for the password and send it
 * again. ERR_AUTH when that was wrong, ERR_UNSUPPORTED when the server wants steps that only a
 * browser can do. Blocking.
 */
int uia_run(struct client *c, uia_request_fn *make, const void *what, client_password_fn *password,
	    void *arg, struct err *err);

#endif
