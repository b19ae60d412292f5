/* A session on a thread of its own, and the way of its news to the owner. */
#include "core/call/call.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/worker.h"
#include "core/call/session.h"
#include "core/call/sound.h"
#include "core/call/turn_servers.h"

#include <stdatomic.h>
#include <string.h>

#define ALIVE_MS 3600000

struct call {
	atomic_int refs; /* the owner's, and one for each message under way to it */
	struct loop *owner;
	struct call_handler h;
	void *arg;
	bool dropped; /* owner's: nothing is told any more */
	struct loop_timer *alive;
	struct worker *worker;
	/* The worker's. */
	struct ws_client *ws;
	struct call_session *session;
	/* The owner's. */
	struct audio_engine *engine;
	struct recorder *recorders[AUDIO_ENGINE_TAPS];
};

static const char *const end_names[] = {"left",	 "removed", "elsewhere",
					"ended", "closed",  "failed"};
static const char *const quality_names[] = {"unknown", "lost", "poor", "good", "excellent"};

static const char *const way_names[] = {"", "udp", "tcp", "relay"};

const char *call_way_name(enum call_way w)
{
	return way_names[w];
}

const char *call_end_name(enum call_end why)
{
	return end_names[why];
}

const char *call_quality_name(enum call_quality q)
{
	return quality_names[q];
}

/* -- From the worker to the owner ------------------------------------------------------ */

enum news_kind {
	NEWS_STATE,
	NEWS_PERSON,
	NEWS_MUTED,
	NEWS_TOKEN,
	NEWS_INPUT_END,
	NEWS_WARNING,
	NEWS_ENDED,
};

struct news {
	struct call *call;
	enum news_kind kind;
	enum call_state state;
	enum call_person_event what;
	struct call_person person; /* its strings are owned */
	bool muted, by_server;
	enum call_end why;
	struct err err;
	bool has_err;
};

static void unref(struct call *c)
{
	if (atomic_fetch_sub(&c->refs, 1) == 1)
		mem_free(c);
}

static void hand_out(struct call *c, const struct news *n)
{
	const struct call_handler *h = &c->h;
	if (n->kind == NEWS_STATE && h->state)
		h->state(c->arg, n->state);
	else if (n->kind == NEWS_PERSON && h->person)
		h->person(c->arg, n->what, &n->person);
	else if (n->kind == NEWS_MUTED && h->muted)
		h->muted(c->arg, n->muted, n->by_server);
	else if (n->kind == NEWS_TOKEN && h->token)
		h->token(c->arg);
	else if (n->kind == NEWS_INPUT_END && h->input_end)
		h->input_end(c->arg);
	else if (n->kind == NEWS_WARNING && h->warning)
		h->warning(c->arg, &n->err);
	else if (n->kind == NEWS_ENDED && h->ended)
		h->ended(c->arg, n->why, n->has_err ? &n->err : NULL);
}

static void on_news(void *arg)
{
	struct news *n = arg;
	struct call *c = n->call;
	if (n->kind == NEWS_ENDED && c->alive)
		loop_timer_stop(c->alive);
	if (!c->dropped)
		hand_out(c, n); /* may call call_free */
	mem_free((char *)n->person.identity);
	mem_free((char *)n->person.sid);
	mem_free((char *)n->person.name);
	mem_free(n);
	unref(c);
}

static struct news *news_new(struct call *c, enum news_kind kind)
{
	struct news *n = NEW(struct news);
	n->call = c;
	n->kind = kind;
	return n;
}

static void tell(struct news *n)
{
	atomic_fetch_add(&n->call->refs, 1);
	loop_post(n->call->owner, on_news, n);
}

static void on_state(void *arg, enum call_state now)
{
	struct news *n = news_new(arg, NEWS_STATE);
	n->state = now;
	tell(n);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	struct news *n = news_new(arg, NEWS_PERSON);
	n->what = what;
	n->person = *p;
	n->person.identity = mem_strdup(p->identity);
	n->person.sid = mem_strdup(p->sid);
	n->person.name = mem_strdup(p->name);
	tell(n);
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	struct news *n = news_new(arg, NEWS_MUTED);
	n->muted = muted;
	n->by_server = by_server;
	tell(n);
}

static void on_token(void *arg)
{
	tell(news_new(arg, NEWS_TOKEN));
}

static void on_input_end(void *arg)
{
	tell(news_new(arg, NEWS_INPUT_END));
}

static void on_warning(void *arg, const struct err *err)
{
	struct news *n = news_new(arg, NEWS_WARNING);
	n->err = *err;
	tell(n);
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct news *n = news_new(arg, NEWS_ENDED);
	n->why = why;
	n->has_err = err != NULL;
	if (err)
		n->err = *err;
	tell(n);
}

/* -- From the owner to the worker -------------------------------------------------------- */

struct order {
	struct call *call;
	void (*run)(struct call_session *s, const struct order *o);
	char *text; /* a secret at times */
	bool flag;
	float db;
	bool has_err;
	struct err err;
};

static void on_order(void *arg)
{
	struct order *o = arg;
	if (o->call->session)
		o->run(o->call->session, o);
	mem_free_secret(o->text);
	mem_free(o);
}

static struct order *order_new(struct call *c,
			       void (*run)(struct call_session *, const struct order *),
			       const char *text)
{
	struct order *o = NEW(struct order);
	loop_assert_owner(c->owner);
	o->call = c;
	o->run = run;
	o->text = mem_strdup(text);
	return o;
}

static void give(struct order *o)
{
	loop_post(worker_loop(o->call->worker), on_order, o);
}

static void run_leave(struct call_session *s, const struct order *o)
{
	(void)o;
	session_leave(s);
}

void call_leave(struct call *c)
{
	give(order_new(c, run_leave, NULL));
}

static void run_token(struct call_session *s, const struct order *o)
{
	session_token(s, o->text, o->has_err ? &o->err : NULL);
}

void call_token(struct call *c, const char *token, const struct err *why)
{
	struct order *o = order_new(c, run_token, token);
	o->has_err = why != NULL;
	if (why)
		o->err = *why;
	give(o);
}

struct turn_order {
	struct call *call;
	struct call_turn turn; /* its strings are owned */
	char *uris[TURN_SERVERS_MAX];
};

static void on_turn(void *arg)
{
	struct turn_order *o = arg;
	if (o->call->session)
		session_turn(o->call->session, &o->turn);
	for (size_t i = 0; i < o->turn.uris_n; i++)
		mem_free(o->uris[i]);
	mem_free((char *)o->turn.username);
	mem_free_secret((char *)o->turn.password);
	mem_free(o);
}

void call_turn(struct call *c, const struct call_turn *t)
{
	struct turn_order *o = NEW(struct turn_order);
	loop_assert_owner(c->owner);
	o->call = c;
	o->turn.uris = (const char *const *)o->uris;
	for (; o->turn.uris_n < t->uris_n && o->turn.uris_n < TURN_SERVERS_MAX; o->turn.uris_n++)
		o->uris[o->turn.uris_n] = mem_strdup(t->uris[o->turn.uris_n]);
	o->turn.username = mem_strdup(t->username);
	o->turn.password = mem_strdup(t->password);
	loop_post(worker_loop(c->worker), on_turn, o);
}

static void run_network(struct call_session *s, const struct order *o)
{
	(void)o;
	session_network_changed(s);
}

void call_network_changed(struct call *c)
{
	give(order_new(c, run_network, NULL));
}

static void run_mute(struct call_session *s, const struct order *o)
{
	session_mute(s, o->flag);
}

void call_mute(struct call *c, bool muted)
{
	struct order *o = order_new(c, run_mute, NULL);
	o->flag = muted;
	give(o);
}

static void run_gain(struct call_session *s, const struct order *o)
{
	session_gain(s, o->text, o->db);
}

void call_gain(struct call *c, const char *identity, float db)
{
	struct order *o = order_new(c, run_gain, identity);
	o->db = db;
	give(o);
}

struct question {
	struct call *call;
	struct call_status *ret;
};

static void on_status(void *arg)
{
	struct question *q = arg;
	session_status(q->call->session, q->ret);
}

void call_status(struct call *c, struct call_status *ret)
{
	struct question q = {c, ret};
	loop_assert_owner(c->owner);
	worker_call(c->worker, on_status, &q);
}

/* -- Recording ------------------------------------------------------------------------------ */

static int close_recorder(struct call *c, enum audio_engine_tap what, struct err *err)
{
	struct recorder *r = take(&c->recorders[what]);
	if (!r)
		return 0;
	audio_engine_tap(c->engine, what, NULL);
	return recorder_close(r, err);
}

int call_record(struct call *c, const char *path, enum audio_engine_tap what, struct err *err)
{
	struct recorder *r = NULL;
	loop_assert_owner(c->owner);
	int rc = path ? recorder_new(path, false, &r, err) : 0;
	if (rc)
		return rc;
	rc = close_recorder(c, what, err);
	c->recorders[what] = r;
	if (r)
		audio_engine_tap(c->engine, what, r);
	return rc;
}

/* -- Making and ending ------------------------------------------------------------------------ */

struct birth {
	struct call *call;
	const struct call_options *options;
	struct err *err;
	int rc;
};

/* On the worker, whose loop has stopped: lws cannot be ended inside a callback. */
static void on_end(void *arg)
{
	struct call *c = arg;
	session_close(take(&c->session));
	ws_client_free(take(&c->ws));
}

static void on_birth(void *arg)
{
	static const struct call_handler told = {on_state,     on_person,  on_muted, on_token,
						 on_input_end, on_warning, on_ended};
	struct birth *b = arg;
	struct call *c = b->call;
	struct session_options o = {
		.loop = worker_loop(c->worker),
		.call = *b->options,
		.times = session_times_default,
	};
	struct call_handler h = told;
	if (!c->h.token)
		h.token = NULL;
	worker_at_end(c->worker, on_end, c);
	o.ws = c->ws = ws_client_new(o.loop, b->err);
	b->rc = o.ws ? session_open(&o, &h, c, &c->session, b->err) : ERR_FAILED;
	if (!b->rc)
		c->engine = sound_engine(session_sound(c->session));
}

static void on_alive(void *arg)
{
	(void)arg;
}

int call_new(struct loop *owner, const struct call_options *o, const struct call_handler *h,
	     void *arg, struct call **ret, struct err *err)
{
	struct call *c = NEW(struct call);
	struct birth b = {.call = c, .options = o, .err = err};
	loop_assert_owner(owner);
	atomic_init(&c->refs, 1);
	c->owner = owner;
	c->h = *h;
	c->arg = arg;
	/* Messages alone would not keep the owner's loop running. */
	c->alive = loop_timer_new(owner, on_alive, c);
	loop_timer_start(c->alive, ALIVE_MS, ALIVE_MS);
	c->worker = worker_new("call");
	worker_call(c->worker, on_birth, &b);
	if (b.rc)
		call_free(c);
	else
		*ret = c;
	return b.rc;
}

void call_free(struct call *c)
{
	if (!c)
		return;
	loop_assert_owner(c->owner);
	c->dropped = true;
	for (int i = 0; i < AUDIO_ENGINE_TAPS; i++)
		close_recorder(c, (enum audio_engine_tap)i, NULL);
	worker_free(take(&c->worker));
	loop_timer_free(take(&c->alive));
	unref(c);
}
