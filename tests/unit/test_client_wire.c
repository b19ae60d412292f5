#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/engine_priv.h"
#include "core/client/login_priv.h"
#include "core/client/quiet/quiet.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/session.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/store/events.h"
#include "core/store/rooms.h"
#include "tests/lib/forked.h"

#include <signal.h>
#include <unistd.h>

/* Wire scenarios: requests expected, replies given. */

#define V3 "/_matrix/client/v3"
#define ROOM "/_matrix/client/v3/rooms/%21r%3Atest"

static struct home home;
static struct err err;

static int setup(void **state)
{
	(void)state;
	home_make(&home);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	home_remove(&home);
	return 0;
}

/* A server with this script and an account that uses it. */
static struct client *play(struct forked *f, const struct script_step *steps, int timeout_ms)
{
	static int serial;
	char name[32];
	snprintf(name, sizeof(name), "u%d", serial++);
	forked_script(f, home.dir, steps);
	account_fake(f->url, name, "token-old", "refresh-old");
	memset(&err, 0, sizeof(err));
	return client_of(name, timeout_ms, NULL);
}

static void end(struct forked *f, struct client *c)
{
	client_close(c);
	forked_end(f, SIGKILL);
}

/* -- tokens ------------------------------------------------------------------ */

static const char unknown_token[] =
	"{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"expired\",\"soft_logout\":true}";

static int ask_who(void *arg)
{
	struct client *c = client_of(arg, 120000, NULL);
	JSON_AUTO json_t *who = NULL;
	struct err e = {0};
	int rc = client_whoami(c, &who, &e);
	if (rc)
		fprintf(stderr, "whoami: %s\n", e.msg);
	client_close(c);
	return rc ? 1 : 0;
}

static void test_refresh_race(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"POST", V3 "/refresh", "refresh-old", 200,
		 "{\"access_token\":\"token-new\",\"refresh_token\":\"refresh-new\","
		 "\"expires_in_ms\":3600000}",
		 false},
		{"GET", V3 "/account/whoami", "token-new", 200,
		 "{\"user_id\":\"@u:test\",\"device_id\":\"DEV\"}", true},
		{"GET", V3 "/account/whoami", NULL, 401, unknown_token, true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	AUTO(secrets_done) struct secrets s = {0};
	pid_t pids[6];
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		pids[i] = worker_start(ask_who, client_account(c)->name);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		assert_int_equal(worker_wait(pids[i]), 0);
	assert_int_equal(forked_count(&f, "POST " V3 "/refresh"), 1);
	assert_int_equal(account_secrets_load(client_account(c), &s, NULL), 0);
	assert_string_equal(s.access_token, "token-new");
	assert_string_equal(s.refresh_token, "refresh-new");
	end(&f, c);
}

static void test_logged_out(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"POST", V3 "/refresh", NULL, 401, unknown_token, true},
		{"GET", V3 "/account/whoami", NULL, 401, unknown_token, true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	json_t *who = NULL;
	struct store *s;
	assert_int_equal(client_store(c, &s, &err), 0);
	assert_int_equal(client_whoami(c, &who, &err), ERR_AUTH);
	assert_non_null(strstr(err.hint, "muster login"));
	AUTO_FREE char *path = account_path(client_account(c), "cache.db");
	assert_true(fs_exists(path));
	end(&f, c);
}

/* -- repeating --------------------------------------------------------------- */

static void test_repeats(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/one", NULL, 429,
		 "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"slow\",\"retry_after_ms\":50}",
		 false},
		{"GET", V3 "/one", NULL, 502, "<html>", false},
		{"GET", V3 "/one", NULL, 200, "{}", false},
		{"POST", V3 "/two", NULL, 503, "{}", true},
		{"GET", V3 "/three", NULL, 429,
		 "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":600000}", true},
		{"GET", V3 "/four", NULL, 200, "[1]", true},
		{"GET", V3 "/five", NULL, -1, "", true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 120000);
	struct session *s = client_session(c);
	assert_int_equal(session_get(s, V3 "/one", NULL, &err), 0);
	assert_int_equal(session_json(s,
				      &(struct session_request){.method = "POST",
								.path = V3 "/two"},
				      NULL, &err),
			 ERR_NETWORK);
	assert_int_equal(forked_count(&f, "POST " V3 "/two"), 1);
	/* At once: who waited as long as asked would have no time left. */
	assert_int_equal(session_get(s, V3 "/three", NULL, &err), ERR_LIMITED);
	assert_int_equal(session_get(s, V3 "/four", NULL, &err), ERR_PROTOCOL);
	client_begin(c, 500, NULL);
	assert_int_equal(session_get(s, V3 "/five", NULL, &err), ERR_CANCELLED);
	end(&f, c);
}

static void test_discovery_tls(void **state)
{
	(void)state;
	static const char *const here[] = {"localhost", "localhost:8008", "127.0.0.1:1",
					   "127.1.2.3", "[::1]",	  "[::1]:8008"};
	static const char *const away[] = {"localhost.example",
					   "localhosts:1",
					   "127.example",
					   "127.0.0.1.example:8008",
					   "[::1].example",
					   "[::2]",
					   ""};
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		assert_true(discover_is_loopback(here[i]));
	for (size_t i = 0; i < ARRAY_LEN(away); i++)
		assert_false(discover_is_loopback(away[i]));
	assert_true(discover_is_downgrade("https://a.example", "http://m.a.example"));
	assert_true(discover_is_downgrade("https://a.example", "http://localhost.a.example/x"));
	assert_false(discover_is_downgrade("https://a.example", "https://m.a.example"));
	assert_false(discover_is_downgrade("https://localhost", "http://localhost:8008/m"));
	assert_false(discover_is_downgrade("http://a.example", "http://m.a.example"));
}

static void test_discovery(void **state)
{
	(void)state;
	static const char versions[] = "{\"versions\":[\"v1.11\"]}";
	static const struct script_step good[] = {
		{"GET", "/_matrix/client/versions", NULL, 200, versions, true},
		{"GET", "/.well-known/matrix/client", NULL, 404, "{}", true},
		{0},
	};
	static const struct script_step malformed[] = {
		{"GET", "/_matrix/client/versions", NULL, 200, versions, true},
		{"GET", "/.well-known/matrix/client", NULL, 200, "not json", true},
		{0},
	};
	static const struct script_step other[] = {{0}};
	struct forked f;
	AUTO_FREE char *base = NULL, *direct = NULL, *none = NULL;
	forked_script(&f, home.dir, good);
	assert_int_equal(client_discover(f.url + 7, NULL, 5000, &base, &err), 0);
	assert_string_equal(base, f.url);
	AUTO_FREE char *slash = mem_printf("%s/", f.url);
	assert_int_equal(client_discover(slash, NULL, 5000, &direct, &err), 0);
	assert_string_equal(direct, f.url);
	forked_end(&f, SIGKILL);
	forked_script(&f, home.dir, malformed);
	assert_int_equal(client_discover(f.url + 7, NULL, 5000, &none, &err), ERR_PROTOCOL);
	forked_end(&f, SIGKILL);
	forked_script(&f, home.dir, other);
	assert_int_equal(client_discover(f.url, NULL, 5000, &none, &err), ERR_NOT_FOUND);
	forked_end(&f, SIGKILL);
	assert_int_equal(client_discover(f.url, NULL, 5000, &none, &err), ERR_NETWORK);
}

/* -- history ------------------------------------------------------------------ */

#define EV(n)                                                                                \
	"{\"type\":\"m.room.message\",\"event_id\":\"$e" #n "\",\"sender\":\"@x:test\","     \
	"\"origin_server_ts\":" #n "000,\"content\":{\"msgtype\":\"m.text\",\"body\":\"b" #n \
	"\"}}"
#define SYNC(next, room) "{\"next_batch\":\"" next "\",\"rooms\":{\"join\":{\"!r:test\":" room "}}}"
#define CHUNK(limited, prev, events)                                                             \
	"{\"timeline\":{\"limited\":" limited ",\"prev_batch\":\"" prev "\",\"events\":[" events \
	"]}}"

static void expect_bodies(json_t *rows, int from, int to)
{
	assert_int_equal(json_array_size(rows), to - from + 1);
	for (int i = from; i <= to; i++) {
		char body[16];
		snprintf(body, sizeof(body), "b%d", i);
		assert_string_equal(json_get_str(json_array_get(rows, (size_t)(i - from)), "body"),
				    body);
	}
}

static json_t *read_all(struct client *c)
{
	struct read_request rq = {.room_id = "!r:test", .last = 1000};
	json_t *rows = json_array();
	if (client_read(c, &rq, rows_add, rows, &err))
		fail_msg("read: %s", err.msg);
	return rows;
}

static void test_gap(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", "since=s2", 200, "{\"next_batch\":\"s2\"}", true},
		{"GET", V3 "/sync", "since=s1", 200,
		 SYNC("s2", CHUNK("true", "p1", EV(8) "," EV(9))), false},
		{"GET", V3 "/sync", NULL, 200, SYNC("s1", CHUNK("false", "p0", EV(2) "," EV(3))),
		 false},
		/* The second page overlaps what is known; it fails once. */
		{"GET", ROOM "/messages", "from=p1", 200,
		 "{\"chunk\":[" EV(7) "," EV(6) "," EV(5) "],\"start\":\"p1\",\"end\":\"p2\"}",
		 false},
		{"GET", ROOM "/messages", "from=p2", 500, "{}", false},
		{"GET", ROOM "/messages", "from=p2", 200,
		 "{\"chunk\":[" EV(4) "," EV(3) "," EV(2) "],\"start\":\"p2\",\"end\":\"p3\"}",
		 false},
		{"GET", ROOM "/messages", "from=p0", 200,
		 "{\"chunk\":[" EV(1) "],\"start\":\"p0\"}", false},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	assert_int_equal(client_refresh(c, &err), 0);
	assert_int_equal(client_refresh(c, &err), 0);
	JSON_AUTO json_t *rows = read_all(c), *again = NULL;
	expect_bodies(rows, 1, 9);
	again = read_all(c);
	expect_bodies(again, 1, 9);
	/* All gaps are closed: no request for history any more. */
	assert_int_equal(forked_count(&f, "GET " ROOM "/messages"), 4);
	end(&f, c);
}

#define TWO_ROOMS(next, a, r) \
	"{\"next_batch\":\"" next "\",\"rooms\":{\"join\":{\"!a:test\":" a ",\"!r:test\":" r "}}}"

struct filling {
	struct loop *l;
	struct client *c;
	bool filled;
};

static void look_at_gap(void *arg)
{
	struct filling *f = arg;
	struct store *s;
	assert_int_equal(client_store(f->c, &s, NULL), 0);
	int64_t room = store_room_find(s, SPAN_LIT("!r:test"));
	f->filled = room && store_event_pos(s, room, SPAN_LIT("$e4"));
	if (f->filled)
		loop_stop(f->l);
}

static void give_up(void *arg)
{
	loop_stop(arg);
}

/* A room whose history cannot be had does not keep another's from coming. */
static void test_nobody_starves(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", "since=s2", -1, "", true},
		{"GET", V3 "/sync", "since=s1", 200,
		 TWO_ROOMS("s2", CHUNK("true", "a1", EV(8) "," EV(9)), CHUNK("true", "p1", EV(5))),
		 false},
		{"GET", V3 "/sync", NULL, 200,
		 TWO_ROOMS("s1", CHUNK("false", "a0", EV(1) "," EV(2) "," EV(3)),
			   CHUNK("false", "p0", EV(3))),
		 false},
		{"GET", "/_matrix/client/v3/rooms/%21a%3Atest/messages", NULL, 200, "[]", true},
		{"GET", ROOM "/messages", "from=p1", 200,
		 "{\"chunk\":[" EV(4) "," EV(3) "],\"start\":\"p1\"}", false},
		{0},
	};
	static const struct engine_observer observer = {.committed = look_at_gap};
	struct forked server;
	struct filling f = {.l = loop_new()};
	struct engine *e = NULL;
	struct client *c = play(&server, steps, 20000);
	assert_int_equal(client_refresh(c, &err), 0);
	f.c = client_of(client_account(c)->name, 0, f.l);
	assert_int_equal(engine_new(f.c, &e, &err), 0);
	engine_observe(e, &observer, &f);
	struct loop_timer *guard = loop_timer_new(f.l, give_up, f.l);
	loop_timer_start(guard, 120000, 0);
	loop_run(f.l);
	assert_true(f.filled);
	assert_true(forked_count(&server, "GET /_matrix/client/v3/rooms/%21a%3Atest/messages") > 0);
	engine_free(e);
	loop_timer_free(guard);
	client_close(f.c);
	loop_free(f.l);
	end(&server, c);
}

struct busy {
	struct client *c;
	struct loop *l;
	int64_t first_ms,
		last_ms; /* clock_mono_ms at which the first and the last event were there */
};

static void look_at_times(void *arg)
{
	struct busy *b = arg;
	struct store *s;
	assert_int_equal(client_store(b->c, &s, NULL), 0);
	int64_t room = store_room_find(s, SPAN_LIT("!r:test"));
	if (!b->first_ms && room && store_event_pos(s, room, SPAN_LIT("$e1")))
		b->first_ms = clock_mono_ms();
	if (!b->last_ms && room && store_event_pos(s, room, SPAN_LIT("$e6"))) {
		b->last_ms = clock_mono_ms();
		loop_stop(b->l);
	}
}

#define ONE_EVENT(since, next, n)                                                                 \
	{                                                                                         \
		"GET", V3 "/sync", since, 200,                                                    \
			"{\"next_batch\":\"" next                                                 \
			"\",\"rooms\":{\"join\":{\"!r:test\":" CHUNK("false", "p0", EV(n)) "}}}", \
			false                                                                     \
	}

/* A server that has something new each time is not asked without a pause. The clock is looked at
 * for "not sooner" only. */
static void test_busy_rests(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", "since=s6", -1, "", true},
		ONE_EVENT("since=s5", "s6", 6),
		ONE_EVENT("since=s4", "s5", 5),
		ONE_EVENT("since=s3", "s4", 4),
		ONE_EVENT("since=s2", "s3", 3),
		ONE_EVENT("since=s1", "s2", 2),
		ONE_EVENT(NULL, "s1", 1),
		{0},
	};
	static const struct engine_observer observer = {.committed = look_at_times};
	struct forked server;
	struct busy b = {.l = loop_new()};
	struct engine *e = NULL;
	struct client *c = play(&server, steps, 20000);
	b.c = client_of(client_account(c)->name, 0, b.l);
	assert_int_equal(engine_new(b.c, &e, &err), 0);
	engine_observe(e, &observer, &b);
	struct loop_timer *guard = loop_timer_new(b.l, give_up, b.l);
	loop_timer_start(guard, 120000, 0);
	loop_run(b.l);
	assert_true(b.first_ms && b.last_ms);
	assert_true(b.last_ms - b.first_ms >= 4 * (ENGINE_REST_MS - 5));
	engine_free(e);
	loop_timer_free(guard);
	client_close(b.c);
	loop_free(b.l);
	end(&server, c);
}

/* -- quiet hours ------------------------------------------------------------- */

#define QUIET_FIELD V3 "/profile/"

static struct quiet_hours all_day(void)
{
	struct quiet_hours q;
	quiet_default(&q);
	q.all = true; /* so that it is told, whatever rooms there are */
	q.until_ms = clock_wall_ms() + 3600000;
	return q;
}

/* What was published and may not be taken back is not said to be gone, and is tried again. */
static void test_quiet_stays(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"PUT", V3 "/user/", NULL, 200, "{}", true},
		{"PUT", QUIET_FIELD, NULL, 200, "{}", true},
		{"DELETE", QUIET_FIELD, NULL, 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no\"}",
		 false},
		{"DELETE", QUIET_FIELD, NULL, 200, "{}", false},
		{0},
	};
	struct forked server;
	struct client *c = play(&server, steps, 20000);
	struct quiet_hours q = all_day();
	assert_int_equal(client_quiet_set(c, &q, &err), 0);
	assert_true(client_quiet_told(c));
	q.hidden = true;
	assert_int_equal(client_quiet_set(c, &q, &err), ERR_AUTH);
	assert_non_null(strstr(err.msg, "taken back"));
	assert_true(client_quiet_told(c));
	assert_int_equal(client_quiet_set(c, &q, &err), 0);
	assert_false(client_quiet_told(c));
	end(&server, c);
}

/* A server without such fields has nothing of ours. */
static void test_quiet_unknown(void **state)
{
	(void)state;
	static const struct script_step steps[] = {{"PUT", V3 "/user/", NULL, 200, "{}", true},
						   {0}};
	struct forked server;
	struct client *c = play(&server, steps, 20000);
	struct quiet_hours q = all_day();
	assert_int_equal(client_quiet_set(c, &q, &err), 0);
	assert_false(client_quiet_told(c));
	q.hidden = true;
	assert_int_equal(client_quiet_set(c, &q, &err), 0);
	end(&server, c);
}

static void test_token_refused(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", "since=s2", 200, "{\"next_batch\":\"s2\"}", true},
		{"GET", V3 "/sync", "since=s1", 400,
		 "{\"errcode\":\"M_UNKNOWN_POS\",\"error\":\"gone\"}", true},
		{"GET", V3 "/sync", NULL, 200,
		 "{\"next_batch\":\"s1\",\"rooms\":{\"join\":{"
		 "\"!r:test\":" CHUNK("false", "",
				      EV(1) "," EV(2)) ","
						       "\"!gone:test\":" CHUNK("false", "",
									       EV(1)) "}}}",
		 false},
		{"GET", V3 "/sync", NULL, 200, SYNC("s2", CHUNK("true", "p", EV(2) "," EV(3))),
		 false},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	AUTO_FREE char *room = NULL;
	assert_int_equal(client_refresh(c, &err), 0);
	assert_int_equal(room_resolve(c, "!gone:test", 0, &room, &err), 0);
	JSON_AUTO json_t *rows = read_all(c), *list = json_array();
	expect_bodies(rows, 1, 3);
	assert_int_equal(client_room_list(c, 0, rows_add, list, &err), 0);
	assert_int_equal(json_array_size(list), 1);
	end(&f, c);
}

/* -- hostile ------------------------------------------------------------------ */

#define ODD(id, content)                                                                \
	"{\"type\":\"m.room.message\",\"event_id\":\"$" id "\",\"sender\":\"@x:test\"," \
	"\"origin_server_ts\":5000,\"content\":" content "}"

static void test_hostile(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", "since=s2", 200, "{\"next_batch\":\"s2\"}", true},
		{"GET", V3 "/sync", "since=s1", 200,
		 SYNC("s2", CHUNK("false", "", ODD("int", "{\"a\":9223372036854775809}"))), false},
		{"GET", V3 "/sync", NULL, 200,
		 SYNC("s1",
		      CHUNK("false", "",
			    ODD("surrogate", "{\"body\":\"\\ud800\"}") "," ODD(
				    "int",
				    "{\"a\":"
				    "9223372036"
				    "854775809"
				    "}") "," ODD("float",
						 "{\"a\":1e999}") "," ODD("utf8",
									  "{\"body\":"
									  "\"\xff\xfe\""
									  "}") "," ODD("nul",
										       "{\"msgtype"
										       "\":\"m."
										       "text\","
										       "\"body\":"
										       "\"a\\u0000"
										       "b\"}") ",1"
											       "7,"
											       "nu"
											       "ll"
											       ","
											       "\""
											       "x"
											       "\""
											       ",{"
											       "\""
											       "ty"
											       "pe"
											       "\""
											       ":5"
											       "},"
											       "{}"
											       "," EV(1))),
		 false},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	JSON_AUTO json_t *rows = NULL;
	int unreadable = 0;
	size_t i;
	json_t *row;
	assert_int_equal(client_refresh(c, &err), 0);
	assert_int_equal(client_refresh(c, &err), 0);
	rows = read_all(c);
	json_array_foreach (rows, i, row)
		unreadable += json_get_str(row, "unreadable") != NULL;
	assert_int_equal(json_array_size(rows), 11);
	assert_int_equal(unreadable, 9);
	assert_string_equal(json_get_str(json_array_get(rows, 0), "event_id"), "$surrogate");
	assert_string_equal(json_get_str(json_array_get(rows, 10), "body"), "b1");
	assert_int_equal(json_get_span(json_array_get(rows, 4), "body").n, 3);
	end(&f, c);
}

static void test_encryption_event_unreadable(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", V3 "/sync", NULL, 200,
		 SYNC("s1",
		      "{\"state\":{\"events\":[{\"type\":\"m.room.encryption\",\"state_key\":\"\","
		      "\"event_id\":\"$enc\",\"sender\":\"@x:test\",\"origin_server_ts\":1,"
		      "\"content\":{\"rotation\":1e999}}]}}"),
		 true},
		{"GET", ROOM "/state/m.room.encryption", NULL, 404,
		 "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"none\"}", true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("in the clear")};
	JSON_AUTO json_t *rows = json_array();
	assert_int_equal(client_refresh(c, &err), 0);
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_ENCRYPTED);
	assert_int_equal(forked_count(&f, "PUT"), 0);
	end(&f, c);
}

/* A proxy's 404 does not say that the room is not encrypted. */
static void test_encryption_unknown(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", ROOM "/state/m.room.encryption", NULL, 404, "<h1>Not here</h1>", true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("clear")};
	JSON_AUTO json_t *rows = json_array();
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_NOT_FOUND);
	assert_int_equal(forked_count(&f, "PUT"), 0);
	end(&f, c);
}

static void test_encrypted(void **state)
{
	(void)state;
	static const char *const replies[] = {"{\"algorithm\":\"m.megolm.v1.aes-sha2\"}", "{}",
					      "garbage"};
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct script_step steps[] = {
			{"GET", ROOM "/state/m.room.encryption", NULL, 200, replies[i], true},
			{0},
		};
		struct forked f;
		struct client *c = play(&f, steps, 20000);
		struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("clear")};
		JSON_AUTO json_t *rows = json_array(), *queue = json_array();
		assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_ENCRYPTED);
		rq.queue = true;
		assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_ENCRYPTED);
		assert_int_equal(client_queue_list(c, rows_add, queue, &err), 0);
		assert_int_equal(json_array_size(queue), 0);
		assert_int_equal(forked_count(&f, "PUT"), 0);
		end(&f, c);
	}
}

/* A room that becomes encrypted while a file goes up: the file stays out of it. */
static void test_encrypted_meanwhile(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		{"GET", ROOM "/state/m.room.encryption", NULL, 404,
		 "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"none\"}", false},
		{"POST", "/_matrix/media/v3/upload", NULL, 200,
		 "{\"content_uri\":\"mxc://test/file\"}", true},
		{"GET", ROOM "/state/m.room.encryption", NULL, 200,
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}", true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	AUTO_FREE char *path = mem_printf("%s/notes.txt", home.dir);
	const char *const files[] = {path, NULL};
	struct send_request rq = {.room_id = "!r:test", .files = files};
	JSON_AUTO json_t *rows = json_array(), *queue = json_array();
	assert_int_equal(fs_write_atomic(path, SPAN_LIT("in the clear"), 0600, &err), 0);
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_ENCRYPTED);
	assert_int_equal(forked_count(&f, "PUT"), 0);
	assert_int_equal(forked_count(&f, "POST"), 1);
	assert_int_equal(client_queue_list(c, rows_add, queue, &err), 0);
	assert_int_equal(json_array_size(queue), 0);
	end(&f, c);
}

/* -- outbox ------------------------------------------------------------------- */

static void age_outbox(struct client *c)
{
	struct store *s;
	assert_int_equal(client_store(c, &s, &err), 0);
	assert_int_equal(sql_exec(store_sql(s),
				  "UPDATE outbox SET tried_ms=tried_ms-86400000,"
				  " created_ms=3000",
				  &err),
			 0);
}

#define NOT_ENCRYPTED                                                            \
	{                                                                        \
		"GET", ROOM "/state/m.room.encryption", NULL, 404,               \
			"{\"errcode\":\"M_NOT_FOUND\",\"error\":\"none\"}", true \
	}

/* The answer was lost and the server has forgotten the transaction: look before sending again. */
static void test_forgotten_transaction(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		NOT_ENCRYPTED,
		{"PUT", ROOM "/send/m.room.message/t1", NULL, -1, "", false},
		{"GET", V3 "/sync", NULL, 200,
		 SYNC("s1", CHUNK("false", "",
				  "{\"type\":\"m.room.message\",\"event_id\":\"$mine\",\"sender\":"
				  "\"@x:test\",\"origin_server_ts\":3100,\"unsigned\":{"
				  "\"transaction_id\":\"t1\"},\"content\":{\"msgtype\":\"m.text\","
				  "\"body\":\"hello\"}}")),
		 true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 700);
	JSON_AUTO json_t *rows = json_array();
	struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("hello"), .txn_id = "t1"};
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_CANCELLED);
	AUTO_FREE char *name = mem_strdup(client_account(c)->name);
	client_close(c);
	c = client_of(name, 120000, NULL);
	age_outbox(c);
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), 0);
	assert_string_equal(json_get_str(json_array_get(rows, 0), "event_id"), "$mine");
	assert_int_equal(forked_count(&f, "PUT"), 1);
	/* And now it is remembered here. */
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), 0);
	assert_string_equal(json_get_str(json_array_get(rows, 1), "event_id"), "$mine");
	assert_int_equal(forked_count(&f, "PUT"), 1);
	end(&f, c);
}

/* The same, and it had not been posted: now it is. */
static void test_lost_request(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		NOT_ENCRYPTED,
		{"PUT", ROOM "/send/m.room.message/t1", NULL, -1, "", false},
		{"PUT", ROOM "/send/m.room.message/t1", NULL, 200, "{\"event_id\":\"$new\"}",
		 false},
		{"GET", V3 "/sync", NULL, 200, SYNC("s1", CHUNK("false", "", EV(1))), true},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 700);
	JSON_AUTO json_t *rows = json_array(), *queue = json_array();
	struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("hello"), .txn_id = "t1"};
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_CANCELLED);
	assert_non_null(strstr(err.hint, "queue retry t1"));
	AUTO_FREE char *name = mem_strdup(client_account(c)->name);
	client_close(c);
	c = client_of(name, 120000, NULL);
	assert_int_equal(client_queue_list(c, rows_add, queue, &err), 0);
	assert_int_equal(json_array_size(queue), 1);
	age_outbox(c);
	assert_int_equal(client_queue_run(c, "t1", true, rows_add, rows, &err), 0);
	assert_string_equal(json_get_str(json_array_get(rows, 0), "event_id"), "$new");
	end(&f, c);
}

static void test_refused_is_forgotten(void **state)
{
	(void)state;
	static const struct script_step steps[] = {
		NOT_ENCRYPTED,
		{"PUT", ROOM "/send/m.room.message/t1", NULL, 403,
		 "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not here\"}", false},
		{"PUT", ROOM "/send/m.room.message/t1", NULL, 200, "{\"event_id\":\"$ok\"}", false},
		{0},
	};
	struct forked f;
	struct client *c = play(&f, steps, 20000);
	JSON_AUTO json_t *rows = json_array(), *queue = json_array();
	struct send_request rq = {.room_id = "!r:test", .text = SPAN_LIT("hello"), .txn_id = "t1"};
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), ERR_AUTH);
	assert_int_equal(client_queue_list(c, rows_add, queue, &err), 0);
	assert_int_equal(json_array_size(queue), 0);
	assert_int_equal(client_send(c, &rq, rows_add, rows, &err), 0);
	end(&f, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refresh_race),
		cmocka_unit_test(test_logged_out),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_discovery_tls),
		cmocka_unit_test(test_encryption_unknown),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_busy_rests),
		cmocka_unit_test(test_nobody_starves),
		cmocka_unit_test(test_quiet_stays),
		cmocka_unit_test(test_quiet_unknown),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_encryption_event_unreadable),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_encrypted_meanwhile),
		cmocka_unit_test(test_forgotten_transaction),
		cmocka_unit_test(test_lost_request),
		cmocka_unit_test(test_refused_is_forgotten),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
