#include "server/sync/device_lists.h"

#include "core/base/mem.h"

void device_lists_load(struct hub *h)
{
	h->lists_pos =
		sql_get_i64(SQL(db_reader(h->db), "SELECT coalesce(max(pos),0) FROM device_lists"),
			    0);
	int64_t pos = sql_get_i64(SQL(db_reader(h->db),
				      "SELECT coalesce(max(pos),0) FROM key_signatures"),
				  0);
	if (pos > h->lists_pos)
		h->lists_pos = pos;
}

void device_lists_change(struct hub *h, const struct db_change *c)
{
	struct hub_user *u = hub_user(h, c->user_nid);
	struct hub_member *m;
	h->lists_pos = c->pos;
	if (!u)
		return;
	hub_wake_user(h, u);
	for (size_t at = 0; !c->private_to_user && (m = nidmap_next(&u->rooms, &at));)
		if (m->membership == MEMBERSHIP_JOIN)
			hub_wake_room(h, m->room);
}

/* One list under construction. Who is in `seen` is not told again. */
struct listing {
	struct hub *h;
	struct hub_user *me;
	int64_t since, upto;
	struct buf *b;
	struct nidmap seen;
	int n;
};

static void put(struct listing *l, struct hub_user *u)
{
	if (nidmap_get(&l->seen, u->nid))
		return;
	nidmap_put(&l->seen, u->nid, u);
	if (l->n++)
		buf_put_char(l->b, ',');
	buf_put_json_str(l->b, span_of(u->user_id));
}

static void put_found(struct listing *l, struct sql_stmt *s, bool any)
{
	while (sql_row(s)) {
		struct hub_user *u = nidmap_get(&l->h->users, sql_col_i64(s, 0));
		if (u && (any || u == l->me || hub_share_room(l->h, l->me->nid, u->nid)))
			put(l, u);
	}
}

/* Whose keys are others now. */
static void put_changed(struct listing *l)
{
	struct sql *db = db_reader(l->h->db);
	if (l->h->lists_pos <= l->since)
		return;
	struct sql_stmt *s = SQL(db, "SELECT user_nid FROM device_lists WHERE pos>? AND pos<=?");
	sql_bind_i64(s, 1, l->since);
	sql_bind_i64(s, 2, l->upto);
	put_found(l, s, false);
	s = SQL(db, "SELECT user_nid FROM key_signatures WHERE signer_nid=? AND pos>? AND pos<=?");
	sql_bind_i64(s, 1, l->me->nid);
	sql_bind_i64(s, 2, l->since);
	sql_bind_i64(s, 3, l->upto);
	put_found(l, s, true);
}

static bool is_gone(const struct hub_member *m)
{
	return m->membership == MEMBERSHIP_LEAVE || m->membership == MEMBERSHIP_BAN;
}

/*
 * A room's members after `m`: all, or only those whose membership changed since.
 * Everybody in a room of thousands asks when one person comes.
 */
static struct hub_member *next_member(const struct hub_room *room, bool all, int64_t since,
				      const struct hub_member *m, size_t *at)
{
	if (all)
		return nidmap_next(&room->members, at);
	struct hub_member *next = m ? m->older : room->latest;
	return next && next->pos > since ? next : NULL;
}

static bool within(const struct listing *l, int64_t pos)
{
	return pos > l->since && pos <= l->upto;
}

/* Who came into my rooms; all who are in one that I came into. */
static void put_joined(struct listing *l)
{
	struct hub_member *mine, *m;
	for (size_t at = 0; (mine = nidmap_next(&l->me->rooms, &at));) {
		bool new = within(l, mine->joined_pos);
		m = NULL;
		if (mine->membership != MEMBERSHIP_JOIN || mine->room->member_pos <= l->since)
			continue;
		size_t i = 0;
		while ((m = next_member(mine->room, new, l->since, m, &i)))
			if (m != mine && m->membership == MEMBERSHIP_JOIN &&
			    (new || within(l, m->joined_pos)))
				put(l, m->user);
	}
}

/* Who left my rooms; all who are in one that I left. Not who is in another with me. */
static void put_left(struct listing *l)
{
	struct hub_member *mine, *m;
	for (size_t at = 0; (mine = nidmap_next(&l->me->rooms, &at));) {
		bool left = is_gone(mine) && within(l, mine->pos) && mine->joined_pos;
		if (mine->room->member_pos <= l->since ||
		    (mine->membership != MEMBERSHIP_JOIN && !left))
			continue;
		size_t i = 0;
		m = NULL;
		while ((m = next_member(mine->room, left, l->since, m, &i))) {
			bool went = is_gone(m) && within(l, m->pos) && m->joined_pos;
			if (m != mine && (went || (left && m->membership == MEMBERSHIP_JOIN)) &&
			    !hub_share_room(l->h, l->me->nid, m->user->nid))
				put(l, m->user);
		}
	}
}

bool device_lists_put(struct hub *h, struct hub_user *me, int64_t since, int64_t upto,
		      struct buf *b)
{
	struct listing l = {.h = h, .me = me, .since = since, .upto = upto, .b = b};
	buf_put_str(b, "{\"changed\":[");
	put_changed(&l);
	put_joined(&l);
	int n = l.n;
	l.n = 0;
	buf_put_str(b, "],\"left\":[");
	put_left(&l);
	buf_put_str(b, "]}");
	nidmap_done(&l.seen);
	return n || l.n;
}
