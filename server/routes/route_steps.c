#include "server/routes/route_steps.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

struct steps {
	struct rq *rq;
	struct loop_timer *timer;
	rq_step_fn *step;
	void (*done)(struct rq *rq, void *arg);
	void *arg;
	void (*free_arg)(void *);
};

static void steps_free(struct steps *s)
{
	loop_timer_free(s->timer);
	s->free_arg(s->arg);
	mem_free(s);
}

static void on_drop(struct rq *rq)
{
	steps_free(rq->user);
}

static void turn(void *arg)
{
	struct steps *s = arg;
	if (!s->step(s->arg, clock_mono_ns() + ROUTE_STEP_MS * (int64_t)1000000)) {
		/* One that is due at once would run again before anything else is looked at. */
		loop_timer_start(s->timer, 1, 0);
		return;
	}
	s->rq->user = NULL;
	s->rq->drop = NULL;
	s->done(s->rq, s->arg);
	steps_free(s);
}

void rq_in_steps(struct rq *rq, rq_step_fn *step, void (*done)(struct rq *rq, void *arg), void *arg,
		 void (*free_arg)(void *))
{
	struct steps *s = NEW(struct steps);
	*s = (struct steps){.rq = rq, .step = step, .done = done, .arg = arg, .free_arg = free_arg};
	s->timer = loop_timer_new(rq->srv->loop, turn, s);
	rq->user = s;
	rq->drop = on_drop;
	turn(s);
}
