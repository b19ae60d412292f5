/*
 * The room directory (/publicRooms, /directory/list/room) and room summaries.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/alias.h"
#include "server/rooms/auth.h"
#include "server/rooms/power.h"
#include "server/rooms/summary.h"
#include "server/routes/room_job.h"
#include "server/routes/route_steps.h"
#include "server/sync/hub.h"

#include <stdlib.h>

extern const struct route public_rooms_routes[];

#define PAGE_MAX 1000
#define PAGE_DEFAULT 100

struct listed {
	int64_t nid;
	int joined;
};

/* One page of the directory. */
struct page {
	struct sql *db;
	int64_t skip, limit;
	char *term;    /* or NULL */
	json_t *types; /* room_types, or NULL */
	int64_t found; /* rooms that pass the filter */
	json_t *chunk;
	struct listed *all; /* the largest first */
	size_t n, at;
};

static void page_free(void *arg)
{
	struct page *p = arg;
	mem_free(p->term);
	json_decref(p->types);
	json_decref(p->chunk);
	mem_free(p->all);
	mem_free(p);
}

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

static void consider(struct page *p, int64_t nid)
{
	JSON_AUTO json_t *summary = room_summary(p->db, nid, false);
	if (!summary || !type_wanted(p->types, json_get_str(summary, "room_type")) ||
	    (p->term && !room_summary_matches(summary, p->term)))
		return;
	if (p->found >= p->skip && p->found < p->skip + p->limit)
		json_array_append(p->chunk, summary);
	p->found++;
}

static int largest_first(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	if (x->joined != y->joined)
		return x->joined > y->joined ? -1 : 1;
	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

/* Without rooms that nobody is in. How many are in one is known without asking SQLite. */
static void list(struct page *p, struct hub *h)
{
	struct sql_stmt *s = SQL(p->db, "SELECT nid FROM rooms WHERE public=1");
	while (sql_row(s)) {
		const struct hub_room *room = nidmap_get(&h->rooms, sql_col_i64(s, 0));
		if (!room || !room->joined)
			continue;
		if ((p->n & (p->n - 1)) == 0)
			p->all = mem_realloc_array(p->all, p->n ? p->n * 2 : 1, sizeof(*p->all));
		p->all[p->n++] = (struct listed){room->nid, room->joined};
	}
	if (p->n)
		qsort(p->all, p->n, sizeof(*p->all), largest_first);
}

/* With a filter every room is looked at, which may take long. */
static bool step(void *arg, int64_t until_ns)
{
	struct page *p = arg;
	while (p->at < p->n) {
		int64_t i = (int64_t)p->at++;
		if (p->term || p->types || (i >= p->skip && i < p->skip + p->limit))
			consider(p, p->all[i].nid);
		else
			p->found++;
		if (clock_mono_ns() > until_ns)
			return p->at == p->n;
	}
	return true;
}

static void add_token(json_t *reply, const char *key, int64_t offset)
{
	char token[32];
	snprintf(token, sizeof(token), "o%lld", (long long)offset);
	json_object_set_new(reply, key, json_string(token));
}

static void reply(struct rq *rq, void *arg)
{
	struct page *p = arg;
	json_t *j = json_pack("{s:O, s:I}", "chunk", p->chunk, "total_room_count_estimate",
			      (json_int_t)p->found);
	if (p->skip + p->limit < p->found)
		add_token(j, "next_batch", p->skip + p->limit);
	if (p->skip > 0)
		add_token(j, "prev_batch", p->skip > p->limit ? p->skip - p->limit : 0);
	rq_json(rq, 200, j);
}

/* False after a reply. */
static bool check(struct rq *rq, const char *since, const char *term, int64_t *ret_skip)
{
	const char *server = rq_query(rq, "server");
	if (term && strlen(term) > ROOM_TERM_MAX) {
		rq_error(rq, 400, "M_INVALID_PARAM", _("A search term has at most %d bytes"),
			 ROOM_TERM_MAX);
		return false;
	}
	*ret_skip = 0;
	if (since && (since[0] != 'o' || !span_i64(span_of(since + 1), ret_skip) || *ret_skip < 0 ||
		      *ret_skip > INT32_MAX)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"since\" is no token of this directory"));
		return false;
	}
	if (server && *server && strcmp(server, rq->srv->name) != 0) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("This server knows only its own rooms"));
		return false;
	}
	return true;
}

static void answer(struct rq *rq, const char *since, int64_t limit, const json_t *filter)
{
	const char *term = json_get_str(filter, "generic_search_term");
	int64_t skip;
	if (!check(rq, since, term, &skip))
		return;
	struct page *p = NEW(struct page);
	p->db = db_reader(rq->srv->db);
	p->skip = skip;
	p->limit = limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : limit;
	p->term = term && *term ? mem_strdup(term) : NULL;
	p->types = json_incref(json_get_array(filter, "room_types"));
	p->chunk = json_array();
	list(p, rq->srv->hub);
	rq_in_steps(rq, step, reply, p, page_free);
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
	{"PUT", V3 "directory/list/room/{}", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART, put_listed,
	 0},
	{"GET", "/_matrix/client/v1/room_summary/{}", ROUTE_OPTIONAL, 0, get_summary, 0},
	/* As clients asked before it was specified (MSC3266). */
	{"GET", "/_matrix/client/unstable/im.nheko.summary/rooms/{}/summary", ROUTE_OPTIONAL, 0,
	 get_summary, 0},
	{"GET", "/_matrix/client/unstable/im.nheko.summary/summary/{}", ROUTE_OPTIONAL, 0,
	 get_summary, 0},
	{0},
};
