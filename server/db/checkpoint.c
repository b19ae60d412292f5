#include "server/db/checkpoint.h"

#include "core/base/mem.h"
#include "core/base/worker.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define PAGES_START 1000   /* 4 MB: copy in the background */
#define PAGES_HELP 8000	   /* 32 MB: the writer has outrun us, it must help */
#define LARGE_LOG 16000000 /* bytes of the log that an idle server gives back */
#define IDLE_MS 2000

struct checkpoint {
	struct sql *sql;
	struct worker *thread;
	struct loop_timer *idle;
	char *wal;
	atomic_bool busy;
	atomic_int commits; /* since the idle timer last looked */
	int seen;
};

static void truncate_when_idle(void *arg)
{
	struct checkpoint *c = arg;
	struct stat st;
	int now = atomic_load(&c->commits);
	bool idle = now == c->seen;
	c->seen = now;
	if (!idle)
		return;
	loop_timer_stop(c->idle);
	if (stat(c->wal, &st) == 0 && st.st_size > LARGE_LOG)
		sql_checkpoint(c->sql, true);
}

static void copy_log(void *arg)
{
	struct checkpoint *c = arg;
	sql_checkpoint(c->sql, false);
	loop_timer_start(c->idle, IDLE_MS, IDLE_MS);
	atomic_store(&c->busy, false);
}

void checkpoint_after_commit(struct checkpoint *c, struct sql *writer)
{
	int pages = sql_wal_pages(writer);
	atomic_fetch_add(&c->commits, 1);
	if (pages > PAGES_HELP)
		sql_checkpoint(writer, false);
	else if (pages > PAGES_START && !atomic_exchange(&c->busy, true))
		loop_post(worker_loop(c->thread), copy_log, c);
}

static void make_timer(void *arg)
{
	struct checkpoint *c = arg;
	c->idle = loop_timer_new(worker_loop(c->thread), truncate_when_idle, c);
}

static void free_timer(void *arg)
{
	struct checkpoint *c = arg;
	loop_timer_free(c->idle);
}

int checkpoint_new(const char *path, struct checkpoint **ret, struct err *err)
{
	struct checkpoint *c = NEW(struct checkpoint);
	int rc = sql_open(path, SQL_NO_CREATE | SQL_NO_AUTOCHECKPOINT, &c->sql, err);
	if (rc) {
		mem_free(c);
		return rc;
	}
	c->wal = mem_printf("%s-wal", path);
	c->thread = worker_new("db-checkpoint");
	loop_post(worker_loop(c->thread), make_timer, c);
	*ret = c;
	return 0;
}

void checkpoint_free(struct checkpoint *c)
{
	if (!c)
		return;
	loop_post(worker_loop(c->thread), free_timer, c);
	worker_free(c->thread);
	sql_close(c->sql);
	mem_free(c->wal);
	mem_free(c);
}
