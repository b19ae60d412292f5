/*
 * Tokens for programs that know nothing of Matrix: OBS, a player, a box in a
 * lecture hall. Each is a device of its maker that may do nothing but speak, or
 * listen, in the one room (server/accounts/device.h): in the room and in the
 * register it is its maker. It ends with whatever ends devices, or here.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/rooms/room.h"
#include "server/routes/live.h"
#include "server/routes/route.h"

#include <string.h>

extern const struct route live_token_routes[];

#define NAME_MAX_BYTES 100

/* The room of the address, of which they are part. Replies and returns false when not. */
static bool find_room(struct rq *rq, int64_t *ret)
{
	struct sql *db = db_reader(rq->srv->db);
	if (!rq->srv->config->calls) {
		rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server carries no calls"));
		return false;
	}
	if (room_find(db, rq->param[0], ret, NULL) ||
	    room_membership(db, *ret, rq->who.user_nid) != MEMBERSHIP_JOIN) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("You are not in this room, join it first"));
		return false;
	}
	return true;
}

/* -- Making one --------------------------------------------------------------------- */

struct making {
	int64_t user_nid, room_nid;
	int rights;
	char *name;
	struct grant grant;
};

static void making_free(void *arg)
{
	struct making *m = arg;
	mem_free(m->name);
	grant_done(&m->grant);
	mem_free(m);
}

static int make(struct db_tx *tx, void *arg, struct err *err)
{
	struct making *m = arg;
	return device_live(tx, m->user_nid, m->room_nid, m->rights, m->name, &m->grant, err);
}

static void made(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct making *m = arg;
	if (rc) {
		rq_err(rq, err);
		return;
	}
	json_t *j = json_pack("{s:s,s:s}", "device_id", m->grant.device_id, "token",
			      m->grant.access_token);
	const char *way = m->rights == LIVE_SPEAK ? "whip" : "whep";
	json_object_set_new(j, way, json_sprintf("%s/%s", rq->srv->base_url, way));
	rq_json(rq, 200, j);
}

static void post_token(struct rq *rq)
{
	const char *name = json_get_str(rq->body, "name"), *what = json_get_str(rq->body, "for");
	int rights = !what || !strcmp(what, "speak") ? LIVE_SPEAK
		     : !strcmp(what, "listen")	     ? LIVE_LISTEN
						     : 0;
	int64_t room;
	if (!find_room(rq, &room))
		return;
	if (!rights || (name && strlen(name) > NAME_MAX_BYTES)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 rights ? _("The name is too long")
				: _("\"for\" must be \"speak\" or \"listen\""));
		return;
	}
	struct making *m = NEW(struct making);
	m->user_nid = rq->who.user_nid;
	m->room_nid = room;
	m->rights = rights;
	m->name = mem_strdup(name && *name ? name : rights == LIVE_SPEAK ? "WHIP" : "WHEP");
	rq_write(rq, make, made, m, making_free);
}

/* -- Those there are ------------------------------------------------------------------ */

static void get_tokens(struct rq *rq)
{
	int64_t room;
	if (!find_room(rq, &room))
		return;
	struct sql_stmt *s =
		SQL(db_reader(rq->srv->db),
		    "SELECT "
		    "device_id,coalesce(display_name,''),live_rights,coalesce(last_seen_ts,0)"
		    " FROM devices WHERE user_nid=? AND live_room_nid=? ORDER BY nid");
	json_t *list = json_array();
	sql_bind_i64(s, 1, rq->who.user_nid);
	sql_bind_i64(s, 2, room);
	while (sql_row(s)) {
		struct span id = sql_col_text(s, 0), name = sql_col_text(s, 1);
		json_t *one = json_pack("{s:s#,s:s#,s:s}", "device_id", id.p, id.n, "name", name.p,
					name.n, "for",
					sql_col_i64(s, 2) == LIVE_SPEAK ? "speak" : "listen");
		if (sql_col_i64(s, 3))
			json_object_set_new(one, "seen_ts", json_integer(sql_col_i64(s, 3)));
		json_array_append_new(list, one);
	}
	rq_json(rq, 200, json_pack("{s:o}", "tokens", list));
}

/* -- Removing one ----------------------------------------------------------------------- */

struct removing {
	int64_t user_nid, device_nid;
};

static int drop(struct db_tx *tx, void *arg, struct err *err)
{
	const struct removing *r = arg;
	return device_delete(tx, r->user_nid, r->device_nid, err);
}

/* No password is asked for, as for other devices: it can do less than who asks. */
static void delete_token(struct rq *rq)
{
	int64_t room;
	if (!find_room(rq, &room))
		return;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT nid FROM devices WHERE user_nid=?"
							 " AND device_id=? AND live_room_nid=?");
	sql_bind_i64(s, 1, rq->who.user_nid);
	sql_bind_text(s, 2, rq->param[1]);
	sql_bind_i64(s, 3, room);
	int64_t nid = sql_get_i64(s, 0);
	if (!nid) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("You have no such token for this room"));
		return;
	}
	struct removing *r = NEW(struct removing);
	*r = (struct removing){rq->who.user_nid, nid};
	rq_write(rq, drop, rq_done_empty, r, mem_free);
}

const struct route live_token_routes[] = {
	{"POST", LIVE_PATH "rooms/{}/tokens", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART, post_token,
	 0},
	{"GET", LIVE_PATH "rooms/{}/tokens", ROUTE_USER, 0, get_tokens, 0},
	{"DELETE", LIVE_PATH "rooms/{}/tokens/{}", ROUTE_USER, 0, delete_token, 0},
	{0},
};
