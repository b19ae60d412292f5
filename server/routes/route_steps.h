/*
 * Work of one request that may take long, done in steps between those of
 * others. Loop thread.
 */
#ifndef MUSTER_SERVER_ROUTES_ROUTE_STEPS_H
#define MUSTER_SERVER_ROUTES_ROUTE_STEPS_H

#include "server/routes/route.h"

#define ROUTE_STEP_MS 4

/** Goes on until clock_mono_ns passes `until_ns`, at least one piece. True: complete. */
typedef bool rq_step_fn(void *arg, int64_t until_ns);

/**
 * Call `step` in this and in later turns of the loop until it is complete, then
 * `done`, which replies. `arg` is freed with `free_arg`, also when the client goes
 * away before that.
 */
void rq_in_steps(struct rq *rq, rq_step_fn *step, void (*done)(struct rq *rq, void *arg), void *arg,
		 void (*free_arg)(void *));

#endif
