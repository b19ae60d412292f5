#include "server/routes/route_steps.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#define STEP_NS (ROUTE_STEP_MS * (int64_t)1000000)

struct steps {
	struct steps *next;
	struct rq *rq;
	rq_step_fn *step;
	void (*done)(struct rq *rq, void *arg);
	void *arg;
	void (*free_arg)(void *);
};

struct turns {
	struct loop_timer *timer;
	struct steps *first;
	int64_t served;	  /* whose step was the last */
	int64_t ended_ns; /* and when it ended */
	bool finished;
};

static void steps_free(struct steps *s)
{
	s->free_arg(s->arg);
	mem_free(s);
}

static void append(struct turns *t, struct steps *s)
{
	struct steps **at = &t->first;
	while (*at)
		at = &(*at)->next;
	*at = s;
	s->next = NULL;
	/* One that is due at once would run again before anything else is looked at. */
	loop_timer_start(t->timer, 1, 0);
}

static void on_drop(struct rq *rq)
{
	struct steps *s = rq->user, **at = &rq->srv->turns->first;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	steps_free(s);
}

static void complete(struct steps *s)
{
	s->rq->user = NULL;
	s->rq->drop = NULL;
	s->done(s->rq, s->arg);
	steps_free(s);
}

/* The one that has waited longest, of somebody else than the last when there is one. */
static struct steps *pop(struct turns *t)
{
	struct steps **at = &t->first;
	while (*at && (*at)->rq->who.user_nid == t->served)
		at = &(*at)->next;
	if (!*at)
		at = &t->first;
	struct steps *s = *at;
	if (s)
		*at = s->next;
	return s;
}

/* One step of one that stands in no line. */
static void serve(struct turns *t, struct steps *s)
{
	bool over = s->step(s->arg, clock_mono_ns() + STEP_NS);
	t->served = s->rq->who.user_nid;
	t->ended_ns = clock_mono_ns();
	if (over)
		complete(s);
	else
		append(t, s);
}

static void turn(void *arg)
{
	struct turns *t = arg;
	struct steps *s = pop(t);
	if (!s)
		return;
	if (t->first)
		loop_timer_start(t->timer, 1, 0);
	serve(t, s);
}

void rq_in_steps(struct rq *rq, rq_step_fn *step, void (*done)(struct rq *rq, void *arg), void *arg,
		 void (*free_arg)(void *))
{
	struct turns *t = rq->srv->turns;
	struct steps *s = NEW(struct steps);
	*s = (struct steps){.rq = rq, .step = step, .done = done, .arg = arg, .free_arg = free_arg};
	rq->user = s;
	rq->drop = on_drop;
	if (t->finished)
		while (!step(arg, INT64_MAX))
			;
	if (t->finished)
		complete(s);
	else if (t->first || clock_mono_ns() - t->ended_ns < STEP_NS)
		append(t, s);
	else
		serve(t, s);
}

struct turns *turns_new(struct loop *l)
{
	struct turns *t = NEW(struct turns);
	t->timer = loop_timer_new(l, turn, t);
	t->ended_ns = clock_mono_ns() - STEP_NS;
	return t;
}

void turns_finish(struct turns *t)
{
	struct steps *s;
	if (!t)
		return;
	t->finished = true;
	loop_timer_stop(t->timer);
	while ((s = pop(t)) != NULL) {
		while (!s->step(s->arg, INT64_MAX))
			;
		complete(s);
	}
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	loop_timer_free(t->timer);
	mem_free(t);
}
