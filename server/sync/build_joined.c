#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/build.h"
#include "server/sync/held.h"
#include "server/sync/state_at.h"
#include "server/sync/typing.h"
#include "server/sync/unread.h"

#include <stdlib.h>

#define HEROES 5

/* Has the room a name of its own (m.room.name or m.room.canonical_alias)? */
static bool named(struct hub *h, struct hub_room *room)
{
	if (room->named >= 0)
		return room->named;
	JSON_AUTO json_t *name = NULL;
	JSON_AUTO json_t *alias = NULL;
	struct sql *db = db_reader(h->db);
	bool has = !room_state(db, room->nid, "m.room.name", "", &name) &&
		   json_get_span(name, "name").n;
	has = has || (!room_state(db, room->nid, "m.room.canonical_alias", "", &alias) &&
		      json_get_span(alias, "alias").n);
	room->named = has;
	return has;
}

/* Keeps the HEROES oldest of a kind: joined and invited, or all others when `gone`. */
static size_t pick_heroes(const struct hub_member *me, bool gone, struct hub_member **ret)
{
	size_t n = 0;
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&me->room->members, &at));) {
		bool here = m->membership == MEMBERSHIP_JOIN || m->membership == MEMBERSHIP_INVITE;
		if (m == me || here == gone)
			continue;
		size_t i = n < HEROES ? n++ : HEROES;
		for (; i > 0 && ret[i - 1]->pos > m->pos; i--)
			if (i < HEROES)
				ret[i] = ret[i - 1];
		if (i < HEROES)
			ret[i] = m;
	}
	return n;
}

static void put_summary(struct build *x, struct hub_member *me, struct event_list *heroes)
{
	struct hub_room *room = me->room;
	build_comma(x->b);
	buf_printf(x->b, "\"summary\":{\"m.joined_member_count\":%d,\"m.invited_member_count\":%d",
		   room->joined, room->invited);
	if (!named(x->h, room)) {
		struct hub_member *best[HEROES];
		size_t n = pick_heroes(me, false, best);
		if (!n)
			n = pick_heroes(me, true, best);
		buf_put_str(x->b, ",\"m.heroes\":[");
		for (size_t i = 0; i < n; i++) {
			struct event_row *e = event_list_add(heroes);
			e->is_state = true;
			e->type = SPAN_LIT("m.room.member");
			e->state_key = span_of(best[i]->user->user_id);
			build_comma(x->b);
			buf_put_json_str(x->b, e->state_key);
		}
		buf_put_char(x->b, ']');
	}
	buf_put_char(x->b, '}');
}

static bool typing_news(const struct build *x, const struct hub_room *room, bool fresh)
{
	const struct sync_token *t = &x->q->since;
	if (fresh || x->q->initial)
		return room->typist_count > 0;
	if (t->boot == x->h->boot)
		return room->typing_no > t->typing;
	return t->someone_typing || room->typist_count > 0;
}

static bool put_ephemeral(struct build *x, struct hub_room *room, bool fresh)
{
	const struct event_filter *f = x->f ? &x->f->ephemeral : NULL;
	struct span nobody = {NULL, 0}, text = SPAN_LIT("{}");
	bool any = false;
	build_comma(x->b);
	buf_put_str(x->b, "\"ephemeral\":{\"events\":[");
	if (event_filter_room(f, room->room_id)) {
		if (typing_news(x, room, fresh) &&
		    event_filter_match(f, SPAN_LIT("m.typing"), nobody, text)) {
			typing_put(x->b, room);
			any = true;
		}
		if (event_filter_match(f, SPAN_LIT("m.receipt"), nobody, text) &&
		    build_receipts(x, room, fresh ? 0 : x->since))
			any = true;
	}
	buf_put_str(x->b, "]}");
	return any;
}

/* Room account data; for a room that is new to the client all of it. */
static bool put_data(struct build *x, struct hub_room *room, bool fresh)
{
	const struct event_filter *f = x->f ? &x->f->room_account_data : NULL;
	int n = 0;
	build_comma(x->b);
	buf_put_str(x->b, "\"account_data\":{\"events\":[");
	if (event_filter_room(f, room->room_id)) {
		if (fresh && x->since) {
			struct build all = *x;
			all.since = 0;
			all.held = false;
			all.data = NULL;
			all.data_n = 0;
			build_data_load(&all);
			n = build_data_put(&all, room->nid, f);
			build_data_done(&all);
		} else {
			n = build_data_put(x, room->nid, f);
		}
	}
	buf_put_str(x->b, "]}");
	return n > 0;
}

static void put_counts(struct buf *b, struct unread_counts c)
{
	buf_printf(b, "{\"notification_count\":%d,\"highlight_count\":%d}", c.notification,
		   c.highlight);
}

/* Counts of the room; by thread where the filter asks for it. */
static void put_unread(struct build *x, struct hub_member *m)
{
	struct unread_thread *v;
	size_t n;
	buf_put_str(x->b, ",\"unread_notifications\":");
	if (!x->f || !x->f->timeline.unread_thread_notifications) {
		put_counts(x->b, unread_count(x->h, m));
		return;
	}
	n = unread_by_thread(x->h, m, &v);
	put_counts(x->b, v[0].counts);
	buf_put_str(x->b, ",\"unread_thread_notifications\":{");
	for (size_t i = 1; i < n; i++) {
		if (!v[i].counts.notification && !v[i].counts.highlight)
			continue;
		build_comma(x->b);
		buf_put_json_str(x->b, span_of(v[i].root));
		buf_put_char(x->b, ':');
		put_counts(x->b, v[i].counts);
	}
	buf_put_char(x->b, '}');
	mem_free(v);
}

static bool data_for(const struct build *x, int64_t room_nid)
{
	for (size_t i = 0; i < x->data_n; i++)
		if (x->data[i].room_nid == room_nid)
			return true;
	return false;
}

/*
 * Where the timeline of a room begins that is not simply continued. Who was
 * in the room at `since` goes on from there; for everybody else it is new.
 */
static int64_t begin_of(const struct build *x, const struct visibility *vis)
{
	bool was_in = x->since && visibility_member_at(vis, x->since) == MEMBERSHIP_JOIN;
	return was_in ? x->since : 0;
}

static bool urgent(const struct build *x, const struct hub_member *m)
{
	const struct sync_token *t = &x->q->since;
	return held_not(m, x->since, t->boot == x->h->boot ? t->typing : 0);
}

bool build_joined(struct build *x, struct hub_member *m)
{
	struct hub_room *room = m->room;
	bool fresh = !x->since || m->joined_pos > x->since;
	bool full = fresh || x->q->full_state;
	if (!filter_room(x->f, room->room_id))
		return false;
	if (!full && room->last_pos <= x->since && !data_for(x, room->nid) &&
	    !typing_news(x, room, false))
		return false;
	if (!full && x->patient && !data_for(x, room->nid) && !urgent(x, m)) {
		x->left_out = true;
		return false;
	}

	struct visibility vis = {0};
	struct build_timeline t;
	struct event_list heroes = {0};
	size_t mark = x->b->n;
	bool any = full;
	build_comma(x->b);
	buf_put_json_str(x->b, span_of(room->room_id));
	buf_put_str(x->b, ":{");
	int64_t after = x->since;
	if (fresh) {
		visibility_load(db_reader(x->h->db), room->nid, x->q->user->user_id, &vis);
		after = begin_of(x, &vis);
	}
	build_timeline(x, room, fresh ? &vis : NULL, after, x->pos, &t);
	t.whole = !after;
	build_timeline_settle(x, room, x->pos, &t);
	build_timeline_put(x, room, fresh ? &vis : NULL, &t);
	any |= t.l.n > 0 || t.limited;
	if (full || room->member_pos > x->since)
		put_summary(x, m, &heroes);
	build_comma(x->b);
	any |= build_state(x, room, &t, full, after, x->pos, heroes.n ? &heroes : NULL, 0);
	any |= put_ephemeral(x, room, fresh);
	any |= put_data(x, room, fresh);
	put_unread(x, m);
	buf_put_char(x->b, '}');
	if (!any)
		buf_truncate(x->b, mark);
	event_list_done(&heroes);
	event_list_done(&t.l);
	visibility_done(&vis);
	return any;
}
