/*
 * Requests that take long: in steps, with other requests between them. All of
 * them share the turns of the loop, one step in each, so that many at once hold
 * nobody up longer than one does. Loop thread.
 */
#ifndef MUSTER_SERVER_ROUTES_ROUTE_STEPS_H
#define MUSTER_SERVER_ROUTES_ROUTE_STEPS_H

#include "server/routes/route.h"

#define ROUTE_STEP_MS 4

/** Goes on until clock_mono_ns passes `until_ns`, at least one piece. True: complete. */
typedef bool rq_step_fn(void *arg, int64_t until_ns);

/**
 * Call `step` in this turn of the loop, if it is free, and in later ones until it is
 * complete, then `done`, which replies. `arg` is freed with `free_arg`, also when the
 * client goes away before that.
 */
void rq_in_steps(struct rq *rq, rq_step_fn *step, void (*done)(struct rq *rq, void *arg), void *arg,
		 void (*free_arg)(void *));

/** The line of such requests: server.turns. The caller owns it. */
struct turns *turns_new(struct loop *l);
/** Complete what is there; from now on nothing waits. NULL is allowed. */
void turns_finish(struct turns *t);
/** NULL is allowed; nothing may be waiting any more. */
void turns_free(struct turns *t);

#endif
