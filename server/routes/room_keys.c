/*
 * /room_keys/version, and what changes /room_keys/keys
 */
#include "server/routes/room_keys.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/keys/backup.h"

#include <string.h>

extern const struct route room_keys_routes[];

struct job {
	struct rq *rq;
	int64_t version;
	json_t *rooms; /* of a request that stores keys */
	struct backup_storing at;
	const char *room_id, *session_id;
	struct backup now;
};

static void job_free(void *arg)
{
	struct job *j = arg;
	json_decref(j->rooms);
	backup_done(&j->now);
	mem_free(j);
}

static void no_backup(struct rq *rq)
{
	rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such backup"));
}

/* Numbers from 1 on; whatever else is no version of ours. */
static bool read_version(struct rq *rq, struct span text, int64_t *ret)
{
	if (span_i64(text, ret) && *ret > 0)
		return true;
	no_backup(rq);
	return false;
}

bool room_keys_version(struct rq *rq, int64_t *ret)
{
	const char *s = rq_query(rq, "version");
	if (s)
		return read_version(rq, span_of(s), ret);
	rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("\"version\" must say which backup"));
	return false;
}

static struct job *job_new(struct rq *rq, int64_t version)
{
	struct job *j = NEW(struct job);
	j->rq = rq;
	j->version = version;
	return j;
}

/* --- versions --- */

static void reply_version(struct rq *rq, int64_t version)
{
	struct backup found;
	struct err err;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (backup_find(db_reader(rq->srv->db), rq->who.user_nid, version, &found, &err)) {
		rq_err(rq, &err);
		return;
	}
	buf_put_str(&b, "{\"algorithm\":");
	buf_put_json_str(&b, span_of(found.algorithm));
	buf_printf(&b, ",\"count\":%lld,\"etag\":\"%lld\",\"version\":\"%lld\",\"auth_data\":",
		   (long long)found.count, (long long)found.etag, (long long)found.version);
	buf_put_str(&b, found.auth_data);
	buf_put_char(&b, '}');
	backup_done(&found);
	rq_text(rq, 200, &b);
}

static void get_newest(struct rq *rq)
{
	reply_version(rq, 0);
}

static void get_version(struct rq *rq)
{
	int64_t version;
	if (read_version(rq, rq->param[0], &version))
		reply_version(rq, version);
}

static int create_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct job *j = arg;
	return backup_create(tx, j->rq->who.user_nid, j->rq->body, &j->version, err);
}

static void create_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct job *j = arg;
	struct buf b = BUF_INIT(100);
	if (rc) {
		rq_err(rq, err);
		return;
	}
	buf_printf(&b, "{\"version\":\"%lld\"}", (long long)j->version);
	rq_text(rq, 200, &b);
}

static void post_version(struct rq *rq)
{
	rq_write(rq, create_run, create_done, job_new(rq, 0), job_free);
}

static int update_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct job *j = arg;
	return backup_update(tx, j->rq->who.user_nid, j->version, j->rq->body, err);
}

static void put_version(struct rq *rq)
{
	int64_t version;
	if (read_version(rq, rq->param[0], &version))
		rq_write(rq, update_run, rq_done_empty, job_new(rq, version), job_free);
}

static int delete_run(struct db_tx *tx, void *arg, bool *ret_more, struct err *err)
{
	const struct job *j = arg;
	return backup_delete(tx, j->rq->who.user_nid, j->version, ret_more, err);
}

static void delete_version(struct rq *rq)
{
	int64_t version;
	if (read_version(rq, rq->param[0], &version))
		rq_write_pieces(rq, delete_run, rq_done_empty, job_new(rq, version), job_free);
}

/* --- keys --- */

/* The error of a version that is not the newest says which one is. */
static void wrong_version(struct rq *rq, const struct job *j, const struct err *err)
{
	AUTO_FREE char *newest = mem_printf("%lld", (long long)j->now.version);
	rq_json(rq, 403,
		json_pack("{s:s,s:s,s:s}", "errcode", err->errcode, "error", err->msg,
			  "current_version", newest));
}

static void keys_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct job *j = arg;
	struct buf b = BUF_INIT(200);
	if (rc && !strcmp(err->errcode, "M_WRONG_ROOM_KEYS_VERSION")) {
		wrong_version(rq, j, err);
	} else if (rc) {
		rq_err(rq, err);
	} else {
		buf_printf(&b, "{\"count\":%lld,\"etag\":\"%lld\"}", (long long)j->now.count,
			   (long long)j->now.etag);
		rq_text(rq, 200, &b);
	}
}

static int put_run(struct db_tx *tx, void *arg, bool *ret_more, struct err *err)
{
	struct job *j = arg;
	return backup_put_keys(tx, j->rq->who.user_nid, j->version, j->rooms, &j->at, &j->now,
			       ret_more, err);
}

static void start_put(struct rq *rq, json_t *steal_rooms)
{
	int64_t version;
	if (!room_keys_version(rq, &version)) {
		json_decref(steal_rooms);
		return;
	}
	struct job *j = job_new(rq, version);
	j->rooms = steal_rooms;
	rq_write_pieces(rq, put_run, keys_done, j, job_free);
}

static void put_all(struct rq *rq)
{
	start_put(rq, json_incref(rq->body));
}

static void put_room(struct rq *rq)
{
	start_put(rq, json_pack("{s:{s:O}}", "rooms", rq->param[0].p, rq->body));
}

static void put_session(struct rq *rq)
{
	start_put(rq, json_pack("{s:{s:{s:{s:O}}}}", "rooms", rq->param[0].p, "sessions",
				rq->param[1].p, rq->body));
}

static int delete_keys_run(struct db_tx *tx, void *arg, bool *ret_more, struct err *err)
{
	struct job *j = arg;
	return backup_delete_keys(tx, j->rq->who.user_nid, j->version, j->room_id, j->session_id,
				  &j->now, ret_more, err);
}

static void delete_keys(struct rq *rq)
{
	int64_t version;
	if (!room_keys_version(rq, &version))
		return;
	struct job *j = job_new(rq, version);
	j->room_id = rq->param[0].p;
	j->session_id = rq->param[1].p;
	rq_write_pieces(rq, delete_keys_run, keys_done, j, job_free);
}

#define VERSION "/_matrix/client/v3/room_keys/version"
#define KEYS "/_matrix/client/v3/room_keys/keys"

const struct route room_keys_routes[] = {
	{"POST", VERSION, ROUTE_USER, ROUTE_JSON, post_version, 0},
	{"GET", VERSION, ROUTE_USER, 0, get_newest, 0},
	{"GET", VERSION "/{}", ROUTE_USER, 0, get_version, 0},
	{"PUT", VERSION "/{}", ROUTE_USER, ROUTE_JSON, put_version, 0},
	{"DELETE", VERSION "/{}", ROUTE_USER, 0, delete_version, 0},
	{"PUT", KEYS, ROUTE_USER, ROUTE_JSON, put_all, BACKUP_REQUEST_MAX},
	{"PUT", KEYS "/{}", ROUTE_USER, ROUTE_JSON, put_room, BACKUP_REQUEST_MAX},
	{"PUT", KEYS "/{}/{}", ROUTE_USER, ROUTE_JSON, put_session, 0},
	{"DELETE", KEYS, ROUTE_USER, 0, delete_keys, 0},
	{"DELETE", KEYS "/{}", ROUTE_USER, 0, delete_keys, 0},
	{"DELETE", KEYS "/{}/{}", ROUTE_USER, 0, delete_keys, 0},
	{0},
};
