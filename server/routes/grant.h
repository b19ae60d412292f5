/*
 * What log-in and registration have in common.
 */
#ifndef MUSTER_SERVER_ROUTES_GRANT_H
#define MUSTER_SERVER_ROUTES_GRANT_H

#include "server/accounts/device.h"
#include "server/routes/route.h"

/** What a request wants of its new device. */
struct grant_ask {
	char *device_id, *name; /**< owned; NULL: not given */
	bool refreshable;
};

/** From the body. Replies 400 and returns false when something is ill-typed or too long. */
bool grant_read(struct rq *rq, struct grant_ask *ret);
void grant_ask_done(struct grant_ask *a);
/** user_id, device_id and tokens, as /login replies. The caller owns it. */
json_t *grant_json(const struct rq *rq, const char *user_id, const struct grant *g);
/** Reply 200 with user_id, device_id and tokens. */
void grant_reply(struct rq *rq, const char *user_id, const struct grant *g);

#endif
