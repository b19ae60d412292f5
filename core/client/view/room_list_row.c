/* One room of the list, from the cache. */
#include "core/base/clock.h"
#include "core/base/fold.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/call_people.h"
#include "core/client/view/conversation.h"
#include "core/client/view/room_list_priv.h"
#include "core/store/live.h"
#include "core/store/relations.h"
#include "core/store/spaces.h"

#include <string.h>

#define LAST_MAX 200 /* bytes of a message that is shown in one line */

static enum room_section section_of(const struct store_room *r)
{
	if (strcmp(r->membership, "join") != 0)
		return SECTION_INVITES;
	if (r->favourite)
		return SECTION_FAVOURITES;
	if (r->low_priority || r->archived)
		return SECTION_LOW;
	if (r->type && strcmp(r->type, "m.space") == 0)
		return SECTION_SPACES;
	return r->direct ? SECTION_PEOPLE : SECTION_ROOMS;
}

struct last {
	struct room_list *l;
	struct row *row;
};

static void put_who(struct buf *b, const struct last *x, const struct store_event *e)
{
	if (span_eq_str(e->sender, x->l->own)) {
		buf_put_str(b, _("You"));
	} else if (!x->row->pub.direct) {
		AUTO_FREE char *name = store_member_name(x->l->s, e->room, e->sender);
		buf_put_span(b, name && *name ? span_of(name) : user_short_name(e->sender));
	}
	if (b->n)
		buf_put_str(b, ": ");
}

static int on_last(const struct store_event *e, void *arg)
{
	struct last *x = arg;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_who(&b, x, e);
	size_t who = b.n;
	if (e->body.p)
		store_event_text(x->l->s, e, &b);
	else
		buf_put_str(&b, _("encrypted"));
	buf_truncate(&b, who + utf8_head(span_from(buf_span(&b), who), LAST_MAX));
	x->row->pub.last = pool_text(&x->row->pool, buf_span(&b), TEXT_LINE);
	return 0;
}

static int on_typing(struct span user_id, void *arg)
{
	struct last *x = arg;
	x->row->pub.typing += !span_eq_str(user_id, x->l->own);
	return 0;
}

static int on_presence(const struct store_presence *p, void *arg)
{
	*(int *)arg = room_list_presence(p->state);
	return 0;
}

int room_list_presence(struct span state)
{
	return span_eq_str(state, "online") ? 1 : span_eq_str(state, "unavailable") ? 2 : 3;
}

static void put_texts(struct row *row, const struct store_room *r)
{
	struct pool *p = &row->pool;
	row->pub.room_id = pool_dup(p, span_of(r->room_id));
	row->pub.name = pool_text(p, span_of(r->display), TEXT_LINE);
	row->pub.direct = pool_dup(p, span_of(r->direct));
	row->alias = pool_dup(p, span_of(r->alias));
	buf_init(&row->key, BUF_CAP_OWN);
	fold_put(&row->key, span_of(r->display));
}

static void put_rest(struct room_list *l, struct row *row)
{
	struct last x = {l, row};
	struct room_row *pub = &row->pub;
	store_event_last(l->s, pub->room, on_last, &x);
	store_typing_walk(l->s, pub->room, clock_wall_ms(), on_typing, &x);
	if (pub->direct)
		store_presence_get(l->s, span_of(pub->direct), on_presence, &pub->presence);
	pub->call_people = call_people_here(l->s, pub->room, l->own, clock_wall_ms());
	pub->muted = json_object_get(l->muted, pub->room_id) != NULL;
}

struct row *row_load(struct room_list *l, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	if (!store_room_get(l->s, room, &r) ||
	    (strcmp(r.membership, "join") != 0 && strcmp(r.membership, "invite") != 0 &&
	     strcmp(r.membership, "knock") != 0))
		return NULL;
	struct row *row = NEW(struct row);
	row->tag_order = r.tag_order;
	row->replaced = r.successor && store_room_newest(l->s, room) != room;
	row->pub = (struct room_row){
		.room = room,
		.section = section_of(&r),
		.last_ts = r.last_ts,
		.unread = r.unread + r.thread_unread,
		.highlights = r.highlights + r.thread_highlights,
		.marked_unread = r.marked_unread,
		.encrypted = r.encrypted,
	};
	put_texts(row, &r);
	put_rest(l, row);
	if (strcmp(r.membership, "join") == 0)
		row->knock = row_knock(l, row);
	return row;
}

void row_free(struct row *r)
{
	if (!r)
		return;
	row_free(r->knock);
	buf_done(&r->key);
	pool_done(&r->pool);
	mem_free(r);
}

static bool same_text(struct term_text a, struct term_text b)
{
	return a.n == b.n && (!a.n || memcmp(a.s, b.s, a.n) == 0);
}

bool row_same(const struct row *a, const struct row *b)
{
	const struct room_row *x = &a->pub, *y = &b->pub;
	if (a->knock && b->knock ? !row_same(a->knock, b->knock) : a->knock || b->knock)
		return false;
	return x->section == y->section && same_text(x->name, y->name) &&
	       same_text(x->last, y->last) && x->last_ts == y->last_ts && x->unread == y->unread &&
	       x->highlights == y->highlights && x->marked_unread == y->marked_unread &&
	       x->muted == y->muted && x->encrypted == y->encrypted &&
	       x->call_people == y->call_people && x->typing == y->typing &&
	       x->presence == y->presence && a->tag_order == b->tag_order &&
	       a->replaced == b->replaced && span_eq(span_of(x->direct), span_of(y->direct));
}
