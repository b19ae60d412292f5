/*
 * Who may be in a call and who may speak, on the SFU itself: people are taken out when they
 * leave the room or are locked out, and do not get in again with the token they have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/ws.h"
#include "core/matrix/live.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/token.h"
#include "server/rtc/presence.h"
#include "server/rtc/rtc.h"
#include "tests/lib/asking.h"
#include "tests/lib/told.h"

#include <string.h>

#define ADMIN "/_muster/admin/v1/"

static struct test_server t;
static char *admin, *alice, *room;

/* What becomes of those of another test shows elsewhere. */
static void new_room(void)
{
	mem_free(room);
	room = text_of(test_json(&t, 200, "POST", V3 "createRoom", alice, "%s",
				 "{\"preset\":\"public_chat\"}"),
		       "room_id");
}

static void set_settle(void *arg)
{
	(void)arg;
	presence_set_settle(t.srv->rtc->presence, 50);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	test_server_run(&t, set_settle, NULL);
	test_add_user(&t, "root", true);
	test_add_user(&t, "alice", false);
	admin = test_login(&t, "root", "R");
	alice = test_login(&t, "alice", "A");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(admin);
	mem_free(alice);
	mem_free(room);
	test_server_done(&t);
	return 0;
}

/* --- somebody in the call, as far as signalling goes --- */

struct caller {
	struct caller *next;
	char *token; /* Matrix */
	char *jwt, *device;
	struct loop *loop;
	struct ws_client *client;
	struct ws *ws;
	bool joined, closed;
	char sid[32];
	bool may;   /* they were told last that they may speak */
	int leave;  /* the reason that they were told, or -1 */
	int status; /* of a refused WebSocket, or 0 */
};

static void on_opened(void *arg)
{
	(void)arg;
}

static void on_message(struct span data, bool binary, void *arg)
{
	struct caller *c = arg;
	struct lk_response m;
	assert_true(binary);
	assert_int_equal(lk_response_decode(data, &m, NULL), 0);
	if (m.kind == LK_RES_JOIN) {
		c->joined = true;
		c->may = m.join.participant.permission.can_publish;
		snprintf(c->sid, sizeof(c->sid), "%s", m.join.participant.sid);
		loop_stop(c->loop);
	} else if (m.kind == LK_RES_UPDATE) {
		for (size_t i = 0; i < m.update.participants_n; i++)
			if (!strcmp(m.update.participants[i].sid, c->sid))
				c->may = m.update.participants[i].permission.can_publish;
		loop_stop(c->loop);
	} else if (m.kind == LK_RES_LEAVE) {
		c->leave = (int)m.leave.reason;
	}
	lk_response_done(&m);
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct caller *c = arg;
	(void)code;
	c->status = err ? err->http_status : 0;
	c->closed = true;
	ws_free(take(&c->ws));
	loop_stop(c->loop);
}

static const struct ws_handler handler = {on_opened, on_message, on_closed};

static struct caller *callers;

/* The SFU takes who says nothing for long for lost, and on a slow machine requests take long: all
 * who are there say so. */
static void all_say_something(void)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_REQUEST_BYTES_MAX);
	const struct lk_request ping = {.kind = LK_REQ_PING_REQ};
	assert_int_equal(lk_request_encode(&ping, &b, NULL), 0);
	for (struct caller *c = callers; c; c = c->next) {
		if (c->joined && c->ws)
			ws_send(c->ws, buf_span(&b), true, NULL);
		loop_run_once(c->loop);
	}
}

/* Until they are in, or refused. */
static void enter(struct caller *c)
{
	AUTO_FREE char *url = mem_printf("ws%s/rtc?protocol=16", t.url + 4);
	c->joined = c->closed = false;
	c->leave = -1;
	c->ws = ws_connect(c->client, &(struct ws_options){.url = url, .bearer = c->jwt}, &handler,
			   c);
	while (!c->joined && !c->closed)
		loop_run(c->loop);
}

/* With a token for the call, and not in it. */
static struct caller *caller_outside(const char *name, const char *device)
{
	struct caller *c = NEW(struct caller);
	test_add_user(&t, name, false);
	c->token = test_login(&t, name, device);
	c->device = mem_strdup(device);
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), c->token, "{}"));
	AUTO_FREE char *openid = openid_of(&t, name, c->token);
	c->jwt = text_of(test_json(&t, 200, "POST", RTC_PATH "/sfu/get", NULL,
				   "{\"room\":\"%s\",\"device_id\":\"%s\",\"openid_token\":%s}",
				   room, device, openid),
			 "jwt");
	c->loop = loop_new();
	c->client = ws_client_new(c->loop, NULL);
	c->next = callers;
	callers = c;
	return c;
}

static struct caller *caller_new(const char *name, const char *device)
{
	struct caller *c = caller_outside(name, device);
	enter(c);
	assert_true(c->joined);
	return c;
}

static void caller_free(struct caller *c)
{
	struct caller **p = &callers;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	ws_free(take(&c->ws));
	ws_client_free(c->client);
	loop_free(c->loop);
	mem_free(c->token);
	mem_free(c->jwt);
	mem_free(c->device);
	mem_free(c);
}

/* They are told so, it shows in the room, and the door is shut. */
static void expect_out(struct caller *c, size_t n)
{
	while (!c->closed)
		loop_run(c->loop);
	assert_int_equal(c->leave, LK_PARTICIPANT_REMOVED);
	json_t *chunk = told_await(&t, room, alice, n);
	const json_t *last = told_content(chunk, n - 1);
	assert_string_equal(json_get_str(last, "state"), "left");
	assert_string_equal(json_get_str(last, "reason"), "removed");
	assert_string_equal(json_get_str(last, "device_id"), c->device);
	json_decref(chunk);
	all_say_something();
	enter(c);
	assert_true(c->closed);
	assert_false(c->joined);
	assert_int_equal(c->status, 403);
}

static size_t now_told(void)
{
	all_say_something();
	json_t *chunk = told(&t, room, alice);
	size_t n = json_array_size(chunk);
	json_decref(chunk);
	return n;
}

/* Somebody who came, and whose coming was told. */
static struct caller *newcomer(const char *name, const char *device)
{
	size_t n = now_told();
	struct caller *c = caller_new(name, device);
	json_decref(told_await(&t, room, alice, n + 1));
	return c;
}

static void member(const char *what, const char *user)
{
	json_decref(test_json(&t, 200, "POST", at(V3 "rooms/%s/%s", room, what), alice,
			      "{\"user_id\":\"@%s:localhost\"}", user));
}

static void test_membership(void **state)
{
	(void)state;
	new_room();
	struct caller *stays = newcomer("s", "S"), *a = newcomer("a", "A1");
	size_t n = now_told();
	member("kick", "a");
	expect_out(a, n + 1);
	/* In the room again, the old token is good again. */
	json_decref(test_json(&t, 200, "POST", at(V3 "join/%s", room), a->token, "{}"));
	enter(a);
	assert_true(a->joined);
	json_decref(told_await(&t, room, alice, n + 2));
	member("ban", "a");
	expect_out(a, n + 3);
	struct caller *b = newcomer("b", "B1");
	n = now_told();
	json_decref(test_json(&t, 200, "POST", at(V3 "rooms/%s/leave", room), b->token, "{}"));
	expect_out(b, n + 1);
	/* Who is not concerned is still there, and may come again. */
	assert_false(stays->closed);
	ws_free(take(&stays->ws));
	enter(stays);
	assert_true(stays->joined);
	caller_free(a);
	caller_free(b);
	caller_free(stays);
}

static void test_account(void **state)
{
	(void)state;
	new_room();
	struct caller *l = newcomer("l", "L1"), *r = newcomer("r", "R1"), *o = newcomer("o", "O1");
	size_t n = now_told();
	json_decref(test_json(&t, 200, "POST", ADMIN "user.lock", admin, "{\"user\":\"l\"}"));
	expect_out(l, n + 1);
	json_decref(test_json(&t, 200, "POST", ADMIN "user.unlock", admin, "{\"user\":\"l\"}"));
	enter(l);
	assert_true(l->joined);
	json_decref(told_await(&t, room, alice, n + 2));
	json_decref(test_json(&t, 200, "POST", ADMIN "user.remove", admin, "{\"user\":\"r\"}"));
	expect_out(r, n + 3);
	/* Another device's log-out is no matter; that of the device in the call is. */
	AUTO_FREE char *other = test_login(&t, "o", "O2");
	json_decref(test_json(&t, 200, "POST", V3 "logout", other, "{}"));
	json_decref(test_json(&t, 200, "POST", V3 "logout", o->token, "{}"));
	expect_out(o, n + 4);
	caller_free(l);
	caller_free(r);
	caller_free(o);
}

static void expect_suspended(struct caller *c, const char *method, const char *path_of)
{
	test_error(&t, 403, "M_USER_SUSPENDED", method, path_of, c->token, "{}");
}

/* Out of the call, and silent in its room; the door opens when they are let be again. */
static void test_suspended(void **state)
{
	(void)state;
	new_room();
	struct caller *stays = newcomer("s2", "S2"), *c = newcomer("u", "U1");
	size_t n = now_told();
	json_decref(test_json(&t, 200, "POST", ADMIN "user.suspend", admin, "{\"user\":\"u\"}"));
	expect_out(c, n + 1);
	expect_suspended(c, "PUT", at(V3 "rooms/%s/send/m.room.message/m1", room));
	expect_suspended(c, "PUT",
			 at(V3 "rooms/%s/state/org.matrix.msc3401.call.member/_@u:localhost_U1",
			    room));
	assert_false(stays->closed);
	json_decref(test_json(&t, 200, "POST", ADMIN "user.resume", admin, "{\"user\":\"u\"}"));
	enter(c);
	assert_true(c->joined);
	json_decref(told_await(&t, room, alice, n + 2));
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/send/m.room.message/m2", room),
			      c->token, "{\"msgtype\":\"m.text\",\"body\":\"back\"}"));
	caller_free(c);
	caller_free(stays);
}

/* --- who may speak, and a locked door --- */

static void set_call(const char *content)
{
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/" LIVE_TYPE, room), alice, "%s",
			      content));
}

static void set_levels(const char *users)
{
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/m.room.power_levels", room),
			      alice, "{\"users\":{\"@alice:localhost\":100%s}}", users));
}

/* Until the SFU has told them that they may speak, or may not. */
static void until_may(struct caller *c, bool may)
{
	while (!c->closed && c->may != may)
		loop_run(c->loop);
	assert_false(c->closed);
	all_say_something();
}

static struct token token_of(const struct caller *c)
{
	struct token ret;
	assert_int_equal(token_verify(span_of(c->jwt), span_of(t.srv->rtc->secret), clock_wall_ms(),
				      &ret, NULL),
			 0);
	return ret;
}

static void test_live(void **state)
{
	(void)state;
	new_room();
	set_call("{\"version\":1,\"mode\":\"live\",\"floor\":[\"@f:localhost\"]}");
	set_levels(",\"@h:localhost\":50");
	struct caller *a = newcomer("aud", "A"), *f = newcomer("f", "F"), *h = newcomer("h", "H");
	assert_false(a->may);
	assert_true(f->may && h->may);
	assert_false(token_of(a).publish || token_of(a).admin);
	assert_true(token_of(f).publish && !token_of(f).admin);
	assert_true(token_of(h).publish && token_of(h).admin);
	/* The floor goes from one to the other; nobody is taken out. */
	set_call("{\"version\":1,\"mode\":\"live\",\"floor\":[\"@aud:localhost\"]}");
	until_may(a, true);
	until_may(f, false);
	/* Levels count, too, and so does a lesson that is a meeting again. */
	set_levels(",\"@f:localhost\":50");
	until_may(f, true);
	until_may(h, false);
	set_call("{\"version\":1,\"mode\":\"meeting\"}");
	until_may(h, true);
	/* Only who leads may say so. */
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at(V3 "rooms/%s/state/" LIVE_TYPE, room),
		   a->token, "{\"version\":1,\"mode\":\"live\"}");
	/* An old token says no more than holds: it is asked anew. */
	set_call("{\"version\":1,\"mode\":\"live\"}");
	until_may(a, false);
	ws_free(take(&a->ws));
	enter(a);
	assert_true(a->joined);
	assert_false(a->may);
	caller_free(a);
	caller_free(f);
	caller_free(h);
}

/* What is redacted says nothing any more: those in the call hear of it at once. */
static void test_redacted(void **state)
{
	(void)state;
	new_room();
	AUTO_FREE char *event =
		text_of(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/" LIVE_TYPE, room), alice,
				  "{\"version\":1,\"mode\":\"live\"}"),
			"event_id");
	struct caller *c = newcomer("red", "R");
	assert_false(c->may);
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/redact/%s/x1", room, event), alice,
			      "{}"));
	until_may(c, true);
	caller_free(c);
}

static char *ask_token(int status, const struct caller *c, const char *name)
{
	AUTO_FREE char *openid = openid_of(&t, name, c->token);
	json_t *j = test_json(&t, status, "POST", RTC_PATH "/sfu/get", NULL,
			      "{\"room\":\"%s\",\"device_id\":\"%s\",\"openid_token\":%s}", room,
			      c->device, openid);
	char *ret = mem_strdup(json_get_str(j, status == 200 ? "jwt" : "error"));
	json_decref(j);
	return ret;
}

static void test_locked(void **state)
{
	(void)state;
	new_room();
	struct caller *in = newcomer("in", "I"), *late = caller_outside("late", "L");
	set_call("{\"version\":1,\"mode\":\"meeting\",\"locked\":true}");
	/* With a token from before, and without. */
	enter(late);
	assert_true(late->closed && !late->joined);
	assert_int_equal(late->status, 403);
	AUTO_FREE char *said = ask_token(403, late, "late");
	assert_non_null(strstr(said, "locked"));
	/* Who is there may come anew, and who leads may come in. */
	mem_free(ask_token(200, in, "in"));
	set_levels(",\"@late:localhost\":50");
	enter(late);
	assert_true(late->joined);
	set_call("{\"version\":1,\"mode\":\"meeting\",\"locked\":false}");
	struct caller *more = caller_new("more", "M");
	caller_free(in);
	caller_free(late);
	caller_free(more);
}

/* --- host powers, as LiveKit's RoomService --- */

static json_t *act(int status, const struct caller *by, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static json_t *act(int status, const struct caller *by, const char *what, const char *fmt, ...)
{
	char body[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	return test_json(&t, status, "POST", at("/twirp/livekit.RoomService/%s", what), by->jwt,
			 "%s", body);
}

static void refused(int status, const char *code, json_t *steal)
{
	(void)status;
	assert_string_equal(json_get_str(steal, "code"), code);
	json_decref(steal);
}

static void test_powers(void **state)
{
	(void)state;
	new_room();
	set_levels(",\"@lead:localhost\":50");
	struct caller *lead = newcomer("lead", "L"), *a = newcomer("pupil", "P");
	struct token who = token_of(a), host = token_of(lead);
	/* Who leads has the rights, in this call alone. */
	refused(403, "permission_denied",
		act(403, a, "RemoveParticipant", "{\"room\":\"%s\",\"identity\":\"%s\"}", who.room,
		    host.identity));
	refused(403, "permission_denied",
		act(403, lead, "ListParticipants", "{\"room\":\"elsewhere\"}"));
	refused(404, "not_found",
		act(404, lead, "RemoveParticipant", "{\"room\":\"%s\",\"identity\":\"nobody\"}",
		    who.room));
	refused(412, "failed_precondition",
		act(412, lead, "MutePublishedTrack",
		    "{\"room\":\"%s\",\"identity\":\"%s\",\"trackSid\":\"TR_x\",\"muted\":false}",
		    who.room, who.identity));
	refused(404, "bad_route", act(404, lead, "CreateRoom", "{\"room\":\"%s\"}", who.room));
	json_t *list = act(200, lead, "ListParticipants", "{\"room\":\"%s\"}", who.room);
	assert_int_equal(json_array_size(json_get_array(list, "participants")), 2);
	json_decref(list);
	json_decref(act(200, lead, "UpdateParticipant",
			"{\"room\":\"%s\",\"identity\":\"%s\",\"permission\":{\"canSubscribe\":"
			"true,\"canPublish\":false}}",
			who.room, who.identity));
	until_may(a, false);
	size_t n = now_told();
	json_decref(act(200, lead, "RemoveParticipant", "{\"room\":\"%s\",\"identity\":\"%s\"}",
			who.room, who.identity));
	while (!a->closed)
		loop_run(a->loop);
	assert_int_equal(a->leave, LK_PARTICIPANT_REMOVED);
	json_decref(told_await(&t, room, alice, n + 1));
	/* Who no longer leads has lost them, whatever the token says. */
	set_levels("");
	refused(403, "permission_denied",
		act(403, lead, "DeleteRoom", "{\"room\":\"%s\"}", who.room));
	set_levels(",\"@lead:localhost\":50");
	json_decref(act(200, lead, "DeleteRoom", "{\"room\":\"%s\"}", who.room));
	while (!lead->closed)
		loop_run(lead->loop);
	assert_int_equal(lead->leave, LK_ROOM_DELETED);
	json_t *chunk = told_await(&t, room, alice, n + 2);
	assert_string_equal(json_get_str(told_content(chunk, n + 1), "reason"), "ended");
	json_decref(chunk);
	caller_free(a);
	caller_free(lead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_membership), cmocka_unit_test(test_account),
		cmocka_unit_test(test_suspended),  cmocka_unit_test(test_live),
		cmocka_unit_test(test_redacted),   cmocka_unit_test(test_locked),
		cmocka_unit_test(test_powers),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
