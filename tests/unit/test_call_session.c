/* The LiveKit client: joining, people, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/call/people.h"
#include "tests/lib/lk_fake.h"

#include <string.h>

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
	struct lk_fake f;
	struct lk_client c;
	struct call_status st;
	lk_client_join(&c, &f, NULL);
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
	lk_client_settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	session_leave(c.s);
	lk_client_until_told(&c, "(left) ");
	lk_client_expect(&c, "ended (left) ");
	assert_string_equal(buf_str(&f.requests), "leave ");
	assert_int_equal(f.last[LK_REQ_LEAVE].leave.reason, LK_CLIENT_INITIATED);
	assert_int_equal(f.last[LK_REQ_LEAVE].leave.action, LK_LEAVE_DISCONNECT);
	lk_client_done(&c, &f);
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
		struct lk_fake f;
		struct lk_client c;
		lk_fake_open(&f);
		f.status = rows[i].status;
		lk_client_start(&c, &f, lk_client_listener(), NULL);
		lk_client_until_told(&c, "(failed) ");
		lk_client_expect(&c, "connecting ended (failed) ");
		assert_int_equal(c.err.code, rows[i].code);
		assert_int_equal(f.connections, 1);
		lk_client_done(&c, &f);
	}
}

/* Full, or too restless: no greeting, but a word that says what to do. */
static void test_not_let_in(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_fake_open(&f);
	f.refuses = true;
	f.leave_reason = LK_JOIN_FAILURE;
	f.leave_action = LK_LEAVE_RECONNECT;
	lk_client_start(&c, &f, lk_client_listener(), NULL);
	lk_client_until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "lets nobody more in"));
	assert_true(c.err.hint[0]);
	assert_int_equal(f.connections, 1);
	lk_client_done(&c, &f);
}

static void test_nobody_greets(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct session_times t = session_times_default;
	t.attempt = 100;
	lk_fake_open(&f);
	f.silent = true;
	lk_client_start(&c, &f, lk_client_listener(), &t);
	lk_client_until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "does not answer"));
	lk_client_done(&c, &f);
	/* It greets, but offers no way for sound. */
	lk_fake_open(&f);
	f.join.subscriber_primary = true;
	lk_client_start(&c, &f, lk_client_listener(), &t);
	lk_client_until_told(&c, "(failed) ");
	assert_non_null(strstr(c.err.msg, "no sound gets through"));
	assert_true(c.err.hint[0]);
	lk_client_done(&c, &f);
}

static void test_strange_words(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_response r = {.kind = LK_RES_NONE};
	lk_client_join(&c, &f, NULL);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT("\xff\xff\xff\xff\xff"), true), 0);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT("{\"join\":{}}"), false), 0);
	assert_int_equal(httpd_ws_send(f.ws, SPAN_LIT(""), true), 0);
	lk_fake_say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_JOIN, .join = f.join}; /* again */
	lk_fake_say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_ANSWER, .answer = {.type = "answer", .sdp = "x"}};
	lk_fake_say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_TRICKLE};
	r.trickle.candidate_init = "{";
	lk_fake_say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_MUTE, .mute = {"TR_nothing", true}};
	lk_fake_say(&f, &r);
	lk_client_settle(&c);
	lk_client_expect(&c, "");
	lk_client_done(&c, &f);
}

static void test_no_name(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_fake_open(&f);
	f.join.has_participant = false;
	lk_client_start(&c, &f, lk_client_listener(), NULL);
	lk_client_until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_PROTOCOL);
	lk_client_done(&c, &f);
}

/* -- People --------------------------------------------------------------------------- */

static void test_people(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_track track = {.sid = "TR_1", .type = LK_AUDIO, .source = LK_MICROPHONE};
	struct lk_track both[] = {{.sid = "TR_1", .type = LK_AUDIO, .muted = true},
				  {.sid = "TR_2", .type = LK_AUDIO}};
	struct lk_track film = {.sid = "TR_3", .type = LK_VIDEO};
	struct lk_person bob = lk_fake_people[0], eve = lk_fake_people[1];
	lk_client_join(&c, &f, NULL);
	bob.tracks = &track;
	bob.tracks_n = 1;
	bob.version = 6;
	lk_fake_say_person(&f, bob);
	lk_client_settle(&c);
	lk_client_expect(&c, "unmuted:bob ");
	/* Old news. */
	bob.version = 4;
	bob.tracks_n = 0;
	lk_fake_say_person(&f, bob);
	lk_client_settle(&c);
	lk_client_expect(&c, "");
	bob.version = 7;
	bob.tracks = both;
	bob.tracks_n = 2;
	lk_fake_say_person(&f, bob); /* one of two is heard */
	both[1].muted = true;
	bob.version = 8;
	lk_fake_say_person(&f, bob);
	lk_client_settle(&c);
	lk_client_expect(&c, "muted:bob ");
	eve.tracks = &film;
	eve.tracks_n = 1;
	lk_fake_say_person(&f, eve);
	lk_client_settle(&c);
	lk_client_expect(&c, "");
	/* From another place: who was there has left. */
	bob.sid = "PA_bob2";
	bob.version = 1;
	bob.tracks_n = 0;
	lk_fake_say_person(&f, bob);
	bob.sid = "PA_bob";
	bob.state = LK_DISCONNECTED;
	lk_fake_say_person(&f, bob);
	eve.state = LK_DISCONNECTED;
	lk_fake_say_person(&f, eve);
	lk_fake_say_person(&f, eve);
	lk_client_settle(&c);
	lk_client_expect(&c, "-bob +bob -eve ");
	lk_client_done(&c, &f);
}

static void test_speakers_and_quality(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_speaker speakers[] = {{"PA_bob", 0.5f, true},
					{"PA_me", 0.25f, true},
					{"PA_who", 1, true}};
	struct lk_response r = {.kind = LK_RES_SPEAKERS_CHANGED};
	lk_client_join(&c, &f, NULL);
	r.speakers_changed = (struct lk_speakers_changed){speakers, 3};
	lk_fake_say(&f, &r);
	lk_fake_say(&f, &r);
	lk_client_until_told(&c, "speaking:me ");
	assert_true(c.person.speaking && c.person.self && c.person.level == 0.25f);
	speakers[0] = (struct lk_speaker){"PA_bob", 0, false};
	r.speakers_changed.speakers_n = 1;
	lk_fake_say(&f, &r);
	lk_client_settle(&c);
	lk_client_expect(&c, "speaking:bob speaking:me silent:bob ");
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
		lk_fake_say(&f, &r);
		lk_fake_say(&f, &r);
		lk_client_until_told(&c, "quality:bob ");
		assert_int_equal(c.person.quality, rows[i].ours);
		lk_client_settle(&c);
		lk_client_expect(&c, "quality:bob ");
	}
	lk_client_done(&c, &f);
}

static void test_moved(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_response r = {.kind = LK_RES_ROOM_MOVED};
	struct lk_person others[] = {lk_fake_people[1],
				     {.sid = "PA_zoe", .identity = "zoe", .state = LK_ACTIVE}};
	lk_client_join(&c, &f, NULL);
	r.room_moved = (struct lk_room_moved){
		.token = "moved",
		.has_participant = true,
		.participant = {.sid = "PA_me2", .identity = "me", .state = LK_ACTIVE},
		.other_participants = others,
		.other_participants_n = 2,
	};
	lk_fake_say(&f, &r);
	lk_client_settle(&c);
	lk_client_expect(&c, "+zoe -bob ");
	/* And comes back as who it is there. */
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "reconnecting joined ");
	assert_string_equal(f.bearer, "Bearer moved");
	assert_string_equal(f.query.sid, "PA_me2");
	lk_client_done(&c, &f);
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
		    {LK_ROOM_DELETED, CALL_END_ENDED},
		    {LK_ROOM_CLOSED, CALL_END_CLOSED},
		    {LK_CLIENT_INITIATED, CALL_END_LEFT},
		    {LK_JOIN_FAILURE, CALL_END_FAILED},
		    {LK_MEDIA_FAILURE, CALL_END_FAILED},
		    {99, CALL_END_FAILED}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lk_fake f;
		struct lk_client c;
		lk_client_join(&c, &f, NULL);
		lk_fake_say_leave(&f, rows[i].reason, LK_LEAVE_DISCONNECT);
		lk_client_until_told(&c, "ended ");
		assert_int_equal(c.why, rows[i].why);
		assert_int_equal(c.err.code != 0, rows[i].why == CALL_END_FAILED);
		/* Nothing is asked of it any more, and nothing breaks. */
		session_mute(c.s, true);
		session_gain(c.s, "bob", -6);
		session_network_changed(c.s);
		session_leave(c.s);
		session_token(c.s, "x", NULL);
		assert_int_equal(f.connections, 1);
		lk_client_done(&c, &f);
	}
}

/* A server that does not answer our goodbye is not waited for long. */
static void test_leave_unanswered(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct session_times t = session_times_default;
	t.leave = 50;
	lk_client_join(&c, &f, &t);
	f.silent = true;
	session_leave(c.s);
	session_leave(c.s);
	lk_client_until_told(&c, "(left) ");
	lk_client_expect(&c, "ended (left) ");
	lk_client_done(&c, &f);
	/* Before there was anything to leave. */
	lk_fake_open(&f);
	f.silent = true;
	lk_client_start(&c, &f, lk_client_listener(), NULL);
	session_leave(c.s);
	lk_client_until_told(&c, "(left) ");
	lk_client_done(&c, &f);
}

static void test_freed_at_any_time(void **state)
{
	(void)state;
	for (int turns = 0; turns < 40; turns++) {
		struct lk_fake f;
		struct lk_client c;
		lk_fake_open(&f);
		lk_client_start(&c, &f, turns % 2 ? lk_client_speaker() : lk_client_listener(),
				NULL);
		for (int i = 0; i < turns; i++)
			loop_run_once(f.loop);
		lk_client_done(&c, &f);
	}
}

static void count_event(void *arg, enum call_person_event what, const struct call_person *p)
{
	int *told = arg;
	(void)p;
	told[what]++;
}

/* However many a server tells of, we do not grow without an end; those who leave make room. */
static void test_crowd(void **state)
{
	(void)state;
	long before = mem_live();
	struct people p;
	int told[CALL_PERSON_QUALITY + 1] = {0};
	char sid[32];
	struct lk_person l = {.sid = sid, .identity = sid, .name = "", .state = LK_ACTIVE};
	people_init(&p, count_event, told);
	for (int i = 0; i < PEOPLE_MAX + 10; i++) {
		snprintf(sid, sizeof(sid), "PA_%d", i);
		people_put(&p, &l, false);
	}
	assert_int_equal(people_others(&p), PEOPLE_MAX);
	assert_int_equal(told[CALL_PERSON_JOINED], PEOPLE_MAX);
	assert_int_equal(p.left_out, 10);
	snprintf(sid, sizeof(sid), "PA_us");
	people_put(&p, &l, true);
	assert_non_null(people_by_sid(&p, "PA_us"));
	snprintf(sid, sizeof(sid), "PA_7");
	l.state = LK_DISCONNECTED;
	people_put(&p, &l, false);
	snprintf(sid, sizeof(sid), "PA_late");
	l.state = LK_ACTIVE;
	people_put(&p, &l, false);
	assert_non_null(people_by_sid(&p, "PA_late"));
	people_done(&p);
	assert_int_equal(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LK_FAKE_TEST(test_address),
		LK_FAKE_TEST(test_join),
		LK_FAKE_TEST(test_refused),
		LK_FAKE_TEST(test_not_let_in),
		LK_FAKE_TEST(test_nobody_greets),
		LK_FAKE_TEST(test_strange_words),
		LK_FAKE_TEST(test_no_name),
		LK_FAKE_TEST(test_people),
		LK_FAKE_TEST(test_speakers_and_quality),
		LK_FAKE_TEST(test_moved),
		LK_FAKE_TEST(test_crowd),
		LK_FAKE_TEST(test_ends),
		LK_FAKE_TEST(test_leave_unanswered),
		LK_FAKE_TEST(test_freed_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
