#include "core/base/worker.h"

#include "core/base/log.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct worker {
	uv_thread_t thread;
	uv_sem_t ready;
	uv_async_t alive; /* a posted message alone does not keep a loop running */
	struct loop *loop;
	loop_fn *at_end;
	void *at_end_arg;
	char name[16];
};

static void worker_main(void *arg)
{
	struct worker *w = arg;
#ifdef __linux__
	pthread_setname_np(pthread_self(), w->name);
#endif
	w->loop = loop_new();
	uv_async_init(loop_uv(w->loop), &w->alive, NULL);
	uv_sem_post(&w->ready);
	loop_run(w->loop);
	if (w->at_end)
		w->at_end(w->at_end_arg);
	uv_close((uv_handle_t *)&w->alive, NULL);
	loop_free(w->loop);
}

struct worker *worker_new(const char *name)
{
	struct worker *w = NEW(struct worker);
	sigset_t all, before;
	snprintf(w->name, sizeof(w->name), "%s", name);
	if (uv_sem_init(&w->ready, 0))
		abort();
	/* Signals belong to the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int rc = uv_thread_create(&w->thread, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc) {
		log_error("cannot start a thread: %s", uv_strerror(rc));
		abort();
	}
	uv_sem_wait(&w->ready);
	return w;
}

struct loop *worker_loop(struct worker *w)
{
	return w->loop;
}

struct worker_visit {
	loop_fn *fn;
	void *arg;
	uv_sem_t done;
};

static void worker_visit(void *arg)
{
	struct worker_visit *v = arg;
	v->fn(v->arg);
	uv_sem_post(&v->done);
}

void worker_call(struct worker *w, loop_fn *fn, void *arg)
{
	struct worker_visit v = {.fn = fn, .arg = arg};
	if (uv_sem_init(&v.done, 0))
		abort();
	loop_post(w->loop, worker_visit, &v);
	uv_sem_wait(&v.done);
	uv_sem_destroy(&v.done);
}

void worker_at_end(struct worker *w, loop_fn *fn, void *arg)
{
	loop_assert_owner(w->loop);
	w->at_end = fn;
	w->at_end_arg = arg;
}

static void worker_stop(void *arg)
{
	struct worker *w = arg;
	loop_stop(w->loop);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	loop_post(w->loop, worker_stop, w);
	uv_thread_join(&w->thread);
	uv_sem_destroy(&w->ready);
	mem_free(w);
}
