#include "server/sync/access.h"
#include "server/sync/build.h"

#include "core/base/mem.h"
#include "server/sync/ignored.h"

static int limit_of(const struct build *x)
{
	return x->f && x->f->timeline.limit ? x->f->timeline.limit : FILTER_TIMELINE_DEFAULT;
}

const struct event_filter *build_timeline_filter(const struct build *x)
{
	return x->f ? &x->f->timeline : NULL;
}

static void from_tail(struct build *x, struct hub_room *room, int64_t after, int limit,
		      struct build_timeline *t)
{
	const struct event_filter *f = build_timeline_filter(x);
	struct tail_entry *e = tail_get(&x->h->tail, room->newest);
	for (; e && e->pos > after; e = tail_get(&x->h->tail, e->older)) {
		if (e->kind != TAIL_EVENT || e->pos > x->pos)
			continue;
		struct span text = {e->text, e->text_n};
		if (!event_filter_match(f, span_of(e->type), span_of(e->sender), text) ||
		    (!e->state_key && ignored_sender(x->h, x->q->user, e->sender))) {
			t->holes = true;
			continue;
		}
		if ((int)t->l.n == limit) {
			t->limited = true;
			break;
		}
		event_row_of_tail(x->h, e, event_list_add(&t->l));
	}
}

static void from_store(struct build *x, struct hub_room *room, const struct visibility *vis,
		       int64_t after, int64_t upto, int limit, struct build_timeline *t)
{
	const struct event_filter *f = build_timeline_filter(x);
	const char *me = x->q->user->user_id;
	int scanned = 0;
	struct sql_stmt *s = SQL(db_reader(x->h->db),
				 "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				 " e.pos>?2 AND e.pos<=?3 ORDER BY e.pos DESC");
	sql_bind_i64(s, 1, room->nid);
	sql_bind_i64(s, 2, after);
	sql_bind_i64(s, 3, upto);
	while (!t->limited && sql_row(s)) {
		struct event_row *e = event_row_read(x->h, s, &t->l);
		bool shown =
			(!vis || (visibility_sees(vis, e->pos,
						  visibility_subject(me, e->type, e->state_key)) &&
				  !access_erased(x->h, vis, e))) &&
			event_filter_match(f, e->type, span_of(e->sender), e->text) &&
			(e->is_state || !ignored_sender(x->h, x->q->user, e->sender));
		if (shown && (int)t->l.n <= limit)
			continue;
		t->holes |= !shown;
		t->limited = shown;
		if (++scanned == BUILD_SCAN_MAX) {
			t->limited = true;
			t->prev = e->pos;
		}
		mem_free(e->block);
		t->l.n--;
	}
	sql_reset(s);
}

void build_timeline(struct build *x, struct hub_room *room, const struct visibility *vis,
		    int64_t after, int64_t upto, struct build_timeline *ret)
{
	*ret = (struct build_timeline){.prev = -1};
	const struct event_filter *f = build_timeline_filter(x);
	if (event_filter_room(f, room->room_id)) {
		if (x->held && !vis && after >= x->since && upto == x->pos)
			from_tail(x, room, after, limit_of(x), ret);
		else if (upto > after)
			from_store(x, room, vis, after, upto, limit_of(x), ret);
	} else {
		ret->holes = true;
	}
	event_list_reverse(&ret->l);
	ret->start = ret->l.n ? ret->l.v[0].pos : upto + 1;
	if (ret->prev < 0)
		ret->prev = ret->l.n ? ret->start - 1 : after;
	ret->limited |= x->q->estranged || x->q->rewound;
}

/* The newest event that was not lost: our own client drops what it has behind it. */
static void put_kept(struct build *x, const struct hub_room *room)
{
	struct sql_stmt *s = SQL(db_reader(x->h->db), "SELECT event_id FROM events WHERE room_nid=?"
						      " AND pos<=? ORDER BY pos DESC LIMIT 1");
	sql_bind_i64(s, 1, room->nid);
	sql_bind_i64(s, 2, x->since);
	if (!sql_row(s))
		return;
	buf_put_str(x->b, ",\"org.muster.kept\":");
	buf_put_json_str(x->b, sql_col_text(s, 0));
	sql_reset(s);
}

void build_timeline_put(struct build *x, struct hub_room *room, const struct visibility *vis,
			const struct build_timeline *t)
{
	struct event_view view = {
		.hub = x->h,
		.user_nid = x->q->user->nid,
		.device_nid = x->q->device_nid,
		.now_ms = x->now_ms,
		.membership = "join",
		.room_id = room->room_id,
		.cut_room_id = !x->held || vis,
		.previous = true,
		.bundle = !x->held || vis,
		.fields = x->f,
	};
	buf_put_str(x->b, "\"timeline\":{\"events\":[");
	for (size_t i = 0; i < t->l.n; i++) {
		const struct event_row *e = &t->l.v[i];
		if (vis)
			view.membership = visibility_word(visibility_member_at(vis, e->pos));
		build_comma(x->b);
		event_put(x->b, e, &view);
	}
	buf_printf(x->b, "],\"limited\":%s", t->limited ? "true" : "false");
	if (x->q->rewound)
		put_kept(x, room);
	if (!t->whole || t->limited) {
		buf_put_str(x->b, ",\"prev_batch\":\"");
		token_put_page(x->b, db_epoch(x->h->db), t->prev);
		buf_put_char(x->b, '"');
	}
	buf_put_char(x->b, '}');
}
