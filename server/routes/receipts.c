/*
 * POST /rooms/{roomId}/receipt/{receiptType}/{eventId} and
 * POST /rooms/{roomId}/read_markers
 */
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/account_data.h"

#include <string.h>

extern const struct route receipts_routes[];

enum marker { MARK_READ, MARK_PRIVATE, MARK_FULLY, MARK_COUNT };
static const char *const marker_names[MARK_COUNT] = {"m.read", "m.read.private", "m.fully_read"};

struct receipt_job {
	int64_t user_nid, room_nid;
	char *user_id;
	char *thread;		    /* "" unthreaded */
	char *event_id[MARK_COUNT]; /* NULL: this one is not set */
};

static void job_free(void *p)
{
	struct receipt_job *job = p;
	for (int i = 0; i < MARK_COUNT; i++)
		mem_free(job->event_id[i]);
	mem_free(job->user_id);
	mem_free(job->thread);
	mem_free(job);
}

/* 0: no such event in the room. */
static int64_t position_of(struct sql *db, int64_t room_nid, const char *event_id)
{
	struct sql_stmt *s = SQL(db, "SELECT pos FROM events WHERE event_id=?1 AND room_nid=?2");
	sql_bind_str(s, 1, event_id);
	sql_bind_i64(s, 2, room_nid);
	return sql_get_i64(s, 0);
}

/* A receipt only moves forward: an older one that comes late (another device) is dropped. */
static bool moves_forward(struct sql *db, const struct receipt_job *job, const char *kind,
			  int64_t pos)
{
	struct sql_stmt *s =
		SQL(db, "SELECT e.pos FROM receipts r JOIN events e ON e.event_id=r.event_id WHERE"
			" r.room_nid=?1 AND r.user_nid=?2 AND r.kind=?3 AND r.thread_id=?4");
	sql_bind_i64(s, 1, job->room_nid);
	sql_bind_i64(s, 2, job->user_nid);
	sql_bind_str(s, 3, kind);
	sql_bind_str(s, 4, job->thread);
	return pos > sql_get_i64(s, 0);
}

static int put_receipt(struct db_tx *tx, const struct receipt_job *job, const char *kind,
		       const char *event_id, struct err *err)
{
	int64_t pos = db_tx_position(tx), now = db_tx_now_ms(tx);
	struct sql_stmt *s =
		SQL(db_tx_sql(tx),
		    "INSERT INTO receipts(room_nid,user_nid,kind,thread_id,event_id,ts,pos)"
		    " VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET event_id=?5,ts=?6,"
		    "pos=?7");
	sql_bind_i64(s, 1, job->room_nid);
	sql_bind_i64(s, 2, job->user_nid);
	sql_bind_str(s, 3, kind);
	sql_bind_str(s, 4, job->thread);
	sql_bind_str(s, 5, event_id);
	sql_bind_i64(s, 6, now);
	sql_bind_i64(s, 7, pos);
	int rc = sql_run(s, err);
	if (rc)
		return rc;
	struct db_change c = {
		.kind = CHANGE_RECEIPT,
		.pos = pos,
		.room_nid = job->room_nid,
		.user_nid = job->user_nid,
		.private_to_user = !strcmp(kind, marker_names[MARK_PRIVATE]),
		.text = mem_printf("%lld %s", (long long)now, event_id),
		.type = mem_strdup(kind),
		.state_key = mem_strdup(job->thread),
		.sender = mem_strdup(job->user_id),
	};
	db_tx_note(tx, &c);
	return 0;
}

static int put_marker(struct db_tx *tx, const struct receipt_job *job, enum marker which,
		      struct err *err)
{
	const char *event_id = job->event_id[which];
	struct sql *db = db_tx_sql(tx);
	int64_t pos = position_of(db, job->room_nid, event_id);
	if (!pos)
		return matrix_err(err, 404, "M_NOT_FOUND", "%s",
				  _("There is no such event in this room"));
	if (which == MARK_FULLY) {
		JSON_AUTO json_t *j = json_pack("{s:s}", "event_id", event_id);
		return account_data_put(tx, job->user_nid, job->room_nid, marker_names[which], j,
					err);
	}
	if (!moves_forward(db, job, marker_names[which], pos))
		return 0;
	return put_receipt(tx, job, marker_names[which], event_id, err);
}

/* Else one person could make receipts without end, and every sync would hold them. */
static bool thread_exists(struct sql *db, const struct receipt_job *job)
{
	return !*job->thread || !strcmp(job->thread, "main") ||
	       position_of(db, job->room_nid, job->thread);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct receipt_job *job = arg;
	if (room_membership(db_tx_sql(tx), job->room_nid, job->user_nid) != MEMBERSHIP_JOIN)
		return matrix_err(err, 403, "M_FORBIDDEN", "%s",
				  _("You are not in this room: join it first"));
	if (!thread_exists(db_tx_sql(tx), job))
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s",
				  _("There is no such thread in this room"));
	for (int i = 0; i < MARK_COUNT; i++) {
		int rc = job->event_id[i] ? put_marker(tx, job, (enum marker)i, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

static struct receipt_job *job_new(struct rq *rq)
{
	struct room_access a;
	if (!read_open_joined(rq, &a))
		return NULL;
	struct receipt_job *job = NEW(struct receipt_job);
	job->user_nid = rq->who.user_nid;
	job->room_nid = a.room->nid;
	job->user_id = mem_strdup(rq->who.user_id);
	job->thread = mem_strdup("");
	access_done(&a);
	return job;
}

/* The thread of the body; NULL after a reply. */
static const char *thread_of(struct rq *rq, enum marker which)
{
	const json_t *v = json_object_get(rq->body, "thread_id");
	const char *s = json_get_str(rq->body, "thread_id");
	if (!v)
		return "";
	if (s && *s && strlen(s) <= LIMIT_ID_BYTES && which != MARK_FULLY)
		return s;
	rq_error(rq, 400, "M_INVALID_PARAM", "%s",
		 _("\"thread_id\" must be \"main\" or the event id of a thread's root, and goes "
		   "with m.read and m.read.private only"));
	return NULL;
}

static void post_receipt(struct rq *rq)
{
	int which = 0;
	while (which < MARK_COUNT && !span_eq_str(rq->param[1], marker_names[which]))
		which++;
	if (which == MARK_COUNT) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("A receipt is m.read, m.read.private or m.fully_read"));
		return;
	}
	const char *thread = thread_of(rq, (enum marker)which);
	struct receipt_job *job = thread ? job_new(rq) : NULL;
	if (!job)
		return;
	mem_free(job->thread);
	job->thread = mem_strdup(thread);
	job->event_id[which] = span_dup(rq->param[2]);
	rq_write(rq, run, rq_done_empty, job, job_free);
}

static void post_markers(struct rq *rq)
{
	for (int i = 0; i < MARK_COUNT; i++) {
		const json_t *v = json_object_get(rq->body, marker_names[i]);
		if (!v || json_get_str(rq->body, marker_names[i]))
			continue;
		rq_error(rq, 400, "M_BAD_JSON", _("\"%s\" must be an event id"), marker_names[i]);
		return;
	}
	struct receipt_job *job = job_new(rq);
	if (!job)
		return;
	for (int i = 0; i < MARK_COUNT; i++)
		job->event_id[i] = mem_strdup(json_get_str(rq->body, marker_names[i]));
	rq_write(rq, run, rq_done_empty, job, job_free);
}

const struct route receipts_routes[] = {
	{"POST", "/_matrix/client/v3/rooms/{}/receipt/{}/{}", ROUTE_USER, ROUTE_JSON, post_receipt,
	 0},
	{"POST", "/_matrix/client/v3/rooms/{}/read_markers", ROUTE_USER, ROUTE_JSON, post_markers,
	 0},
	{0},
};
