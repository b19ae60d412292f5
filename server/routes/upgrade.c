/*
 * POST /rooms/{roomId}/upgrade
 */
#include "server/rooms/upgrade.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/room_job.h"

extern const struct route upgrade_routes[];

struct job {
	struct room_job room;
	struct room_upgrade upgrade;
};

static int prepare(struct job *j, struct db_tx *tx, struct err *err)
{
	const struct rq *rq = j->room.rq;
	struct room_upgrade *u = &j->upgrade;
	u->user_nid = rq->who.user_nid;
	u->user_id = rq->who.user_id;
	u->server_name = rq->srv->name;
	int rc = body_str(rq->body, "new_version", true, &u->version, err);
	if (!rc)
		rc = room_job_room(&j->room, tx, 0, err);
	u->room_nid = j->room.nid;
	return rc;
}

static int run(struct db_tx *tx, void *arg, bool *ret_more, struct err *err)
{
	struct job *j = arg;
	int rc = j->upgrade.room_nid ? 0 : prepare(j, tx, err);
	if (!rc)
		rc = room_upgrade(tx, &j->upgrade, ret_more, err);
	snprintf(j->room.room_id, sizeof(j->room.room_id), "%s", j->upgrade.new_id);
	return rc;
}

static void post_upgrade(struct rq *rq)
{
	struct job *j = NEW(struct job);
	room_job_start_pieces(rq, run, &j->room, "replacement_room");
}

const struct route upgrade_routes[] = {
	{"POST", "/_matrix/client/v3/rooms/{}/upgrade", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 post_upgrade, 0},
	{0},
};
