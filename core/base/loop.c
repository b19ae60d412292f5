#include "core/base/loop.h"

#include "core/base/log.h"
#include "core/base/mem.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

struct post_list {
	struct post *first, **last;
};

struct sig {
	uv_signal_t handle;
	struct sig *next;
	loop_fn *fn;
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_prepare_t prepare;
	uv_idle_t idle;
	uv_thread_t owner;
	uv_mutex_t lock;
	struct post_list posted; /* under lock */
	struct post_list deferred;
	struct sig *signals;
};

struct loop_timer {
	uv_timer_t handle;
	loop_fn *fn;
	void *arg;
};

struct loop_wake {
	uv_async_t handle;
	loop_fn *fn;
	void *arg;
};

struct loop_watch {
	uv_poll_t handle;
	loop_fn *fn;
	void *arg;
};

struct work {
	uv_work_t req;
	loop_fn *work, *done;
	void *arg;
};

static void list_init(struct post_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_add(struct post_list *list, loop_fn *fn, void *arg)
{
	struct post *p = NEW(struct post);
	p->fn = fn;
	p->arg = arg;
	*list->last = p;
	list->last = &p->next;
}

/* Runs what is there now; what those calls add waits for the next turn. */
static void list_run(struct post *p)
{
	while (p) {
		struct post *next = p->next;
		p->fn(p->arg);
		mem_free(p);
		p = next;
	}
}

static void run_posted(struct loop *l)
{
	uv_mutex_lock(&l->lock);
	struct post *first = l->posted.first;
	list_init(&l->posted);
	uv_mutex_unlock(&l->lock);
	list_run(first);
}

static void on_wake(uv_async_t *handle)
{
	run_posted(handle->data);
}

static void on_idle(uv_idle_t *handle)
{
	(void)handle; /* its being active keeps the poll from waiting */
}

static void on_prepare(uv_prepare_t *handle)
{
	struct loop *l = handle->data;
	struct post *first = l->deferred.first;
	list_init(&l->deferred);
	list_run(first);
	if (!l->deferred.first) {
		uv_prepare_stop(&l->prepare);
		uv_idle_stop(&l->idle);
	}
}

static void check(int rc, const char *what)
{
	if (rc == 0)
		return;
	log_error("event loop: %s: %s", what, uv_strerror(rc));
	abort();
}

struct loop *loop_new(void)
{
	struct loop *l = NEW(struct loop);
	check(uv_loop_init(&l->uv), "init");
	check(uv_mutex_init(&l->lock), "mutex");
	check(uv_async_init(&l->uv, &l->wake, on_wake), "async");
	uv_prepare_init(&l->uv, &l->prepare);
	uv_idle_init(&l->uv, &l->idle);
	l->uv.data = l->wake.data = l->prepare.data = l;
	uv_unref((uv_handle_t *)&l->wake);
	l->owner = uv_thread_self();
	list_init(&l->posted);
	list_init(&l->deferred);
	return l;
}

static void on_signal_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_signal_t *)handle, struct sig, handle));
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	loop_assert_owner(l);
	run_posted(l);
	while (l->deferred.first)
		on_prepare(&l->prepare);
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	while (l->signals) {
		struct sig *s = l->signals;
		l->signals = s->next;
		uv_close((uv_handle_t *)&s->handle, on_signal_closed);
	}
	/* A loop_stop that nothing was running for makes the first call return early. */
	while (uv_run(&l->uv, UV_RUN_DEFAULT))
		;
	run_posted(l);
	check(uv_loop_close(&l->uv), "close (an object on it was not freed)");
	uv_mutex_destroy(&l->lock);
	mem_free(l);
}

void loop_run(struct loop *l)
{
	loop_assert_owner(l);
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

bool loop_run_once(struct loop *l)
{
	loop_assert_owner(l);
	return uv_run(&l->uv, UV_RUN_NOWAIT) != 0;
}

void loop_stop(struct loop *l)
{
	loop_assert_owner(l);
	uv_stop(&l->uv);
}

struct uv_loop_s *loop_uv(struct loop *l)
{
	return &l->uv;
}

void loop_assert_owner(const struct loop *l)
{
	uv_thread_t self = uv_thread_self();
	if (!uv_thread_equal(&self, &l->owner)) {
		log_error("a loop was used from a thread that does not own it");
		abort();
	}
}

void loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	/*
	 * Wake it under the lock: when an earlier message has woken it already,
	 * this one may be the last it ever runs, and the loop be gone after it.
	 */
	uv_mutex_lock(&l->lock);
	list_add(&l->posted, fn, arg);
	uv_async_send(&l->wake);
	uv_mutex_unlock(&l->lock);
}

static void on_ring(uv_async_t *handle)
{
	struct loop_wake *w = CONTAINER_OF(handle, struct loop_wake, handle);
	w->fn(w->arg);
}

struct loop_wake *loop_wake_new(struct loop *l, loop_fn *fn, void *arg)
{
	loop_assert_owner(l);
	struct loop_wake *w = NEW(struct loop_wake);
	check(uv_async_init(&l->uv, &w->handle, on_ring), "async");
	uv_unref((uv_handle_t *)&w->handle);
	w->fn = fn;
	w->arg = arg;
	return w;
}

void loop_wake_ring(struct loop_wake *w)
{
	uv_async_send(&w->handle);
}

static void on_wake_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_async_t *)handle, struct loop_wake, handle));
}

void loop_wake_free(struct loop_wake *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->handle, on_wake_closed);
}

void loop_defer(struct loop *l, loop_fn *fn, void *arg)
{
	loop_assert_owner(l);
	list_add(&l->deferred, fn, arg);
	uv_prepare_start(&l->prepare, on_prepare);
	uv_idle_start(&l->idle, on_idle);
}

static void on_timer(uv_timer_t *handle)
{
	struct loop_timer *t = CONTAINER_OF(handle, struct loop_timer, handle);
	t->fn(t->arg);
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	loop_assert_owner(l);
	struct loop_timer *t = NEW(struct loop_timer);
	uv_timer_init(&l->uv, &t->handle);
	t->fn = fn;
	t->arg = arg;
	return t;
}

void loop_timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t every_ms)
{
	uv_update_time(t->handle.loop);
	uv_timer_start(&t->handle, on_timer, after_ms, every_ms);
}

void loop_timer_stop(struct loop_timer *t)
{
	uv_timer_stop(&t->handle);
}

void loop_timer_background(struct loop_timer *t)
{
	uv_unref((uv_handle_t *)&t->handle);
}

static void on_timer_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_timer_t *)handle, struct loop_timer, handle));
}

void loop_timer_free(struct loop_timer *t)
{
	if (t)
		uv_close((uv_handle_t *)&t->handle, on_timer_closed);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	struct loop_watch *w = CONTAINER_OF(handle, struct loop_watch, handle);
	w->fn(w->arg);
}

static void on_watch_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_poll_t *)handle, struct loop_watch, handle));
}

struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_fn *fn, void *arg)
{
	loop_assert_owner(l);
	struct loop_watch *w = NEW(struct loop_watch);
	/* libuv makes it non-blocking. A terminal is the same for stdout, for the programs that
	 * are run on it and for the shell behind them: theirs would lose what they write. */
	int flags = isatty(fd) ? fcntl(fd, F_GETFL) : -1;
	if (uv_poll_init(&l->uv, &w->handle, fd) != 0) {
		mem_free(w);
		return NULL;
	}
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags);
	w->fn = fn;
	w->arg = arg;
	uv_poll_start(&w->handle, UV_READABLE | UV_DISCONNECT, on_readable);
	return w;
}

void loop_watch_free(struct loop_watch *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->handle, on_watch_closed);
}

static void on_work(uv_work_t *req)
{
	struct work *w = CONTAINER_OF(req, struct work, req);
	w->work(w->arg);
}

static void on_work_done(uv_work_t *req, int status)
{
	(void)status;
	struct work *w = CONTAINER_OF(req, struct work, req);
	w->done(w->arg);
	mem_free(w);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *arg)
{
	loop_assert_owner(l);
	struct work *w = NEW(struct work);
	w->work = work;
	w->done = done;
	w->arg = arg;
	check(uv_queue_work(&l->uv, &w->req, on_work, on_work_done), "work");
}

static void on_signal(uv_signal_t *handle, int signum)
{
	(void)signum;
	struct sig *s = CONTAINER_OF(handle, struct sig, handle);
	s->fn(s->arg);
}

void loop_on_signal(struct loop *l, int signum, loop_fn *fn, void *arg)
{
	loop_assert_owner(l);
	struct sig *s = NEW(struct sig);
	s->fn = fn;
	s->arg = arg;
	uv_signal_init(&l->uv, &s->handle);
	uv_signal_start(&s->handle, on_signal, signum);
	uv_unref((uv_handle_t *)&s->handle);
	s->next = l->signals;
	l->signals = s;
}
