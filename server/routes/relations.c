/*
 * GET /v1/rooms/{roomId}/relations/{eventId}[/{relType}[/{eventType}]] and
 * GET /v1/rooms/{roomId}/threads
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/token.h"

#include <string.h>

extern const struct route relations_routes[];

#define RELATIONS_LIMIT_DEFAULT 50
#define RELATIONS_LIMIT_MAX 1000
#define RELATIONS_DEPTH 3 /* hops with recurse=true */

struct question {
	struct span event_id, rel_type, type; /* p NULL: any */
	bool forward, recurse;
	int64_t from, to; /* points; -1: open */
	int limit;
};

/* Children between two points; with recurse also theirs, to a depth. */
static struct sql_stmt *query(struct room_access *a, const struct question *q)
{
/* The plus keeps SQLite from reading the whole room by the index of rooms. */
#define RELATED                                                                                \
	"WITH RECURSIVE r(id,pos,depth) AS (SELECT event_id,pos,1 FROM events WHERE"           \
	" relates_to=?1 AND +room_nid=?2 UNION SELECT c.event_id,c.pos,r.depth+1 FROM r JOIN"  \
	" events c ON c.relates_to=r.id WHERE r.depth<?3 AND +c.room_nid=?2)"                  \
	" SELECT" EVENT_COLUMNS "FROM events e WHERE e.pos IN(SELECT pos FROM r) AND e.pos>?4" \
	" AND e.pos<=?5 AND (?6 IS NULL OR e.rel_type=?6) AND (?7 IS NULL OR e.type=?7)"
	struct sql *db = db_reader(a->hub->db);
	int64_t now = db_position(a->hub->db);
	struct sql_stmt *s = q->forward ? SQL(db, RELATED " ORDER BY e.pos")
					: SQL(db, RELATED " ORDER BY e.pos DESC");
	int64_t low = q->forward ? q->from : q->to, high = q->forward ? q->to : q->from;
	sql_bind_text(s, 1, q->event_id);
	sql_bind_i64(s, 2, a->room->nid);
	sql_bind_i64(s, 3, q->recurse ? RELATIONS_DEPTH : 1);
	sql_bind_i64(s, 4, low < 0 ? 0 : low);
	sql_bind_i64(s, 5, high < 0 || high > now ? now : high);
	if (q->rel_type.p)
		sql_bind_text(s, 6, q->rel_type);
	if (q->type.p)
		sql_bind_text(s, 7, q->type);
	return s;
}

/* Where a page ends whose last row this is. */
typedef int64_t end_fn(struct sql_stmt *s, const struct event_row *e);

static int64_t end_forward(struct sql_stmt *s, const struct event_row *e)
{
	(void)s;
	return e->pos;
}

static int64_t end_backward(struct sql_stmt *s, const struct event_row *e)
{
	(void)s;
	return e->pos - 1;
}

/* Threads are in the order of what was said last in them. */
static int64_t end_thread(struct sql_stmt *s, const struct event_row *e)
{
	(void)e;
	return sql_col_i64(s, EVENT_COLUMN_COUNT) - 1;
}

/* Collects one page; true with the point where the next one begins when there is more. */
static bool collect(struct room_access *a, struct sql_stmt *s, end_fn *end, int limit,
		    struct event_list *l, int64_t *ret_end)
{
	bool more = false;
	while (!more && sql_row(s)) {
		struct event_row *e = event_row_read(a->hub, s, l);
		bool sees = access_sees(a, e);
		if (sees && l->n <= (size_t)limit) {
			*ret_end = end(s, e);
			continue;
		}
		more = sees;
		mem_free(e->block);
		l->n--;
	}
	sql_reset(s);
	return more;
}

static void reply(struct rq *rq, struct room_access *a, const struct event_list *l, bool more,
		  int64_t end, const char *depth)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "{\"chunk\":");
	access_put_list(&b, a, l);
	if (more) {
		buf_put_str(&b, ",\"next_batch\":\"");
		token_put_page(&b, db_epoch(rq->srv->db), end);
		buf_put_char(&b, '"');
	}
	if (rq_query(rq, "from")) {
		buf_put_str(&b, ",\"prev_batch\":");
		buf_put_json_str(&b, span_of(rq_query(rq, "from")));
	}
	buf_put_str(&b, depth);
	buf_put_char(&b, '}');
	rq_text(rq, 200, &b);
	buf_done(&b);
}

static void get_relations(struct rq *rq)
{
	struct room_access a;
	struct event_list parent = {0}, l = {0};
	struct err err = {0};
	struct question q = {.event_id = rq->param[1],
			     .rel_type = rq->param[2],
			     .type = rq->param[3],
			     .from = -1,
			     .to = -1};
	const char *recurse = rq_query(rq, "recurse");
	q.recurse = recurse && !strcmp(recurse, "true");
	if (!read_dir(rq, 'b', &q.forward) ||
	    !read_limit(rq, RELATIONS_LIMIT_DEFAULT, RELATIONS_LIMIT_MAX, &q.limit) ||
	    !read_token(rq, "from", &q.from) || !read_token(rq, "to", &q.to) || !read_open(rq, &a))
		return;
	if (access_event(&a, q.event_id, &parent, &err)) {
		rq_err(rq, &err);
	} else {
		int64_t end = 0;
		bool more = collect(&a, query(&a, &q), q.forward ? end_forward : end_backward,
				    q.limit, &l, &end);
		reply(rq, &a, &l, more, end, q.recurse ? ",\"recursion_depth\":3" : "");
	}
	event_list_done(&parent);
	event_list_done(&l);
	access_done(&a);
}

/*
 * Roots of threads, the one with the newest answer first; the points between
 * pages are positions of those newest answers.
 */
static bool collect_threads(struct room_access *a, int64_t from, bool own, int limit,
			    struct event_list *l, int64_t *ret_end)
{
	struct sql_stmt *s =
		SQL(db_reader(a->hub->db),
		    "SELECT" EVENT_COLUMNS ",t.newest FROM(SELECT relates_to,max(pos) AS newest,"
		    "max(sender_nid=?3) AS mine FROM events INDEXED BY events_thread WHERE"
		    " room_nid=?1 AND rel_type='m.thread' GROUP BY relates_to) t CROSS JOIN events "
		    "e ON e.event_id=t.relates_to WHERE"
		    " t.newest<=?2 AND e.room_nid=?1 AND (?4=0 OR t.mine OR e.sender_nid=?3)"
		    " ORDER BY t.newest DESC");
	sql_bind_i64(s, 1, a->room->nid);
	sql_bind_i64(s, 2, from);
	sql_bind_i64(s, 3, a->me->nid);
	sql_bind_i64(s, 4, own);
	return collect(a, s, end_thread, limit, l, ret_end);
}

static void get_threads(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	const char *include = rq_query(rq, "include");
	int limit;
	if (include && strcmp(include, "all") != 0 && strcmp(include, "participated") != 0) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"include\" must be all or participated"));
		return;
	}
	int64_t from = db_position(rq->srv->db), end = 0;
	if (!read_limit(rq, RELATIONS_LIMIT_DEFAULT, RELATIONS_LIMIT_MAX, &limit) ||
	    !read_token(rq, "from", &from) || !read_open(rq, &a))
		return;
	bool own = include && !strcmp(include, "participated");
	bool more = collect_threads(&a, from < a.upto ? from : a.upto, own, limit, &l, &end);
	reply(rq, &a, &l, more, end, "");
	event_list_done(&l);
	access_done(&a);
}

const struct route relations_routes[] = {
	{"GET", "/_matrix/client/v1/rooms/{}/relations/{}", ROUTE_USER, 0, get_relations, 0},
	{"GET", "/_matrix/client/v1/rooms/{}/relations/{}/{}", ROUTE_USER, 0, get_relations, 0},
	{"GET", "/_matrix/client/v1/rooms/{}/relations/{}/{}/{}", ROUTE_USER, 0, get_relations, 0},
	{"GET", "/_matrix/client/v1/rooms/{}/threads", ROUTE_USER, 0, get_threads, 0},
	{0},
};
