/*
 * PUT /rooms/{roomId}/redact/{eventId}/{txnId}
 */
#include "core/base/mem.h"
#include "server/routes/room_job.h"

extern const struct route redact_routes[];

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *reason;
	int rc = room_job_room(j, tx, 0, err);
	if (!rc)
		rc = body_str(j->rq->body, "reason", false, &reason, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *content = json_object();
	if (reason)
		json_object_set(content, "reason", json_object_get(j->rq->body, "reason"));
	struct event_draft d = room_job_draft(j, "m.room.redaction", NULL, content);
	d.redacts = j->rq->param[1].p;
	d.device_nid = j->rq->who.device_nid;
	d.txn_id = j->rq->param[2].p;
	return room_job_append(j, tx, &d, err);
}

static void put_redact(struct rq *rq)
{
	room_job_start(rq, run);
}

const struct route redact_routes[] = {
	{"PUT", "/_matrix/client/v3/rooms/{}/redact/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_PACED,
	 put_redact, 0},
	{0},
};
