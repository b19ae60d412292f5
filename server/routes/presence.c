/*
 * /presence/{userId}/status: server/sync/status.h says what it follows from.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "server/routes/read.h"
#include "server/sync/status.h"

extern const struct route presence_routes[];

#define PRESENCE_STATUS_BYTES 1024

static void put_status(struct rq *rq)
{
	enum hub_presence said = status_parse(json_get_str(rq->body, "presence"));
	struct span status = json_get_span(rq->body, "status_msg");
	if (!read_own(rq, 0))
		return;
	if (!said || status.n > PRESENCE_STATUS_BYTES) {
		rq_error(rq, 400, "M_INVALID_PARAM",
			 _("\"presence\" must be online, offline or unavailable, and "
			   "\"status_msg\" at most %d bytes long"),
			 PRESENCE_STATUS_BYTES);
		return;
	}
	status_set(hub_user(rq->srv->hub, rq->who.user_nid), said, status);
	rq_empty(rq);
}

/* When the person was last here; before this start as far as devices remember it. */
static int64_t last_active(struct rq *rq, const struct hub_user *u)
{
	if (u->active_ms)
		return u->active_ms;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT coalesce(max(last_seen_ts),0)"
							 " FROM devices WHERE user_nid=?1");
	sql_bind_i64(s, 1, u->nid);
	return sql_get_i64(s, 0);
}

static void get_status(struct rq *rq)
{
	struct hub *h = rq->srv->hub;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT nid FROM users WHERE user_id=?1");
	sql_bind_text(s, 1, rq->param[0]);
	int64_t nid = sql_get_i64(s, 0);
	struct hub_user *u = nid ? hub_user(h, nid) : NULL;
	if (!u || (nid != rq->who.user_nid && !hub_share_room(h, nid, rq->who.user_nid))) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("You share no room with this person, or there is nobody of that name"));
		return;
	}
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	status_put_content(&b, u, last_active(rq, u), clock_wall_ms());
	rq_text(rq, 200, &b);
	buf_done(&b);
}

const struct route presence_routes[] = {
	{"PUT", "/_matrix/client/v3/presence/{}/status", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 put_status, 0},
	{"GET", "/_matrix/client/v3/presence/{}/status", ROUTE_USER, 0, get_status, 0},
	{0},
};
