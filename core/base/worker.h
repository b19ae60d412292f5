/*
 * A thread with a loop of its own. Work reaches it by loop_post on that loop,
 * in order; it answers by loop_post on the loop it came from.
 */
#ifndef MUSTER_BASE_WORKER_H
#define MUSTER_BASE_WORKER_H

#include "core/base/loop.h"

struct worker;

/** Start the thread; its loop is running when this returns. The caller owns it. */
struct worker *worker_new(const char *name);
/** The thread's loop: others may only post to it. */
struct loop *worker_loop(struct worker *w);
/** Run `fn(arg)` on the thread, after what was posted before, and wait for it. Any other thread. */
void worker_call(struct worker *w, loop_fn *fn, void *arg);
/**
 * Have `fn(arg)` run on the thread when it ends: its loop has stopped and may
 * be run once more, by what cannot be freed inside a callback (ws.h). On the
 * thread; the last one told counts.
 */
void worker_at_end(struct worker *w, loop_fn *fn, void *arg);
/** Run everything posted before this call, end the thread, free. NULL is allowed. */
void worker_free(struct worker *w);

#endif
