/*
 * GET /rooms/{roomId}/hierarchy: the rooms of a space, depth first
 * (client-server API, "Spaces").
 *
 * A page is found by walking the tree again: a token is the number of rooms
 * that came before, with the filters, which may not change on the way.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/room.h"
#include "server/rooms/summary.h"
#include "server/routes/route.h"

extern const struct route hierarchy_routes[];

#define DEPTH_MAX 20
#define PAGE_DEFAULT 50
#define PAGE_MAX 100
#define WALK_MAX 1000	  /* rooms looked at for one reply */
#define CHILDREN_MAX 5000 /* children read for one reply */

struct walk {
	struct sql *db;
	int64_t user_nid;
	bool suggested_only;
	int64_t max_depth, skip, limit;
	int64_t seen;	  /* rooms that belong into the reply so far */
	int64_t looks;	  /* rooms looked at */
	int64_t children; /* read so far */
	json_t *visited, *rooms;
};

/* `order` counts when it is 1 to 50 characters of ASCII from space to tilde. */
static const char *order_of(const json_t *child)
{
	const char *o = json_get_str(json_object_get(child, "content"), "order");
	size_t n = o ? strlen(o) : 0;
	if (n < 1 || n > 50)
		return NULL;
	for (const char *p = o; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return NULL;
	return o;
}

static int compare(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const char *ox = order_of(x), *oy = order_of(y);
	if (!ox != !oy)
		return ox ? -1 : 1;
	int c = ox ? strcmp(ox, oy) : 0;
	if (c)
		return c;
	int64_t tx = json_get_i64(x, "origin_server_ts", 0),
		ty = json_get_i64(y, "origin_server_ts", 0);
	if (tx != ty)
		return tx < ty ? -1 : 1;
	return strcmp(json_get_str(x, "state_key"), json_get_str(y, "state_key"));
}

/* A stripped m.space.child event, or NULL when it is no valid child. */
static json_t *child_of(struct span text, bool suggested_only)
{
	JSON_AUTO json_t *event = NULL;
	if (json_parse_object(text, &event, NULL) || !json_get_str(event, "state_key"))
		return NULL;
	json_t *content = json_get_object(event, "content");
	if (!json_get_array(content, "via") ||
	    (suggested_only && !json_get_bool(content, "suggested", false)))
		return NULL;
	return json_pack("{s:O, s:O, s:O, s:O, s:O}", "type", json_object_get(event, "type"),
			 "state_key", json_object_get(event, "state_key"), "content", content,
			 "sender", json_object_get(event, "sender"), "origin_server_ts",
			 json_object_get(event, "origin_server_ts"));
}

/* The children in order; the caller owns the array. */
static json_t *children_of(struct walk *w, int64_t nid)
{
	json_t **list = NULL, *out = json_array();
	size_t n = 0;
	struct sql_stmt *s = SQL(w->db, "SELECT e.text FROM current_state c JOIN events e"
					" ON e.pos=c.pos WHERE c.room_nid=? AND"
					" c.type='m.space.child' LIMIT 1000");
	sql_bind_i64(s, 1, nid);
	while (sql_row(s)) {
		w->children++;
		json_t *child = child_of(sql_col_text(s, 0), w->suggested_only);
		if (!child)
			continue;
		list = mem_realloc_array(list, n + 1, sizeof(*list));
		list[n++] = child;
	}
	if (n)
		qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, list[i]);
	mem_free(list);
	return out;
}

static bool page_is_full(const struct walk *w)
{
	return w->seen > w->skip + w->limit || w->looks > WALK_MAX || w->children > CHILDREN_MAX;
}

static void visit(struct walk *w, const char *room_id, int64_t depth)
{
	int64_t nid, i;
	w->looks++;
	if (page_is_full(w) || json_object_get(w->visited, room_id) ||
	    room_find(w->db, span_of(room_id), &nid, NULL))
		return;
	json_object_set_new(w->visited, room_id, json_true());
	JSON_AUTO json_t *summary = room_summary(w->db, nid, true);
	if (!summary || !room_summary_visible(w->db, summary, nid, w->user_nid))
		return;
	const char *type = json_get_str(summary, "room_type");
	bool space = type && strcmp(type, "m.space") == 0;
	JSON_AUTO json_t *children = space ? children_of(w, nid) : json_array();
	json_object_set(summary, "children_state", children);
	if (w->seen >= w->skip && w->seen < w->skip + w->limit)
		json_array_append(w->rooms, summary);
	w->seen++;
	for (i = 0; depth < w->max_depth && i < (int64_t)json_array_size(children); i++)
		visit(w, json_get_str(json_array_get(children, (size_t)i), "state_key"), depth + 1);
}

/* "h" skip "." depth "." suggested; false when it is no such token or the filters differ. */
static bool read_token(struct walk *w, const char *from)
{
	struct span rest = span_of(from), field;
	int64_t v[3];
	if (!from)
		return true;
	if (rest.n < 2 || rest.p[0] != 'h')
		return false;
	rest = span_from(rest, 1);
	for (size_t i = 0; i < 3; i++)
		if (!span_split(&rest, '.', &field) || !span_i64(field, &v[i]))
			return false;
	w->skip = v[0];
	return !rest.n && v[0] >= 0 && v[0] <= WALK_MAX && v[1] == w->max_depth &&
	       v[2] == w->suggested_only;
}

static void reply(struct rq *rq, struct walk *w)
{
	char token[80];
	json_t *j = json_pack("{s:O}", "rooms", w->rooms);
	if (w->seen > w->skip + w->limit) {
		snprintf(token, sizeof(token), "h%lld.%lld.%d", (long long)(w->skip + w->limit),
			 (long long)w->max_depth, w->suggested_only);
		json_object_set_new(j, "next_batch", json_string(token));
	}
	rq_json(rq, 200, j);
}

static void get_hierarchy(struct rq *rq)
{
	const char *suggested = rq_query(rq, "suggested_only");
	struct walk w = {.db = db_reader(rq->srv->db),
			 .user_nid = rq->who.user_nid,
			 .suggested_only = suggested && strcmp(suggested, "true") == 0,
			 .max_depth = rq_query_i64(rq, "max_depth", DEPTH_MAX),
			 .limit = rq_query_i64(rq, "limit", PAGE_DEFAULT)};
	if (w.max_depth < 0 || w.limit < 1) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"limit\" is at least 1 and \"max_depth\" at least 0"));
		return;
	}
	w.max_depth = w.max_depth > DEPTH_MAX ? DEPTH_MAX : w.max_depth;
	w.limit = w.limit > PAGE_MAX ? PAGE_MAX : w.limit;
	if (!read_token(&w, rq_query(rq, "from"))) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"from\" is no token of this request: its other parameters may not "
			   "change between pages"));
		return;
	}
	w.visited = json_object();
	w.rooms = json_array();
	visit(&w, rq->param[0].p, 0);
	if (w.seen)
		reply(rq, &w);
	else
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("You are not in this room, join it first"));
	json_decref(w.visited);
	json_decref(w.rooms);
}

const struct route hierarchy_routes[] = {
	{"GET", "/_matrix/client/v1/rooms/{}/hierarchy", ROUTE_USER, 0, get_hierarchy, 0},
	{0},
};
