/*
 * Calls of rooms as servers answer that are not ours: scripted replies. How
 * the place is found, what happens without delayed events or with short ones,
 * older ways, rate limits, refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/matrix/rtc_member.h"
#include "tests/lib/calling.h"
#include "tests/lib/forked.h"

#include <signal.h>
#include <string.h>

#define V3 "/_matrix/client/v3"
#define UNSTABLE "/_matrix/client/unstable"
#define ROOM V3 "/rooms/%21r%3Atest"
#define MEMBER ROOM "/state/org.matrix.msc3401.call.member/"
#define DELAY "org.matrix.msc4140.delay=8000"
#define ACTS UNSTABLE "/org.matrix.msc4140/delayed_events/"
/* {"sub":"@u:test:DEV","video":{"room":"abc"}} */
#define JWT "e30.eyJzdWIiOiJAdTp0ZXN0OkRFViIsInZpZGVvIjp7InJvb20iOiJhYmMifX0.c2ln"

static struct home home;

/* One room, one person in it besides us; then the long poll. */
#define SYNC_(more)                                                                            \
	{"GET", V3 "/sync", "since=s1", -1, "", true},                                         \
	{                                                                                      \
		"GET", V3 "/sync", NULL, 200,                                                  \
			"{\"next_batch\":\"s1\",\"rooms\":{\"join\":{\"!r:test\":{\"state\":{" \
			"\"events\":[{\"type\":\"m.room.create\",\"state_key\":\"\","          \
			"\"event_id\":\"$c\",\"sender\":\"@o:test\",\"origin_server_ts\":1,"   \
			"\"content\":{\"room_version\":\"11\"}}" more "]},\"timeline\":{"      \
			"\"events\":[]}}}}}",                                                  \
			false                                                                  \
	}
#define SYNC SYNC_("")
#define OTHER(url) OTHER_("o", "1", url)
#define OTHER_(who, ts, url)                                                                       \
	",{\"type\":\"org.matrix.msc3401.call.member\",\"state_key\":\"_@" who ":test_D_m.call\"," \
	"\"event_id\":\"$m" who "\",\"sender\":\"@" who ":test\",\"origin_server_ts\":" ts ","     \
	"\"content\":{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"D\","            \
	"\"expires\":9007199254740991,\"focus_active\":{\"type\":\"livekit\"},"                    \
	"\"foci_preferred\":[{\"type\":\"livekit\",\"livekit_service_url\":\"" url "\"}]}}"

#define NOT_ENCRYPTED                                                            \
	{                                                                        \
		"GET", ROOM "/state/m.room.encryption", NULL, 404,               \
			"{\"errcode\":\"M_NOT_FOUND\",\"error\":\"none\"}", true \
	}
#define TRANSPORTS                                                                            \
	{                                                                                     \
		"GET", UNSTABLE "/org.matrix.msc4143/rtc/transports", NULL, 200,              \
			"{\"rtc_transports\":[{\"type\":\"livekit\",\"livekit_service_url\":" \
			"\"@URL@/jwt\"}]}",                                                   \
			true                                                                  \
	}
#define OPENID                                                                           \
	{                                                                                \
		"POST", V3 "/user/", NULL, 200,                                          \
			"{\"access_token\":\"openid-secret\",\"token_type\":\"Bearer\"," \
			"\"matrix_server_name\":\"test\",\"expires_in\":3600}",          \
			true                                                             \
	}
#define TOKEN                                                                      \
	{                                                                          \
		"POST", "/jwt/sfu/get", "openid-secret", 200,                      \
			"{\"url\":\"ws://127.0.0.1:9\",\"jwt\":\"" JWT "\"}", true \
	}
#define DELAYED                                                          \
	{                                                                \
		"PUT", MEMBER, DELAY, 200, "{\"delay_id\":\"d1\"}", true \
	}
#define TAKE                                                                                     \
	{                                                                                        \
		"PUT", MEMBER, "\"application\":\"m.call\"", 200, "{\"event_id\":\"$us\"}", true \
	}
#define LEAVE                                                              \
	{                                                                  \
		"PUT", MEMBER, NULL, 200, "{\"event_id\":\"$left\"}", true \
	}
#define RESTART                                                  \
	{                                                        \
		"POST", ACTS "d1/restart", NULL, 200, "{}", true \
	}
#define CANCEL                                                  \
	{                                                       \
		"POST", ACTS "d1/cancel", NULL, 200, "{}", true \
	}

static void drop_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int setup(void **state)
{
	(void)state;
	log_set_sink(drop_line, NULL); /* scripts refuse what a test is not about */
	home_make(&home);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	home_remove(&home);
	return 0;
}

struct play {
	struct forked f;
	struct calling t;
};

static void begin(struct play *p, const struct script_step *steps)
{
	static int serial;
	static const struct room_call_options o = {.room_id = "!r:test", .ring = true};
	char name[32];
	snprintf(name, sizeof(name), "w%d", serial++);
	forked_script(&p->f, home.dir, steps);
	account_fake(p->f.url, name, "token", NULL);
	calling_open(&p->t, name);
	calling_join(&p->t, &o);
}

static void join(struct play *p)
{
	calling_wait_made(&p->t);
	fake_call_state(CALL_JOINED);
	calling_wait(&p->t, "joined");
}

static void leave(struct play *p)
{
	room_call_leave(p->t.rc, "left");
	calling_wait_ended(&p->t);
	assert_int_equal(p->t.err.code, 0);
}

static void end(struct play *p)
{
	calling_close(&p->t);
	forked_end(&p->f, SIGKILL);
}

/* Everything that was asked, for looking at. */
static char *asked(const struct play *p)
{
	struct buf b = BUF_INIT(1 << 20);
	assert_int_equal(fs_read(p->f.log, &b, NULL), 0);
	return buf_take(&b);
}

/* -- the usual way ------------------------------------------------------------------ */

static void test_order(void **state)
{
	(void)state;
	static const struct script_step steps[] = {SYNC,   NOT_ENCRYPTED, TRANSPORTS, OPENID,
						   TOKEN,  DELAYED,	  TAKE,	      RESTART,
						   CANCEL, LEAVE,	  {0}};
	struct play p;
	begin(&p, steps);
	/* Nobody is called before sound gets through. */
	calling_wait_made(&p.t);
	calling_wait_seat(&p.t, "");
	calling_wait_quiet(&p.t);
	AUTO_FREE char *before = asked(&p);
	assert_null(strstr(before, "msc4075"));
	assert_null(calling_row(&p.t, "ringing"));
	fake_call_state(CALL_JOINED);
	calling_wait(&p.t, "ringing");
	calling_wait_quiet(&p.t);
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	const char *delay = strstr(log, DELAY), *take_ = strstr(log, "\"application\"");
	const char *cancel = strstr(log, "d1/cancel");
	assert_non_null(delay);
	assert_non_null(take_);
	assert_non_null(cancel);
	/* The leave is scheduled before anybody sees us, and cancelled after we left. */
	assert_true(delay < take_ && take_ < cancel);
	assert_non_null(strstr(log, "\"expires\":14400000"));
	assert_non_null(strstr(log, "org.matrix.msc4075.rtc.notification"));
	assert_string_equal(fake_call.url, "ws://127.0.0.1:9");
	assert_string_equal(fake_call.token, JWT);
	end(&p);
}

/* -- places ------------------------------------------------------------------------------ */

static void test_well_known(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 {"GET", "/.well-known/matrix/client", NULL, 200,
		  "{\"m.homeserver\":{\"base_url\":\"@URL@\"},\"org.matrix.msc4143.rtc_foci\":["
		  "{\"type\":\"livekit\",\"livekit_service_url\":\"@URL@/jwt\"}]}",
		  true},
		 OPENID,
		 TOKEN,
		 DELAYED,
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	leave(&p);
	end(&p);
}

static void test_no_place(void **state)
{
	(void)state;
	static const struct script_step steps[] = {SYNC, NOT_ENCRYPTED, {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(p.t.err.hint, "LiveKit"));
	assert_int_equal(forked_count(&p.f, "PUT"), 0);
	end(&p);
}

/* A service that knows only the newer way. */
static void test_get_token(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 {"POST", "/jwt/sfu/get", NULL, 404, "not here", true},
		 {"POST", "/jwt/get_token", "\"slot_id\":\"m.call#ROOM\"", 200,
		  "{\"url\":\"http://127.0.0.1:9\",\"jwt\":\"" JWT "\"}", true},
		 DELAYED,
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	assert_string_equal(fake_call.url, "ws://127.0.0.1:9");
	leave(&p);
	end(&p);
}

static void test_token_refused(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 {"POST", "/jwt/sfu/get", NULL, 403,
		  "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not you\"}", true},
		 {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_AUTH);
	assert_non_null(strstr(p.t.err.msg, "not you"));
	assert_int_equal(forked_count(&p.f, "PUT"), 0);
	end(&p);
}

static void test_nonsense_token(void **state)
{
	(void)state;
	static const struct script_step steps[] = {SYNC,
						   NOT_ENCRYPTED,
						   TRANSPORTS,
						   OPENID,
						   {"POST", "/jwt/sfu/get", NULL, 200,
						    "{\"url\":\"wss://sfu\",\"jwt\":\"x.y.z\"}",
						    true},
						   {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_PROTOCOL);
	end(&p);
}

/* The others are where we are not let in: we go on with our own place, and say so. */
static void test_others_refuse(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC_(OTHER("@URL@/theirs")),
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 {"POST", "/theirs/sfu/get", NULL, 403,
		  "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"only our own\"}", true},
		 TOKEN,
		 DELAYED,
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	assert_true(json_array_size(p.t.warnings) >= 1);
	assert_non_null(strstr(json_string_value(json_array_get(p.t.warnings, 0)), "only our own"));
	assert_null(calling_row(&p.t, "ringing"));
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	assert_null(strstr(log, "theirs\",\"livekit_alias\""));
	end(&p);
}

/* While we are there a token of another place would be none for it. */
static void test_others_refuse_later(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC_(OTHER("@URL@/theirs")),
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 {"POST", "/theirs/sfu/get", NULL, 200,
		  "{\"url\":\"ws://127.0.0.1:9\",\"jwt\":\"" JWT "\"}", false},
		 {"POST", "/theirs/sfu/get", NULL, 403,
		  "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no more\"}", true},
		 TOKEN,
		 DELAYED,
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	for (int i = 0; i < 2; i++) {
		fake_call.renewed[0] = '\0';
		fake_call_ask_token();
		calling_wait_quiet(&p.t);
		assert_non_null(strstr(fake_call.renewed, "no more"));
	}
	assert_int_equal(json_array_size(p.t.warnings), 0);
	leave(&p);
	assert_int_equal(forked_count(&p.f, "POST /jwt/"), 0);
	end(&p);
}

#define SFU(path, port)                                                                   \
	{                                                                                 \
		"POST", path "/sfu/get", "openid-secret", 200,                            \
			"{\"url\":\"ws://127.0.0.1:" port "\",\"jwt\":\"" JWT "\"}", true \
	}

/* People on three SFUs, one of which has two names; then one of them leaves. */
static void test_scattered(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{{"GET", V3 "/sync", "since=s2", -1, "", true},
		 {"GET", V3 "/sync", "since=s1", 200,
		  "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{\"!r:test\":{\"timeline\":{"
		  "\"events\":["
		  "{\"type\":\"m.room.message\",\"event_id\":\"$text\",\"sender\":\"@o:test\","
		  "\"origin_server_ts\":5,\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"}}]}}}}"
		  "}",
		  false},
		 SYNC_(OTHER_("o", "1", "@URL@/jwt") OTHER_("p", "2", "@URL@/two")
			       OTHER_("q", "3", "@URL@/jwt/") OTHER_("r", "4", "@URL@/three")),
		 NOT_ENCRYPTED,
		 OPENID,
		 SFU("/two", "12"),
		 SFU("/three", "13"),
		 SFU("/jwt/", "9"),
		 TOKEN,
		 DELAYED,
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	long before = mem_live();
	begin(&p, steps);
	join(&p);
	calling_wait_url(&p.t, "ws://127.0.0.1:13", true);
	calling_wait_url(&p.t, "ws://127.0.0.1:12", true);
	assert_true(fake_call.o.listen_only);
	/* They are on all of them to hear; where they speak counts. */
	assert_true(fake_call_select("ws://127.0.0.1:9"));
	fake_call_person(CALL_PERSON_JOINED, "@o:test:D", false);
	fake_call_person(CALL_PERSON_JOINED, "@p:test:D", false);
	calling_wait(&p.t, "joined");
	assert_string_equal(json_get_str(calling_row(&p.t, "joined"), "user_id"), "@o:test");
	assert_true(fake_call_select("ws://127.0.0.1:12"));
	fake_call_person(CALL_PERSON_JOINED, "@p:test:D", false);
	fake_call_person(CALL_PERSON_JOINED, "@o:test:D", false);
	fake_call_person(CALL_PERSON_SPEAKING, "@o:test:D", false);
	calling_wait(&p.t, "joined");
	assert_string_equal(json_get_str(calling_row(&p.t, "joined"), "user_id"), "@p:test");
	assert_null(calling_row(&p.t, "speaking"));
	fake_call_person(CALL_PERSON_SPEAKING, "@p:test:D", false);
	assert_string_equal(json_get_str(calling_row(&p.t, "speaking"), "user_id"), "@p:test");
	fake_call_ask_token();
	calling_wait_asked(&p.t, &p.f, "POST /two/sfu/get", 2);
	/* That connection is lost for good: whoever was heard by it is gone. */
	struct err gone = {.code = ERR_NETWORK, .msg = "the other SFU is gone"};
	fake_call_end(CALL_END_FAILED, &gone);
	calling_wait(&p.t, "left");
	assert_string_equal(json_get_str(calling_row(&p.t, "left"), "user_id"), "@p:test");
	assert_non_null(strstr(json_string_value(json_array_get(p.t.warnings, 0)), "not heard"));
	leave(&p);
	end(&p);
	assert_int_equal(mem_live(), before);
}

/* -- delayed events ------------------------------------------------------------------------ */

/* Without them we are in the call all the same, but the member event soon expires. */
static void test_no_delayed(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 {"PUT", MEMBER, DELAY, 400,
		  "{\"errcode\":\"M_UNKNOWN\",\"error\":\"off\",\"org.matrix.msc4140.errcode\":"
		  "\"M_MAX_DELAY_UNSUPPORTED\"}",
		  true},
		 TAKE,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	JSON_AUTO json_t *status = room_call_status(p.t.rc);
	assert_false(json_get_bool(status, "guarded", true));
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	assert_non_null(strstr(log, "\"expires\":1200000"));
	assert_null(strstr(log, "delayed_events"));
	end(&p);
}

/* That may come out only when the member event is there already, with its long life. */
static void test_no_delayed_later(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 {"PUT", MEMBER, DELAY, 503, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"busy\"}",
		  false},
		 {"PUT", MEMBER, DELAY, 400,
		  "{\"errcode\":\"M_UNKNOWN\",\"error\":\"off\",\"org.matrix.msc4140.errcode\":"
		  "\"M_MAX_DELAY_UNSUPPORTED\"}",
		  true},
		 TAKE,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	/* the leave, we, the leave again, we again */
	calling_wait_asked(&p.t, &p.f, "PUT " MEMBER, 4);
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	const char *first = strstr(log, "\"expires\":14400000");
	assert_non_null(first);
	assert_non_null(strstr(first, "\"expires\":120"));
	end(&p);
}

/* A server that has never heard of them takes the request for an ordinary event. */
static void test_ordinary_server(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,	     NOT_ENCRYPTED,
		 TRANSPORTS, OPENID,
		 TOKEN,	     {"PUT", MEMBER, DELAY, 200, "{\"event_id\":\"$empty\"}", true},
		 TAKE,	     LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	leave(&p);
	assert_int_equal(forked_count(&p.f, "POST " ACTS), 0);
	end(&p);
}

static void test_short_delay(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 {"PUT", MEMBER, DELAY, 400,
		  "{\"errcode\":\"M_UNKNOWN\",\"error\":\"long\",\"org.matrix.msc4140.errcode\":"
		  "\"M_MAX_DELAY_EXCEEDED\",\"org.matrix.msc4140.max_delay\":1000}",
		  true},
		 {"PUT", MEMBER, "msc4140.delay=1000", 200, "{\"delay_id\":\"d1\"}", true},
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	JSON_AUTO json_t *status = room_call_status(p.t.rc);
	assert_true(json_get_bool(status, "guarded", false));
	/* Restarted in the same proportion: more than once a second. */
	calling_wait_asked(&p.t, &p.f, "POST " ACTS "d1/restart", 3);
	leave(&p);
	end(&p);
}

/* Actions stand in the body, as some servers still have it; a dropped one is scheduled anew. */
static void test_older_actions(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 {"PUT", MEMBER, DELAY, 200, "{\"delay_id\":\"d1\"}", false},
		 {"PUT", MEMBER, DELAY, 200, "{\"delay_id\":\"d2\"}", true},
		 TAKE,
		 {"POST", ACTS "d1/restart", NULL, 404, "{\"errcode\":\"M_UNRECOGNIZED\"}", true},
		 {"POST", ACTS "d1", "\"action\":\"restart\"", 404,
		  "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"gone\"}", true},
		 {"POST", ACTS "d2", "\"action\":\"cancel\"", 200, "{}", true},
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	/* the leave, we, the leave again */
	calling_wait_asked(&p.t, &p.f, "PUT " MEMBER, 3);
	calling_wait_guarded(&p.t);
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	assert_non_null(strstr(log, ACTS "d2 {\"action\":\"cancel\"}"));
	end(&p);
}

/* -- limits and refusals -------------------------------------------------------------------- */

static void test_rate_limit(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 DELAYED,
		 {"PUT", MEMBER, "\"application\":\"m.call\"", 429,
		  "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"slow\",\"retry_after_ms\":200}",
		  false},
		 TAKE,
		 RESTART,
		 CANCEL,
		 LEAVE,
		 {0}};
	struct play p;
	begin(&p, steps);
	join(&p);
	leave(&p);
	end(&p);
}

static void test_forbidden(void **state)
{
	(void)state;
	static const struct script_step steps[] =
		{SYNC,
		 NOT_ENCRYPTED,
		 TRANSPORTS,
		 OPENID,
		 TOKEN,
		 DELAYED,
		 {"PUT", MEMBER, NULL, 403,
		  "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"power level\"}", true},
		 CANCEL,
		 {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_AUTH);
	assert_non_null(strstr(p.t.err.msg, "power level"));
	assert_int_equal(forked_count(&p.f, "POST " ACTS "d1/cancel"), 1);
	end(&p);
}

/* Leaving while the member event is still under way: it is waited for, then taken back. */
static void test_leave_early(void **state)
{
	(void)state;
	static const struct script_step steps[] = {SYNC,
						   NOT_ENCRYPTED,
						   TRANSPORTS,
						   OPENID,
						   TOKEN,
						   DELAYED,
						   {"PUT", MEMBER, "\"application\":\"m.call\"", -1,
						    "", true},
						   CANCEL,
						   LEAVE,
						   {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_asked(&p.t, &p.f, "PUT " MEMBER, 2);
	leave(&p);
	AUTO_FREE char *log = asked(&p);
	const char *take_ = strstr(log, "\"application\"");
	assert_non_null(take_);
	assert_non_null(strstr(take_, "_m.call {}"));
	end(&p);
}

static void test_leave_before_all(void **state)
{
	(void)state;
	static const struct script_step steps[] = {SYNC, {"GET", ROOM, NULL, -1, "", true}, {0}};
	struct play p;
	long before = mem_live();
	begin(&p, steps);
	calling_wait_asked(&p.t, &p.f, "GET " ROOM, 1);
	leave(&p);
	assert_int_equal(forked_count(&p.f, "PUT"), 0);
	end(&p);
	assert_int_equal(mem_live(), before);
}

static void test_offline(void **state)
{
	(void)state;
	static const struct script_step steps[] = {{"GET", V3 "/sync", NULL, 502, "<html>", true},
						   {0}};
	struct play p;
	begin(&p, steps);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_NETWORK);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_well_known),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_get_token),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_nonsense_token),
		cmocka_unit_test(test_others_refuse),
		cmocka_unit_test(test_others_refuse_later),
		cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_short_delay),
		cmocka_unit_test(test_older_actions),
		cmocka_unit_test(test_no_delayed),
		cmocka_unit_test(test_no_delayed_later),
		cmocka_unit_test(test_ordinary_server),
		cmocka_unit_test(test_rate_limit),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_leave_early),
		cmocka_unit_test(test_leave_before_all),
		cmocka_unit_test(test_offline),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
