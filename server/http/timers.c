#include "server/http/internal.h"

/*
 * Every kind of deadline has one fixed duration, so the list of a kind is in
 * order of expiry by itself and one timer serves all connections.
 */

static void on_timer(uv_timer_t *t);

static void start_timer(struct httpd *h)
{
	uint64_t soonest = UINT64_MAX;
	for (int i = 0; i < DL_COUNT; i++) {
		const struct conn *c = h->deadlines[i].first;
		if (c && c->due < soonest)
			soonest = c->due;
	}
	if (soonest == UINT64_MAX) {
		uv_timer_stop(&h->timer);
		return;
	}
	uint64_t now = uv_now(loop_uv(h->loop));
	uv_timer_start(&h->timer, on_timer, soonest > now ? soonest - now : 0, 0);
}

static void expire_body(struct conn *c)
{
	if (c->rq.file && filesink_full(c->rq.file))
		timers_set(c, DL_BODY); /* the disk is slow, not the peer */
	else
		request_fail(c, 408);
}

/* A long write reports only its end; what is left of it tells of progress. */
static void expire_write(struct conn *c)
{
	if (uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) < c->out_left)
		timers_set(c, DL_WRITE);
	else
		conn_abort(c);
}

static void expire(struct conn *c, enum deadline dl)
{
	switch (dl) {
	case DL_HEAD:
		if (c->state == CONN_HEAD)
			request_fail(c, 408);
		else
			conn_abort(c);
		break;
	case DL_BODY:
		expire_body(c);
		break;
	case DL_IDLE:
		conn_linger(c);
		break;
	case DL_WRITE:
		expire_write(c);
		break;
	case DL_WS:
		ws_deadline(c->ws);
		break;
	case DL_SOON:
		conn_next(c);
		break;
	default:
		conn_abort(c);
	}
}

static void on_timer(uv_timer_t *t)
{
	struct httpd *h = t->data;
	uint64_t now = uv_now(loop_uv(h->loop));
	for (int i = 0; i < DL_COUNT; i++) {
		/* What an expiry sets anew is due later than now, except the kinds of 0 ms. */
		struct conn *c = h->deadlines[i].first;
		while (c && c->due <= now) {
			timers_remove(c);
			expire(c, (enum deadline)i);
			c = h->deadlines[i].first;
		}
	}
	start_timer(h);
}

void timers_init(struct httpd *h)
{
	static const enum deadline kinds[] = {DL_HEAD,	DL_BODY,   DL_IDLE,
					      DL_WRITE, DL_LINGER, DL_WS};
	const struct httpd_options *o = &h->opt;
	const int after[] = {o->head_timeout_ms, o->body_stall_ms, o->keepalive_ms,
			     o->write_stall_ms,	 HTTPD_LINGER_MS,  o->ws_ping_ms};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		h->deadlines[kinds[i]].after_ms = (uint64_t)after[i];
	uv_timer_init(loop_uv(h->loop), &h->timer);
	uv_unref((uv_handle_t *)&h->timer);
	h->timer.data = h;
}

void timers_remove(struct conn *c)
{
	if (c->dl == DL_NONE)
		return;
	struct deadline_list *l = &c->h->deadlines[c->dl];
	*(c->dl_prev ? &c->dl_prev->dl_next : &l->first) = c->dl_next;
	*(c->dl_next ? &c->dl_next->dl_prev : &l->last) = c->dl_prev;
	c->dl_prev = c->dl_next = NULL;
	c->dl = DL_NONE;
}

void timers_set(struct conn *c, enum deadline dl)
{
	timers_remove(c);
	if (dl == DL_NONE)
		return;
	struct httpd *h = c->h;
	struct deadline_list *l = &h->deadlines[dl];
	c->dl = dl;
	if (dl == DL_WRITE && !c->socketless)
		c->out_left = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
	c->due = uv_now(loop_uv(h->loop)) + l->after_ms;
	c->dl_prev = l->last;
	*(l->last ? &l->last->dl_next : &l->first) = c;
	l->last = c;
	if (!uv_is_active((uv_handle_t *)&h->timer) || uv_timer_get_due_in(&h->timer) > l->after_ms)
		start_timer(h);
}

static enum deadline wanted(const struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return DL_NONE;
	if (c->dl == DL_NOW)
		return DL_NOW;
	if (c->dl == DL_LINGER && c->state == CONN_WS)
		return DL_LINGER; /* our close waits for the peer's */
	if (c->h->ending)
		return DL_LINGER;
	if (c->out_bytes)
		return DL_WRITE;
	switch (c->state) {
	case CONN_IDLE:
		return c->first ? DL_HEAD : DL_IDLE;
	case CONN_HEAD:
		return DL_HEAD;
	case CONN_BODY:
		return DL_BODY;
	case CONN_WS:
		return DL_WS;
	case CONN_LINGER:
		return c->rq.send ? DL_NONE : DL_LINGER;
	default:
		return DL_NONE;
	}
}

void timers_update(struct conn *c, bool progress)
{
	enum deadline dl = wanted(c);
	bool renew = progress && (dl == DL_BODY || dl == DL_WRITE || dl == DL_WS);
	if (dl != c->dl || renew)
		timers_set(c, dl);
}
