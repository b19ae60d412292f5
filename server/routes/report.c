/*
 * POST /rooms/{roomId}/report, /rooms/{roomId}/report/{eventId},
 * /users/{userId}/report: kept for who runs the server ("admin reports").
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"

extern const struct route report_routes[];

#define REASON_MAX 4000	     /* bytes */
#define REPORTS_PER_HOUR 100 /* of one person */

struct report {
	int64_t reporter_nid, room_nid, user_nid; /* 0: not about one */
	char *event_id;				  /* or NULL */
	char *reason;
};

static void report_free(void *p)
{
	struct report *r = p;
	mem_free(r->event_id);
	mem_free(r->reason);
	mem_free(r);
}

static int64_t lately(struct db_tx *tx, int64_t reporter_nid)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "SELECT count(*) FROM reports WHERE reporter_nid=?1 AND ts>?2");
	sql_bind_i64(s, 1, reporter_nid);
	sql_bind_i64(s, 2, db_tx_now_ms(tx) - 3600000);
	return sql_get_i64(s, 0);
}

static void bind_nid(struct sql_stmt *s, int at, int64_t nid)
{
	if (nid)
		sql_bind_i64(s, at, nid);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct report *r = arg;
	if (lately(tx, r->reporter_nid) >= REPORTS_PER_HOUR)
		return matrix_err(err, 429, "M_LIMIT_EXCEEDED",
				  _("You have reported a lot: try again in an hour"));
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO reports(reporter_nid,ts,room_nid,event_id,user_nid,"
				   "reason) VALUES(?1,?2,?3,?4,?5,?6)");
	sql_bind_i64(s, 1, r->reporter_nid);
	sql_bind_i64(s, 2, db_tx_now_ms(tx));
	bind_nid(s, 3, r->room_nid);
	sql_bind_str(s, 4, r->event_id);
	bind_nid(s, 5, r->user_nid);
	sql_bind_str(s, 6, r->reason);
	return sql_run(s, err);
}

/* The report with its reason; NULL after a reply. */
static struct report *report_new(struct rq *rq, bool needed)
{
	const json_t *v = json_object_get(rq->body, "reason");
	struct span reason = json_get_span(rq->body, "reason");
	if ((v || needed) && !reason.p) {
		rq_error(rq, 400, "M_BAD_JSON", _("\"%s\" is not a string"), "reason");
		return NULL;
	}
	if (reason.n > REASON_MAX) {
		rq_error(rq, 413, "M_TOO_LARGE", _("A reason has at most %d bytes"), REASON_MAX);
		return NULL;
	}
	struct report *r = NEW(struct report);
	r->reporter_nid = rq->who.user_nid;
	r->reason = mem_strndup(reason.p ? reason.p : "", reason.n);
	return r;
}

static void post_room(struct rq *rq)
{
	struct err err = {0};
	struct report *r = report_new(rq, true);
	if (!r)
		return;
	if (!room_find(db_reader(rq->srv->db), rq->param[0], &r->room_nid, &err)) {
		rq_write(rq, run, rq_done_empty, r, report_free);
		return;
	}
	rq_err(rq, &err);
	report_free(r);
}

/* Only what the person can see is theirs to report; anything else is "not found". */
static void post_event(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	struct err err = {0};
	struct report *r = report_new(rq, false);
	if (!r)
		return;
	bool open = !access_open_joined(rq->srv->hub, rq->who.user_nid, rq->who.device_nid,
					rq->param[0], &a, &err);
	bool seen = open && !access_event(&a, rq->param[1], &l, &err);
	if (seen) {
		r->room_nid = a.room->nid;
		r->user_nid = l.v[0].sender_nid;
		r->event_id = span_dup(l.v[0].event_id);
		rq_write(rq, run, rq_done_empty, r, report_free);
	} else {
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("There is no such event in a room that you are in"));
		report_free(r);
	}
	if (open)
		access_done(&a);
	event_list_done(&l);
}

static void post_user(struct rq *rq)
{
	struct report *r = report_new(rq, true);
	if (!r)
		return;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT nid FROM users WHERE user_id=?1");
	sql_bind_text(s, 1, rq->param[0]);
	r->user_nid = sql_get_i64(s, 0);
	if (r->user_nid) {
		rq_write(rq, run, rq_done_empty, r, report_free);
		return;
	}
	rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is nobody of that name here"));
	report_free(r);
}

#define V3 "/_matrix/client/v3/"

const struct route report_routes[] = {
	{"POST", V3 "rooms/{}/report", ROUTE_USER, ROUTE_JSON, post_room, 0},
	{"POST", V3 "rooms/{}/report/{}", ROUTE_USER, ROUTE_JSON, post_event, 0},
	{"POST", V3 "users/{}/report", ROUTE_USER, ROUTE_JSON, post_user, 0},
	{0},
};
