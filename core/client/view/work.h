/*
 * Verbs in the background: the blocking functions of core/client run on a
 * thread of their own, with a client of their own of the same account, so that
 * a screen never waits for a network or a disk. Jobs of one `struct work` run
 * one after the other in the order they were given: a front end has one for
 * what people send (order matters) and one for what they look up.
 */
#ifndef MUSTER_CLIENT_VIEW_WORK_H
#define MUSTER_CLIENT_VIEW_WORK_H

#include "core/client/client.h"

struct work;
struct work_job;

/** On the work's thread. Gets `arg` alone for itself until `done`. */
typedef int work_fn(struct client *c, void *arg, struct err *err);
/**
 * On the owner's loop, exactly once, never inside work_add; also for a job
 * that was cancelled (ERR_CANCELLED) or whose client could not be opened.
 * `err` is NULL on success. Frees `arg`.
 */
typedef void work_done_fn(int rc, const struct err *err, void *arg);

struct work_options {
	const char *account; /**< its name; copied */
	const char *ca_file; /**< client_options.ca_file; copied, or NULL */
	int timeout_ms;	     /**< for one job; 0: none */
	bool stay;	     /**< client_options.stay */
};

/** The client is opened with the first job. The caller owns it. */
struct work *work_new(struct loop *l, const struct work_options *o);
/** Borrowed until `done` has run. */
struct work_job *work_add(struct work *w, work_fn *run, work_done_fn *done, void *arg);
/** Have it end soon with ERR_CANCELLED, whether it has begun or not. */
void work_cancel(struct work *w, struct work_job *j);
/**
 * The server is out of reach, or back: while it is, jobs try it once and no more, and so come soon to
 * what the cache has.
 */
void work_offline(struct work *w, bool offline);
/** Jobs that are not done. */
size_t work_pending(const struct work *w);
/** Cancel everything, run every `done`, end the thread. NULL is allowed. */
void work_free(struct work *w);

#endif
