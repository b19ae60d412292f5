#include "server/sync/status.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

static const char *const words[] = {
	[PRESENCE_UNKNOWN] = "offline",
	[PRESENCE_ONLINE] = "online",
	[PRESENCE_UNAVAILABLE] = "unavailable",
	[PRESENCE_OFFLINE] = "offline",
};

enum hub_presence status_parse(const char *word)
{
	for (int i = PRESENCE_ONLINE; word && i <= PRESENCE_OFFLINE; i++)
		if (!strcmp(word, words[i]))
			return (enum hub_presence)i;
	return PRESENCE_UNKNOWN;
}

void status_polled(struct hub_user *u, enum hub_presence as)
{
	u->polls_as = as;
	if (as == PRESENCE_OFFLINE)
		return;
	u->polled_ms = clock_wall_ms();
	if (as == PRESENCE_ONLINE)
		u->active_ms = u->polled_ms;
}

void status_set(struct hub_user *u, enum hub_presence presence, struct span msg)
{
	u->presence = presence;
	u->active_ms = clock_wall_ms();
	mem_free(u->status_msg);
	u->status_msg = msg.p ? span_dup(msg) : NULL;
	u->status_new = true;
}

static bool within(int64_t then_ms, int64_t now_ms, int64_t limit_ms)
{
	return then_ms && now_ms - then_ms < limit_ms;
}

enum hub_presence status_now(const struct hub_user *u, int64_t now_ms)
{
	bool active = within(u->active_ms, now_ms, STATUS_HERE_MS);
	bool polls = u->polls_as != PRESENCE_OFFLINE &&
		     (u->waiters || within(u->polled_ms, now_ms, STATUS_HERE_MS));
	if (u->presence == PRESENCE_OFFLINE)
		return PRESENCE_OFFLINE;
	if (!active && !polls)
		return within(u->active_ms, now_ms, STATUS_GONE_MS) ? PRESENCE_UNAVAILABLE
								    : PRESENCE_OFFLINE;
	bool away = u->presence == PRESENCE_UNAVAILABLE ||
		    (!active && u->polls_as == PRESENCE_UNAVAILABLE);
	return away ? PRESENCE_UNAVAILABLE : PRESENCE_ONLINE;
}

/* --- changes, the newest first in the hub's list --- */

static void unlink_user(struct hub *h, struct hub_user *u)
{
	struct hub_user **at = u->status_before ? &u->status_before->status_after : &h->statuses;
	if (!u->status_no)
		return;
	*at = u->status_after;
	if (u->status_after)
		u->status_after->status_before = u->status_before;
}

static void changed(struct hub *h, struct hub_user *u, enum hub_presence now)
{
	unlink_user(h, u);
	u->status_told = now;
	u->status_new = false;
	u->status_no = ++h->typing_no;
	u->status_before = NULL;
	u->status_after = h->statuses;
	if (h->statuses)
		h->statuses->status_before = u;
	h->statuses = u;
}

static bool same(enum hub_presence a, enum hub_presence b)
{
	return words[a] == words[b] || !strcmp(words[a], words[b]);
}

/* Whoever is told of this person, each room's people once, however many have changed. */
static void wake_around(struct hub *h, struct hub_user *u)
{
	const struct hub_member *m;
	hub_wake_user(h, u);
	for (size_t at = 0; (m = nidmap_next(&u->rooms, &at));) {
		if (m->membership != MEMBERSHIP_JOIN || m->room->status_no == h->typing_no)
			continue;
		m->room->status_no = h->typing_no;
		hub_wake_room(h, m->room);
	}
}

void status_look(void *arg)
{
	struct hub *h = arg;
	struct hub_user *u;
	int64_t now_ms = clock_wall_ms();
	uint64_t before = h->typing_no;
	for (size_t at = 0; (u = nidmap_next(&h->users, &at));) {
		enum hub_presence now = status_now(u, now_ms);
		if (u->status_new || !same(now, u->status_told))
			changed(h, u, now);
	}
	for (u = h->statuses; u && u->status_no > before; u = u->status_after)
		wake_around(h, u);
}

/*
 * Who was there when the server stopped counts as there at first: if they do not come
 * back, those who saw them are told that they went.
 */
static void recall(struct hub *h)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT DISTINCT user_nid FROM devices WHERE last_seen_ts>"
				      "(SELECT max(last_seen_ts) FROM devices)-?1");
	sql_bind_i64(s, 1, STATUS_GONE_MS);
	while (sql_row(s)) {
		struct hub_user *u = nidmap_get(&h->users, sql_col_i64(s, 0));
		if (u)
			u->polled_ms = clock_wall_ms();
		if (u)
			u->polls_as = PRESENCE_ONLINE;
	}
}

void status_start(struct hub *h)
{
	recall(h);
	h->status_timer = loop_timer_new(h->loop, status_look, h);
	loop_timer_background(h->status_timer);
	loop_timer_start(h->status_timer, STATUS_EVERY_MS, STATUS_EVERY_MS);
}

/* --- telling --- */

void status_put_content(struct buf *b, const struct hub_user *u, int64_t last_ms, int64_t now_ms)
{
	enum hub_presence now = status_now(u, now_ms);
	int64_t idle = now_ms - last_ms;
	buf_printf(b, "{\"presence\":\"%s\",\"currently_active\":%s", words[now],
		   now == PRESENCE_ONLINE && idle < STATUS_HERE_MS ? "true" : "false");
	if (last_ms)
		buf_printf(b, ",\"last_active_ago\":%lld", (long long)(idle < 0 ? 0 : idle));
	if (u->status_msg) {
		buf_put_str(b, ",\"status_msg\":");
		buf_put_json_str(b, span_of(u->status_msg));
	}
	buf_put_char(b, '}');
}

/* Has this person just come into some room? Who is there is news to them. */
static bool came(const struct sync_query *q)
{
	const struct hub_member *m;
	for (size_t at = 0; !q->initial && (m = nidmap_next(&q->user->rooms, &at));)
		if (m->membership == MEMBERSHIP_JOIN && m->joined_pos > q->since.pos)
			return true;
	return false;
}

/* Do they meet in a room that the person of the query has just come into? */
static bool met_just_now(const struct sync_query *q, const struct hub_user *u)
{
	const struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&q->user->rooms, &at));) {
		const struct hub_member *o = nidmap_get(&m->room->members, u->nid);
		if (m->membership == MEMBERSHIP_JOIN && m->joined_pos > q->since.pos && o &&
		    o->membership == MEMBERSHIP_JOIN)
			return true;
	}
	return false;
}

int status_put(struct hub *h, const struct sync_query *q, int64_t now_ms, struct buf *b)
{
	const struct event_filter *f = q->filter ? &q->filter->presence : NULL;
	bool begins = q->initial || q->full_state;
	bool all = begins || q->since.boot != h->boot, fresh = !all && came(q);
	int n = 0;
	for (const struct hub_user *u = h->status_timer ? h->statuses : NULL;
	     u && n < STATUS_EVENTS_MAX; u = u->status_after) {
		bool news = all || u->status_no > q->since.typing;
		if (!news && !fresh)
			break;
		/* Who went since the last start may be there for whom that start is news. */
		if ((begins || !news) && same(u->status_told, PRESENCE_OFFLINE))
			continue;
		if (!news && !met_just_now(q, u))
			continue;
		if ((u != q->user && !hub_share_room(h, q->user->nid, u->nid)) ||
		    !event_filter_match(f, SPAN_LIT("m.presence"), span_of(u->user_id),
					SPAN_LIT("{}")))
			continue;
		buf_put_str(b, n++ ? ",{\"type\":\"m.presence\",\"sender\":"
				   : "{\"type\":\"m.presence\",\"sender\":");
		buf_put_json_str(b, span_of(u->user_id));
		buf_put_str(b, ",\"content\":");
		status_put_content(b, u, u->active_ms, now_ms);
		buf_put_char(b, '}');
	}
	return n;
}
