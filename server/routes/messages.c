/*
 * GET /rooms/{roomId}/messages
 */
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/page.h"
#include "server/sync/token.h"

extern const struct route messages_routes[];

static void put_token(struct buf *b, struct rq *rq, const char *key, int64_t pos)
{
	buf_printf(b, "\"%s\":\"", key);
	token_put_page(b, db_epoch(rq->srv->db), pos);
	buf_put_char(b, '"');
}

static void reply_page(struct rq *rq, struct room_access *a, const struct page *p)
{
	struct event_list l = {0}, members = {0};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	int64_t end;
	bool more = page_read(a, p, &l, &end);
	buf_put_char(&b, '{');
	put_token(&b, rq, "start", p->from);
	if (more) {
		buf_put_char(&b, ',');
		put_token(&b, rq, "end", end);
	}
	buf_put_str(&b, ",\"chunk\":");
	access_put_list(&b, a, &l);
	if (p->filter->lazy_load_members) {
		int64_t newest = l.n ? l.v[p->forward ? l.n - 1 : 0].pos : 0;
		access_senders(a, &l, newest, &members);
		buf_put_str(&b, ",\"state\":");
		access_put_list(&b, a, &members);
	}
	buf_put_char(&b, '}');
	rq_text(rq, 200, &b);
	buf_done(&b);
	event_list_done(&l);
	event_list_done(&members);
}

static void get_messages(struct rq *rq)
{
	struct room_access a;
	struct event_filter f;
	struct page p = {.to = -1, .filter = &f};
	int limit;
	if (!read_dir(rq, 0, &p.forward) ||
	    !read_limit(rq, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, &limit) || !read_open(rq, &a))
		return;
	p.from = p.forward ? 0 : a.upto;
	if (!read_token(rq, "from", &p.from) || !read_token(rq, "to", &p.to)) {
		access_done(&a);
		return;
	}
	if (read_filter(rq, &f)) {
		p.limit = f.limit && f.limit < limit ? f.limit : limit;
		reply_page(rq, &a, &p);
		event_filter_done(&f);
	}
	access_done(&a);
}

const struct route messages_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/messages", ROUTE_USER, 0, get_messages, 0},
	{0},
};
