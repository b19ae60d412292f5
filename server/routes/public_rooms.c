/*
 * The room directory (/publicRooms, /directory/list/room) and room summaries.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/alias.h"
#include "server/rooms/auth.h"
#include "server/rooms/power.h"
#include "server/rooms/summary.h"
#include "server/routes/room_job.h"

extern const struct route public_rooms_routes[];

#define PAGE_MAX 1000
#define PAGE_DEFAULT 100

/* One page of the directory. */
struct page {
	int64_t skip, limit;
	const char *term;    /* or NULL */
	const json_t *types; /* room_types, or NULL */
	int64_t found;	     /* rooms that pass the filter */
	json_t *chunk;
};

/* room_types holds strings and null, which stands for rooms without a type. */
static bool type_wanted(const json_t *types, const char *type)
{
	size_t i;
	json_t *v;
	json_array_foreach ((json_t *)types, i, v)
		if (json_is_null(v)
			    ? !type
			    : type && json_is_string(v) && strcmp(json_string_value(v), type) == 0)
			return true;
	return !types;
}

static void consider(struct page *p, struct sql *db, int64_t nid)
{
	JSON_AUTO json_t *summary = room_summary(db, nid, false);
	if (!summary || !type_wanted(p->types, json_get_str(summary, "room_type")) ||
	    (p->term && !room_summary_matches(summary, p->term)))
		return;
	if (p->found >= p->skip && p->found < p->skip + p->limit)
		json_array_append(p->chunk, summary);
	p->found++;
}

/* Largest first. Ids first, as a summary needs statements of its own. */
static void collect(struct page *p, struct sql *db)
{
	int64_t *nids = NULL;
	size_t n = 0;
	struct sql_stmt *s =
		SQL(db, "SELECT r.nid,count(*) AS joined FROM rooms r JOIN memberships m"
			" ON m.room_nid=r.nid AND m.membership=? WHERE r.public=1"
			" GROUP BY r.nid ORDER BY joined DESC,r.nid");
	sql_bind_i64(s, 1, MEMBERSHIP_JOIN);
	while (sql_row(s)) {
		nids = mem_realloc_array(nids, n + 1, sizeof(*nids));
		nids[n++] = sql_col_i64(s, 0);
	}
	for (size_t i = 0; i < n; i++) {
		bool shown = p->term || p->types ||
			     ((int64_t)i >= p->skip && (int64_t)i < p->skip + p->limit);
		if (shown)
			consider(p, db, nids[i]);
		else
			p->found++;
	}
	mem_free(nids);
}

static void add_token(json_t *reply, const char *key, int64_t offset)
{
	char token[32];
	snprintf(token, sizeof(token), "o%lld", (long long)offset);
	json_object_set_new(reply, key, json_string(token));
}

static void answer(struct rq *rq, const char *since, int64_t limit, const json_t *filter)
{
	struct page p = {.limit = limit, .chunk = json_array()};
	const char *server = rq_query(rq, "server");
	p.term = json_get_str(filter, "generic_search_term");
	p.types = json_get_array(filter, "room_types");
	if (p.term && !*p.term)
		p.term = NULL;
	if (p.term && strlen(p.term) > ROOM_TERM_MAX) {
		json_decref(p.chunk);
		rq_error(rq, 400, "M_INVALID_PARAM", _("A search term has at most %d bytes"),
			 ROOM_TERM_MAX);
		return;
	}
	if (p.limit < 1 || p.limit > PAGE_MAX)
		p.limit = p.limit < 1 ? PAGE_DEFAULT : PAGE_MAX;
	bool bad = since && (since[0] != 'o' || !span_i64(span_of(since + 1), &p.skip) ||
			     p.skip < 0 || p.skip > INT32_MAX);
	if (bad || (server && *server && strcmp(server, rq->srv->name) != 0)) {
		json_decref(p.chunk);
		if (bad)
			rq_error(rq, 400, "M_INVALID_PARAM", "%s",
				 _("\"since\" is no token of this directory"));
		else
			rq_error(rq, 404, "M_NOT_FOUND", "%s",
				 _("This server knows only its own rooms"));
		return;
	}
	collect(&p, db_reader(rq->srv->db));
	json_t *reply = json_pack("{s:o, s:I}", "chunk", p.chunk, "total_room_count_estimate",
				  (json_int_t)p.found);
	if (p.skip + p.limit < p.found)
		add_token(reply, "next_batch", p.skip + p.limit);
	if (p.skip > 0)
		add_token(reply, "prev_batch", p.skip > p.limit ? p.skip - p.limit : 0);
	rq_json(rq, 200, reply);
}

static void get_public_rooms(struct rq *rq)
{
	answer(rq, rq_query(rq, "since"), rq_query_i64(rq, "limit", PAGE_DEFAULT), NULL);
}

static void post_public_rooms(struct rq *rq)
{
	answer(rq, json_get_str(rq->body, "since"), json_get_i64(rq->body, "limit", PAGE_DEFAULT),
	       json_get_object(rq->body, "filter"));
}

/* --- is a room listed? --- */

static void get_listed(struct rq *rq)
{
	struct sql *db = db_reader(rq->srv->db);
	struct err err;
	int64_t nid;
	if (room_find(db, rq->param[0], &nid, &err)) {
		rq_err(rq, &err);
		return;
	}
	struct sql_stmt *s = SQL(db, "SELECT public FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	rq_json(rq, 200,
		json_pack("{s:s}", "visibility", sql_get_i64(s, 0) ? "public" : "private"));
}

/* Who may name the main alias may list the room, and administrators. */
static int run_put_listed(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	struct sql *db = db_tx_sql(tx);
	const char *v;
	int rc = room_find(db, j->rq->param[0], &j->nid, err);
	if (!rc)
		rc = body_str(j->rq->body, "visibility", false, &v, err);
	if (rc)
		return rc;
	if (v && strcmp(v, "public") != 0 && strcmp(v, "private") != 0)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("\"visibility\" is neither public nor private"));
	bool member = room_membership(db, j->nid, j->rq->who.user_nid) == MEMBERSHIP_JOIN;
	if (!j->rq->who.admin &&
	    (!member || !room_may_state(db, j->nid, j->rq->who.user_id, "m.room.canonical_alias")))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("Your power level does not allow to list this room"));
	struct sql_stmt *s = SQL(db, "UPDATE rooms SET public=? WHERE nid=?");
	sql_bind_i64(s, 1, !v || strcmp(v, "public") == 0);
	sql_bind_i64(s, 2, j->nid);
	return sql_run(s, err);
}

static void put_listed(struct rq *rq)
{
	room_job_start(rq, run_put_listed);
}

/* --- one room --- */

static void get_summary(struct rq *rq)
{
	struct sql *db = db_reader(rq->srv->db);
	int64_t nid = 0;
	int rc = span_starts(rq->param[0], "#") ? alias_find(db, rq->param[0], &nid, NULL)
						: room_find(db, rq->param[0], &nid, NULL);
	json_t *summary = rc ? NULL : room_summary(db, nid, true);
	if (!summary || !room_summary_visible(db, summary, nid, rq->who.user_nid)) {
		json_decref(summary);
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such room"));
		return;
	}
	if (rq->who.user_nid)
		json_object_set_new(summary, "membership",
				    json_string(membership_name(
					    room_membership(db, nid, rq->who.user_nid))));
	rq_json(rq, 200, summary);
}

#define V3 "/_matrix/client/v3/"

const struct route public_rooms_routes[] = {
	{"GET", V3 "publicRooms", ROUTE_USER, 0, get_public_rooms, 0},
	{"POST", V3 "publicRooms", ROUTE_USER, ROUTE_JSON, post_public_rooms, 0},
	{"GET", V3 "directory/list/room/{}", ROUTE_OPTIONAL, 0, get_listed, 0},
	{"PUT", V3 "directory/list/room/{}", ROUTE_USER, ROUTE_JSON, put_listed, 0},
	{"GET", "/_matrix/client/v1/room_summary/{}", ROUTE_OPTIONAL, 0, get_summary, 0},
	/* As clients asked before it was specified (MSC3266). */
	{"GET", "/_matrix/client/unstable/im.nheko.summary/rooms/{}/summary", ROUTE_OPTIONAL, 0,
	 get_summary, 0},
	{"GET", "/_matrix/client/unstable/im.nheko.summary/summary/{}", ROUTE_OPTIONAL, 0,
	 get_summary, 0},
	{0},
};
