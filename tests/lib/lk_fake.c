#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/lk_fake.h"

#include "core/base/mem.h"

#include <string.h>

#define LIMIT_MS 120000
#define LOG_BYTES 16384

/* -- The server -------------------------------------------------------------------- */

void lk_fake_say(struct lk_fake *f, const struct lk_response *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	assert_non_null(f->ws);
	assert_int_equal(lk_response_encode(r, &b, NULL), 0);
	assert_int_equal(httpd_ws_send(f->ws, buf_span(&b), true), 0);
}

void lk_fake_say_person(struct lk_fake *f, struct lk_person p)
{
	struct lk_response r = {.kind = LK_RES_UPDATE};
	r.update = (struct lk_update){&p, 1};
	lk_fake_say(f, &r);
}

void lk_fake_say_leave(struct lk_fake *f, int reason, int action)
{
	struct lk_response r = {.kind = LK_RES_LEAVE};
	r.leave = (struct lk_leave){.reason = reason, .action = action};
	lk_fake_say(f, &r);
}

static void on_ws_message(struct httpd_ws *w, struct span data, bool binary, void *arg)
{
	struct lk_fake *f = arg;
	struct lk_request r;
	assert_true(w == f->ws);
	assert_true(binary);
	assert_int_equal(lk_request_decode(data, &r, NULL), 0);
	assert_true(r.kind > 0 && r.kind < (int)ARRAY_LEN(f->last));
	buf_printf(&f->requests, "%s ", lk_request_name(r.kind));
	if (r.kind == LK_REQ_PING_REQ && !f->no_pongs) {
		struct lk_response pong = {.kind = LK_RES_PONG_RESP};
		pong.pong_resp.last_ping_timestamp = r.ping_req.timestamp;
		lk_fake_say(f, &pong);
	}
	lk_request_done(&f->last[r.kind]);
	f->last[r.kind] = r;
}

static void on_ws_closed(struct httpd_ws *w, int code, void *arg)
{
	struct lk_fake *f = arg;
	(void)code;
	f->closed++;
	if (f->ws == w)
		f->ws = NULL;
}

static void greet(struct lk_fake *f)
{
	struct lk_response r = {.kind = LK_RES_JOIN, .join = f->join};
	if (f->silent)
		return;
	if ((f->query.reconnect || f->refuses) && f->leave_action >= 0) {
		lk_fake_say_leave(f, f->leave_reason, f->leave_action);
		return;
	}
	if (f->query.reconnect)
		r = (struct lk_response){.kind = LK_RES_RECONNECT};
	lk_fake_say(f, &r);
}

static void on_begin(struct httpd_request *rq, void *arg)
{
	(void)arg;
	httpd_body_memory(rq, 100);
}

static void on_ready(struct httpd_request *rq, void *arg)
{
	static const struct httpd_ws_handler ws = {on_ws_message, on_ws_closed};
	struct lk_fake *f = arg;
	struct span bearer = httpd_header(rq, "authorization");
	assert_true(span_eq_str(rq->path, "/deep/rtc"));
	f->connections++;
	lk_query_done(&f->query);
	assert_int_equal(lk_query_parse(rq->query, &f->query, NULL), 0);
	snprintf(f->bearer, sizeof(f->bearer), "%.*s", SPAN_ARG(bearer));
	if (f->status) {
		httpd_reply(rq, f->status, NULL, SPAN_LIT("no"));
		return;
	}
	f->ws = httpd_upgrade(rq, NULL, &ws, f);
	assert_non_null(f->ws);
	greet(f);
}

static void on_gone(struct httpd_request *rq, void *arg)
{
	(void)rq;
	(void)arg;
}

struct lk_person lk_fake_people[LK_FAKE_PEOPLE] = {
	{.sid = "PA_bob",
	 .identity = "bob",
	 .name = "Bob",
	 .state = LK_ACTIVE,
	 .version = 5,
	 .joined_at = 1700000000},
	{.sid = "PA_eve", .identity = "eve", .state = LK_ACTIVE, .joined_at_ms = 1700000000123},
};

void lk_fake_open(struct lk_fake *f)
{
	static const struct httpd_handler handler = {.begin = on_begin,
						     .ready = on_ready,
						     .gone = on_gone};
	*f = (struct lk_fake){.loop = loop_new(), .leave_action = -1};
	f->join = (struct lk_join){
		.has_room = true,
		.room = {.sid = "RM_1", .name = "room"},
		.has_participant = true,
		.participant = {.sid = "PA_me", .identity = "me", .state = LK_JOINED},
		.other_participants = lk_fake_people,
		.other_participants_n = LK_FAKE_PEOPLE,
		.ping_interval = 100,
		.ping_timeout = 200,
	};
	buf_init(&f->requests, LOG_BYTES);
	f->httpd = httpd_new(f->loop, &(struct httpd_options){0}, &handler, f);
	assert_int_equal(httpd_listen(f->httpd, "127.0.0.1", 0, false, &f->port, NULL), 0);
}

void lk_fake_close(struct lk_fake *f)
{
	httpd_free(f->httpd);
	for (size_t i = 0; i < ARRAY_LEN(f->last); i++)
		lk_request_done(&f->last[i]);
	lk_query_done(&f->query);
	buf_done(&f->requests);
	loop_free(f->loop);
}

/* -- The client --------------------------------------------------------------------- */

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {"connecting", "joined", "reconnecting", "ended"};
	buf_printf(&((struct lk_client *)arg)->log, "%s ", names[now]);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {"+",	 "-",	    "muted:",  "unmuted:",
					    "speaking:", "silent:", "quality:"};
	struct lk_client *c = arg;
	buf_printf(&c->log, "%s%s ", names[what], p->identity);
	c->person = *p;
	c->person.identity = c->person.sid = c->person.name = NULL;
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	buf_printf(&((struct lk_client *)arg)->log, "%s%s ", muted ? "MUTED" : "UNMUTED",
		   by_server ? ":server" : "");
}

static void on_token(void *arg)
{
	struct lk_client *c = arg;
	struct err none = {.code = ERR_AUTH, .msg = "no token for you"};
	buf_put_str(&c->log, "token ");
	if (c->slow)
		return;
	if (c->away) {
		none = (struct err){.code = ERR_NETWORK, .msg = "nobody is there"};
		c->away = c->stays_away || !strstr(buf_str(&c->log), "token token ");
		session_token(c->s, NULL, &none);
		return;
	}
	session_token(c->s, c->fresh, c->fresh ? NULL : &none);
}

static void on_warning(void *arg, const struct err *err)
{
	struct lk_client *c = arg;
	buf_put_str(&c->log, "warning ");
	c->warning = *err;
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct lk_client *c = arg;
	assert_false(c->ended);
	c->ended = true;
	c->why = why;
	if (err)
		c->err = *err;
	buf_printf(&c->log, "(%s) ", call_end_name(why));
}

const struct call_handler lk_client_told = {on_state, on_person,  on_muted, on_token,
					    NULL,     on_warning, on_ended};

struct call_options lk_client_listener(void)
{
	return (struct call_options){.token = "first", .listen_only = true, .sound.manual = true};
}

struct call_options lk_client_speaker(void)
{
	return (struct call_options){.token = "first",
				     .sound.manual = true,
				     .sound.input = "tone:440"};
}

void lk_client_start(struct lk_client *c, struct lk_fake *f, struct call_options o,
		     const struct session_times *t)
{
	struct session_options so = {.loop = f->loop, .call = o, .times = session_times_default};
	struct err err = {0};
	*c = (struct lk_client){.f = f};
	buf_init(&c->log, LOG_BYTES);
	so.ws = c->ws = ws_client_new(f->loop, &err);
	if (t)
		so.times = *t;
	snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%d/deep/", f->port);
	so.call.url = c->url;
	assert_non_null(c->ws);
	if (session_open(&so, &lk_client_told, c, &c->s, &err))
		fail_msg("%s", err.msg);
}

void lk_client_stop(struct lk_client *c)
{
	session_close(c->s);
	ws_client_free(c->ws);
	buf_done(&c->log);
}

/* -- Waiting ------------------------------------------------------------------------ */

static void on_late(void *arg)
{
	*(bool *)arg = true;
}

struct want {
	struct lk_client *c;
	const char *text;
};

static bool logged(const struct want *w)
{
	return strstr(buf_str(&w->c->log), w->text) != NULL;
}

static bool asked(const struct want *w)
{
	return strstr(buf_str(&w->c->f->requests), w->text) != NULL;
}

static void until(struct lk_client *c, bool (*done)(const struct want *), const char *text)
{
	struct want w = {c, text};
	bool late = false;
	struct loop_timer *t = loop_timer_new(c->f->loop, on_late, &late);
	struct loop_timer *looks = loop_timer_new(c->f->loop, (loop_fn *)loop_stop, c->f->loop);
	loop_timer_start(t, LIMIT_MS, 0);
	loop_timer_start(looks, 1, 1);
	while (!done(&w) && !late)
		loop_run(c->f->loop);
	loop_timer_free(t);
	loop_timer_free(looks);
	if (late)
		fail_msg("not seen: \"%s\"; told: %s; asked: %s", text, buf_str(&c->log),
			 buf_str(&c->f->requests));
}

void lk_client_until_told(struct lk_client *c, const char *text)
{
	until(c, logged, text);
}

void lk_client_until_asked(struct lk_client *c, const char *text)
{
	until(c, asked, text);
}

void lk_client_settle(struct lk_client *c)
{
	struct lk_response r = {.kind = LK_RES_UPDATE};
	struct lk_person p = {.sid = "PA_mark", .identity = "mark", .state = LK_ACTIVE};
	r.update = (struct lk_update){&p, 1};
	lk_fake_say(c->f, &r);
	lk_client_until_told(c, "+mark ");
	p.state = LK_DISCONNECTED;
	lk_fake_say(c->f, &r);
	lk_client_until_told(c, "-mark ");
	/* Only the marks are forgotten. */
	char *at = strstr(c->log.p, "+mark -mark ");
	assert_non_null(at);
	memmove(at, at + 12, strlen(at + 12) + 1);
	c->log.n -= 12;
}

void lk_client_expect(struct lk_client *c, const char *log)
{
	assert_string_equal(buf_str(&c->log), log);
	buf_clear(&c->log);
	buf_put_str(&c->log, "");
}

void lk_client_join(struct lk_client *c, struct lk_fake *f, const struct session_times *t)
{
	lk_fake_open(f);
	lk_client_start(c, f, lk_client_listener(), t);
	lk_client_until_told(c, "joined ");
	lk_client_expect(c, "connecting +me +bob +eve joined ");
}

void lk_client_done(struct lk_client *c, struct lk_fake *f)
{
	lk_client_stop(c);
	lk_fake_close(f);
}

/* -- Balance ------------------------------------------------------------------------- */

static long live;

int lk_fake_setup(void **state)
{
	(void)state;
	live = mem_live();
	return 0;
}

int lk_fake_teardown(void **state)
{
	(void)state;
	return mem_live() == live ? 0 : -1;
}
