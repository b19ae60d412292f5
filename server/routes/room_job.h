/*
 * What the routes that change rooms share: a job of the writer per request (or several),
 * and the reply that follows its COMMIT.
 */
#ifndef MUSTER_SERVER_ROUTES_ROOM_JOB_H
#define MUSTER_SERVER_ROUTES_ROOM_JOB_H

#include "core/base/limits.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

/**
 * One request on the writer's thread. The rq's parameters, body and requester
 * may be read there; everything else of it belongs to the loop.
 */
struct room_job {
	const struct rq *rq;
	int64_t nid;			  /**< of the room, once it is found */
	char room_id[LIMIT_ID_BYTES + 1]; /**< {"room_id"} of the reply, or "" */
	const char *room_key;		  /**< what the reply calls it */
	char event_id[64];		  /**< {"event_id"} of the reply, or "" */
};

/** Queue `run`, whose argument is a struct room_job; reply when it is done. */
void room_job_start(struct rq *rq, db_run_fn *run);
/** The same; the reply names the room by this key. */
void room_job_start_as(struct rq *rq, db_run_fn *run, const char *room_key);

/**
 * Queue `run`, one piece after another (rq_write_pieces); `steal`, zeroed memory that begins
 * with a struct room_job, is its argument.
 */
void room_job_start_pieces(struct rq *rq, rq_piece_fn *run, struct room_job *steal,
			   const char *room_key);

/** The room of path parameter `at`. A room that is not there looks like one that is closed: 403. */
int room_job_room(struct room_job *j, struct db_tx *tx, int at, struct err *err);
/** A room id or alias in path parameter `at`; 404 when there is none. Sets room_id. */
int room_job_id_or_alias(struct room_job *j, struct db_tx *tx, int at, struct err *err);
/** A draft by the requester in the job's room. */
struct event_draft room_job_draft(const struct room_job *j, const char *type, const char *state_key,
				  const json_t *content);
/** room_append; sets event_id. */
int room_job_append(struct room_job *j, struct db_tx *tx, const struct event_draft *d,
		    struct err *err);
/**
 * A string member of the body: *ret is NULL when it is absent and not
 * `needed`. 400 M_MISSING_PARAM or M_BAD_JSON.
 */
int body_str(const json_t *body, const char *key, bool needed, const char **ret, struct err *err);

#endif
