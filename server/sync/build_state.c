#include "core/base/mem.h"
#include "server/sync/build.h"
#include "server/sync/state_at.h"

#include <string.h>

const struct event_filter *build_state_filter(const struct build *x)
{
	return x->f ? &x->f->state : NULL;
}

static bool same_key(const struct event_row *a, const struct event_row *b)
{
	return b->is_state && span_eq(a->type, b->type) && span_eq(a->state_key, b->state_key);
}

static struct event_row *find_key(const struct event_list *l, size_t from,
				  const struct event_row *e)
{
	for (size_t i = from; i < l->n; i++)
		if (same_key(e, &l->v[i]))
			return &l->v[i];
	return NULL;
}

static bool tells(const struct event_list *l, int64_t pos)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pos == pos)
			return true;
	return false;
}

/* The newest state event of each key in (after, upto], from the tail, oldest first. */
static void changed_in_tail(struct build *x, struct hub_room *room, int64_t after, int64_t upto,
			    struct event_list *l)
{
	struct tail_entry *e = tail_get(&x->h->tail, room->newest);
	for (; e && e->pos > after; e = tail_get(&x->h->tail, e->older)) {
		struct event_row row;
		if (e->kind != TAIL_EVENT || !e->state_key || e->pos > upto)
			continue;
		event_row_of_tail(x->h, e, &row);
		if (!find_key(l, 0, &row))
			*event_list_add(l) = row;
	}
	event_list_reverse(l);
}

static void changed(struct build *x, struct hub_room *room, int64_t after, int64_t upto,
		    struct event_list *l)
{
	if (upto <= after)
		return;
	if (x->held && after >= x->since)
		changed_in_tail(x, room, after, upto, l);
	else
		state_changed(x->h, room->nid, after, upto, l);
}

/*
 * State that changed within the timeline's span, but by events that the
 * timeline leaves out (filtered, or from a time that the person may not read):
 * told as state, or the client would never learn of it.
 */
static void add_hidden(struct build *x, struct hub_room *room, const struct build_timeline *t,
		       int64_t upto, struct event_list *l)
{
	struct event_list hidden = {0};
	changed(x, room, t->start - 1, upto, &hidden);
	for (size_t i = 0; i < hidden.n; i++) {
		struct event_row *e = &hidden.v[i];
		if (find_key(&t->l, 0, e))
			continue;
		struct event_row *old = find_key(l, 0, e);
		if (old) {
			mem_free(old->block);
			*old = *e;
		} else {
			*event_list_add(l) = *e;
		}
		e->block = NULL;
	}
	event_list_done(&hidden);
}

void build_timeline_settle(struct build *x, struct hub_room *room, int64_t upto,
			   struct build_timeline *t)
{
	struct event_list newest = {0};
	size_t cut = 0;
	if (!t->holes || x->q->state_after)
		return;
	changed(x, room, t->start - 1, upto, &newest);
	for (size_t i = 0; i < newest.n; i++)
		for (size_t k = cut; k < t->l.n; k++)
			if (t->l.v[k].pos < newest.v[i].pos && same_key(&newest.v[i], &t->l.v[k]) &&
			    !tells(&t->l, newest.v[i].pos))
				cut = k + 1;
	event_list_done(&newest);
	if (!cut)
		return;
	for (size_t k = 0; k < cut; k++)
		mem_free(t->l.v[k].block);
	t->prev = t->l.v[cut - 1].pos;
	t->l.n -= cut;
	memmove(t->l.v, t->l.v + cut, t->l.n * sizeof(*t->l.v));
	t->start = t->l.n ? t->l.v[0].pos : upto + 1;
	t->limited = true;
}

static void add_member(struct build *x, struct hub_room *room, const char *user_id, int64_t upto,
		       struct event_list *l)
{
	struct event_row key = {.is_state = true,
				.type = SPAN_LIT("m.room.member"),
				.state_key = span_of(user_id)};
	if (find_key(l, 0, &key))
		return;
	state_event_at(x->h, room->nid, key.type, key.state_key, upto, l);
}

/*
 * Lazy loading: of the members only those who are needed to show the timeline
 * are told, beside what changed (which is all that `l` holds of them).
 */
static void lazy(struct build *x, struct hub_room *room, const struct build_timeline *t, bool full,
		 int64_t upto, const struct event_list *heroes, struct event_list *l)
{
	if (full)
		add_member(x, room, x->q->user->user_id, upto, l);
	for (size_t i = 0; i < t->l.n; i++)
		add_member(x, room, t->l.v[i].sender, upto, l);
	for (size_t i = 0; heroes && i < heroes->n; i++) {
		AUTO_FREE char *id = span_dup(heroes->v[i].state_key);
		add_member(x, room, id, upto, l);
	}
	if (full)
		state_sort(l, 0);
}

static bool put(struct build *x, struct hub_room *room, const struct event_list *l)
{
	bool any = false;
	struct event_view view = {.hub = x->h,
				  .user_nid = x->q->user->nid,
				  .device_nid = x->q->device_nid,
				  .now_ms = x->now_ms,
				  .room_id = room->room_id,
				  .cut_room_id = true,
				  .fields = x->f};
	buf_put_char(x->b, '"');
	buf_put_str(x->b, x->q->state_after ? x->q->state_after : "state");
	buf_put_str(x->b, "\":{\"events\":[");
	for (size_t i = 0; i < l->n; i++) {
		const struct event_row *e = &l->v[i];
		if (!event_filter_match(build_state_filter(x), e->type, span_of(e->sender),
					e->text))
			continue;
		build_comma(x->b);
		event_put(x->b, e, &view);
		any = true;
	}
	buf_put_str(x->b, "]}");
	return any;
}

/*
 * Somebody who is outside is told why in the state, unless the timeline says
 * it: own events of that time are no part of a contiguous timeline.
 */
static void add_own(struct build *x, int64_t pos, const struct build_timeline *t,
		    struct event_list *l)
{
	struct event_list own = {0};
	if (tells(&t->l, pos))
		return;
	if (event_row_at(x->h, pos, &own)) {
		struct event_row *old = find_key(l, 0, &own.v[0]);
		struct event_row *to = old ? old : event_list_add(l);
		mem_free(to->block);
		*to = own.v[0];
		own.v[0].block = NULL;
	}
	event_list_done(&own);
}

bool build_state(struct build *x, struct hub_room *room, const struct build_timeline *t, bool full,
		 int64_t after, int64_t upto, const struct event_list *heroes, int64_t own_pos)
{
	struct event_list l = {0};
	const struct event_filter *f = build_state_filter(x);
	int64_t end = x->q->state_after ? upto : t->start - 1;
	if (event_filter_room(f, room->room_id)) {
		if (full && f && f->lazy_load_members)
			state_others_at(x->h, room->nid, end, &l);
		else if (full)
			state_at(x->h, room->nid, end, &l);
		else
			changed(x, room, after, end, &l);
		if (t->holes && end < upto)
			add_hidden(x, room, t, upto, &l);
		if (f && f->lazy_load_members)
			lazy(x, room, t, full, end, heroes, &l);
	}
	if (own_pos)
		add_own(x, own_pos, t, &l);
	bool any = put(x, room, &l);
	event_list_done(&l);
	return any;
}
