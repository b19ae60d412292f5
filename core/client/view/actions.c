#include "core/client/view/actions.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/directory.h"
#include "core/client/media.h"
#include "core/client/poll.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/sync.h"
#include "core/client/threads.h"
#include "core/client/timeline.h"

#include <string.h>

#define ANSWERS_MAX 20

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

int action_react(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	json_t *row = NULL;
	const char *id = str(ask, "event_id"), *key = str(ask, "key");
	struct err none;
	int rc = client_unreact(c, room(ask), id, key, NULL, &row, &none);
	if (rc == ERR_NOT_FOUND)
		rc = client_react(c, room(ask), id, key, NULL, &row, err);
	else if (rc && err)
		*err = none;
	return one(rc, row, fn, arg);
}

int action_delete(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		  struct err *err)
{
	json_t *row = NULL;
	int rc = client_delete(c, room(ask), str(ask, "event_id"), str(ask, "reason"), NULL, &row,
			       err);
	return one(rc, row, fn, arg);
}

int action_vote(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	const char *answers[ANSWERS_MAX + 1] = {NULL};
	json_t *row = NULL, *id;
	size_t i, n = 0;
	json_array_foreach (json_get_array(ask, "answers"), i, id)
		if (json_is_string(id) && n < ANSWERS_MAX)
			answers[n++] = json_string_value(id);
	int rc = client_poll_vote(c, room(ask), str(ask, "event_id"), answers, NULL, &row, err);
	return one(rc, row, fn, arg);
}

int action_poll_close(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		      struct err *err)
{
	json_t *row = NULL;
	int rc = client_poll_close(c, room(ask), str(ask, "event_id"), NULL, &row, err);
	return one(rc, row, fn, arg);
}

int action_receipts(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		    struct err *err)
{
	return client_receipts(c, room(ask), str(ask, "event_id"), fn, arg, err);
}

int action_download(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		    struct err *err)
{
	json_t *row = NULL;
	int rc = client_file_get(c, room(ask), str(ask, "event_id"), str(ask, "out"),
				 json_get_bool(ask, "force", false), NULL, NULL, &row, err);
	return one(rc, row, fn, arg);
}

int action_upload(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		  struct err *err)
{
	const char *files[] = {str(ask, "path"), NULL};
	struct send_request rq = {
		.room_id = room(ask),
		.text = json_get_span(ask, "text"),
		.reply_to = str(ask, "reply_to"),
		.thread = str(ask, "thread"),
		.files = files,
	};
	return client_send(c, &rq, fn, arg, err);
}

int action_join(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	json_t *row = NULL;
	int rc = client_room_join(c, room(ask), NULL, &row, err);
	return one(rc, row, fn, arg);
}

int action_leave(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	(void)fn;
	(void)arg;
	return client_room_leave(c, room(ask), NULL, json_get_bool(ask, "forget", false), err);
}

static const struct {
	const char *word;
	enum room_action what;
} acts[] = {
	{"invite", ROOM_INVITE},
	{"kick", ROOM_KICK},
	{"ban", ROOM_BAN},
	{"unban", ROOM_UNBAN},
};

int action_person(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		  struct err *err)
{
	const char *what = str(ask, "what");
	(void)fn;
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (what && strcmp(what, acts[i].word) == 0)
			return client_room_act(c, acts[i].what, room(ask), str(ask, "user_id"),
					       str(ask, "reason"), err);
	return err_set(err, ERR_USAGE, _("nothing is called “%s”"), what ? what : "");
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
	return client_thread_list(c, &q, fn, arg, err);
}

int action_backfill(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		    struct err *err)
{
	bool more = false;
	int rc = sync_backfill(c, json_get_i64(ask, "room", 0), json_get_i64(ask, "gap", 0),
			       (int)json_get_i64(ask, "limit", 50), &more, err);
	return rc ? rc : one(0, json_pack("{s:b}", "more", more), fn, arg);
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

int action_queue_run(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		     struct err *err)
{
	return client_queue_run(c, str(ask, "txn_id"), true, fn, arg, err);
}

int action_queue_drop(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		      struct err *err)
{
	int dropped;
	(void)fn;
	(void)arg;
	return client_queue_drop(c, str(ask, "txn_id"), &dropped, err);
}
