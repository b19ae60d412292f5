#include "core/client/view/actions.h"

#include "core/base/mem.h"
#include "core/client/directory.h"
#include "core/client/room_prefs.h"
#include "core/client/rooms.h"
#include "core/client/threads.h"
#include "core/client/timeline.h"

struct action_job {
	struct work *work;
	struct work_job *job;
	action_fn *run;
	json_t *ask, *rows;
	action_done_fn *done; /* NULL: nobody waits */
	void *arg;
};

static int collect(json_t *row, void *arg)
{
	json_array_append(arg, row);
	return 0;
}

static int run(struct client *c, void *arg, struct err *err)
{
	struct action_job *a = arg;
	return a->run(c, a->ask, collect, a->rows, err);
}

static void finished(int rc, const struct err *err, void *arg)
{
	struct action_job *a = arg;
	(void)rc;
	if (a->done)
		a->done(err, a->rows, a->arg);
	json_decref(a->ask);
	json_decref(a->rows);
	mem_free(a);
}

struct action_job *action_start(struct work *w, action_fn *fn, json_t *ask, action_done_fn *done,
				void *arg)
{
	struct action_job *a = NEW(struct action_job);
	*a = (struct action_job){.work = w, .run = fn, .ask = ask, .done = done, .arg = arg};
	a->rows = json_array();
	a->job = work_add(w, run, finished, a);
	return a;
}

void action_forget(struct action_job *a)
{
	if (a)
		a->done = NULL;
}

void action_stop(struct action_job *a)
{
	if (!a)
		return;
	action_forget(a);
	work_cancel(a->work, a->job);
}

/* -- Verbs ------------------------------------------------------------------------------ */

static const char *str(const json_t *ask, const char *key)
{
	return json_get_str(ask, key);
}

static const char *room(const json_t *ask)
{
	return json_get_str(ask, "room_id");
}

/* One result as the only row. Takes it. */
static int one(int rc, json_t *row, client_row_fn *fn, void *arg)
{
	int stop = row ? fn(row, arg) : 0;
	json_decref(row);
	return rc ? rc : stop;
}

int action_receipts(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		    struct err *err)
{
	return client_receipts(c, room(ask), str(ask, "event_id"), fn, arg, err);
}

int action_join(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	json_t *row = NULL;
	int rc = client_room_join(c, room(ask), NULL, &row, err);
	return one(rc, row, fn, arg);
}

int action_members(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		   struct err *err)
{
	return client_room_members(c, room(ask), fn, arg, err);
}

int action_threads(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		   struct err *err)
{
	struct thread_query q = {.room_id = room(ask), .limit = (int)json_get_i64(ask, "limit", 0)};
	int rc = client_thread_list(c, &q, fn, arg, err);
	q.offline = rc == ERR_NETWORK;
	return q.offline ? client_thread_list(c, &q, fn, arg, err) : rc;
}

int action_pins(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	return client_room_pins(c, room(ask), fn, arg, err);
}

int action_search(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		  struct err *err)
{
	return client_search(c, str(ask, "text"), room(ask), (int)json_get_i64(ask, "limit", 100),
			     fn, arg, err);
}

int action_directory(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		     struct err *err)
{
	struct directory_query q = {
		.text = str(ask, "text"),
		.server = str(ask, "server"),
		.limit = (int)json_get_i64(ask, "limit", 100),
	};
	return client_directory(c, &q, fn, arg, err);
}

int action_direct(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		  struct err *err)
{
	char *id = NULL;
	int rc = room_resolve(c, str(ask, "user_id"), ROOM_MAKE_DIRECT, &id, err);
	if (!rc)
		rc = one(0, json_pack("{s:s}", "room_id", id), fn, arg);
	mem_free(id);
	return rc;
}
