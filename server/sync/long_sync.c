#include "server/sync/long_sync.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/routes/route.h"
#include "server/sync/waiters.h"

struct long_sync {
	struct long_sync *next;
	struct hub *h;
	struct rq *rq;
	struct sync_work *work;
	int timeout_ms;
};

bool long_sync_is(const struct hub *h, const struct sync_query *q)
{
	return !sync_is_held(h, q) && q->user->rooms.count > LONG_SYNC_ROOMS && !h->stopping;
}

static void unlink_sync(struct long_sync *l)
{
	struct long_sync **at = &l->h->long_syncs;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
}

static void on_drop(struct rq *rq)
{
	struct long_sync *l = rq->user;
	struct sync_query q;
	unlink_sync(l);
	sync_work_end(l->work, false, NULL, &q);
	filter_unref(q.filter);
	mem_free(l);
}

void long_sync_start(struct hub *h, struct rq *rq, const struct sync_query *q, int timeout_ms)
{
	struct long_sync *l = NEW(struct long_sync), **at = &h->long_syncs;
	l->h = h;
	l->rq = rq;
	l->work = sync_work_new(h, q);
	l->timeout_ms = timeout_ms;
	rq->user = l;
	rq->drop = on_drop;
	while (*at)
		at = &(*at)->next;
	*at = l;
	if (!h->long_timer) {
		h->long_timer = loop_timer_new(h->loop, long_sync_turn, h);
		loop_timer_background(h->long_timer);
	}
	loop_timer_start(h->long_timer, 1, 0);
}

/* The request is told, or waits. */
static void complete(struct long_sync *l)
{
	struct buf b;
	struct sync_query q;
	bool any = sync_work_end(l->work, true, &b, &q);
	unlink_sync(l);
	l->rq->user = NULL;
	l->rq->drop = NULL;
	if (any || !l->timeout_ms || l->h->stopping) {
		filter_unref(q.filter);
		rq_text(l->rq, 200, &b);
	} else {
		waiters_add(l->h, l->rq, &q, l->timeout_ms);
	}
	buf_done(&b);
	mem_free(l);
}

void long_sync_turn(void *arg)
{
	struct hub *h = arg;
	int64_t until = clock_mono_ns() + LONG_SYNC_STEP_MS * (int64_t)1000000;
	struct long_sync *l = h->long_syncs;
	if (l && sync_work_step(l->work, until))
		complete(l);
	/* One that is due at once would run again before anything else is looked at. */
	if (h->long_syncs)
		loop_timer_start(h->long_timer, 1, 0);
}

void long_sync_finish(struct hub *h)
{
	while (h->long_syncs)
		if (sync_work_step(h->long_syncs->work, 0))
			complete(h->long_syncs);
}
