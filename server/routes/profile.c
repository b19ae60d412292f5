/*
 * Profiles, and the search for people. Reading needs a log-in: who goes to a
 * school is nobody else's business.
 */
#include "server/accounts/profile.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/accounts/user.h"
#include "server/routes/route_steps.h"
#include "server/sync/hub.h"

#include <stdlib.h>
#include <string.h>

extern const struct route profile_routes[];

/* The person of path parameter 0; false: replied. */
static bool find_person(struct rq *rq, struct user *ret)
{
	if (rq->param[0].n && rq->param[0].p[0] == '@' &&
	    user_find(db_reader(rq->srv->db), rq->srv->name, rq->param[0], ret) &&
	    !ret->deactivated)
		return true;
	rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such user here"));
	return false;
}

/* Until when somebody is not to be disturbed is for those who meet them in a room. */
#define QUIET_FIELD "org.muster.quiet"

static json_t *visible(struct rq *rq, int64_t nid)
{
	json_t *all = profile_get(db_reader(rq->srv->db), nid);
	if (nid != rq->who.user_nid && json_object_get(all, QUIET_FIELD) &&
	    !hub_share_room(rq->srv->hub, rq->who.user_nid, nid))
		json_object_del(all, QUIET_FIELD);
	return all;
}

static void get_profile(struct rq *rq)
{
	struct user u;
	if (find_person(rq, &u))
		rq_json(rq, 200, visible(rq, u.nid));
}

static void get_field(struct rq *rq)
{
	struct user u;
	const char *key = rq->param[1].p;
	if (!find_person(rq, &u))
		return;
	json_t *all = visible(rq, u.nid);
	json_t *v = json_incref(json_object_get(all, key));
	json_decref(all);
	if (v)
		rq_json(rq, 200, json_pack("{s:o}", key, v));
	else if (!strcmp(key, "displayname") || !strcmp(key, "avatar_url"))
		rq_empty(rq);
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("The profile has no such field"));
}

struct change {
	int64_t user_nid;
	char *key;
	json_t *value; /* NULL: remove */
};

static void change_free(void *arg)
{
	struct change *c = arg;
	mem_free(c->key);
	json_decref(c->value);
	mem_free(c);
}

static int change_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct change *c = arg;
	return profile_set(tx, c->user_nid, c->key, c->value, err);
}

static void change_field(struct rq *rq, json_t *value)
{
	struct change *c = NEW(struct change);
	*c = (struct change){rq->who.user_nid, span_dup(rq->param[1]), json_incref(value)};
	rq_write(rq, change_run, rq_done_empty, c, change_free);
}

static bool may_change(struct rq *rq)
{
	struct err err;
	if (!span_eq_str(rq->param[0], rq->who.user_id)) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s", _("This is somebody else's profile"));
		return false;
	}
	if (profile_check_key(rq->param[1].p, &err)) {
		rq_err(rq, &err);
		return false;
	}
	return true;
}

static void put_field(struct rq *rq)
{
	if (!may_change(rq))
		return;
	json_t *value = json_object_get(rq->body, rq->param[1].p);
	if (value)
		change_field(rq, value);
	else
		rq_error(rq, 400, "M_MISSING_PARAM", _("%s is missing"), rq->param[1].p);
}

static void delete_field(struct rq *rq)
{
	if (may_change(rq))
		change_field(rq, NULL);
}

#define STEP_PEOPLE 250 /* looked at before the clock is */

/* One search, over all people in the order of their numbers. */
struct search {
	struct sql *db;
	int64_t user_nid, limit, at, end;
	char *pattern;
	json_t **found;
	size_t n;
};

static void search_free(void *arg)
{
	struct search *x = arg;
	for (size_t i = 0; i < x->n; i++)
		json_decref(x->found[i]);
	mem_free(x->found);
	mem_free(x->pattern);
	mem_free(x);
}

/* People whom the searcher meets in a room, or could meet in a public one. */
static struct sql_stmt *some_people(const struct search *x)
{
	struct sql_stmt *s =
		SQL(x->db,
		    "SELECT user_id, display_name, avatar_url FROM users u"
		    " WHERE nid>=?3 AND nid<?4 AND deactivated=0 AND nid<>?1"
		    " AND (user_id LIKE ?2 ESCAPE '\\' OR display_name LIKE ?2 ESCAPE '\\')"
		    " AND EXISTS(SELECT 1 FROM memberships m JOIN rooms r ON r.nid=m.room_nid"
		    "  WHERE m.user_nid=u.nid AND m.membership=2 AND (r.public=1 OR EXISTS("
		    "   SELECT 1 FROM memberships mine WHERE mine.user_nid=?1"
		    "   AND mine.room_nid=m.room_nid AND mine.membership=2)))");
	sql_bind_i64(s, 1, x->user_nid);
	sql_bind_str(s, 2, x->pattern);
	sql_bind_i64(s, 3, x->at);
	sql_bind_i64(s, 4, x->at + STEP_PEOPLE);
	return s;
}

static json_t *result_of(struct sql_stmt *s)
{
	json_t *o = json_pack("{s:s}", "user_id", sql_col_text(s, 0).p);
	if (!sql_col_null(s, 1))
		json_object_set_new(o, "display_name", json_string(sql_col_text(s, 1).p));
	if (!sql_col_null(s, 2))
		json_object_set_new(o, "avatar_url", json_string(sql_col_text(s, 2).p));
	return o;
}

static bool search_step(void *arg, int64_t until_ns)
{
	struct search *x = arg;
	do {
		struct sql_stmt *s = some_people(x);
		while (sql_row(s)) {
			if ((x->n & (x->n - 1)) == 0)
				x->found = mem_realloc_array(x->found, x->n ? x->n * 2 : 1,
							     sizeof(*x->found));
			x->found[x->n++] = result_of(s);
		}
		x->at += STEP_PEOPLE;
	} while (x->at <= x->end && clock_mono_ns() < until_ns);
	return x->at > x->end;
}

/* By name, those without one first. */
static int by_name(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const char *nx = json_get_str(x, "display_name"), *ny = json_get_str(y, "display_name");
	int c = strcmp(nx ? nx : "", ny ? ny : "");
	return c ? c : strcmp(json_get_str(x, "user_id"), json_get_str(y, "user_id"));
}

static void search_done(struct rq *rq, void *arg)
{
	struct search *x = arg;
	json_t *results = json_array();
	size_t limit = (size_t)x->limit;
	if (x->n)
		qsort(x->found, x->n, sizeof(*x->found), by_name);
	for (size_t i = 0; i < x->n && i < limit; i++)
		json_array_append(results, x->found[i]);
	rq_json(rq, 200, json_pack("{s:o,s:b}", "results", results, "limited", x->n > limit));
}

static void post_search(struct rq *rq)
{
	struct span term = json_get_span(rq->body, "search_term");
	int64_t limit = json_get_i64(rq->body, "limit", 10);
	struct buf pattern = BUF_INIT(2048);
	if (!term.p || term.n > 500) {
		rq_error(rq, 400, "M_MISSING_PARAM", "%s", _("search_term is missing or too long"));
		return;
	}
	limit = limit < 1 ? 1 : limit > 100 ? 100 : limit;
	buf_put_char(&pattern, '%');
	for (size_t i = 0; i < term.n; i++) {
		if (term.p[i] && strchr("%_\\", term.p[i]))
			buf_put_char(&pattern, '\\');
		buf_put_char(&pattern, term.p[i]);
	}
	buf_put_char(&pattern, '%');
	struct search *x = NEW(struct search);
	x->db = db_reader(rq->srv->db);
	x->user_nid = rq->who.user_nid;
	x->limit = limit;
	x->end = sql_get_i64(SQL(x->db, "SELECT max(nid) FROM users"), 0);
	x->pattern = buf_take(&pattern);
	rq_in_steps(rq, search_step, search_done, x, search_free);
}

const struct route profile_routes[] = {
	{"GET", "/_matrix/client/v3/profile/{}", ROUTE_USER, 0, get_profile, 0},
	{"GET", "/_matrix/client/v3/profile/{}/{}", ROUTE_USER, 0, get_field, 0},
	{"PUT", "/_matrix/client/v3/profile/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 put_field, 0},
	{"DELETE", "/_matrix/client/v3/profile/{}/{}", ROUTE_USER, ROUTE_TAKES_PART, delete_field,
	 0},
	{"POST", "/_matrix/client/v3/user_directory/search", ROUTE_USER, ROUTE_JSON, post_search,
	 0},
	{0},
};
