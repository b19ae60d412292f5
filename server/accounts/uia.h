/*
 * User-interactive authentication (client-server API, "User-Interactive
 * Authentication API"): every flow here has one stage. Sessions are in memory,
 * capped and short-lived, and bound to their route and user. Loop thread.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_UIA_H
#define MUSTER_SERVER_ACCOUNTS_UIA_H

#include "server/routes/route.h"

struct uia;

/** No sessions. The caller owns it. */
struct uia *uia_new(void);
/** NULL is allowed. */
void uia_free(struct uia *u);

#define UIA_PASSWORD "m.login.password"
#define UIA_TOKEN "m.login.registration_token"
#define UIA_DUMMY "m.login.dummy"

/**
 * The request is authorised: rq->body holds its parameters without `auth`.
 * `token` is the invite that was used, or NULL; borrowed. It must reply.
 */
typedef void uia_go_fn(struct rq *rq, const char *token);

/**
 * Call `go` when the request's `auth` completes one of `stages` (ended by
 * NULL); else answer 401 with flows and session. Now or later.
 */
void uia_require(struct rq *rq, const char *const *stages, uia_go_fn *go);

#endif
