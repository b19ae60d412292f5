/*
 * PUT /rooms/{roomId}/send/{eventType}/{txnId}, now or later (MSC4140)
 */
#include "server/routes/delayed.h"
#include "server/routes/room_job.h"

extern const struct route send_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	int rc = room_job_room(j, tx, 0, err);
	struct event_draft d = room_job_draft(j, j->rq->param[1].p, NULL, j->rq->body);
	d.device_nid = j->rq->who.device_nid;
	d.txn_id = j->rq->param[2].p;
	return rc ? rc : room_job_append(j, tx, &d, err);
}

static void put_send(struct rq *rq)
{
	if (rq_query(rq, DELAYED_QUERY))
		delayed_put(rq, NULL, rq->param[2].p);
	else
		room_job_start(rq, run);
}

const struct route send_routes[] = {
	{"PUT", "/_matrix/client/v3/rooms/{}/send/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_PACED,
	 put_send, 0},
	{0},
};
