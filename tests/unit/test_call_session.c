/*
 * The LiveKit client against a server that says what the test wants: a front
 * of server/http whose WebSocket speaks LiveKit's messages, all on one loop.
 * Nothing here carries sound: a server that is not "subscriber primary" and a
 * client that only listens need no peer connection to be in a call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/call/session.h"
#include "core/call/signal.h"
#include "core/rtc/livekit/query.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/sdp.h"
#include "server/http/httpd.h"

#include <string.h>

#define LIMIT_MS 20000
#define LOG_BYTES 16384

/* -- The server -------------------------------------------------------------------- */

struct fake {
	struct loop *loop;
	struct httpd *httpd;
	int port;
	int status;  /* instead of a WebSocket */
	bool silent; /* no greeting */
	bool no_pongs;
	struct httpd_ws *ws;
	size_t connections, closed;
	struct lk_query query; /* of the newest connection */
	char bearer[200];
	struct buf requests; /* names of what came, in order: "add_track mute ..." */
	struct lk_request last[32];
	struct lk_join join;		/* the greeting; borrows constants */
	int leave_reason, leave_action; /* instead of a greeting to who resumes, when action >= 0 */
	bool refuses;			/* ... and to everybody */
};

static void say(struct fake *f, const struct lk_response *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	assert_non_null(f->ws);
	assert_int_equal(lk_response_encode(r, &b, NULL), 0);
	assert_int_equal(httpd_ws_send(f->ws, buf_span(&b), true), 0);
}

static void say_leave(struct fake *f, int reason, int action)
{
	struct lk_response r = {.kind = LK_RES_LEAVE};
	r.leave = (struct lk_leave){.reason = reason, .action = action};
	say(f, &r);
}

static void on_ws_message(struct httpd_ws *w, struct span data, bool binary, void *arg)
{
	struct fake *f = arg;
	struct lk_request r;
	assert_true(w == f->ws);
	assert_true(binary);
	assert_int_equal(lk_request_decode(data, &r, NULL), 0);
	assert_true(r.kind > 0 && r.kind < (int)ARRAY_LEN(f->last));
	buf_printf(&f->requests, "%s ", lk_request_name(r.kind));
	if (r.kind == LK_REQ_PING_REQ && !f->no_pongs) {
		struct lk_response pong = {.kind = LK_RES_PONG_RESP};
		pong.pong_resp.last_ping_timestamp = r.ping_req.timestamp;
		say(f, &pong);
	}
	lk_request_done(&f->last[r.kind]);
	f->last[r.kind] = r;
}

static void on_ws_closed(struct httpd_ws *w, int code, void *arg)
{
	struct fake *f = arg;
	(void)code;
	f->closed++;
	if (f->ws == w)
		f->ws = NULL;
}

static void greet(struct fake *f)
{
	struct lk_response r = {.kind = LK_RES_JOIN, .join = f->join};
	if (f->silent)
		return;
	if ((f->query.reconnect || f->refuses) && f->leave_action >= 0) {
		say_leave(f, f->leave_reason, f->leave_action);
		return;
	}
	if (f->query.reconnect)
		r = (struct lk_response){.kind = LK_RES_RECONNECT};
	say(f, &r);
}

static void on_begin(struct httpd_request *rq, void *arg)
{
	(void)arg;
	httpd_body_memory(rq, 100);
}

static void on_ready(struct httpd_request *rq, void *arg)
{
	static const struct httpd_ws_handler ws = {on_ws_message, on_ws_closed};
	struct fake *f = arg;
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

static struct lk_person people[] = {
	{.sid = "PA_bob",
	 .identity = "bob",
	 .name = "Bob",
	 .state = LK_ACTIVE,
	 .version = 5,
	 .joined_at = 1700000000},
	{.sid = "PA_eve", .identity = "eve", .state = LK_ACTIVE, .joined_at_ms = 1700000000123},
};

static void fake_open(struct fake *f)
{
	static const struct httpd_handler handler = {.begin = on_begin,
						     .ready = on_ready,
						     .gone = on_gone};
	*f = (struct fake){.loop = loop_new(), .leave_action = -1};
	f->join = (struct lk_join){
		.has_room = true,
		.room = {.sid = "RM_1", .name = "room"},
		.has_participant = true,
		.participant = {.sid = "PA_me", .identity = "me", .state = LK_JOINED},
		.other_participants = people,
		.other_participants_n = ARRAY_LEN(people),
		.ping_interval = 100,
		.ping_timeout = 200,
	};
	buf_init(&f->requests, LOG_BYTES);
	f->httpd = httpd_new(f->loop, &(struct httpd_options){0}, &handler, f);
	assert_int_equal(httpd_listen(f->httpd, "127.0.0.1", 0, false, &f->port, NULL), 0);
}

static void fake_close(struct fake *f)
{
	httpd_free(f->httpd);
	for (size_t i = 0; i < ARRAY_LEN(f->last); i++)
		lk_request_done(&f->last[i]);
	lk_query_done(&f->query);
	buf_done(&f->requests);
	loop_free(f->loop);
}

/* -- The client --------------------------------------------------------------------- */

struct client {
	struct fake *f;
	struct ws_client *ws;
	struct session *s;
	struct buf log; /* what was told: "state:joined joined:bob ..." */
	char url[100];
	bool ended;
	enum call_end why;
	struct err err, warning;
	const char *fresh; /* the answer when a token is wanted; NULL: none */
	bool slow;	   /* no answer yet */
	bool away;	   /* who gives tokens does not answer either, twice ... */
	bool stays_away;   /* ... or ever */
	struct call_person person;
};

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {"connecting", "joined", "reconnecting", "ended"};
	buf_printf(&((struct client *)arg)->log, "%s ", names[now]);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {"+",	 "-",	    "muted:",  "unmuted:",
					    "speaking:", "silent:", "quality:"};
	struct client *c = arg;
	buf_printf(&c->log, "%s%s ", names[what], p->identity);
	c->person = *p;
	c->person.identity = c->person.sid = c->person.name = NULL;
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	buf_printf(&((struct client *)arg)->log, "%s%s ", muted ? "MUTED" : "UNMUTED",
		   by_server ? ":server" : "");
}

static void on_token(void *arg)
{
	struct client *c = arg;
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
	struct client *c = arg;
	buf_put_str(&c->log, "warning ");
	c->warning = *err;
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct client *c = arg;
	assert_false(c->ended);
	c->ended = true;
	c->why = why;
	if (err)
		c->err = *err;
	buf_printf(&c->log, "(%s) ", call_end_name(why));
}

static const struct call_handler told = {on_state, on_person,  on_muted, on_token,
					 NULL,	   on_warning, on_ended};

static struct call_options listener(void)
{
	return (struct call_options){.token = "first", .listen_only = true, .sound.manual = true};
}

static struct call_options speaker(void)
{
	return (struct call_options){.token = "first",
				     .sound.manual = true,
				     .sound.input = "tone:440"};
}

static void client_start(struct client *c, struct fake *f, struct call_options o,
			 const struct session_times *t)
{
	struct session_options so = {.loop = f->loop, .call = o, .times = session_times_default};
	struct err err = {0};
	*c = (struct client){.f = f};
	buf_init(&c->log, LOG_BYTES);
	so.ws = c->ws = ws_client_new(f->loop, &err);
	if (t)
		so.times = *t;
	snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%d/deep/", f->port);
	so.call.url = c->url;
	assert_non_null(c->ws);
	if (session_open(&so, &told, c, &c->s, &err))
		fail_msg("%s", err.msg);
}

static void client_stop(struct client *c)
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
	struct client *c;
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

static void until(struct client *c, bool (*done)(const struct want *), const char *text)
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

static void until_told(struct client *c, const char *text)
{
	until(c, logged, text);
}

static void until_asked(struct client *c, const char *text)
{
	until(c, asked, text);
}

/* What the server said before has been heard when its answer to this was. */
static void settle(struct client *c)
{
	struct lk_response r = {.kind = LK_RES_UPDATE};
	struct lk_person p = {.sid = "PA_mark", .identity = "mark", .state = LK_ACTIVE};
	r.update = (struct lk_update){&p, 1};
	say(c->f, &r);
	until_told(c, "+mark ");
	p.state = LK_DISCONNECTED;
	say(c->f, &r);
	until_told(c, "-mark ");
	/* Only the marks are forgotten. */
	char *at = strstr(c->log.p, "+mark -mark ");
	assert_non_null(at);
	memmove(at, at + 12, strlen(at + 12) + 1);
	c->log.n -= 12;
}

static void expect(struct client *c, const char *log)
{
	assert_string_equal(buf_str(&c->log), log);
	buf_clear(&c->log);
	buf_put_str(&c->log, "");
}

/* Joined as a listener with bob and eve. */
static void join(struct client *c, struct fake *f, const struct session_times *t)
{
	fake_open(f);
	client_start(c, f, listener(), t);
	until_told(c, "joined ");
	expect(c, "connecting +me +bob +eve joined ");
}

static void done(struct client *c, struct fake *f)
{
	client_stop(c);
	fake_close(f);
}

/* -- Joining ------------------------------------------------------------------------- */

static void test_address(void **state)
{
	(void)state;
	static const struct {
		const char *url, *want;
	} rows[] = {
		{"ws://h:1", "ws://h:1/rtc?"},
		{"wss://h/", "wss://h/rtc?"},
		{"https://h/a/b//", "wss://h/a/b/rtc?"},
		{"http://[::1]:7", "ws://[::1]:7/rtc?"},
		{"ftp://h", NULL},
		{"h:7880", NULL},
		{"ws://", NULL},
		{"ws:///", NULL},
		{"ws://h/?x=1", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(1000);
		struct signal_options o = {.url = rows[i].url};
		int rc = signal_url(&o, &b, NULL);
		assert_int_equal(rc, rows[i].want ? 0 : ERR_USAGE);
		if (rows[i].want)
			assert_true(span_starts(buf_span(&b), rows[i].want));
	}
}

static void test_join(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct call_status st;
	join(&c, &f, NULL);
	assert_string_equal(f.bearer, "Bearer first");
	assert_int_equal(f.query.protocol, LK_PROTOCOL);
	assert_true(f.query.auto_subscribe);
	assert_false(f.query.reconnect);
	assert_string_equal(f.query.access_token, "");
	assert_string_equal(f.query.sdk, "muster");
	session_status(c.s, &st);
	assert_int_equal(st.state, CALL_JOINED);
	assert_int_equal(st.people, 3);
	assert_false(st.publishing);
	/* Listens only: asks for nothing. */
	settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	session_leave(c.s);
	until_told(&c, "(left) ");
	expect(&c, "ended (left) ");
	assert_string_equal(buf_str(&f.requests), "leave ");
	assert_int_equal(f.last[LK_REQ_LEAVE].leave.reason, LK_CLIENT_INITIATED);
	assert_int_equal(f.last[LK_REQ_LEAVE].leave.action, LK_LEAVE_DISCONNECT);
	done(&c, &f);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		int status, code;
	} rows[] = {{401, ERR_AUTH},
		    {403, ERR_AUTH},
		    {404, ERR_NOT_FOUND},
		    {503, ERR_NETWORK},
		    {200, ERR_NETWORK}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake f;
		struct client c;
		fake_open(&f);
		f.status = rows[i].status;
		client_start(&c, &f, listener(), NULL);
		until_told(&c, "(failed) ");
		expect(&c, "connecting ended (failed) ");
		assert_int_equal(c.err.code, rows[i].code);
		assert_int_equal(f.connections, 1);
		done(&c, &f);
	}
}

/* Full, or too restless: no greeting, but a word that says what to do. */
static void test_not_let_in(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_open(&f);
	f.refuses = true;
	f.leave_reason = LK_JOIN_FAILURE;
	f.leave_action = LK_LEAVE_RECONNECT;
	client_start(&c, &f, listener(), NULL);
	until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "lets nobody more in"));
	assert_true(c.err.hint[0]);
	assert_int_equal(f.connections, 1);
	done(&c, &f);
}

static void test_nobody_greets(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct session_times t = session_times_default;
	t.attempt = 100;
	fake_open(&f);
	f.silent = true;
	client_start(&c, &f, listener(), &t);
	until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "does not answer"));
	done(&c, &f);
	/* It greets, but offers no way for sound. */
	fake_open(&f);
	f.join.subscriber_primary = true;
	client_start(&c, &f, listener(), &t);
	until_told(&c, "(failed) ");
	assert_non_null(strstr(c.err.msg, "no sound gets through"));
	assert_true(c.err.hint[0]);
	done(&c, &f);
}

static void test_strange_words(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_response r = {.kind = LK_RES_NONE};
	join(&c, &f, NULL);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT("\xff\xff\xff\xff\xff"), true), 0);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT("{\"join\":{}}"), false), 0);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT(""), true), 0);
	say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_JOIN, .join = f.join}; /* again */
	say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_ANSWER, .answer = {.type = "answer", .sdp = "x"}};
	say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_TRICKLE};
	r.trickle.candidate_init = "{";
	say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_MUTE, .mute = {"TR_nothing", true}};
	say(&f, &r);
	settle(&c);
	expect(&c, "");
	done(&c, &f);
}

static void test_no_name(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_open(&f);
	f.join.has_participant = false;
	client_start(&c, &f, listener(), NULL);
	until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_PROTOCOL);
	done(&c, &f);
}

/* -- People --------------------------------------------------------------------------- */

static void say_person(struct fake *f, struct lk_person p)
{
	struct lk_response r = {.kind = LK_RES_UPDATE};
	r.update = (struct lk_update){&p, 1};
	say(f, &r);
}

static void test_people(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_track track = {.sid = "TR_1", .type = LK_AUDIO, .source = LK_MICROPHONE};
	struct lk_track both[] = {{.sid = "TR_1", .type = LK_AUDIO, .muted = true},
				  {.sid = "TR_2", .type = LK_AUDIO}};
	struct lk_track film = {.sid = "TR_3", .type = LK_VIDEO};
	struct lk_person bob = people[0], eve = people[1];
	join(&c, &f, NULL);
	bob.tracks = &track;
	bob.tracks_n = 1;
	bob.version = 6;
	say_person(&f, bob);
	settle(&c);
	expect(&c, "unmuted:bob ");
	/* Old news. */
	bob.version = 4;
	bob.tracks_n = 0;
	say_person(&f, bob);
	settle(&c);
	expect(&c, "");
	bob.version = 7;
	bob.tracks = both;
	bob.tracks_n = 2;
	say_person(&f, bob); /* one of two is heard */
	both[1].muted = true;
	bob.version = 8;
	say_person(&f, bob);
	settle(&c);
	expect(&c, "muted:bob ");
	eve.tracks = &film;
	eve.tracks_n = 1;
	say_person(&f, eve);
	settle(&c);
	expect(&c, "");
	/* From another place: who was there has left. */
	bob.sid = "PA_bob2";
	bob.version = 1;
	bob.tracks_n = 0;
	say_person(&f, bob);
	bob.sid = "PA_bob";
	bob.state = LK_DISCONNECTED;
	say_person(&f, bob);
	eve.state = LK_DISCONNECTED;
	say_person(&f, eve);
	say_person(&f, eve);
	settle(&c);
	expect(&c, "-bob +bob -eve ");
	done(&c, &f);
}

static void test_speakers_and_quality(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_speaker speakers[] = {{"PA_bob", 0.5f, true},
					{"PA_me", 0.25f, true},
					{"PA_who", 1, true}};
	struct lk_response r = {.kind = LK_RES_SPEAKERS_CHANGED};
	join(&c, &f, NULL);
	r.speakers_changed = (struct lk_speakers_changed){speakers, 3};
	say(&f, &r);
	say(&f, &r);
	until_told(&c, "speaking:me ");
	assert_true(c.person.speaking && c.person.self && c.person.level == 0.25f);
	speakers[0] = (struct lk_speaker){"PA_bob", 0, false};
	r.speakers_changed.speakers_n = 1;
	say(&f, &r);
	settle(&c);
	expect(&c, "speaking:bob speaking:me silent:bob ");
	static const struct {
		int wire;
		enum call_quality ours;
	} rows[] = {{LK_POOR, CALL_POOR},
		    {LK_GOOD, CALL_GOOD},
		    {LK_EXCELLENT, CALL_EXCELLENT},
		    {LK_LOST, CALL_LOST},
		    {77, CALL_QUALITY_UNKNOWN}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lk_quality_info q = {.participant_sid = "PA_bob", .quality = rows[i].wire};
		r = (struct lk_response){.kind = LK_RES_CONNECTION_QUALITY};
		r.connection_quality = (struct lk_connection_quality){&q, 1};
		say(&f, &r);
		say(&f, &r);
		until_told(&c, "quality:bob ");
		assert_int_equal(c.person.quality, rows[i].ours);
		settle(&c);
		expect(&c, "quality:bob ");
	}
	done(&c, &f);
}

static void test_moved(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_response r = {.kind = LK_RES_ROOM_MOVED};
	struct lk_person others[] = {people[1],
				     {.sid = "PA_zoe", .identity = "zoe", .state = LK_ACTIVE}};
	join(&c, &f, NULL);
	r.room_moved = (struct lk_room_moved){
		.token = "moved",
		.has_participant = true,
		.participant = {.sid = "PA_me2", .identity = "me", .state = LK_ACTIVE},
		.other_participants = others,
		.other_participants_n = 2,
	};
	say(&f, &r);
	settle(&c);
	expect(&c, "+zoe -bob ");
	/* And comes back as who it is there. */
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "reconnecting joined ");
	assert_string_equal(f.bearer, "Bearer moved");
	assert_string_equal(f.query.sid, "PA_me2");
	done(&c, &f);
}

/* -- The end ---------------------------------------------------------------------------- */

static void test_ends(void **state)
{
	(void)state;
	static const struct {
		int reason;
		enum call_end why;
	} rows[] = {{LK_DUPLICATE_IDENTITY, CALL_END_ELSEWHERE},
		    {LK_PARTICIPANT_REMOVED, CALL_END_REMOVED},
		    {LK_ROOM_DELETED, CALL_END_CLOSED},
		    {LK_ROOM_CLOSED, CALL_END_CLOSED},
		    {LK_CLIENT_INITIATED, CALL_END_LEFT},
		    {LK_JOIN_FAILURE, CALL_END_FAILED},
		    {LK_MEDIA_FAILURE, CALL_END_FAILED},
		    {99, CALL_END_FAILED}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake f;
		struct client c;
		join(&c, &f, NULL);
		say_leave(&f, rows[i].reason, LK_LEAVE_DISCONNECT);
		until_told(&c, "ended ");
		assert_int_equal(c.why, rows[i].why);
		assert_int_equal(c.err.code != 0, rows[i].why == CALL_END_FAILED);
		/* Nothing is asked of it any more, and nothing breaks. */
		session_mute(c.s, true);
		session_gain(c.s, "bob", -6);
		session_network_changed(c.s);
		session_leave(c.s);
		session_token(c.s, "x", NULL);
		assert_int_equal(f.connections, 1);
		done(&c, &f);
	}
}

/* A server that does not answer our goodbye is not waited for long. */
static void test_leave_unanswered(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct session_times t = session_times_default;
	t.leave = 50;
	join(&c, &f, &t);
	f.silent = true;
	session_leave(c.s);
	session_leave(c.s);
	until_told(&c, "(left) ");
	expect(&c, "ended (left) ");
	done(&c, &f);
	/* Before there was anything to leave. */
	fake_open(&f);
	f.silent = true;
	client_start(&c, &f, listener(), NULL);
	session_leave(c.s);
	until_told(&c, "(left) ");
	done(&c, &f);
}

static void test_freed_at_any_time(void **state)
{
	(void)state;
	for (int turns = 0; turns < 40; turns++) {
		struct fake f;
		struct client c;
		fake_open(&f);
		client_start(&c, &f, turns % 2 ? speaker() : listener(), NULL);
		for (int i = 0; i < turns; i++)
			loop_run_once(f.loop);
		done(&c, &f);
	}
}

/* -- Coming back --------------------------------------------------------------------------- */

static void test_resume(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct call_status st;
	struct lk_response r = {.kind = LK_RES_REFRESH_TOKEN};
	join(&c, &f, NULL);
	r.refresh_token = "second";
	say(&f, &r);
	settle(&c);
	for (int i = 1; i <= 3; i++) {
		buf_clear(&f.requests);
		httpd_ws_close(f.ws, 1011);
		until_told(&c, "reconnecting joined ");
		expect(&c, "reconnecting joined ");
		until_asked(&c, "sync_state ");
		assert_true(f.query.reconnect);
		assert_string_equal(f.query.sid, "PA_me");
		assert_int_equal(f.query.reconnect_reason, SIGNAL_REASON_SIGNAL);
		assert_string_equal(f.bearer, "Bearer second");
		session_status(c.s, &st);
		assert_int_equal(st.reconnects, i);
	}
	/* The owner knows better than any timer. */
	session_network_changed(c.s);
	until_told(&c, "reconnecting joined ");
	assert_int_equal(f.query.reconnect_reason, SIGNAL_REASON_NETWORK);
	done(&c, &f);
}

/* The server asks for it, in one way or the other. */
static void test_told_to_come_back(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	join(&c, &f, NULL);
	c.fresh = "fresh";
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RESUME);
	until_told(&c, "reconnecting joined ");
	expect(&c, "reconnecting joined ");
	assert_true(f.query.reconnect);
	say_leave(&f, LK_MIGRATION, LK_LEAVE_RECONNECT);
	until_told(&c, "joined ");
	expect(&c, "reconnecting token joined ");
	assert_false(f.query.reconnect);
	assert_string_equal(f.bearer, "Bearer fresh");
	say_leave(&f, LK_SERVER_SHUTDOWN, LK_LEAVE_DISCONNECT);
	until_told(&c, "joined ");
	done(&c, &f);
}

/* It does not know us any more: a fresh token, a new join, and people who stayed have not left. */
static void test_rejoin(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_person others[] = {{.sid = "PA_bob9", .identity = "bob", .state = LK_ACTIVE},
				     {.sid = "PA_zoe", .identity = "zoe", .state = LK_ACTIVE}};
	struct lk_speaker speaker = {"PA_bob", 0.5f, true};
	struct lk_response r = {.kind = LK_RES_SPEAKERS_CHANGED};
	join(&c, &f, NULL);
	r.speakers_changed = (struct lk_speakers_changed){&speaker, 1};
	say(&f, &r);
	settle(&c);
	expect(&c, "speaking:bob ");
	c.fresh = "fresh";
	f.leave_reason = LK_STATE_MISMATCH;
	f.leave_action = LK_LEAVE_RECONNECT;
	f.join.participant.sid = "PA_me9";
	f.join.other_participants = others;
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "joined ");
	expect(&c, "reconnecting token silent:bob +zoe -eve joined ");
	assert_string_equal(f.bearer, "Bearer fresh");
	assert_int_equal(f.connections, 3);
	/* As somebody new. */
	f.leave_action = -1;
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "reconnecting joined ");
	assert_string_equal(f.query.sid, "PA_me9");
	done(&c, &f);
}

static void test_no_token(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	join(&c, &f, NULL);
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	until_told(&c, "(failed) ");
	expect(&c, "reconnecting token ended (failed) ");
	assert_string_equal(c.err.msg, "no token for you");
	done(&c, &f);
	/* One that is refused. */
	join(&c, &f, NULL);
	c.fresh = "stale";
	f.status = 401;
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_AUTH);
	assert_string_equal(f.bearer, "Bearer stale");
	done(&c, &f);
}

/* Whoever gives tokens comes back in time, or does not. */
static void test_tokens_away(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct session_times t = session_times_default;
	join(&c, &f, NULL);
	c.away = true;
	c.fresh = "fresh";
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	until_told(&c, "joined ");
	expect(&c, "reconnecting token token token joined ");
	done(&c, &f);
	t.give_up = 300;
	join(&c, &f, &t);
	c.away = c.stays_away = true;
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	until_told(&c, "(failed) ");
	assert_string_equal(c.err.msg, "the call is lost: nobody is there");
	done(&c, &f);
}

/* Refused as one who resumes, then in trouble for a while, then back. */
static void test_server_restarts(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	join(&c, &f, NULL);
	c.fresh = "fresh";
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "reconnecting ");
	while (f.connections < 3)
		loop_run_once(f.loop);
	f.status = 404;
	while (f.connections < 4)
		loop_run_once(f.loop);
	f.status = 0;
	until_told(&c, "joined ");
	expect(&c, "reconnecting token joined ");
	done(&c, &f);
}

static void test_gives_up(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct session_times t = session_times_default;
	t.give_up = 700;
	join(&c, &f, &t);
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "(failed) ");
	expect(&c, "reconnecting ended (failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "the call is lost: "));
	assert_true(f.connections >= 3);
	done(&c, &f);
	/* Resuming is tried for so long only, then everything anew. */
	t.give_up = 20000;
	t.resume = 300;
	join(&c, &f, &t);
	c.fresh = "fresh";
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	until_told(&c, "token ");
	assert_true(f.connections >= 2);
	f.status = 0;
	until_told(&c, "joined ");
	assert_false(f.query.reconnect);
	done(&c, &f);
}

/* A connection that is dead without a word: nobody answers our pings. */
static void test_pings(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_open(&f);
	f.join.ping_interval = 1;
	f.join.ping_timeout = 2;
	client_start(&c, &f, listener(), NULL);
	until_told(&c, "joined ");
	until_asked(&c, "ping_req ping_req ping_req ");
	expect(&c, "connecting +me +bob +eve joined ");
	f.no_pongs = true;
	until_told(&c, "reconnecting joined ");
	/* Also after a resume. */
	f.no_pongs = false;
	buf_clear(&f.requests);
	until_asked(&c, "ping_req ping_req ");
	done(&c, &f);
}

static void test_delays(void **state)
{
	(void)state;
	for (uint32_t random = 0; random < 4000000000u; random += 12345677) {
		assert_in_range(session_delay_ms(0, random), 0, 299);
		assert_in_range(session_delay_ms(1, random), 150, 450);
		assert_in_range(session_delay_ms(2, random), 300, 900);
		assert_in_range(session_delay_ms(5, random), 2400, 7200);
		assert_in_range(session_delay_ms(50, random), 2500, 7500);
	}
}

/* -- Speaking --------------------------------------------------------------------------- */

static void test_publish(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_open(&f);
	client_start(&c, &f, speaker(), NULL);
	until_asked(&c, "add_track ");
	const struct lk_add_track *t = &f.last[LK_REQ_ADD_TRACK].add_track;
	assert_int_equal(t->type, LK_AUDIO);
	assert_int_equal(t->source, LK_MICROPHONE);
	assert_true(t->disable_red);
	assert_false(t->muted);
	struct lk_response r = {.kind = LK_RES_TRACK_PUBLISHED};
	r.track_published = (struct lk_track_published){.cid = "another",
							.has_track = true,
							.track = {.sid = "TR_x"}};
	say(&f, &r);
	r.track_published.cid = t->cid;
	r.track_published.track.sid = "TR_me";
	say(&f, &r);
	until_asked(&c, "offer ");
	const struct lk_sdp *o = &f.last[LK_REQ_OFFER].offer;
	assert_string_equal(o->type, "offer");
	assert_int_equal(o->id, 1);
	assert_non_null(strstr(o->sdp, t->cid));
	assert_non_null(strstr(o->sdp, "ssrc-audio-level"));
	assert_non_null(strstr(o->sdp, "a=candidate:"));
	assert_null(strstr(o->sdp, "m=application"));
	/* Not in the call before the answer; muted meanwhile. */
	session_mute(c.s, true);
	until_asked(&c, "mute ");
	assert_string_equal(f.last[LK_REQ_MUTE].mute.sid, "TR_me");
	assert_true(f.last[LK_REQ_MUTE].mute.muted);
	expect(&c, "connecting +me +bob +eve MUTED ");
	/* An answer that is none: the call cannot begin. */
	r = (struct lk_response){.kind = LK_RES_ANSWER,
				 .answer = {.type = "answer", .sdp = "v=0\r\n", .id = 1}};
	say(&f, &r);
	until_told(&c, "(failed) ");
	done(&c, &f);
}

static void test_not_allowed(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct lk_response r = {.kind = LK_RES_REQUEST_RESPONSE};
	/* By the permission that came with the join. */
	fake_open(&f);
	f.join.participant.has_permission = true;
	f.join.participant.permission = (struct lk_permission){.can_subscribe = true};
	client_start(&c, &f, speaker(), NULL);
	until_told(&c, "joined ");
	expect(&c, "connecting +me +bob +eve warning joined ");
	assert_int_equal(c.warning.code, ERR_AUTH);
	assert_string_equal(buf_str(&f.requests), "");
	/* Then given the floor. */
	struct lk_person me = f.join.participant;
	int sources[] = {LK_CAMERA, LK_MICROPHONE};
	me.permission.can_publish = true;
	me.permission.can_publish_sources = sources;
	me.permission.can_publish_sources_n = 1;
	say_person(&f, me);
	settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	me.permission.can_publish_sources_n = 2;
	say_person(&f, me);
	until_asked(&c, "add_track ");
	done(&c, &f);
	/* By an answer to the wish. */
	fake_open(&f);
	client_start(&c, &f, speaker(), NULL);
	until_asked(&c, "add_track ");
	r.request_response = (struct lk_request_response){.reason = LK_RESULT_QUEUED,
							  .request = LK_REPEATED_ADD_TRACK};
	r.request_response.add_track.cid = f.last[LK_REQ_ADD_TRACK].add_track.cid;
	say(&f, &r);
	r.request_response.reason = LK_RESULT_NOT_ALLOWED;
	say(&f, &r);
	until_told(&c, "joined ");
	expect(&c, "connecting +me +bob +eve warning joined ");
	done(&c, &f);
}

static void test_publish_late(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct call_options o = speaker();
	o.muted = o.publish_late = true;
	fake_open(&f);
	client_start(&c, &f, o, NULL);
	until_told(&c, "joined ");
	settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	session_mute(c.s, false);
	until_asked(&c, "add_track ");
	assert_false(f.last[LK_REQ_ADD_TRACK].add_track.muted);
	done(&c, &f);
	/* Muted from the start, but published. */
	o.publish_late = false;
	fake_open(&f);
	client_start(&c, &f, o, NULL);
	until_asked(&c, "add_track ");
	assert_true(f.last[LK_REQ_ADD_TRACK].add_track.muted);
	done(&c, &f);
}

static void test_not_taken(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct call_options o = speaker();
	struct session_times t = session_times_default;
	o.muted = o.publish_late = true;
	t.publish = 100;
	fake_open(&f);
	client_start(&c, &f, o, &t);
	until_told(&c, "joined ");
	session_mute(c.s, false);
	until_told(&c, "warning ");
	assert_int_equal(c.warning.code, ERR_NETWORK);
	/* And is tried again at the next wish. */
	session_mute(c.s, true);
	session_mute(c.s, false);
	until_asked(&c, "add_track add_track ");
	done(&c, &f);
}

/* The answer to our newest offer; the caller frees it. */
static char *answer_of(const struct fake *f)
{
	static const struct sdp_transport t = {
		.ufrag = SPAN_LIT("serv"),
		.pwd = SPAN_LIT("a-password-of-the-server"),
		.fingerprint_hash = SPAN_LIT("sha-256"),
		.fingerprint = SPAN_LIT("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
					"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"),
		.setup = SDP_PASSIVE,
		.lite = true,
	};
	struct sdp offer, answer;
	struct sdp_answer_how how = {.transport = t, .session_id = 1, .session_version = 1};
	AUTO(buf_done) struct buf b = BUF_INIT(LK_SDP_MAX);
	assert_int_equal(sdp_parse(span_of(f->last[LK_REQ_OFFER].offer.sdp), &offer, NULL), 0);
	assert_int_equal(sdp_answer(&offer, &how, &answer, NULL), 0);
	assert_int_equal(sdp_write(&answer, &b, NULL), 0);
	sdp_done(&answer);
	sdp_done(&offer);
	return buf_take(&b);
}

static size_t sections_of(const struct fake *f, const char *which)
{
	const char *at = f->last[LK_REQ_OFFER].offer.sdp;
	size_t n = 0;
	for (; (at = strstr(at, which)); at++)
		n++;
	return n;
}

static void say_published(struct client *c)
{
	struct lk_response r = {.kind = LK_RES_TRACK_PUBLISHED};
	r.track_published =
		(struct lk_track_published){.cid = c->f->last[LK_REQ_ADD_TRACK].add_track.cid,
					    .has_track = true,
					    .track = {.sid = "TR_me"}};
	say(c->f, &r);
}

/* The server ends our sound before it has answered the offer, and answers then. */
static void test_unpublished_early(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct call_status st;
	fake_open(&f);
	client_start(&c, &f, speaker(), NULL);
	until_asked(&c, "add_track ");
	say_published(&c);
	until_asked(&c, "offer ");
	AUTO_FREE char *answer = answer_of(&f);
	struct lk_response r = {.kind = LK_RES_TRACK_UNPUBLISHED};
	r.track_unpublished.track_sid = "TR_me";
	say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_ANSWER};
	r.answer = (struct lk_sdp){.type = "answer", .sdp = answer, .id = 1};
	say(&f, &r);
	until_told(&c, "MUTED:server ");
	settle(&c);
	session_status(c.s, &st);
	assert_false(st.publishing);
	/* Coming back offers no track that there is not. */
	until_told(&c, "joined ");
	buf_clear(&f.requests);
	httpd_ws_close(f.ws, 1001);
	until_asked(&c, "offer ");
	assert_int_equal(sections_of(&f, "m=audio"), 1);
	assert_int_equal(sections_of(&f, "a=sendonly"), 0);
	AUTO_FREE char *empty = answer_of(&f);
	r.answer = (struct lk_sdp){.type = "answer", .sdp = empty, .id = 2};
	say(&f, &r);
	until_told(&c, "reconnecting joined ");
	session_status(c.s, &st);
	assert_false(st.publishing);
	/* The next track has a section and a name of its own. */
	session_mute(c.s, false);
	until_asked(&c, "add_track ");
	say_published(&c);
	until_asked(&c, "add_track offer ");
	assert_int_equal(sections_of(&f, "m=audio"), 2);
	assert_int_equal(sections_of(&f, "a=sendonly"), 1);
	done(&c, &f);
}

/* A server that never takes our sound: we hear all the same. */
static void test_join_unheard(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	struct session_times t = session_times_default;
	t.publish = 100;
	fake_open(&f);
	client_start(&c, &f, speaker(), &t);
	until_told(&c, "joined ");
	expect(&c, "connecting +me +bob +eve warning joined ");
	assert_string_equal(buf_str(&f.requests), "add_track ");
	done(&c, &f);
}

/* The token comes when the call is over already. */
static void test_token_too_late(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	join(&c, &f, NULL);
	c.slow = true;
	say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	until_told(&c, "token ");
	session_leave(c.s);
	until_told(&c, "(left) ");
	session_token(c.s, "late", NULL);
	for (int i = 0; i < 200; i++)
		loop_run_once(f.loop);
	assert_int_equal(f.connections, 1);
	done(&c, &f);
}

static void test_bad_options(void **state)
{
	(void)state;
	struct fake f;
	fake_open(&f);
	struct session_options so = {.loop = f.loop, .times = session_times_default};
	struct session *s = NULL;
	struct err err = {0};
	so.ws = ws_client_new(f.loop, NULL);
	so.call = speaker();
	so.call.url = "mailto:me";
	assert_int_equal(session_open(&so, &told, NULL, &s, &err), ERR_USAGE);
	so.call.url = "ws://127.0.0.1:1";
	so.call.sound.input = "no-such-driver";
	assert_int_equal(session_open(&so, &told, NULL, &s, &err), ERR_USAGE);
	so.call.sound.input = "file:/no/such/file.wav";
	assert_int_not_equal(session_open(&so, &told, NULL, &s, &err), 0);
	assert_null(s);
	ws_client_free(so.ws);
	fake_close(&f);
}

static long live;

static int start(void **state)
{
	(void)state;
	live = mem_live();
	return 0;
}

static int balanced(void **state)
{
	(void)state;
	return mem_live() == live ? 0 : -1;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, balanced)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_address),
		TEST(test_join),
		TEST(test_refused),
		TEST(test_not_let_in),
		TEST(test_nobody_greets),
		TEST(test_strange_words),
		TEST(test_no_name),
		TEST(test_people),
		TEST(test_speakers_and_quality),
		TEST(test_moved),
		TEST(test_ends),
		TEST(test_leave_unanswered),
		TEST(test_freed_at_any_time),
		TEST(test_resume),
		TEST(test_told_to_come_back),
		TEST(test_rejoin),
		TEST(test_no_token),
		TEST(test_tokens_away),
		TEST(test_server_restarts),
		TEST(test_gives_up),
		TEST(test_pings),
		TEST(test_delays),
		TEST(test_publish),
		TEST(test_not_allowed),
		TEST(test_publish_late),
		TEST(test_not_taken),
		TEST(test_unpublished_early),
		TEST(test_join_unheard),
		TEST(test_token_too_late),
		TEST(test_bad_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
