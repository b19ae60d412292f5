/*
 * The event loop (libuv) and the ways into it. One loop belongs to one thread;
 * every loop-bound object asserts that with loop_assert_owner. Only loop_post
 * may be called from other threads.
 */
#ifndef MUSTER_BASE_LOOP_H
#define MUSTER_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_wake;
struct loop_watch;
struct uv_loop_s;

typedef void loop_fn(void *arg);

/** A loop owned by the calling thread. The caller owns it. */
struct loop *loop_new(void);
/**
 * Close what the loop itself opened, run until every handle is closed, free.
 * All objects made on it must have been freed first. NULL is allowed.
 */
void loop_free(struct loop *l);
/** Run until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *l);
/** Run what is ready now, without waiting. Returns true while work is left. */
bool loop_run_once(struct loop *l);
/** Leave loop_run after the present callback. Owner thread. */
void loop_stop(struct loop *l);
/** The libuv loop beneath, for core/base and server/http. */
struct uv_loop_s *loop_uv(struct loop *l);
/** abort() unless the caller is the loop's thread. */
void loop_assert_owner(const struct loop *l);

/**
 * Have `fn(arg)` run on the loop's thread, in order of posting. Any thread.
 * What is still queued when the loop is freed runs then.
 */
void loop_post(struct loop *l, loop_fn *fn, void *arg);
/**
 * A bell that other threads may ring: `fn(arg)` runs on the loop's thread soon
 * after loop_wake_ring, once for any number of rings. Ringing neither waits
 * nor allocates, so a thread with deadlines may do it. Does not keep loop_run
 * alive. The caller owns it; free it (owner) when nobody rings any more.
 */
struct loop_wake *loop_wake_new(struct loop *l, loop_fn *fn, void *arg);
void loop_wake_ring(struct loop_wake *w);
void loop_wake_free(struct loop_wake *w);
/** Run `fn(arg)` on this thread just before the loop next waits for I/O. Owner. */
void loop_defer(struct loop *l, loop_fn *fn, void *arg);

/** A timer, not started. The caller owns it. Owner thread. */
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg);
/** (Re)start: first after `after_ms`, then each `every_ms` unless 0. */
void loop_timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t every_ms);
void loop_timer_stop(struct loop_timer *t);
/** Do not keep loop_run alive for this timer. */
void loop_timer_background(struct loop_timer *t);
/** Stop and release; NULL is allowed. Its fn is not called any more. */
void loop_timer_free(struct loop_timer *t);

/**
 * Call `fn(arg)` whenever `fd` has something to read, or is at its end. NULL for
 * what cannot be waited for: a regular file, /dev/null. The descriptor stays
 * the caller's and must outlive it. Owner; the caller owns it.
 */
struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_fn *fn, void *arg);
/** NULL is allowed. Its fn is not called any more. */
void loop_watch_free(struct loop_watch *w);

/**
 * Run `work(arg)` on the pool, then `done(arg)` on the loop's thread. Owner.
 * The pool has four threads; who needs fewer at once keeps its own queue.
 */
void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *arg);

/** Call `fn(arg)` on the loop's thread when signal `signum` arrives. Owner; lasts as long as the
 * loop. */
void loop_on_signal(struct loop *l, int signum, loop_fn *fn, void *arg);

#endif
