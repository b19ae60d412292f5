/*
 * PUT /rooms/{roomId}/state/{eventType}/{stateKey}; an empty state key may be
 * left out with or without its slash. Now or later (MSC4140).
 */
#include "server/routes/delayed.h"
#include "server/routes/room_job.h"

extern const struct route state_put_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *key = j->rq->param[2].p;
	int rc = room_job_room(j, tx, 0, err);
	struct event_draft d = room_job_draft(j, j->rq->param[1].p, key ? key : "", j->rq->body);
	return rc ? rc : room_job_append(j, tx, &d, err);
}

static void put_state(struct rq *rq)
{
	const char *key = rq->param[2].p;
	if (rq_query(rq, DELAYED_QUERY))
		delayed_put(rq, key ? key : "", NULL);
	else
		room_job_start(rq, run);
}

const struct route state_put_routes[] = {
	{"PUT", "/_matrix/client/v3/rooms/{}/state/{}", ROUTE_USER, ROUTE_JSON | ROUTE_PACED,
	 put_state, 0},
	{"PUT", "/_matrix/client/v3/rooms/{}/state/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_PACED,
	 put_state, 0},
	{0},
};
