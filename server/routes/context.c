/*
 * GET /rooms/{roomId}/context/{eventId}
 */
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/page.h"
#include "server/sync/state_at.h"
#include "server/sync/token.h"

extern const struct route context_routes[];

#define CONTEXT_LIMIT_MAX 200

static void put_token(struct buf *b, struct rq *rq, const char *key, int64_t pos)
{
	buf_printf(b, ",\"%s\":\"", key);
	token_put_page(b, db_epoch(rq->srv->db), pos);
	buf_put_char(b, '"');
}

/* State at the last event; with lazy loading only the members who speak here. */
static void put_state(struct buf *b, struct room_access *a, int64_t pos,
		      const struct event_filter *f, const struct event_list *shown[3])
{
	struct event_list l = {0}, all = {0};
	if (f->lazy_load_members) {
		state_others_at(a->hub, a->room->nid, pos, &l);
		for (int i = 0; i < 3; i++)
			for (size_t k = 0; k < shown[i]->n; k++)
				*event_list_add(&all) = shown[i]->v[k];
		access_senders(a, &all, pos, &l);
		state_sort(&l, 0);
		mem_free(all.v); /* what is in it belongs to the other lists */
	} else {
		state_at(a->hub, a->room->nid, pos, &l);
	}
	buf_put_str(b, ",\"state\":");
	access_put_list(b, a, &l);
	event_list_done(&l);
}

static void reply(struct rq *rq, struct room_access *a, int limit, const struct event_filter *f,
		  const struct event_list *event)
{
	struct event_list before = {0}, after = {0};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	int64_t pos = event->v[0].pos, start = pos - 1, end = pos;
	struct page p = {.from = pos - 1, .to = -1, .limit = limit / 2, .filter = f};
	if (p.limit)
		page_read(a, &p, &before, &start);
	p = (struct page){.forward = true,
			  .from = pos,
			  .to = -1,
			  .limit = limit - limit / 2,
			  .filter = f};
	page_read(a, &p, &after, &end);
	buf_put_str(&b, "{\"event\":");
	access_put(&b, a, &event->v[0]);
	buf_put_str(&b, ",\"events_before\":");
	access_put_list(&b, a, &before);
	buf_put_str(&b, ",\"events_after\":");
	access_put_list(&b, a, &after);
	const struct event_list *shown[3] = {event, &before, &after};
	put_state(&b, a, after.n ? after.v[after.n - 1].pos : pos, f, shown);
	put_token(&b, rq, "start", start);
	put_token(&b, rq, "end", end);
	buf_put_char(&b, '}');
	rq_text(rq, 200, &b);
	buf_done(&b);
	event_list_done(&before);
	event_list_done(&after);
}

static void get_context(struct rq *rq)
{
	struct room_access a;
	struct event_filter f;
	struct event_list event = {0};
	struct err err = {0};
	int limit;
	if (!read_limit(rq, PAGE_LIMIT_DEFAULT, CONTEXT_LIMIT_MAX, &limit) || !read_open(rq, &a))
		return;
	if (access_event(&a, rq->param[1], &event, &err)) {
		rq_err(rq, &err);
	} else if (read_filter(rq, &f)) {
		reply(rq, &a, limit, &f, &event);
		event_filter_done(&f);
	}
	event_list_done(&event);
	access_done(&a);
}

const struct route context_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/context/{}", ROUTE_USER, 0, get_context, 0},
	{0},
};
