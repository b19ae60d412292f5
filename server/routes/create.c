/*
 * POST /createRoom
 */
#include "server/rooms/create.h"
#include "server/routes/room_job.h"

extern const struct route create_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const struct room_creation c = {
		.body = j->rq->body,
		.user_nid = j->rq->who.user_nid,
		.user_id = j->rq->who.user_id,
		.server_name = j->rq->srv->name,
		.encryption_ok = j->rq->srv->config->allow_encryption,
	};
	return room_create(tx, &c, j->room_id, &j->nid, err);
}

static void post_create(struct rq *rq)
{
	room_job_start(rq, run);
}

const struct route create_routes[] = {
	{"POST", "/_matrix/client/v3/createRoom", ROUTE_USER,
	 ROUTE_JSON | ROUTE_PACED | ROUTE_TAKES_PART, post_create, 0},
	{0},
};
