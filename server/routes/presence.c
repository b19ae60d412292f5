/*
 * /presence/{userId}/status. Presence is what the person said, or follows from
 * when they last asked this server for news; it is held in memory and not
 * spread through /sync.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"

#include <string.h>

extern const struct route presence_routes[];

#define PRESENCE_ONLINE_MS 90000 /* without a sync for so long nobody counts as online */
#define PRESENCE_STATUS_BYTES 1024

static const char *const words[] = {
	[PRESENCE_ONLINE] = "online",
	[PRESENCE_UNAVAILABLE] = "unavailable",
	[PRESENCE_OFFLINE] = "offline",
};

static enum hub_presence parse(const char *s)
{
	for (int i = PRESENCE_ONLINE; s && i <= PRESENCE_OFFLINE; i++)
		if (!strcmp(s, words[i]))
			return (enum hub_presence)i;
	return PRESENCE_UNKNOWN;
}

static void put_status(struct rq *rq)
{
	enum hub_presence said = parse(json_get_str(rq->body, "presence"));
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
	struct hub_user *u = hub_user(rq->srv->hub, rq->who.user_nid);
	u->presence = said;
	u->active_ms = clock_wall_ms();
	mem_free(u->status_msg);
	u->status_msg = status.p ? span_dup(status) : NULL;
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

static enum hub_presence now_of(const struct hub_user *u, int64_t idle_ms)
{
	bool here = u->waiters || (u->active_ms && idle_ms < PRESENCE_ONLINE_MS);
	if (u->presence == PRESENCE_OFFLINE || (!here && !u->active_ms))
		return PRESENCE_OFFLINE;
	if (u->presence == PRESENCE_UNAVAILABLE || !here)
		return PRESENCE_UNAVAILABLE;
	return PRESENCE_ONLINE;
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
	int64_t last = last_active(rq, u), idle = clock_wall_ms() - last;
	enum hub_presence now = now_of(u, idle);
	json_t *j = json_pack("{s:s,s:b}", "presence", words[now], "currently_active",
			      now == PRESENCE_ONLINE);
	if (last)
		json_object_set_new(j, "last_active_ago", json_integer(idle < 0 ? 0 : idle));
	if (u->status_msg)
		json_object_set_new(j, "status_msg", json_string(u->status_msg));
	rq_json(rq, 200, j);
}

const struct route presence_routes[] = {
	{"PUT", "/_matrix/client/v3/presence/{}/status", ROUTE_USER, ROUTE_JSON, put_status, 0},
	{"GET", "/_matrix/client/v3/presence/{}/status", ROUTE_USER, 0, get_status, 0},
	{0},
};
