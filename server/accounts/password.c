#include "server/accounts/accounts_impl.h"

#include "core/base/mem.h"
#include "server/accounts/hash.h"

#include <string.h>
#include <time.h>

#define AT_ONCE 2     /* of libuv's four threads: files must not wait for passwords */
#define QUEUE_MAX 768 /* at some 25 ms each, two at once: ten seconds */
#define QUEUE_ONE 704 /* of these from one place: a whole school may be behind it */

/* Those who wait from one place; the places take turns. */
struct place {
	struct place *next;
	struct password_job *first, **last;
	int waiting;
	char name[]; /* a peer's address */
};

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
	struct place *turns; /* whose turn is next comes first; each has jobs */
	int running, backlog;
	bool finishing;
};

struct password_queue *password_queue_new(struct loop *l)
{
	struct password_queue *q = NEW(struct password_queue);
	q->loop = l;
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

/* The first job of the place whose turn it is, which then stands at the end of the line. */
static struct password_job *next_job(struct password_queue *q)
{
	struct place *p = q->turns, **end = &q->turns;
	if (!p)
		return NULL;
	struct password_job *j = p->first;
	q->turns = p->next;
	p->first = j->next;
	if (--p->waiting == 0) {
		mem_free(p);
		return j;
	}
	while (*end)
		end = &(*end)->next;
	*end = p;
	p->next = NULL;
	return j;
}

static void start(struct password_queue *q)
{
	while (q->turns && q->running < AT_ONCE && !q->finishing) {
		q->running++;
		loop_work(q->loop, work, work_done, next_job(q));
	}
}

/* Those that wait fail; those that run are waited for: some 50 ms. */
void password_queue_finish(struct password_queue *q)
{
	struct password_job *j;
	q->finishing = true;
	while ((j = next_job(q)) != NULL) {
		q->running++;
		j->match = false;
		j->hash[0] = '\0';
		work_done(j);
	}
	while (q->running) {
		loop_run_once(q->loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static struct place *place_of(struct password_queue *q, const char *from)
{
	struct place **at = &q->turns;
	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, from))
			return *at;
	struct place *p = mem_alloc(sizeof(*p) + strlen(from) + 1);
	memcpy(p->name, from, strlen(from) + 1);
	p->last = &p->first;
	*at = p;
	return p;
}

static bool has_room(const struct password_queue *q, const char *from)
{
	const struct place *p = q->turns;
	if (q->backlog >= QUEUE_MAX || q->finishing)
		return false;
	while (p && strcmp(p->name, from) != 0)
		p = p->next;
	return !p || p->waiting < QUEUE_ONE;
}

static struct password_job *add(struct password_queue *q, const char *from, struct span password,
				password_done_fn *done, void *arg)
{
	if (!has_room(q, from))
		return NULL;
	struct place *p = place_of(q, from);
	struct password_job *j = NEW(struct password_job);
	j->queue = q;
	j->password = mem_strndup(password.p, password.n);
	j->n = password.n;
	j->done = done;
	j->arg = arg;
	*p->last = j;
	p->last = &j->next;
	p->waiting++;
	q->backlog++;
	return j;
}

bool password_hash(struct accounts *a, const char *from, struct span password,
		   password_done_fn *done, void *arg)
{
	struct password_job *j = add(a->passwords, from, password, done, arg);
	if (j)
		start(a->passwords);
	return j != NULL;
}

bool password_check(struct accounts *a, const char *from, struct span password, const char *encoded,
		    password_done_fn *done, void *arg)
{
	struct password_job *j = add(a->passwords, from, password, done, arg);
	if (!j)
		return false;
	j->check = true;
	j->encoded = mem_strdup(encoded);
	start(a->passwords);
	return true;
}
