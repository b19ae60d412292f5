/*
 * GET /rooms/{roomId}/event/{eventId} and timestamp_to_event.
 */
#include "core/base/i18n.h"
#include "server/routes/read.h"

extern const struct route event_routes[];

static void get_event(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	struct err err = {0};
	if (!read_open(rq, &a))
		return;
	if (access_event(&a, rq->param[1], &l, &err)) {
		rq_err(rq, &err);
	} else {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		access_put(&b, &a, &l.v[0]);
		rq_text(rq, 200, &b);
		buf_done(&b);
	}
	event_list_done(&l);
	access_done(&a);
}

/* Position of the first event at or after `pos` in the room, with its time; 0: none. */
static int64_t event_from(struct room_access *a, int64_t pos, int64_t *ret_ts)
{
	struct sql_stmt *s =
		SQL(db_reader(a->hub->db), "SELECT pos,ts FROM events WHERE room_nid=?1"
					   " AND pos>=?2 ORDER BY pos LIMIT 1");
	int64_t found = 0;
	sql_bind_i64(s, 1, a->room->nid);
	sql_bind_i64(s, 2, pos);
	if (sql_row(s)) {
		found = sql_col_i64(s, 0);
		*ret_ts = sql_col_i64(s, 1);
		sql_reset(s);
	}
	return found;
}

/*
 * The lowest position from which on all events are at `ts` or later, found by
 * halving: events are stored in the order of the server's clock.
 */
static int64_t position_of(struct room_access *a, int64_t ts)
{
	int64_t low = 1, high = db_position(a->hub->db) + 1;
	while (low < high) {
		int64_t mid = low + (high - low) / 2, at_ts = 0;
		int64_t at = event_from(a, mid, &at_ts);
		if (!at || at_ts >= ts)
			high = mid;
		else
			low = at + 1;
	}
	return low;
}

#define TIMESTAMP_SCAN_MAX 5000

static bool nearest(struct room_access *a, int64_t pos, bool forward, struct event_list *l)
{
	struct sql *db = db_reader(a->hub->db);
	struct sql_stmt *s =
		forward ? SQL(db, "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				  " e.pos>=?2 ORDER BY e.pos LIMIT ?3")
			: SQL(db, "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				  " e.pos<?2 ORDER BY e.pos DESC LIMIT ?3");
	bool found = false;
	sql_bind_i64(s, 1, a->room->nid);
	sql_bind_i64(s, 2, pos);
	sql_bind_i64(s, 3, TIMESTAMP_SCAN_MAX);
	while (!found && sql_row(s)) {
		event_list_done(l);
		found = access_sees(a, event_row_read(a->hub, s, l));
	}
	sql_reset(s);
	return found;
}

static void get_timestamp(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	int64_t ts = rq_query_i64(rq, "ts", -1);
	bool forward;
	if (ts < 0) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"ts\" must be a time in milliseconds since 1970"));
		return;
	}
	if (!read_dir(rq, 0, &forward) || !read_open(rq, &a))
		return;
	/* Backwards an event at exactly this time counts too. */
	if (nearest(&a, position_of(&a, forward ? ts : ts + 1), forward, &l))
		rq_json(rq, 200,
			json_pack("{s:s%,s:I}", "event_id", l.v[0].event_id.p,
				  (int)l.v[0].event_id.n, "origin_server_ts",
				  (json_int_t)l.v[0].ts));
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("There is no event on that side of this time"));
	event_list_done(&l);
	access_done(&a);
}

const struct route event_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/event/{}", ROUTE_USER, 0, get_event, 0},
	{"GET", "/_matrix/client/v1/rooms/{}/timestamp_to_event", ROUTE_USER, 0, get_timestamp, 0},
	{0},
};
