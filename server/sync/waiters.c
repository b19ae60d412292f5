#include "server/sync/waiters.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

struct waiter {
	struct waiter *next; /* of the same person, newest first */
	struct hub *hub;
	struct rq *rq;
	struct sync_query q;
	struct loop_timer *timer;
	uint64_t turn; /* flush that looked at it last */
};

static void unlink_waiter(struct waiter *w)
{
	struct waiter **at = &w->q.user->waiters;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->q.user->waiter_count--;
	w->hub->waiting--;
}

static void waiter_free(struct waiter *w)
{
	unlink_waiter(w);
	loop_timer_free(w->timer);
	filter_unref(w->q.filter);
	mem_free(w);
}

/* Takes the waiter out before the reply: a reply may start the next request at once. */
static void answer(struct waiter *w, struct buf *b)
{
	struct rq *rq = w->rq;
	rq->user = NULL;
	rq->drop = NULL;
	waiter_free(w);
	rq_text(rq, 200, b);
	buf_done(b);
}

static void answer_now(struct waiter *w)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	sync_build(w->hub, &w->q, true, &b);
	answer(w, &b);
}

static void on_timeout(void *arg)
{
	answer_now(arg);
}

static void on_drop(struct rq *rq)
{
	waiter_free(rq->user);
}

void waiters_add(struct hub *h, struct rq *rq, const struct sync_query *q, int timeout_ms)
{
	struct hub_user *u = q->user;
	struct waiter *w = NEW(struct waiter), *oldest = u->waiters;
	w->hub = h;
	w->rq = rq;
	w->q = *q;
	w->timer = loop_timer_new(h->loop, on_timeout, w);
	loop_timer_start(w->timer, (uint64_t)timeout_ms, 0);
	w->next = u->waiters;
	u->waiters = w;
	u->waiter_count++;
	h->waiting++;
	rq->user = w;
	rq->drop = on_drop;
	if (u->waiter_count <= WAITERS_PER_USER)
		return;
	while (oldest->next)
		oldest = oldest->next;
	answer_now(oldest);
}

static void try_answer(struct waiter *w)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct hub *h = w->hub;
	bool written = db_position(h->db) > w->q.since.pos;
	if (sync_build(h, &w->q, false, &b)) {
		answer(w, &b);
		if (written)
			histogram_add(&h->fanout,
				      (double)(clock_mono_ns() - db_committed_ns(h->db)) / 1e9);
		return;
	}
	buf_done(&b);
	/* Nothing for this one up to here: the tail need not reach back further. */
	if (!w->q.initial && !sync_holds(w->hub, &w->q))
		w->q.since = sync_token_now(w->hub, w->q.user);
}

static void flush_user(struct hub_user *u, uint64_t turn)
{
	for (;;) {
		struct waiter *w = u->waiters;
		while (w && w->turn == turn)
			w = w->next;
		if (!w)
			return;
		w->turn = turn;
		try_answer(w);
	}
}

static void flush(void *arg)
{
	struct hub **slot = arg, *h = *slot;
	mem_free(slot);
	if (!h)
		return;
	struct hub_user *u = h->woken;
	h->woken = NULL;
	h->flush = NULL;
	h->turn++;
	while (u) {
		struct hub_user *next = u->next_woken;
		u->woken = false;
		flush_user(u, h->turn);
		u = next;
	}
}

void waiters_mark(struct hub *h, struct hub_user *user)
{
	if (user->woken)
		return;
	user->woken = true;
	user->next_woken = h->woken;
	h->woken = user;
	if (h->flush)
		return;
	h->flush = mem_dup(&h, sizeof(h));
	loop_defer(h->loop, flush, h->flush);
}

void waiters_end(struct hub *h, struct hub_user *user, int64_t device_nid)
{
	h->turn++;
	for (;;) {
		struct waiter *w = user->waiters;
		while (w && (w->turn == h->turn || (device_nid && w->q.device_nid != device_nid)))
			w = w->next;
		if (!w)
			return;
		w->turn = h->turn;
		answer_now(w);
	}
}
