/* The LiveKit client: coming back after trouble, speaking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "tests/lib/lk_fake.h"

#include <string.h>

/* -- Coming back --------------------------------------------------------------------------- */

static void test_resume(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct call_status st;
	struct lk_response r = {.kind = LK_RES_REFRESH_TOKEN};
	lk_client_join(&c, &f, NULL);
	r.refresh_token = "second";
	lk_fake_say(&f, &r);
	lk_client_settle(&c);
	for (int i = 1; i <= 3; i++) {
		buf_clear(&f.requests);
		httpd_ws_close(f.ws, 1011);
		lk_client_until_told(&c, "reconnecting joined ");
		lk_client_expect(&c, "reconnecting joined ");
		lk_client_until_asked(&c, "sync_state ");
		assert_true(f.query.reconnect);
		assert_string_equal(f.query.sid, "PA_me");
		assert_int_equal(f.query.reconnect_reason, SIGNAL_REASON_SIGNAL);
		assert_string_equal(f.bearer, "Bearer second");
		session_status(c.s, &st);
		assert_int_equal(st.reconnects, i);
	}
	/* The owner knows better than any timer. */
	session_network_changed(c.s);
	lk_client_until_told(&c, "reconnecting joined ");
	assert_int_equal(f.query.reconnect_reason, SIGNAL_REASON_NETWORK);
	lk_client_done(&c, &f);
}

/* The server asks for it, in one way or the other. */
static void test_told_to_come_back(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_client_join(&c, &f, NULL);
	c.fresh = "fresh";
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RESUME);
	lk_client_until_told(&c, "reconnecting joined ");
	lk_client_expect(&c, "reconnecting joined ");
	assert_true(f.query.reconnect);
	lk_fake_say_leave(&f, LK_MIGRATION, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "reconnecting token joined ");
	assert_false(f.query.reconnect);
	assert_string_equal(f.bearer, "Bearer fresh");
	lk_fake_say_leave(&f, LK_SERVER_SHUTDOWN, LK_LEAVE_DISCONNECT);
	lk_client_until_told(&c, "joined ");
	lk_client_done(&c, &f);
}

/* It does not know us any more: a fresh token, a new join, and people who stayed have not left. */
static void test_rejoin(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_person others[] = {{.sid = "PA_bob9", .identity = "bob", .state = LK_ACTIVE},
				     {.sid = "PA_zoe", .identity = "zoe", .state = LK_ACTIVE}};
	struct lk_speaker speaker = {"PA_bob", 0.5f, true};
	struct lk_response r = {.kind = LK_RES_SPEAKERS_CHANGED};
	lk_client_join(&c, &f, NULL);
	r.speakers_changed = (struct lk_speakers_changed){&speaker, 1};
	lk_fake_say(&f, &r);
	lk_client_settle(&c);
	lk_client_expect(&c, "speaking:bob ");
	c.fresh = "fresh";
	f.leave_reason = LK_STATE_MISMATCH;
	f.leave_action = LK_LEAVE_RECONNECT;
	f.join.participant.sid = "PA_me9";
	f.join.other_participants = others;
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "reconnecting token silent:bob +zoe -eve joined ");
	assert_string_equal(f.bearer, "Bearer fresh");
	assert_int_equal(f.connections, 3);
	/* As somebody new. */
	f.leave_action = -1;
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "reconnecting joined ");
	assert_string_equal(f.query.sid, "PA_me9");
	lk_client_done(&c, &f);
}

static void test_no_token(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_client_join(&c, &f, NULL);
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "(failed) ");
	lk_client_expect(&c, "reconnecting token ended (failed) ");
	assert_string_equal(c.err.msg, "no token for you");
	lk_client_done(&c, &f);
	/* One that is refused. */
	lk_client_join(&c, &f, NULL);
	c.fresh = "stale";
	f.status = 401;
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "(failed) ");
	assert_int_equal(c.err.code, ERR_AUTH);
	assert_string_equal(f.bearer, "Bearer stale");
	lk_client_done(&c, &f);
}

/* Whoever gives tokens comes back in time, or does not. */
static void test_tokens_away(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct session_times t = session_times_default;
	lk_client_join(&c, &f, NULL);
	c.away = true;
	c.fresh = "fresh";
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "reconnecting token token token joined ");
	lk_client_done(&c, &f);
	t.give_up = 300;
	lk_client_join(&c, &f, &t);
	c.away = c.stays_away = true;
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "(failed) ");
	assert_string_equal(c.err.msg, "the call is lost: nobody is there");
	lk_client_done(&c, &f);
}

/* Refused as one who resumes, then in trouble for a while, then back. */
static void test_server_restarts(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_client_join(&c, &f, NULL);
	c.fresh = "fresh";
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "reconnecting ");
	while (f.connections < 3)
		loop_run_once(f.loop);
	f.status = 404;
	while (f.connections < 4)
		loop_run_once(f.loop);
	f.status = 0;
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "reconnecting token joined ");
	lk_client_done(&c, &f);
}

static void test_gives_up(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct session_times t = session_times_default;
	t.give_up = 3000;
	lk_client_join(&c, &f, &t);
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "(failed) ");
	lk_client_expect(&c, "reconnecting ended (failed) ");
	assert_int_equal(c.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.err.msg, "the call is lost: "));
	/* How often it tries in that time is the machine's affair; once is not enough. */
	assert_true(f.connections >= 2);
	lk_client_done(&c, &f);
	/* Resuming is tried for so long only, then everything anew. */
	t.give_up = 20000;
	t.resume = 1500;
	lk_client_join(&c, &f, &t);
	c.fresh = "fresh";
	f.status = 503;
	httpd_ws_close(f.ws, 1001);
	lk_client_until_told(&c, "token ");
	assert_true(f.connections >= 2);
	f.status = 0;
	lk_client_until_told(&c, "joined ");
	assert_false(f.query.reconnect);
	lk_client_done(&c, &f);
}

/* A connection that is dead without a word: nobody answers our pings. */
static void test_pings(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_fake_open(&f);
	f.join.ping_interval = 1;
	f.join.ping_timeout = 2;
	lk_client_start(&c, &f, lk_client_listener(), NULL);
	lk_client_until_told(&c, "joined ");
	lk_client_until_asked(&c, "ping_req ping_req ping_req ");
	lk_client_expect(&c, "connecting +me +bob +eve joined ");
	f.no_pongs = true;
	lk_client_until_told(&c, "reconnecting joined ");
	/* Also after a resume. */
	f.no_pongs = false;
	buf_clear(&f.requests);
	lk_client_until_asked(&c, "ping_req ping_req ");
	lk_client_done(&c, &f);
}

/* A server that wants its pongs sooner than it wants pings: we do not close for that. */
static void test_pings_out_of_reason(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_fake_open(&f);
	f.join.ping_interval = 2;
	f.join.ping_timeout = 1;
	lk_client_start(&c, &f, lk_client_listener(), NULL);
	lk_client_until_told(&c, "joined ");
	lk_client_until_asked(&c, "ping_req ping_req ");
	assert_int_equal(f.connections, 1);
	lk_client_done(&c, &f);
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
	struct lk_fake f;
	struct lk_client c;
	lk_fake_open(&f);
	lk_client_start(&c, &f, lk_client_speaker(), NULL);
	lk_client_until_asked(&c, "add_track ");
	const struct lk_add_track *t = &f.last[LK_REQ_ADD_TRACK].add_track;
	assert_int_equal(t->type, LK_AUDIO);
	assert_int_equal(t->source, LK_MICROPHONE);
	assert_true(t->disable_red);
	assert_false(t->muted);
	struct lk_response r = {.kind = LK_RES_TRACK_PUBLISHED};
	r.track_published = (struct lk_track_published){.cid = "another",
							.has_track = true,
							.track = {.sid = "TR_x"}};
	lk_fake_say(&f, &r);
	r.track_published.cid = t->cid;
	r.track_published.track.sid = "TR_me";
	lk_fake_say(&f, &r);
	lk_client_until_asked(&c, "offer ");
	const struct lk_sdp *o = &f.last[LK_REQ_OFFER].offer;
	assert_string_equal(o->type, "offer");
	assert_int_equal(o->id, 1);
	assert_non_null(strstr(o->sdp, t->cid));
	assert_non_null(strstr(o->sdp, "ssrc-audio-level"));
	assert_non_null(strstr(o->sdp, "a=candidate:"));
	assert_null(strstr(o->sdp, "m=application"));
	/* Not in the call before the answer; muted meanwhile. */
	session_mute(c.s, true);
	lk_client_until_asked(&c, "mute ");
	assert_string_equal(f.last[LK_REQ_MUTE].mute.sid, "TR_me");
	assert_true(f.last[LK_REQ_MUTE].mute.muted);
	lk_client_expect(&c, "connecting +me +bob +eve MUTED ");
	/* An answer that is none: the call cannot begin. */
	r = (struct lk_response){.kind = LK_RES_ANSWER,
				 .answer = {.type = "answer", .sdp = "v=0\r\n", .id = 1}};
	lk_fake_say(&f, &r);
	lk_client_until_told(&c, "(failed) ");
	lk_client_done(&c, &f);
}

static void test_not_allowed(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct lk_response r = {.kind = LK_RES_REQUEST_RESPONSE};
	/* By the permission that came with the join. */
	lk_fake_open(&f);
	f.join.participant.has_permission = true;
	f.join.participant.permission = (struct lk_permission){.can_subscribe = true};
	lk_client_start(&c, &f, lk_client_speaker(), NULL);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "connecting +me +bob +eve warning joined ");
	assert_int_equal(c.warning.code, ERR_AUTH);
	assert_string_equal(buf_str(&f.requests), "");
	/* Then given the floor. */
	struct lk_person me = f.join.participant;
	int sources[] = {LK_CAMERA, LK_MICROPHONE};
	me.permission.can_publish = true;
	me.permission.can_publish_sources = sources;
	me.permission.can_publish_sources_n = 1;
	lk_fake_say_person(&f, me);
	lk_client_settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	me.permission.can_publish_sources_n = 2;
	lk_fake_say_person(&f, me);
	lk_client_until_asked(&c, "add_track ");
	lk_client_done(&c, &f);
	/* By an answer to the wish. */
	lk_fake_open(&f);
	lk_client_start(&c, &f, lk_client_speaker(), NULL);
	lk_client_until_asked(&c, "add_track ");
	r.request_response = (struct lk_request_response){.reason = LK_RESULT_QUEUED,
							  .request = LK_REPEATED_ADD_TRACK};
	r.request_response.add_track.cid = f.last[LK_REQ_ADD_TRACK].add_track.cid;
	lk_fake_say(&f, &r);
	r.request_response.reason = LK_RESULT_NOT_ALLOWED;
	lk_fake_say(&f, &r);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "connecting +me +bob +eve warning joined ");
	lk_client_done(&c, &f);
}

static void test_publish_late(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct call_options o = lk_client_speaker();
	o.muted = o.publish_late = true;
	lk_fake_open(&f);
	lk_client_start(&c, &f, o, NULL);
	lk_client_until_told(&c, "joined ");
	lk_client_settle(&c);
	assert_string_equal(buf_str(&f.requests), "");
	session_mute(c.s, false);
	lk_client_until_asked(&c, "add_track ");
	assert_false(f.last[LK_REQ_ADD_TRACK].add_track.muted);
	lk_client_done(&c, &f);
	/* Muted from the start, but published. */
	o.publish_late = false;
	lk_fake_open(&f);
	lk_client_start(&c, &f, o, NULL);
	lk_client_until_asked(&c, "add_track ");
	assert_true(f.last[LK_REQ_ADD_TRACK].add_track.muted);
	lk_client_done(&c, &f);
}

/* Who was given the floor may hear of it from the room before the server of the call does. */
static void test_allowed_soon(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct call_options o = lk_client_speaker();
	struct session_times t = session_times_default;
	o.muted = o.publish_late = true;
	t.publish = 50;
	lk_fake_open(&f);
	f.join.participant.has_permission = true;
	f.join.participant.permission = (struct lk_permission){.can_subscribe = true};
	lk_client_start(&c, &f, o, NULL);
	lk_client_until_told(&c, "joined ");
	session_mute(c.s, false);
	lk_client_settle(&c);
	struct lk_person me = f.join.participant;
	me.permission.can_publish = true;
	lk_fake_say_person(&f, me);
	lk_client_until_asked(&c, "add_track ");
	assert_int_equal(c.warning.code, 0);
	lk_client_done(&c, &f);
	/* When the server never hears of it, they are told. */
	lk_fake_open(&f);
	f.join.participant.has_permission = true;
	f.join.participant.permission = (struct lk_permission){.can_subscribe = true};
	lk_client_start(&c, &f, o, &t);
	lk_client_until_told(&c, "joined ");
	session_mute(c.s, false);
	lk_client_until_told(&c, "warning ");
	assert_int_equal(c.warning.code, ERR_AUTH);
	assert_string_equal(buf_str(&f.requests), "");
	lk_client_done(&c, &f);
}

static void test_not_taken(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct call_options o = lk_client_speaker();
	struct session_times t = session_times_default;
	o.muted = o.publish_late = true;
	t.publish = 100;
	lk_fake_open(&f);
	lk_client_start(&c, &f, o, &t);
	lk_client_until_told(&c, "joined ");
	session_mute(c.s, false);
	lk_client_until_told(&c, "warning ");
	assert_int_equal(c.warning.code, ERR_NETWORK);
	/* And is tried again at the next wish. */
	session_mute(c.s, true);
	session_mute(c.s, false);
	lk_client_until_asked(&c, "add_track add_track ");
	lk_client_done(&c, &f);
}

/* The answer to our newest offer; the caller frees it. */
static char *answer_of(const struct lk_fake *f)
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

static size_t sections_of(const struct lk_fake *f, const char *which)
{
	const char *at = f->last[LK_REQ_OFFER].offer.sdp;
	size_t n = 0;
	for (; (at = strstr(at, which)); at++)
		n++;
	return n;
}

static void say_published(struct lk_client *c)
{
	struct lk_response r = {.kind = LK_RES_TRACK_PUBLISHED};
	r.track_published =
		(struct lk_track_published){.cid = c->f->last[LK_REQ_ADD_TRACK].add_track.cid,
					    .has_track = true,
					    .track = {.sid = "TR_me"}};
	lk_fake_say(c->f, &r);
}

/* The server ends our sound before it has answered the offer, and answers then. */
static void test_unpublished_early(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct call_status st;
	lk_fake_open(&f);
	lk_client_start(&c, &f, lk_client_speaker(), NULL);
	lk_client_until_asked(&c, "add_track ");
	say_published(&c);
	lk_client_until_asked(&c, "offer ");
	AUTO_FREE char *answer = answer_of(&f);
	struct lk_response r = {.kind = LK_RES_TRACK_UNPUBLISHED};
	r.track_unpublished.track_sid = "TR_me";
	lk_fake_say(&f, &r);
	r = (struct lk_response){.kind = LK_RES_ANSWER};
	r.answer = (struct lk_sdp){.type = "answer", .sdp = answer, .id = 1};
	lk_fake_say(&f, &r);
	lk_client_until_told(&c, "MUTED:server ");
	lk_client_settle(&c);
	session_status(c.s, &st);
	assert_false(st.publishing);
	/* Coming back offers no track that there is not. */
	lk_client_until_told(&c, "joined ");
	buf_clear(&f.requests);
	httpd_ws_close(f.ws, 1001);
	lk_client_until_asked(&c, "offer ");
	assert_int_equal(sections_of(&f, "m=audio"), 1);
	assert_int_equal(sections_of(&f, "a=sendonly"), 0);
	AUTO_FREE char *empty = answer_of(&f);
	r.answer = (struct lk_sdp){.type = "answer", .sdp = empty, .id = 2};
	lk_fake_say(&f, &r);
	lk_client_until_told(&c, "reconnecting joined ");
	session_status(c.s, &st);
	assert_false(st.publishing);
	/* The next track has a section and a name of its own. */
	session_mute(c.s, false);
	lk_client_until_asked(&c, "add_track ");
	say_published(&c);
	lk_client_until_asked(&c, "add_track offer ");
	assert_int_equal(sections_of(&f, "m=audio"), 2);
	assert_int_equal(sections_of(&f, "a=sendonly"), 1);
	lk_client_done(&c, &f);
}

/* A server that never takes our sound: we hear all the same. */
static void test_join_unheard(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	struct session_times t = session_times_default;
	t.publish = 100;
	lk_fake_open(&f);
	lk_client_start(&c, &f, lk_client_speaker(), &t);
	lk_client_until_told(&c, "joined ");
	lk_client_expect(&c, "connecting +me +bob +eve warning joined ");
	assert_string_equal(buf_str(&f.requests), "add_track ");
	lk_client_done(&c, &f);
}

/* The token comes when the call is over already. */
static void test_token_too_late(void **state)
{
	(void)state;
	struct lk_fake f;
	struct lk_client c;
	lk_client_join(&c, &f, NULL);
	c.slow = true;
	lk_fake_say_leave(&f, LK_REASON_UNKNOWN, LK_LEAVE_RECONNECT);
	lk_client_until_told(&c, "token ");
	session_leave(c.s);
	lk_client_until_told(&c, "(left) ");
	session_token(c.s, "late", NULL);
	for (int i = 0; i < 200; i++)
		loop_run_once(f.loop);
	assert_int_equal(f.connections, 1);
	lk_client_done(&c, &f);
}

static void test_bad_options(void **state)
{
	(void)state;
	struct lk_fake f;
	lk_fake_open(&f);
	struct session_options so = {.loop = f.loop, .times = session_times_default};
	struct call_session *s = NULL;
	struct err err = {0};
	so.ws = ws_client_new(f.loop, NULL);
	so.call = lk_client_speaker();
	so.call.url = "mailto:me";
	assert_int_equal(session_open(&so, &lk_client_told, NULL, &s, &err), ERR_USAGE);
	so.call.url = "ws://127.0.0.1:1";
	so.call.sound.input = "no-such-driver";
	assert_int_equal(session_open(&so, &lk_client_told, NULL, &s, &err), ERR_USAGE);
	so.call.sound.input = "file:/no/such/file.wav";
	assert_int_not_equal(session_open(&so, &lk_client_told, NULL, &s, &err), 0);
	assert_null(s);
	ws_client_free(so.ws);
	lk_fake_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LK_FAKE_TEST(test_resume),
		LK_FAKE_TEST(test_told_to_come_back),
		LK_FAKE_TEST(test_rejoin),
		LK_FAKE_TEST(test_no_token),
		LK_FAKE_TEST(test_tokens_away),
		LK_FAKE_TEST(test_server_restarts),
		LK_FAKE_TEST(test_gives_up),
		LK_FAKE_TEST(test_pings),
		LK_FAKE_TEST(test_pings_out_of_reason),
		LK_FAKE_TEST(test_delays),
		LK_FAKE_TEST(test_publish),
		LK_FAKE_TEST(test_not_allowed),
		LK_FAKE_TEST(test_publish_late),
		LK_FAKE_TEST(test_allowed_soon),
		LK_FAKE_TEST(test_not_taken),
		LK_FAKE_TEST(test_unpublished_early),
		LK_FAKE_TEST(test_join_unheard),
		LK_FAKE_TEST(test_token_too_late),
		LK_FAKE_TEST(test_bad_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
