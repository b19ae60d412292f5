/*
 * PUT /sendToDevice/{eventType}/{txnId}
 */
#include "server/keys/to_device.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/routes/keys.h"

extern const struct route to_device_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct rq *rq = arg;
	struct keys_owner me = keys_owner_of(rq);
	return to_device_send(tx, &me, rq->param[0].p, rq->param[1].p,
			      json_object_get(rq->body, "messages"), err);
}

static void put_to_device(struct rq *rq)
{
	if (!rq->param[0].n || rq->param[0].n > LIMIT_ID_BYTES || rq->param[1].n > LIMIT_ID_BYTES)
		rq_error(rq, 400, "M_INVALID_PARAM",
			 _("A type and a transaction id have 1 to %d bytes"), LIMIT_ID_BYTES);
	else
		rq_write(rq, run, rq_done_empty, rq, NULL);
}

const struct route to_device_routes[] = {
	{"PUT", "/_matrix/client/v3/sendToDevice/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_PACED,
	 put_to_device, KEYS_BODY_MAX},
	{0},
};
