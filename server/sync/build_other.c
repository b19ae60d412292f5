#include "core/base/mem.h"
#include "server/rooms/invite_permission.h"
#include "server/sync/build.h"
#include "server/sync/ignored.h"
#include "server/sync/state_at.h"

static bool forgotten(struct build *x, const struct hub_member *m)
{
	struct sql_stmt *s = SQL(db_reader(x->h->db), "SELECT forgotten FROM memberships WHERE"
						      " user_nid=?1 AND room_nid=?2");
	sql_bind_i64(s, 1, m->user->nid);
	sql_bind_i64(s, 2, m->room->nid);
	return sql_get_i64(s, 0) != 0;
}

static void put_left(struct build *x, struct hub_member *m, const struct visibility *vis)
{
	struct build_timeline t;
	bool was_in = x->since && visibility_member_at(vis, x->since) == MEMBERSHIP_JOIN;
	bool ever = visibility_ever_joined(vis);
	int64_t end = ever ? visibility_stay_end(vis) : m->pos;
	int64_t after = was_in ? x->since : ever ? 0 : end;
	build_comma(x->b);
	buf_put_json_str(x->b, span_of(m->room->room_id));
	buf_put_str(x->b, ":{");
	build_timeline(x, m->room, vis, after, end, &t);
	t.whole = !after || !ever;
	build_timeline_settle(x, m->room, end, &t);
	build_timeline_put(x, m->room, vis, &t);
	build_comma(x->b);
	/* Who was never in sees nothing of the state but the own member event. */
	bool full = ever && (!was_in || x->q->full_state);
	build_state(x, m->room, &t, full, after, end, NULL, m->pos);
	buf_put_str(x->b, ",\"account_data\":{\"events\":[");
	build_data_put(x, m->room->nid, x->f ? &x->f->room_account_data : NULL);
	buf_put_str(x->b, "]}}");
	event_list_done(&t.l);
}

bool build_left(struct build *x, struct hub_member *m)
{
	struct visibility vis;
	bool listed = x->since ? m->pos > x->since : x->f && x->f->include_leave;
	if (!listed || !filter_room(x->f, m->room->room_id) || forgotten(x, m))
		return false;
	visibility_load(db_reader(x->h->db), m->room->nid, x->q->user->user_id, &vis);
	/* At first sync an invitation that was refused long ago is of no interest. */
	bool tell = x->since || visibility_ever_joined(&vis);
	if (tell)
		put_left(x, m, &vis);
	visibility_done(&vis);
	return tell;
}

/* State that a person outside is shown of a room ("Stripped state"). */
static const char *const stripped[] = {
	"m.room.create",	  "m.room.name",       "m.room.avatar",	    "m.room.topic",
	"m.room.canonical_alias", "m.room.join_rules", "m.room.encryption",
};

static bool put_stripped(struct build *x, struct hub_member *m, const char *section)
{
	struct event_list l = {0};
	struct hub_room *room = m->room;
	if (!filter_room(x->f, room->room_id) || (x->since && !x->q->rewound && m->pos <= x->since))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(stripped); i++)
		state_event_at(x->h, room->nid, span_of(stripped[i]), SPAN_LIT(""), x->pos, &l);
	event_row_at(x->h, m->pos, &l);
	struct event_row *own = l.n ? &l.v[l.n - 1] : NULL;
	if (own && ignored_sender(x->h, m->user, own->sender)) {
		event_list_done(&l);
		return false;
	}
	/* Who invites is shown by name. */
	if (own && !span_eq_str(own->state_key, own->sender))
		state_event_at(x->h, room->nid, SPAN_LIT("m.room.member"), span_of(own->sender),
			       x->pos, &l);
	build_comma(x->b);
	buf_put_json_str(x->b, span_of(room->room_id));
	buf_printf(x->b, ":{\"%s\":{\"events\":[", section);
	for (size_t i = 0; i < l.n; i++) {
		build_comma(x->b);
		event_put_stripped(x->b, &l.v[i]);
	}
	buf_put_str(x->b, "]}}");
	event_list_done(&l);
	return true;
}

bool build_invited(struct build *x, struct hub_member *m)
{
	if (invites_blocked(db_reader(x->h->db), m->user->nid))
		return false;
	return put_stripped(x, m, "invite_state");
}

bool build_knocked(struct build *x, struct hub_member *m)
{
	return put_stripped(x, m, "knock_state");
}
