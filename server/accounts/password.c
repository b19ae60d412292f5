#include "server/accounts/accounts_impl.h"

#include "core/base/mem.h"
#include "server/accounts/hash.h"

#include <time.h>

#define AT_ONCE 2     /* of libuv's four threads: files must not wait for passwords */
#define QUEUE_MAX 768 /* at some 25 ms each, two at once: ten seconds */

struct password_job {
	struct password_job *next;
	struct password_queue *queue;
	char *password;
	size_t n;
	char *encoded; /* to check against, or NULL */
	bool check, match;
	char hash[HASH_TEXT_SIZE];
	password_done_fn *done;
	void *arg;
};

struct password_queue {
	struct loop *loop;
	struct password_job *first, **last;
	int running, backlog;
	bool finishing;
};

struct password_queue *password_queue_new(struct loop *l)
{
	struct password_queue *q = NEW(struct password_queue);
	q->loop = l;
	q->last = &q->first;
	return q;
}

void password_queue_free(struct password_queue *q)
{
	mem_free(q);
}

int password_backlog(const struct accounts *a)
{
	return a->passwords->backlog;
}

static void work(void *arg)
{
	struct password_job *j = arg;
	struct span password = {j->password, j->n};
	if (j->check)
		j->match = hash_check(password, j->encoded);
	else
		hash_make(password, j->hash);
}

static void start(struct password_queue *q);

static void work_done(void *arg)
{
	struct password_job *j = arg;
	struct password_queue *q = j->queue;
	q->running--;
	q->backlog--;
	start(q);
	j->done(j->arg, j->check || !j->hash[0] ? NULL : j->hash, j->match);
	mem_wipe(j->password, j->n);
	mem_free(j->password);
	mem_free(j->encoded);
	mem_free(j);
}

static void start(struct password_queue *q)
{
	while (q->first && q->running < AT_ONCE && !q->finishing) {
		struct password_job *j = q->first;
		q->first = j->next;
		if (!q->first)
			q->last = &q->first;
		q->running++;
		loop_work(q->loop, work, work_done, j);
	}
}

/* Those that wait fail; those that run are waited for: some 50 ms. */
void password_queue_finish(struct password_queue *q)
{
	q->finishing = true;
	while (q->first) {
		struct password_job *j = q->first;
		q->first = j->next;
		q->running++;
		j->match = false;
		j->hash[0] = '\0';
		work_done(j);
	}
	q->last = &q->first;
	while (q->running) {
		loop_run_once(q->loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static struct password_job *add(struct password_queue *q, struct span password,
				password_done_fn *done, void *arg)
{
	if (q->backlog >= QUEUE_MAX || q->finishing)
		return NULL;
	struct password_job *j = NEW(struct password_job);
	j->queue = q;
	j->password = mem_strndup(password.p, password.n);
	j->n = password.n;
	j->done = done;
	j->arg = arg;
	*q->last = j;
	q->last = &j->next;
	q->backlog++;
	return j;
}

bool password_hash(struct accounts *a, struct span password, password_done_fn *done, void *arg)
{
	struct password_job *j = add(a->passwords, password, done, arg);
	if (j)
		start(a->passwords);
	return j != NULL;
}

bool password_check(struct accounts *a, struct span password, const char *encoded,
		    password_done_fn *done, void *arg)
{
	struct password_job *j = add(a->passwords, password, done, arg);
	if (!j)
		return false;
	j->check = true;
	j->encoded = mem_strdup(encoded);
	start(a->passwords);
	return true;
}
