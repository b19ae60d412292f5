#include "core/client/timeline.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/sync.h"
#include "core/client/timeline_priv.h"

#include <signal.h>

#define TICK_MS 200

/* How far a room has been told. */
struct cursor {
	int64_t room, pos;
	bool held; /* news wait behind a gap that is being filled */
};

struct follow {
	struct client *c;  /* on our loop */
	struct client *up; /* the caller's, for blocking requests */
	struct loop *l;
	struct engine *e;
	struct store *s;
	const struct read_request *rq;
	client_row_fn *fn;
	int (*ready)(void *arg);
	void *arg;
	struct cursor *cursors;
	size_t count;
	int64_t seq;	   /* everything that arrived up to here has been looked at */
	int64_t only_room; /* 0: all */
	bool started;
	int rc;
	struct err err;
};

static void stop(struct follow *f, int rc, const struct err *err)
{
	if (!f->rc) {
		f->rc = rc;
		if (err)
			f->err = *err;
	}
	loop_stop(f->l);
}

static struct cursor *find_cursor(struct follow *f, int64_t room)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->cursors[i].room == room)
			return &f->cursors[i];
	return NULL;
}

static struct cursor *add_cursor(struct follow *f, int64_t room, int64_t pos)
{
	f->cursors = mem_realloc_array(f->cursors, f->count + 1, sizeof(*f->cursors));
	f->cursors[f->count] = (struct cursor){room, pos, false};
	return &f->cursors[f->count++];
}

/* A room that came while we follow: from our own arrival on. */
static int64_t first_pos(struct follow *f, int64_t room)
{
	struct sql_stmt *q = SQL(store_sql(f->s), "SELECT max(pos) FROM events WHERE room=? AND"
						  " type='m.room.member' AND state_key=?");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, client_account(f->c)->user_id);
	int64_t pos = sql_get_i64(q, 0);
	return pos ? pos - 1 : store_oldest_pos(f->s, room) - 1;
}

struct batch {
	struct row_context x;
	const struct read_request *rq;
	json_t *rows;
	int64_t pos;
};

static int on_event(const struct store_event *e, void *arg)
{
	struct batch *b = arg;
	b->pos = e->pos;
	if (event_wanted(b->rq, e))
		json_array_append_new(b->rows, event_row(&b->x, e));
	return json_array_size(b->rows) >= 200;
}

static int tell_batch(struct follow *f, struct cursor *cur, const struct store_room *r,
		      int64_t limit, bool *ret_more)
{
	JSON_AUTO json_t *rows = json_array();
	struct read_request rq = *f->rq;
	struct batch b = {{.s = f->s, .room = r, .raw = f->rq->raw}, &rq, rows, cur->pos};
	rq.since_ms = 0; /* what is new is new, whatever its clock says */
	*ret_more = store_events_walk(f->s, cur->room, cur->pos, limit, false, on_event, &b) != 0;
	cur->pos = b.pos;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		int rc = f->fn(json_array_get(rows, i), f->arg);
		if (rc)
			return rc;
	}
	return 0;
}

/* Everything new of a room, up to a gap that is still being filled. */
static void tell_room(struct follow *f, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	struct cursor *cur = find_cursor(f, room);
	bool more = true;
	if ((f->only_room && f->only_room != room) || !store_room_get(f->s, room, &r))
		return;
	if (!cur)
		cur = add_cursor(f, room, first_pos(f, room));
	cur->held = store_gap_after(f->s, room, cur->pos, g);
	int64_t limit = cur->held ? g->pos : INT64_MAX;
	while (more && !f->rc) {
		int rc = tell_batch(f, cur, &r, limit, &more);
		if (rc)
			stop(f, rc, NULL);
	}
}

/* A gap may be filled by a process that announces nothing (muster read). */
static void tell_held(struct follow *f)
{
	for (size_t i = 0; i < f->count && !f->rc; i++)
		if (f->cursors[i].held)
			tell_room(f, f->cursors[i].room);
}

static void tell_news(struct follow *f)
{
	int64_t seq = store_newest_seq(f->s);
	AUTO_FREE int64_t *ids = store_rooms_changed(f->s, f->seq);
	f->seq = seq;
	for (int64_t *p = ids; *p && !f->rc; p++)
		tell_room(f, *p);
	tell_held(f);
}

/* Remember where every room stands, then tell what was asked for of the past. */
static int start(struct follow *f, struct err *err)
{
	AUTO_FREE int64_t *ids = store_room_ids(f->s, NULL);
	int rc = 0;
	f->seq = store_newest_seq(f->s);
	for (int64_t *p = ids; *p; p++) {
		int64_t pos = store_newest_pos(f->s, *p);
		if (pos)
			add_cursor(f, *p, pos);
	}
	if (f->rq->room_id) {
		f->only_room = store_room_find(f->s, span_of(f->rq->room_id));
		if (!f->only_room)
			return err_set(err, ERR_NOT_FOUND, _("You are not in a room %s"),
				       f->rq->room_id);
	}
	bool past = f->rq->last > 0 || f->rq->since_ms;
	for (size_t i = 0; past && i < f->count && !rc; i++) {
		AUTO(store_room_done) struct store_room r = {0};
		struct cursor cur = f->cursors[i];
		if ((f->only_room && cur.room != f->only_room) ||
		    !store_room_get(f->s, cur.room, &r) || strcmp(r.membership, "join") != 0)
			continue;
		rc = timeline_read_room(f->up, &r, f->rq, cur.pos + 1, f->fn, f->arg, err);
	}
	return rc;
}

static void begin(struct follow *f)
{
	struct err err = {0};
	f->started = true;
	int rc = start(f, &err);
	if (rc) {
		stop(f, rc, &err);
		return;
	}
	rc = f->ready ? f->ready(f->arg) : 0;
	if (rc)
		stop(f, rc, NULL);
	else
		tell_news(f);
}

static void on_committed(void *arg)
{
	struct follow *f = arg;
	if (f->started && !f->rc)
		tell_news(f);
}

static void on_state(enum engine_state now, const struct err *err, void *arg)
{
	struct follow *f = arg;
	if (now == ENGINE_LOGGED_OUT)
		stop(f, ERR_AUTH, err);
	else if (now == ENGINE_LIVE && !f->started)
		begin(f);
	else if (now == ENGINE_OFFLINE)
		log_warn("%s", err->msg);
}

static void on_tick(void *arg)
{
	struct follow *f = arg;
	struct err err = {0};
	int rc = client_check_time(f->up, &err);
	if (rc)
		stop(f, rc, &err);
	else if (f->started && !f->rc)
		tell_held(f);
}

/* Stopped by the terminal, we would keep everybody else from syncing. */
static void on_stop_signal(void *arg)
{
	struct follow *f = arg;
	engine_pause(f->e);
	engine_settle();
	raise(SIGSTOP);
	/* Somebody has said "go on". */
	engine_resume(f->e);
}

static void watch_stop(struct follow *f)
{
	struct sigaction was;
	if (sigaction(SIGTSTP, NULL, &was) == 0 && was.sa_handler == SIG_DFL)
		loop_on_signal(f->l, SIGTSTP, on_stop_signal, f);
}

static int run(struct follow *f, struct err *err)
{
	static const struct engine_observer observer = {on_committed, on_state};
	struct client_options opt = {
		.account = client_account(f->up)->name,
		.loop = f->l,
		.ca_file = client_ca_file(f->up),
		.stay = client_stays(f->up),
	};
	int rc = client_open(&opt, &f->c, err);
	if (!rc)
		rc = client_store(f->c, &f->s, err);
	if (!rc)
		rc = engine_new(f->c, &f->e, err);
	if (rc)
		return rc;
	struct loop_timer *tick = loop_timer_new(f->l, on_tick, f);
	loop_timer_start(tick, TICK_MS, TICK_MS);
	engine_observe(f->e, &observer, f);
	watch_stop(f);
	loop_run(f->l);
	loop_timer_free(tick);
	engine_free(f->e);
	if (f->rc && f->err.code && err)
		*err = f->err;
	return f->rc;
}

int client_follow(struct client *c, const struct read_request *rq, client_row_fn *fn,
		  int (*ready)(void *arg), void *arg, struct err *err)
{
	struct follow f = {
		.up = c,
		.rq = rq,
		.fn = fn,
		.ready = ready,
		.arg = arg,
		.l = loop_new(),
	};
	int rc = run(&f, err);
	client_close(f.c);
	mem_free(f.cursors);
	loop_free(f.l);
	return rc;
}
