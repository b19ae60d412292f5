/*
 * When delayed events are due: one timer, set on the nearest of them.
 */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "server/rtc/delayed.h"
#include "server/server.h"

#define AT_ONCE 256	    /* jobs given to the writer together */
#define LOOK_AGAIN_MS 60000 /* somebody may have set the machine's clock */
#define RETRY_MS 1000	    /* after the disk was full */

struct delayed {
	struct server *srv;
	struct loop_timer *timer;
	int running; /* jobs under way */
	bool failed; /* one of them */
	bool stopped;
};

struct due_job {
	struct delayed *owner;
	int64_t nid;
};

static void arm(struct delayed *d)
{
	if (d->stopped || d->running)
		return;
	struct sql_stmt *s =
		SQL(db_reader(d->srv->db), "SELECT send_ts FROM delayed_events WHERE finalised_ts"
					   " IS NULL AND send_ts IS NOT NULL ORDER BY send_ts"
					   " LIMIT 1");
	int64_t next = sql_get_i64(s, -1), wait = next - clock_wall_ms();
	if (next < 0) {
		loop_timer_stop(d->timer);
		return;
	}
	if (wait < 0)
		wait = 0;
	if (d->failed && wait < RETRY_MS)
		wait = RETRY_MS;
	loop_timer_start(d->timer, (uint64_t)(wait > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : wait), 0);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct due_job *j = arg;
	return delayed_send_due(tx, j->nid, j->owner->srv->config->allow_encryption, err);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct due_job *j = arg;
	struct delayed *d = j->owner;
	mem_free(j);
	if (rc) {
		log_error("a delayed event waits longer: %s", err->msg);
		d->failed = true;
	}
	if (--d->running == 0)
		arm(d);
}

static void due(void *arg)
{
	struct delayed *d = arg;
	int64_t nid[AT_ONCE];
	int n = 0;
	if (d->stopped || d->running)
		return;
	struct sql_stmt *s =
		SQL(db_reader(d->srv->db), "SELECT nid FROM delayed_events WHERE finalised_ts IS"
					   " NULL AND send_ts<=?1 ORDER BY send_ts,nid LIMIT ?2");
	sql_bind_i64(s, 1, clock_wall_ms());
	sql_bind_i64(s, 2, AT_ONCE);
	while (n < AT_ONCE && sql_row(s))
		nid[n++] = sql_col_i64(s, 0);
	sql_reset(s);
	d->failed = false;
	d->running = n;
	for (int i = 0; i < n; i++) {
		struct due_job *j = NEW(struct due_job);
		*j = (struct due_job){d, nid[i]};
		db_submit(d->srv->db, run, done, j);
	}
	arm(d);
}

struct delayed *delayed_new(struct server *srv)
{
	struct delayed *d = NEW(struct delayed);
	d->srv = srv;
	d->timer = loop_timer_new(srv->loop, due, d);
	arm(d);
	return d;
}

void delayed_changed(struct delayed *d)
{
	if (d)
		arm(d);
}

void delayed_stop(struct delayed *d)
{
	if (!d)
		return;
	d->stopped = true;
	loop_timer_stop(d->timer);
}

void delayed_free(struct delayed *d)
{
	if (!d)
		return;
	loop_timer_free(d->timer);
	mem_free(d);
}
