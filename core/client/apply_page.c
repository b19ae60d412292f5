#include "core/client/apply_priv.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/reply.h"

struct page {
	struct apply a;
	struct store_gap gap;
	int64_t pos;	 /* of the event stored last; the next goes below */
	bool closed;	 /* the known history has been reached */
	bool older_gaps; /* another gap lies below this one */
};

/* From the newest of the page to its oldest. */
static int page_event(struct page *p, const struct sync_event *e, struct err *err)
{
	char id[80];
	bool is_new = false;
	int64_t known = store_event_pos(p->a.s, p->a.room, apply_event_id(e, id));
	if (known) {
		p->closed = p->closed || (p->gap.low && known <= p->gap.low);
		return apply_event(&p->a, e, known, &is_new, err);
	}
	/* Behind the known history only late arrivals are new, or what the next gap will bring. */
	if (p->closed && p->older_gaps)
		return 0;
	int rc = apply_event(&p->a, e, p->pos - 1, &is_new, err);
	if (!rc && is_new)
		p->pos--;
	return rc;
}

static int page_chunk(struct page *p, struct span chunk, int *ret_count, struct err *err)
{
	struct slice cut;
	struct sync_event e;
	struct err why = {0};
	int got, rc = 0;
	*ret_count = 0;
	if (!chunk.n || sync_events(&cut, chunk, NULL))
		return 0;
	while (!rc && (got = sync_next_event(&cut, EVENT_ROOM, &e, &why)) > 0) {
		rc = page_event(p, &e, err);
		if (!rc && e.ok)
			rc = apply_past_name(&p->a, &e.ev, err);
		sync_event_done(&e);
		++*ret_count;
	}
	if (!rc && got < 0) {
		e = (struct sync_event){.raw = span_from(cut.text, cut.at), .why = why};
		rc = page_event(p, &e, err);
		++*ret_count;
	}
	return rc;
}

/* Senders' names, lazily loaded; what sync told about them counts for more. */
static int page_members(struct page *p, struct span list, struct err *err)
{
	struct slice cut;
	struct sync_event e;
	int rc = 0;
	if (!list.n || sync_events(&cut, list, NULL))
		return 0;
	while (!rc && sync_next_event(&cut, EVENT_ROOM, &e, NULL) > 0) {
		if (e.ok)
			rc = apply_member(&p->a, &e.ev, true, err);
		sync_event_done(&e);
	}
	return rc;
}

static bool gap_unchanged(struct store *s, const struct store_gap *g)
{
	struct store_gap *now = NEW(struct store_gap);
	bool same = store_gap_find(s, g->room, g->pos, now) && now->pos == g->pos &&
		    strcmp(now->token, g->token) == 0;
	mem_free(now);
	return same;
}

static int settle_gap(struct page *p, const struct page_reply *r, int count, bool *ret_more,
		      struct err *err)
{
	struct store *s = p->a.s;
	bool stuck = !count && strcmp(r->end, p->gap.token) == 0;
	if (p->closed || !r->end[0] || stuck) {
		*ret_more = false;
		return store_gap_remove(s, p->gap.room, p->gap.pos, err);
	}
	*ret_more = true;
	return store_gap_move(s, p->gap.room, p->gap.pos, p->pos, span_of(r->end), err);
}

static int count_commit(struct store *s, struct err *err)
{
	return store_meta_set_i64(s, STORE_META_COMMITS,
				  store_meta_i64(s, STORE_META_COMMITS, 0) + 1, err);
}

int apply_page(struct store *s, const struct store_gap *g, struct span reply, bool *ret_more,
	       struct err *err)
{
	struct page_reply *r = NEW(struct page_reply);
	struct page *p = NEW(struct page);
	struct store_gap *below = NEW(struct store_gap);
	int count = 0;
	p->a = (struct apply){.s = s, .own = "", .room = g->room};
	p->gap = *g;
	p->pos = g->pos;
	int rc = page_reply_read(reply, r, err);
	if (!rc)
		rc = store_begin(s, err);
	if (!rc && !gap_unchanged(s, g)) {
		store_rollback(s);
		*ret_more = store_gap_find(s, g->room, g->pos, below) && below->low == g->low;
		goto out;
	}
	if (!rc) {
		p->older_gaps = store_gap_find(s, g->room, g->pos - 1, below);
		rc = page_chunk(p, r->chunk, &count, err);
	}
	if (!rc)
		rc = page_members(p, r->state, err);
	if (!rc)
		rc = settle_gap(p, r, count, ret_more, err);
	if (!rc)
		rc = store_room_changed(s, g->room, err);
	if (!rc)
		rc = count_commit(s, err);
	if (!rc)
		rc = store_commit(s, err);
	if (rc)
		store_rollback(s);
out:
	mem_free(r);
	mem_free(p);
	mem_free(below);
	return rc;
}

int apply_members(struct store *s, int64_t room, const char *own_user_id, struct span reply,
		  struct err *err)
{
	struct apply a = {.s = s, .own = own_user_id, .room = room};
	struct slice cut;
	struct sync_event e;
	struct span list;
	if (slice_find(reply, "chunk", &list) != SLICE_ARRAY || sync_events(&cut, list, NULL))
		return err_set(err, ERR_PROTOCOL, _("the server's list of members is malformed"));
	int rc = store_begin(s, err);
	while (!rc && sync_next_event(&cut, EVENT_ROOM, &e, NULL) > 0) {
		if (e.ok)
			rc = apply_state(&a, &e, err);
		sync_event_done(&e);
	}
	if (!rc)
		rc = store_room_members_complete(s, room, true, err);
	if (!rc)
		rc = store_room_rename(s, room, own_user_id, err);
	if (!rc)
		rc = store_room_changed(s, room, err);
	if (!rc)
		rc = store_commit(s, err);
	if (rc)
		store_rollback(s);
	return rc;
}
