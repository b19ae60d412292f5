#include "server/keep/keep.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/worker.h"
#include "server/keep/backup.h"
#include "server/keep/ops.h"
#include "server/keep/shelf.h"

#include <string.h>
#include <time.h>

#define LOOK_MS 60000

/* Belongs to its thread until it has ended, then to the loop's. */
struct work {
	struct keep *k; /* NULL: the server is gone */
	struct loop *loop;
	struct worker *thread;
	struct keep_place place;
	char *op; /* NULL: the daily backup */
	json_t *args, *ret;
	keep_done_fn *done;
	void *arg;
	struct pace pace;
	int keep; /* daily backups to keep */
	int rc;
	struct err err;
};

struct keep {
	struct server *srv;
	struct loop_timer *timer;
	struct work *work;
	atomic_bool stop;
	int64_t last_ms, daily_ms; /* the newest backup of any kind, and the newest daily one */
	int64_t failed_ms;	   /* clock_mono_ms of the last failure, 0: none */
	int64_t failures;
	char error[sizeof(((struct err *)0)->msg)];
};

/* ---- the thread ---- */

static int make_daily(struct work *w)
{
	struct backup_options o = {.data_dir = w->place.data_dir,
				   .config_file = w->place.config_file,
				   .to = w->place.shelf,
				   .kind = SHELF_DAILY,
				   .pace = &w->pace};
	int rc = keep_backup(&o, &w->ret, &w->err);
	/* Only now that there is a new one. */
	return rc ? rc : shelf_prune(w->place.shelf, w->keep, &w->err);
}

static void work_ended(void *arg);

static void work_run(void *arg)
{
	struct work *w = arg;
	os_background_thread();
	w->rc = w->op ? keep_do(&w->place, w->op, w->args, &w->pace, &w->ret, &w->err)
		      : make_daily(w);
	loop_post(w->loop, work_ended, w);
}

/* ---- the loop ---- */

static void find_newest(struct keep *k)
{
	char *path;
	const char *shelf = k->srv->config->backup_dir;
	if (shelf_newest(shelf, NULL, &path, &k->last_ms))
		mem_free(path);
	if (shelf_newest(shelf, SHELF_DAILY, &path, &k->daily_ms))
		mem_free(path);
}

static void daily_done(struct keep *k, const struct work *w)
{
	if (w->rc == ERR_CANCELLED)
		return;
	if (w->rc) {
		k->failures++;
		k->failed_ms = clock_mono_ms();
		snprintf(k->error, sizeof(k->error), "%s", w->err.msg);
		log_error(_("the daily backup failed: %s"), k->error);
		return;
	}
	k->error[0] = '\0';
	log_info("backup: %s, %lld bytes, %lld of them copied", json_get_str(w->ret, "path"),
		 (long long)json_get_i64(w->ret, "bytes", 0),
		 (long long)json_get_i64(w->ret, "copied_bytes", 0));
}

static void finish(struct work *w)
{
	struct keep *k = w->k;
	k->work = NULL;
	w->k = NULL;
	find_newest(k);
	if (!w->op)
		daily_done(k, w);
	else
		w->done(w->arg, w->rc, w->rc ? NULL : take(&w->ret), &w->err);
}

static void work_ended(void *arg)
{
	struct work *w = arg;
	if (w->thread)
		worker_free(w->thread);
	if (w->k)
		finish(w);
	json_decref(w->args);
	json_decref(w->ret);
	mem_free(w->op);
	mem_free(w);
}

static void start(struct keep *k, struct work *w)
{
	const struct server_config *c = k->srv->config;
	w->k = k;
	w->loop = k->srv->loop;
	w->keep = c->backup_keep;
	w->place = (struct keep_place){.data_dir = c->data_dir,
				       .config_file = c->config_file,
				       .shelf = c->backup_dir,
				       .remote = true};
	w->pace = (struct pace){.stop = &k->stop, .gentle = true};
	k->work = w;
	w->thread = worker_new("keep");
	loop_post(worker_loop(w->thread), work_run, w);
}

void keep_ask(struct keep *k, const char *op, json_t *args, keep_done_fn *done, void *arg)
{
	struct err err;
	if (k->work || atomic_load(&k->stop)) {
		json_decref(args);
		int rc = err_set(&err, ERR_CONFLICT,
				 _("The server is busy with a backup, an export or a check: try "
				   "again when that has ended"));
		done(arg, rc, NULL, &err);
		return;
	}
	struct work *w = NEW(struct work);
	w->op = mem_strdup(op);
	w->args = args;
	w->done = done;
	w->arg = arg;
	start(k, w);
}

/* The last time that a backup was due, by the clock on the wall. */
static int64_t due_before(int64_t now_ms, int minutes)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	localtime_r(&now, &tm);
	tm.tm_hour = minutes / 60;
	tm.tm_min = minutes % 60;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	struct tm before = tm;
	time_t due = mktime(&tm);
	if (due > now) {
		before.tm_mday--;
		due = mktime(&before);
	}
	return (int64_t)due * 1000;
}

void keep_look(struct keep *k)
{
	const struct server_config *c = k->srv->config;
	int64_t now = clock_mono_ms();
	if (k->work || atomic_load(&k->stop) || c->backup_keep == 0 ||
	    now - k->srv->started_ms < KEEP_START_MS ||
	    (k->failed_ms && now - k->failed_ms < KEEP_RETRY_MS) ||
	    k->daily_ms >= due_before(clock_wall_ms(), c->backup_minutes))
		return;
	start(k, NEW(struct work));
}

static void on_timer(void *arg)
{
	keep_look(arg);
}

struct keep *keep_new(struct server *srv)
{
	struct keep *k = NEW(struct keep);
	k->srv = srv;
	find_newest(k);
	k->timer = loop_timer_new(srv->loop, on_timer, k);
	loop_timer_start(k->timer, LOOK_MS, LOOK_MS);
	return k;
}

void keep_stop(struct keep *k)
{
	if (!k)
		return;
	atomic_store(&k->stop, true);
	loop_timer_stop(k->timer);
	if (!k->work)
		return;
	/* It ends between two steps; what it posted finds that it was dealt with. */
	worker_free(take(&k->work->thread));
	finish(k->work);
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	loop_timer_free(k->timer);
	mem_free(k);
}

void keep_status(const struct keep *k, struct keep_status *ret)
{
	*ret = (struct keep_status){.shelf = k->srv->config->backup_dir,
				    .daily = k->srv->config->backup_keep > 0,
				    .busy = k->work != NULL,
				    .last_ms = k->last_ms,
				    .failures = k->failures,
				    .error = k->error[0] ? k->error : NULL};
}
