/*
 * POST /rooms/{roomId}/upgrade
 */
#include "server/rooms/upgrade.h"

#include "core/base/i18n.h"
#include "server/routes/room_job.h"

extern const struct route upgrade_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	struct room_upgrade u = {.user_nid = j->rq->who.user_nid,
				 .user_id = j->rq->who.user_id,
				 .server_name = j->rq->srv->name};
	int rc = body_str(j->rq->body, "new_version", true, &u.version, err);
	if (!rc)
		rc = room_job_room(j, tx, 0, err);
	u.room_nid = j->nid;
	return rc ? rc : room_upgrade(tx, &u, j->room_id, err);
}

static void post_upgrade(struct rq *rq)
{
	room_job_start_as(rq, run, "replacement_room");
}

const struct route upgrade_routes[] = {
	{"POST", "/_matrix/client/v3/rooms/{}/upgrade", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 post_upgrade, 0},
	{0},
};
