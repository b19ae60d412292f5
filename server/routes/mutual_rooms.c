/*
 * GET /mutual_rooms: rooms that two people are both in.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/routes/read.h"

#include <stdlib.h>
#include <string.h>

extern const struct route mutual_rooms_routes[];

#define PAGE_ROOMS 500

static int by_nid(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static bool joined(const struct hub_member *m)
{
	return m && m->membership == MEMBERSHIP_JOIN;
}

/* In a lasting order, so that a page can begin after a room. The caller owns *ret. */
static size_t shared(struct hub *h, int64_t mine, int64_t theirs, int64_t **ret)
{
	const struct hub_user *u = hub_user(h, mine);
	int64_t *v = NULL;
	struct hub_member *m;
	size_t n = 0;
	for (size_t at = 0; (m = nidmap_next(&u->rooms, &at));) {
		if (!joined(m) || !joined(hub_member(h, m->room->nid, theirs)))
			continue;
		v = mem_realloc_array(v, n + 1, sizeof(*v));
		v[n++] = m->room->nid;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_nid);
	*ret = v;
	return n;
}

static void reply(struct rq *rq, int64_t theirs, int64_t after)
{
	struct hub *h = rq->srv->hub;
	AUTO_FREE int64_t *rooms = NULL;
	size_t n = theirs ? shared(h, rq->who.user_nid, theirs, &rooms) : 0, i = 0;
	json_t *list = json_array();
	while (i < n && rooms[i] <= after)
		i++;
	for (; i < n && json_array_size(list) < PAGE_ROOMS; i++)
		json_array_append_new(list, json_string(hub_room(h, rooms[i])->room_id));
	json_t *j = json_pack("{s:o,s:I}", "joined", list, "count", (json_int_t)n);
	if (i < n) {
		char token[24];
		snprintf(token, sizeof(token), "%lld", (long long)rooms[i - 1]);
		json_object_set_new(j, "next_batch", json_string(token));
	}
	rq_json(rq, 200, j);
}

static void find(struct rq *rq, const char *user, const char *from)
{
	struct user_id id;
	int64_t after = 0;
	if (!user || user_id_parse(span_of(user), &id, NULL) || !strcmp(user, rq->who.user_id)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"user_id\" must be the id of another person"));
		return;
	}
	if (from && !span_i64(span_of(from), &after)) {
		rq_error(rq, 400, "M_INVALID_PARAM", _("\"%s\" must be %s"), "from",
			 _("a token that this server gave"));
		return;
	}
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT nid FROM users WHERE user_id=?1");
	sql_bind_str(s, 1, user);
	reply(rq, sql_get_i64(s, 0), after);
}

static void get_rooms(struct rq *rq)
{
	const char *from = rq_query(rq, "from");
	find(rq, rq_query(rq, "user_id"), from ? from : rq_query(rq, "batch_token"));
}

#define UNSTABLE "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms"

const struct route mutual_rooms_routes[] = {
	{"GET", "/_matrix/client/v1/mutual_rooms", ROUTE_USER, 0, get_rooms, 0},
	{"GET", UNSTABLE, ROUTE_USER, 0, get_rooms, 0},
	{0},
};
