#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/client/apply.h"
#include "core/client/engine_priv.h"
#include "core/client/util.h"
#include "core/store/search.h"

#include <stdatomic.h>
#include <time.h>

#define PAGE_LIMIT 100
#define SETTLE_MS 5000
#define INDEX_ROWS 500	   /* messages that one step makes searchable */
#define FILL_PAUSE_MS 5000 /* after trouble with a room's history, doubled each time */
#define FILL_PAUSE_MAX_MS 600000

/* A reply on its way into the cache, on the pool. Outlives the engine when need be. */
struct job {
	struct engine *e; /* NULL once the engine is gone; the store is the job's then */
	struct store *store;
	char *own, *since;
	bool is_page, is_index;
	struct store_gap gap;
	struct buf body;
	bool news, more;
	int rc;
	struct err err;
};

/* Jobs of all engines of this process that were given to the pool and have not left the store. */
static atomic_int at_work;

static void next_job(struct engine *e);
static void fill_gap(struct engine *e);

static int backoff_ms(int failures)
{
	uint16_t dice;
	int ms = failures < 6 ? 500 << failures : 30000;
	crypto_random(&dice, sizeof(dice));
	return ms + ms * (dice % 256) / 1024;
}

static void failed(struct engine *e, const struct err *err)
{
	if (err->code == ERR_AUTH) {
		engine_set_state(e, ENGINE_LOGGED_OUT, err);
	} else {
		int ms = err->retry_after_ms > 0 ? err->retry_after_ms : backoff_ms(e->failures++);
		engine_set_state(e, ENGINE_OFFLINE, err);
		loop_timer_start(e->timer, (uint64_t)ms, 0);
	}
	engine_answer(e, err);
}

static void work(void *arg)
{
	struct job *j = arg;
	if (j->is_index)
		j->rc = store_index_step(j->store, INDEX_ROWS, &j->more, &j->err);
	else if (j->is_page)
		j->rc = apply_page(j->store, &j->gap, buf_span(&j->body), &j->more, &j->err);
	else
		j->rc = apply_sync(j->store, j->own, j->since, buf_span(&j->body), &j->news,
				   &j->err);
	atomic_fetch_sub(&at_work, 1);
}

void engine_settle(void)
{
	const struct timespec moment = {0, 1000000};
	int64_t end = clock_mono_ms() + SETTLE_MS;
	while (atomic_load(&at_work) && clock_mono_ms() < end)
		nanosleep(&moment, NULL);
}

/* The next sync: at once, or a moment later, when what people are sent can come together. */
static void poll_soon(struct engine *e, bool news)
{
	int64_t now = clock_mono_ms(), before = e->news_ms;
	if (news)
		e->news_ms = now;
	e->resting = news && now - before < ENGINE_BUSY_MS && !e->asker_count && !e->restart;
	if (e->resting)
		loop_timer_start(e->timer, ENGINE_REST_MS, 0);
	else
		engine_poll(e);
}

static void sync_stored(struct engine *e, const struct job *j)
{
	/* ERR_CONFLICT: the token has moved on; the next poll starts from there. */
	if (j->rc && j->rc != ERR_CONFLICT) {
		failed(e, &j->err);
		return;
	}
	e->failures = 0;
	e->whole = false;
	engine_set_state(e, ENGINE_LIVE, NULL);
	if (j->news || j->rc) /* in a conflict the news are the other process's */
		engine_publish(e);
	if (!j->rc)
		engine_answer(e, NULL);
	poll_soon(e, j->news);
}

/* A room that cannot be had must not keep the others from being filled. */
static struct engine_wait *wait_of(struct engine *e, int64_t room)
{
	for (int i = 0; i < e->wait_count; i++)
		if (e->waits[i].room == room)
			return &e->waits[i];
	return NULL;
}

static void let_wait(struct engine *e, int64_t room)
{
	struct engine_wait *w = wait_of(e, room);
	if (!w) {
		if (e->wait_count == ENGINE_WAITS) /* the one that has waited longest */
			memmove(e->waits, e->waits + 1, --e->wait_count * sizeof(*w));
		w = &e->waits[e->wait_count++];
		*w = (struct engine_wait){.room = room};
	}
	int64_t pause = w->failures < 7 ? (int64_t)FILL_PAUSE_MS << w->failures : FILL_PAUSE_MAX_MS;
	w->after_ms = clock_mono_ms() + pause;
	w->failures++;
}

static void forget_wait(struct engine *e, int64_t room)
{
	struct engine_wait *w = wait_of(e, room);
	if (w)
		*w = e->waits[--e->wait_count];
}

static bool has_to_wait(int64_t room, void *arg)
{
	const struct engine_wait *w = wait_of(arg, room);
	return w && clock_mono_ms() < w->after_ms;
}

static void page_stored(struct engine *e, const struct job *j)
{
	if (j->rc) {
		log_warn("history: %s", j->err.msg);
		let_wait(e, j->gap.room);
	} else {
		forget_wait(e, j->gap.room);
	}
	engine_publish(e);
}

static void worked(void *arg)
{
	struct job *j = arg;
	struct engine *e = j->e;
	if (e) {
		e->job = NULL;
		if (j->is_index)
			e->index_done = j->rc || !j->more;
		else if (j->is_page)
			page_stored(e, j);
		else
			sync_stored(e, j);
		next_job(e);
		fill_gap(e);
		engine_follow(e);
	} else {
		store_close(j->store);
	}
	mem_free(j->own);
	mem_free(j->since);
	buf_done(&j->body);
	mem_free(j);
}

static void next_job(struct engine *e)
{
	bool idle = !e->reply_waits && !e->page_waits;
	if (e->job || (idle && e->index_done))
		return;
	struct job *j = NEW(struct job);
	j->e = e;
	j->store = e->store;
	j->is_index = idle;
	j->is_page = e->page_waits && !e->reply_waits;
	if (!idle)
		e->index_done = false;
	if (e->reply_waits) {
		j->body = e->reply;
		j->own = mem_strdup(client_account(e->c)->user_id);
		j->since = take(&e->since);
		buf_init(&e->reply, LIMIT_SYNC_REPLY);
		e->reply_waits = false;
	} else if (!idle) {
		j->body = e->page;
		j->gap = e->gap;
		buf_init(&e->page, LIMIT_SYNC_REPLY);
		e->page_waits = false;
	}
	e->job = j;
	atomic_fetch_add(&at_work, 1);
	loop_work(e->l, work, worked, j);
}

static void on_reply(struct span body, const struct err *err, void *arg)
{
	struct engine *e = arg;
	e->poll = NULL;
	if (err && e->restart && err->code == ERR_CANCELLED) {
		engine_poll(e);
		return;
	}
	if (err && sync_token_refused(err, e->since) && !e->whole) {
		log_warn("sync: the server refused the token: %s", err->msg);
		e->whole = true;
		engine_poll(e);
		return;
	}
	if (err) {
		failed(e, err);
		return;
	}
	buf_clear(&e->reply);
	buf_put_span(&e->reply, body);
	e->reply_waits = true;
	next_job(e);
}

void engine_poll(struct engine *e)
{
	if (e->poll || e->reply_waits || (e->job && !e->job->is_page && !e->job->is_index))
		return;
	e->resting = false;
	bool wait = e->state == ENGINE_LIVE && !e->asker_count && !e->restart && !e->whole;
	char *since = NULL;
	/* The main thread's handle: the other one may be busy on the pool. */
	struct store *s;
	struct err err;
	if (client_store(e->c, &s, &err)) {
		failed(e, &err);
		return;
	}
	AUTO(request_done)
	struct request rq = sync_request(s, wait ? SYNC_POLL_MS : 0, e->whole, e->presence, &since);
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.max_reply = LIMIT_SYNC_REPLY,
		.timeout_ms = !since ? 600000 : SYNC_POLL_MS + 30000,
		.once = true,
	};
	mem_free(e->since);
	e->since = since;
	e->asker_old = e->asker_count;
	e->restart = false;
	e->poll_waits = wait;
	e->poll = session_start(client_session(e->c), &sr, on_reply, e);
}

void engine_poll_now(struct engine *e)
{
	if (e->poll && e->poll_waits && !e->restart) {
		e->restart = true;
		session_cancel(e->poll);
	} else if (e->resting ||
		   (e->state == ENGINE_OFFLINE && !e->poll && !e->reply_waits && !e->job)) {
		loop_timer_start(e->timer, 0, 0);
	}
}

void engine_poll_stop(struct engine *e)
{
	loop_timer_stop(e->timer);
	session_drop(take(&e->poll));
	session_drop(take(&e->fill));
	engine_follow_stop(e);
	if (e->job) {
		e->job->e = NULL;
		e->job = NULL;
		e->store = NULL;
	}
	buf_clear(&e->reply);
	buf_clear(&e->page);
	e->reply_waits = e->page_waits = e->restart = e->resting = false;
	mem_free(take(&e->since));
}

/* -- gaps ----------------------------------------------------------------- */

static void drop_gap(struct engine *e)
{
	struct store *s;
	if (client_store(e->c, &s, NULL) == 0)
		store_gap_remove(s, e->gap.room, e->gap.pos, NULL);
	engine_publish(e);
}

static void on_page(struct span body, const struct err *err, void *arg)
{
	struct engine *e = arg;
	e->fill = NULL;
	if (!err) {
		buf_clear(&e->page);
		buf_put_span(&e->page, body);
		e->page_waits = true;
		next_job(e);
		return;
	}
	if (sync_gap_hopeless(err))
		drop_gap(e);
	else
		let_wait(e, e->gap.room);
	fill_gap(e);
}

static char *room_id_of(struct store *s, int64_t room)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT room_id FROM rooms WHERE id=?");
	sql_bind_i64(q, 1, room);
	if (!sql_row(q))
		return NULL;
	char *id = span_dup(sql_col_text(q, 0));
	sql_reset(q);
	return id;
}

/* One page of the newest gap of a room that gives no trouble, when nothing of that kind is under way. */
static void fill_gap(struct engine *e)
{
	struct store *s;
	if (e->fill || e->page_waits || (e->job && e->job->is_page) || e->state != ENGINE_LIVE)
		return;
	if (client_store(e->c, &s, NULL) || !store_gap_live(s, has_to_wait, e, &e->gap))
		return;
	AUTO_FREE char *room_id = room_id_of(s, e->gap.room);
	if (!room_id)
		return;
	AUTO(request_done) struct request rq = sync_gap_request(room_id, &e->gap, PAGE_LIMIT);
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.max_reply = LIMIT_SYNC_REPLY,
	};
	e->fill = session_start(client_session(e->c), &sr, on_page, e);
}
