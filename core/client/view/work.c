#include "core/client/view/work.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/worker.h"

#include <string.h>

struct work_job {
	struct work *work; /* NULL once `done` has run: what is posted last frees it */
	work_fn *run;
	work_done_fn *done;
	void *arg;
	int cancel; /* atomic: set by the owner, read by the thread */
	int rc;
	struct err err;
	struct work_job *next;
};

struct work {
	struct loop *loop;
	struct worker *worker;
	char *account, *ca_file;
	int timeout_ms;
	bool stay;
	int offline;	       /* atomic: set by the owner, read by the thread */
	struct client *client; /* the thread's */
	struct work_job *jobs; /* oldest first; the owner's */
	size_t n;
	bool closing;
};

/* -- On the thread ------------------------------------------------------------ */

static int open_client(struct work *w, struct err *err)
{
	struct client_options o = {.account = w->account,
				   .ca_file = w->ca_file,
				   .stay = w->stay,
				   .kept = true,
				   .offline = &w->offline};
	return w->client ? 0 : client_open(&o, &w->client, err);
}

static void job_finish(void *arg);

static void job_run(void *arg)
{
	struct work_job *j = arg;
	struct work *w = j->work;
	j->rc = __atomic_load_n(&j->cancel, __ATOMIC_RELAXED)
			? err_set(&j->err, ERR_CANCELLED, _("stopped before it was done"))
			: open_client(w, &j->err);
	if (!j->rc) {
		client_begin(w->client, w->timeout_ms, &j->cancel);
		j->rc = j->run(w->client, j->arg, &j->err);
		client_begin(w->client, 0, NULL);
	}
	loop_post(w->loop, job_finish, j);
}

static void close_client(void *arg)
{
	struct work *w = arg;
	client_close(w->client);
}

/* -- On the owner's loop ------------------------------------------------------ */

/* Takes it off the list first, so that `done` may do anything but free the work. */
static void tell(struct work *w, struct work_job *j)
{
	struct work_job **p = &w->jobs;
	while (*p && *p != j)
		p = &(*p)->next;
	if (*p)
		*p = j->next;
	w->n--;
	j->work = NULL;
	j->done(j->rc, j->rc ? &j->err : NULL, j->arg);
}

static void job_finish(void *arg)
{
	struct work_job *j = arg;
	if (j->work)
		tell(j->work, j);
	mem_free(j);
}

struct work *work_new(struct loop *l, const struct work_options *o)
{
	struct work *w = NEW(struct work);
	w->loop = l;
	w->account = mem_strdup(o->account);
	w->ca_file = mem_strdup(o->ca_file);
	w->timeout_ms = o->timeout_ms;
	w->stay = o->stay;
	w->worker = worker_new("work");
	return w;
}

struct work_job *work_add(struct work *w, work_fn *run, work_done_fn *done, void *arg)
{
	struct work_job *j = NEW(struct work_job), **p = &w->jobs;
	loop_assert_owner(w->loop);
	*j = (struct work_job){.work = w, .run = run, .done = done, .arg = arg};
	while (*p)
		p = &(*p)->next;
	*p = j;
	w->n++;
	if (w->closing) /* a `done` asks for more while the end has come */
		j->rc = err_set(&j->err, ERR_CANCELLED, _("stopped before it was done"));
	loop_post(w->closing ? w->loop : worker_loop(w->worker), w->closing ? job_finish : job_run,
		  j);
	return j;
}

void work_cancel(struct work *w, struct work_job *j)
{
	loop_assert_owner(w->loop);
	__atomic_store_n(&j->cancel, 1, __ATOMIC_RELAXED);
}

void work_offline(struct work *w, bool offline)
{
	loop_assert_owner(w->loop);
	__atomic_store_n(&w->offline, offline ? 1 : 0, __ATOMIC_RELAXED);
}

size_t work_pending(const struct work *w)
{
	return w->n;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	loop_assert_owner(w->loop);
	w->closing = true;
	for (struct work_job *j = w->jobs; j; j = j->next)
		work_cancel(w, j);
	loop_post(worker_loop(w->worker), close_client, w);
	worker_free(w->worker);
	/* All have run; what they posted finds their work gone, and frees them. */
	while (w->jobs)
		tell(w, w->jobs);
	mem_free(w->account);
	mem_free(w->ca_file);
	mem_free(w);
}
