/*
 * MatrixRTC without a server: member events, rings, hands, tokens, delayed
 * events, as other clients write them and as they must find ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/matrix/message.h"
#include "core/matrix/rtc_request.h"
#include "core/matrix/rtc_ring.h"

#include <string.h>

#define NOW INT64_C(1790000000000)
#define SERVICE "https://sfu.example.org/livekit/jwt"

static struct err err;

/* An event with this content; `key` NULL: not state. */
static struct mx_event event_of(const char *type, const char *sender, const char *key,
				const char *content)
{
	struct mx_event ev;
	JSON_AUTO json_t *c = NULL;
	assert_int_equal(json_parse(span_of(content), &c, &err), 0);
	JSON_AUTO json_t *j =
		json_pack("{s:s,s:s,s:s,s:I,s:O}", "event_id", "$e", "type", type, "sender", sender,
			  "origin_server_ts", (json_int_t)NOW, "content", c);
	if (key)
		json_object_set_new(j, "state_key", json_string(key));
	assert_int_equal(event_parse(j, EVENT_ROOM, &ev, &err), 0);
	return ev;
}

static int read_member(const char *type, const char *sender, const char *key, const char *content,
		       enum rtc_word *word, struct rtc_member *m)
{
	struct mx_event ev = event_of(type, sender, key, content);
	memset(&err, 0, sizeof(err));
	int rc = rtc_member_read(&ev, word, m, &err);
	event_done(&ev);
	return rc;
}

/* What Element Call sends in its default mode. */
#define EC_MEMBER                                                                            \
	"{\"application\":\"m.call\",\"call_id\":\"\",\"scope\":\"m.room\","                 \
	"\"device_id\":\"DEV\",\"membershipID\":\"@ada:example.org:DEV\","                   \
	"\"expires\":14400000,\"m.call.intent\":\"video\","                                  \
	"\"focus_active\":{\"type\":\"livekit\",\"focus_selection\":\"multi_sfu\"},"         \
	"\"foci_preferred\":[{\"type\":\"livekit\",\"livekit_service_url\":\"" SERVICE "\"," \
	"\"livekit_alias\":\"!r:example.org\"}]%s}"

static char *ec_member(const char *more)
{
	return mem_printf(EC_MEMBER, more);
}

static void test_state_form(void **state)
{
	(void)state;
	AUTO_FREE char *content = ec_member("");
	struct rtc_member m;
	enum rtc_word word;
	assert_int_equal(read_member(RTC_MEMBER_TYPE, "@ada:example.org",
				     "_@ada:example.org_DEV_m.call", content, &word, &m),
			 0);
	assert_int_equal(word, RTC_HERE);
	assert_string_equal(m.user_id, "@ada:example.org");
	assert_string_equal(m.device_id, "DEV");
	assert_string_equal(m.service_url, SERVICE);
	assert_true(m.created_ms == NOW && m.expires_ms == NOW + 14400000);
	assert_false(rtc_member_expired(&m, NOW + 14399999));
	assert_true(rtc_member_expired(&m, NOW + 14400000));
	assert_true(rtc_member_is(&m, "@ada:example.org:DEV"));
	char hash[RTC_ID_SIZE];
	rtc_id_member("@ada:example.org", "DEV", "@ada:example.org:DEV", hash);
	assert_true(rtc_member_is(&m, hash));
	assert_false(rtc_member_is(&m, "@ada:example.org:OTHER"));
	assert_false(m.recording);
}

static void test_keys(void **state)
{
	(void)state;
	AUTO_FREE char *content = ec_member("");
	static const struct {
		const char *key;
		int rc;
	} cases[] = {
		{"_@ada:example.org_DEV_m.call", 0},
		{"_@ada:example.org_DEV", 0},	    /* of older clients */
		{"@ada:example.org_DEV_m.call", 0}, /* where the server guards such keys */
		{"_@ada:example.org", 0},
		{"_@ada:example.orgy_DEV_m.call", ERR_INVALID},
		{"_@eve:example.org_DEV_m.call", ERR_INVALID},
		{"", ERR_INVALID},
		{"__@ada:example.org_DEV_m.call", ERR_INVALID},
		{NULL, ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rtc_member m;
		enum rtc_word word;
		int rc = read_member(RTC_MEMBER_TYPE, "@ada:example.org", cases[i].key, content,
				     &word, &m);
		if (rc != cases[i].rc)
			fail_msg("key %s: %d %s", cases[i].key, rc, err.msg);
	}
}

static void test_times(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		int64_t created, expires;
	} cases[] = {
		{",\"created_ts\":1789999000000", NOW - 1000000, NOW - 1000000 + 14400000},
		{",\"created_ts\":1790000000001", NOW, NOW + 14400000}, /* in the future */
		{",\"created_ts\":-5", NOW, NOW + 14400000},
		{",\"expires\":-1", NOW, NOW},
		{",\"expires\":9223372036854775807", NOW, NOW + (INT64_C(1) << 53)},
		{",\"expires\":\"soon\"", NOW, NOW + RTC_EXPIRES_MS},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *content = ec_member(cases[i].more);
		struct rtc_member m;
		enum rtc_word word;
		assert_int_equal(read_member(RTC_MEMBER_TYPE, "@ada:example.org",
					     "_@ada:example.org_DEV_m.call", content, &word, &m),
				 0);
		assert_true(m.created_ms == cases[i].created);
		assert_true(m.expires_ms == cases[i].expires);
	}
}

static void test_not_members(void **state)
{
	(void)state;
	static const struct {
		const char *content;
		int rc;
		enum rtc_word word;
	} cases[] = {
		{"{}", 0, RTC_LEFT},
		{"{\"leave_reason\":\"LOST_CONNECTION\"}", 0, RTC_LEFT},
		{"{\"application\":\"m.board\",\"call_id\":\"\"}", 0, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"breakout\"}", 0, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"scope\":\"m.user\"}", 0,
		 RTC_OTHER},
		{"{\"application\":5}", ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\"}", ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\"}", ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"D\"}", ERR_INVALID,
		 RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"\","
		 "\"focus_active\":{\"type\":\"livekit\"}}",
		 ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"D\","
		 "\"focus_active\":{\"type\":\"livekit\"},\"foci_preferred\":[{}]}",
		 ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"D\","
		 "\"focus_active\":{\"type\":\"livekit\"},\"foci_preferred\":{}}",
		 ERR_INVALID, RTC_OTHER},
		{"{\"application\":\"m.call\",\"call_id\":\"\",\"device_id\":\"D\","
		 "\"focus_active\":{\"type\":\"livekit\"},\"created_ts\":\"x\"}",
		 ERR_INVALID, RTC_OTHER},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rtc_member m;
		enum rtc_word word = RTC_OTHER;
		int rc = read_member(RTC_MEMBER_TYPE, "@a:b", "_@a:b_D_m.call", cases[i].content,
				     &word, &m);
		if (rc != cases[i].rc || word != cases[i].word)
			fail_msg("%s: %d %d %s", cases[i].content, rc, word, err.msg);
		if (rc)
			assert_true(err.msg[0]);
	}
}

#define STICKY                                                                                  \
	"{\"slot_id\":\"m.call#ROOM\",\"application\":{\"type\":\"m.call\"},"                   \
	"\"member\":{\"user_id\":\"%s\",\"device_id\":\"DEV\",\"id\":\"xyz\"},\"versions\":[]," \
	"\"msc4354_sticky_key\":\"%s\",%s}"

static void test_sticky_form(void **state)
{
	(void)state;
	static const char older[] =
		"\"rtc_transports\":[{\"type\":\"livekit\",\"livekit_service_url\":\"" SERVICE
		"\"}]";
	static const char newer[] =
		"\"transports\":{\"can_subscribe\":[\"livekit\"],\"published\":[{\"type\":"
		"\"livekit\",\"livekit_service_url\":\"" SERVICE "\"}]}";
	static const struct {
		const char *user, *key, *transports;
		int rc;
	} cases[] = {
		{"@ada:example.org", "xyz", older, 0},
		{"@ada:example.org", "xyz", newer, 0},
		{"@eve:example.org", "xyz", older, ERR_INVALID},
		{"@ada:example.org", "abc", older, ERR_INVALID},
		{"@ada:example.org", "xyz", "\"rtc_transports\":[7]", ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *c =
			mem_printf(STICKY, cases[i].user, cases[i].key, cases[i].transports);
		struct rtc_member m;
		enum rtc_word word;
		assert_int_equal(read_member(RTC_STICKY_TYPE, "@ada:example.org", NULL, c, &word,
					     &m),
				 cases[i].rc);
		if (cases[i].rc)
			continue;
		char hash[RTC_ID_SIZE];
		rtc_id_member("@ada:example.org", "DEV", "xyz", hash);
		assert_true(rtc_member_is(&m, hash));
		assert_string_equal(m.service_url, SERVICE);
		assert_true(m.expires_ms == NOW + RTC_STICKY_MS);
	}
	struct rtc_member m;
	enum rtc_word word;
	assert_int_equal(read_member(RTC_STICKY_TYPE, "@ada:example.org", NULL,
				     "{\"msc4354_sticky_key\":\"xyz\"}", &word, &m),
			 0);
	assert_int_equal(word, RTC_LEFT);
	assert_string_equal(m.member_id, "xyz");
}

static void test_sticky_life(void **state)
{
	(void)state;
	AUTO_FREE char *c = mem_printf(STICKY, "@ada:example.org", "xyz", "\"rtc_transports\":[]");
	struct mx_event ev = event_of(RTC_STICKY_TYPE, "@ada:example.org", NULL, c);
	struct rtc_member m;
	enum rtc_word word;
	json_object_set_new(ev.json, "msc4354_sticky", json_pack("{s:i}", "duration_ms", 60000));
	assert_int_equal(rtc_member_read(&ev, &word, &m, &err), 0);
	assert_true(m.expires_ms == NOW + 60000);
	json_object_set_new(ev.json, "msc4354_sticky", json_pack("{s:i}", "duration_ms", 99999999));
	assert_int_equal(rtc_member_read(&ev, &word, &m, &err), 0);
	assert_true(m.expires_ms == NOW + RTC_STICKY_MS);
	event_done(&ev);
}

static void test_ours(void **state)
{
	(void)state;
	struct rtc_member_draft d = {.user_id = "@bob:example.org",
				     .device_id = "LAPTOP",
				     .room_id = "!r:example.org",
				     .service_url = SERVICE,
				     .expires_ms = RTC_EXPIRES_MS,
				     .recording = true};
	char key[LIMIT_ID_BYTES + 1];
	struct rtc_member m;
	enum rtc_word word;
	assert_int_equal(rtc_member_key(d.user_id, d.device_id, "11", key, &err), 0);
	assert_string_equal(key, "_@bob:example.org_LAPTOP_m.call");
	JSON_AUTO json_t *c = rtc_member_make(&d);
	AUTO_FREE char *text = json_text(c);
	assert_int_equal(read_member(RTC_MEMBER_TYPE, d.user_id, key, text, &word, &m), 0);
	assert_int_equal(word, RTC_HERE);
	assert_true(rtc_member_is(&m, "@bob:example.org:LAPTOP"));
	assert_string_equal(m.service_url, SERVICE);
	assert_true(m.recording);
	assert_null(json_object_get(c, "created_ts"));
	assert_string_equal(json_get_str(c, "membershipID"), "@bob:example.org:LAPTOP");
	assert_string_equal(json_get_str(json_get_object(c, "focus_active"), "focus_selection"),
			    "multi_sfu");
	d.created_ms = NOW - 5;
	JSON_AUTO json_t *again = rtc_member_make(&d);
	assert_true(json_get_i64(again, "created_ts", 0) == NOW - 5);
	assert_int_equal(rtc_member_key(d.user_id, d.device_id, "org.matrix.msc3757.11", key, NULL),
			 0);
	assert_string_equal(key, "@bob:example.org_LAPTOP_m.call");
	char longish[LIMIT_ID_BYTES + 1];
	memset(longish, 'x', LIMIT_ID_BYTES);
	longish[LIMIT_ID_BYTES] = '\0';
	assert_int_equal(rtc_member_key(d.user_id, longish, NULL, key, &err), ERR_TOO_LARGE);
}

static struct rtc_member member_at(int64_t created, const char *plain, const char *service)
{
	struct rtc_member m = {.created_ms = created, .expires_ms = NOW + 1};
	snprintf(m.plain, sizeof(m.plain), "%s", plain);
	snprintf(m.service_url, sizeof(m.service_url), "%s", service);
	return m;
}

static void test_oldest(void **state)
{
	(void)state;
	struct rtc_member v[] = {
		member_at(30, "c", "https://c"), member_at(10, "x", ""), /* has none */
		member_at(20, "b", "https://b"), member_at(20, "a", "https://a"),
		member_at(5, "e", "https://e"),
	};
	v[4].expires_ms = NOW;
	assert_ptr_equal(rtc_member_oldest(v, ARRAY_LEN(v), NOW), &v[3]);
	assert_null(rtc_member_oldest(v, 0, NOW));
	assert_string_equal(rtc_member_service(&v[0], v, ARRAY_LEN(v), NOW), "https://c");
	v[0].oldest_decides = true;
	assert_string_equal(rtc_member_service(&v[0], v, ARRAY_LEN(v), NOW), "https://a");
}

static void test_identity(void **state)
{
	(void)state;
	char user[LIMIT_ID_BYTES + 1], device[LIMIT_ID_BYTES + 1];
	assert_true(rtc_identity_split("@ada:example.org:8448:DEV", user, device));
	assert_string_equal(user, "@ada:example.org:8448");
	assert_string_equal(device, "DEV");
	assert_false(
		rtc_identity_split("J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU", user, device));
	assert_false(rtc_identity_split("@ada:example.org:", user, device));
	assert_false(rtc_identity_split("@ada:DEV", user, device));
	assert_true(rtc_url_ok(SERVICE));
	assert_true(rtc_url_ok("http://127.0.0.1:8008/livekit/jwt"));
	assert_false(rtc_url_ok("ftp://x.example"));
	assert_false(rtc_url_ok("https://"));
	assert_false(rtc_url_ok("https://a b"));
	assert_false(rtc_url_ok("https://a\r\nX: y"));
	assert_false(rtc_url_ok(NULL));
}

/* -- Rings, declines, hands --------------------------------------------------- */

static void test_ring(void **state)
{
	(void)state;
	JSON_AUTO json_t *c = rtc_ring_make(true, "$member", NOW);
	AUTO_FREE char *text = json_text(c);
	struct mx_event ev = event_of(RTC_RING_TYPE, "@ada:x", NULL, text);
	struct rtc_ring r;
	assert_int_equal(rtc_ring_read(&ev, &r, &err), 0);
	assert_true(r.ring);
	assert_string_equal(r.member_event, "$member");
	assert_true(r.until_ms == NOW + RTC_RING_MS);
	assert_true(rtc_ring_is_for(&r, "@bob:x"));
	assert_false(rtc_ring_is_for(&r, "@ada:x"));
	event_done(&ev);
	JSON_AUTO json_t *n = rtc_ring_make(false, "$m", NOW);
	assert_string_equal(json_get_str(n, "notification_type"), "notification");
}

static void test_foreign_rings(void **state)
{
	(void)state;
	static const struct {
		const char *content;
		int rc;
		int64_t until;
		bool for_bob;
	} cases[] = {
		/* longer than any ring may last */
		{"{\"notification_type\":\"ring\",\"sender_ts\":1790000000000,\"lifetime\":9999999,"
		 "\"m.mentions\":{\"user_ids\":[\"@bob:x\"]}}",
		 0, NOW + RTC_RING_MAX_MS, true},
		/* a clock that is far off: the server's counts */
		{"{\"notification_type\":\"ring\",\"sender_ts\":5,\"lifetime\":1000,"
		 "\"m.mentions\":{\"user_ids\":[\"@eve:x\",7]}}",
		 0, NOW + 1000, false},
		{"{\"notification_type\":\"notification\",\"sender_ts\":1790000005000}", 0,
		 NOW + 5000 + RTC_RING_MS, false},
		{"{\"notification_type\":\"notification\",\"lifetime\":-1}", 0, NOW, false},
		{"{\"notification_type\":\"shout\"}", ERR_INVALID, 0, false},
		{"{}", ERR_INVALID, 0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mx_event ev = event_of(RTC_RING_TYPE, "@ada:x", NULL, cases[i].content);
		struct rtc_ring r;
		assert_int_equal(rtc_ring_read(&ev, &r, &err), cases[i].rc);
		if (!cases[i].rc) {
			assert_true(r.until_ms == cases[i].until);
			assert_int_equal(rtc_ring_is_for(&r, "@bob:x"), cases[i].for_bob);
		}
		event_done(&ev);
	}
}

static void test_decline_and_hand(void **state)
{
	(void)state;
	JSON_AUTO json_t *c = rtc_decline_make("$ring"), *h = rtc_hand_make("$member");
	AUTO_FREE char *decline = json_text(c), *hand = json_text(h);
	struct mx_event ev = event_of(RTC_DECLINE_TYPE, "@bob:x", NULL, decline);
	assert_string_equal(rtc_decline_read(&ev), "$ring");
	assert_null(rtc_hand_read(&ev));
	event_done(&ev);
	ev = event_of("m.reaction", "@bob:x", NULL, hand);
	assert_string_equal(rtc_hand_read(&ev), "$member");
	assert_null(rtc_decline_read(&ev));
	event_done(&ev);
	JSON_AUTO json_t *up = message_reaction("$member", "\xf0\x9f\x91\x8d");
	AUTO_FREE char *thumb = json_text(up);
	ev = event_of("m.reaction", "@bob:x", NULL, thumb);
	assert_null(rtc_hand_read(&ev));
	event_done(&ev);
	const char *member;
	struct span emoji;
	ev = event_of(RTC_REACTION_TYPE, "@bob:x", NULL,
		      "{\"emoji\":\" \xf0\x9f\x91\x8f \",\"name\":\"clapping\",\"m.relates_to\":"
		      "{\"rel_type\":\"m.reference\",\"event_id\":\"$member\"}}");
	assert_true(rtc_reaction_read(&ev, &member, &emoji));
	assert_string_equal(member, "$member");
	assert_true(span_eq_str(emoji, "\xf0\x9f\x91\x8f"));
	event_done(&ev);
}

/* -- Requests ------------------------------------------------------------------ */

static void test_transports(void **state)
{
	(void)state;
	char url[RTC_URL_MAX];
	JSON_AUTO json_t *reply =
		json_loads("{\"rtc_transports\":[{\"type\":\"other\",\"livekit_service_url\":"
			   "\"https://no\"},"
			   "{\"type\":\"livekit\",\"livekit_service_url\":\"nonsense\"},"
			   "{\"type\":\"livekit\",\"livekit_service_url\":\"" SERVICE "\"}]}",
			   0, NULL);
	JSON_AUTO json_t *known = json_loads("{\"m.homeserver\":{},\"org.matrix.msc4143.rtc_foci\":"
					     "[{\"type\":\"livekit\",\"livekit_service_url\":"
					     "\"" SERVICE "\"}]}",
					     0, NULL);
	assert_int_equal(rtc_transports_read(reply, url, &err), 0);
	assert_string_equal(url, SERVICE);
	assert_int_equal(rtc_well_known_read(known, url, &err), 0);
	assert_string_equal(url, SERVICE);
	assert_int_equal(rtc_transports_read(known, url, &err), ERR_NOT_FOUND);
	struct request rq = request_rtc_transports();
	assert_string_equal(buf_str(&rq.path),
			    "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports");
	request_done(&rq);
}

static void test_token_requests(void **state)
{
	(void)state;
	JSON_AUTO json_t *openid = json_loads("{\"access_token\":\"secret\",\"token_type\":"
					      "\"Bearer\",\"matrix_server_name\":\"example.org\","
					      "\"expires_in\":3600,\"other\":1}",
					      0, NULL);
	struct rtc_token_ask a = {openid, "!r:x", "@ada:x", "DEV", "@ada:x:DEV"};
	assert_int_equal(rtc_openid_check(openid, &err), 0);
	struct request rq = request_rtc_token(RTC_TOKEN_SFU_GET, &a);
	assert_string_equal(buf_str(&rq.path), "/sfu/get");
	assert_string_equal(buf_str(&rq.body),
			    "{\"room\":\"!r:x\",\"openid_token\":{\"access_token\":\"secret\","
			    "\"token_type\":\"Bearer\",\"matrix_server_name\":\"example.org\","
			    "\"expires_in\":3600},\"device_id\":\"DEV\"}");
	request_done(&rq);
	rq = request_rtc_token(RTC_TOKEN_GET, &a);
	JSON_AUTO json_t *body = NULL;
	assert_int_equal(json_parse(buf_span(&rq.body), &body, NULL), 0);
	assert_string_equal(json_get_str(body, "slot_id"), "m.call#ROOM");
	assert_string_equal(json_get_str(json_get_object(body, "member"), "claimed_device_id"),
			    "DEV");
	request_done(&rq);
	rq = request_openid("@ada:x");
	assert_string_equal(buf_str(&rq.path),
			    "/_matrix/client/v3/user/%40ada%3Ax/openid/request_token");
	request_done(&rq);
}

static json_t *token_reply(const char *url, const char *claims)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	buf_put_str(&b, "e30.");
	base64url_put(&b, claims, strlen(claims));
	buf_put_str(&b, ".c2ln");
	return json_pack("{s:s,s:s}", "url", url, "jwt", buf_str(&b));
}

static void test_token_replies(void **state)
{
	(void)state;
	static const char good[] = "{\"sub\":\"@ada:x:DEV\",\"video\":{\"room\":\"abc\"}}";
	static const struct {
		const char *url, *claims, *want;
	} cases[] = {
		{"wss://sfu", good, "wss://sfu"},
		{"ws://127.0.0.1:7880", good, "ws://127.0.0.1:7880"},
		{"https://sfu/lk", good, "wss://sfu/lk"},
		{"http://sfu", good, "ws://sfu"},
		{"sfu", good, NULL},
		{"wss://", good, NULL},
		{"wss://sfu x", good, NULL},
		{"wss://sfu", "{\"sub\":\"x\"}", NULL},
		{"wss://sfu", "{\"video\":{\"room\":\"abc\"}}", NULL},
		{"wss://sfu", "[1]", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		JSON_AUTO json_t *reply = token_reply(cases[i].url, cases[i].claims);
		struct rtc_token t = {.jwt = NULL};
		int rc = rtc_token_read(reply, &t, &err);
		assert_int_equal(rc, cases[i].want ? 0 : ERR_PROTOCOL);
		if (cases[i].want) {
			assert_string_equal(t.url, cases[i].want);
			assert_string_equal(t.identity, "@ada:x:DEV");
			assert_string_equal(t.room, "abc");
		}
		rtc_token_done(&t);
	}
	JSON_AUTO json_t *junk = json_pack("{s:s,s:s}", "url", "wss://sfu", "jwt", "a.b");
	struct rtc_token t = {.jwt = NULL};
	assert_int_equal(rtc_token_read(junk, &t, &err), ERR_PROTOCOL);
}

static void test_delayed(void **state)
{
	(void)state;
	JSON_AUTO json_t *empty = json_object();
	struct request rq = request_delayed_state("!r:x", RTC_MEMBER_TYPE, "_@a:x_D", empty, 8000);
	assert_string_equal(buf_str(&rq.path), "/_matrix/client/v3/rooms/%21r%3Ax/state/"
					       "org.matrix.msc3401.call.member/"
					       "_%40a%3Ax_D?org.matrix.msc4140.delay=8000");
	assert_string_equal(buf_str(&rq.body), "{}");
	request_done(&rq);
	rq = request_delayed_send("!r:x", "m.type", "t1", empty, 60000);
	assert_string_equal(buf_str(&rq.path), "/_matrix/client/v3/rooms/%21r%3Ax/send/m.type/t1"
					       "?org.matrix.msc4140.delay=60000");
	request_done(&rq);
	rq = request_delayed_list("12_3");
	assert_string_equal(buf_str(&rq.path), "/_matrix/client/unstable/org.matrix.msc4140/"
					       "delayed_events?from=12_3");
	request_done(&rq);
	rq = request_delayed_act("id/1", RTC_DELAYED_RESTART, false);
	assert_string_equal(buf_str(&rq.path), "/_matrix/client/unstable/org.matrix.msc4140/"
					       "delayed_events/id%2F1/restart");
	request_done(&rq);
	rq = request_delayed_act("id", RTC_DELAYED_SEND, true);
	assert_string_equal(buf_str(&rq.body), "{\"action\":\"send\"}");
	request_done(&rq);
	const char *id;
	JSON_AUTO json_t *sent = json_pack("{s:s}", "event_id", "$now");
	JSON_AUTO json_t *made = json_pack("{s:s}", "delay_id", "syd_1");
	assert_int_equal(rtc_delayed_read(sent, &id, &err), ERR_PROTOCOL);
	assert_int_equal(rtc_delayed_read(made, &id, &err), 0);
	assert_string_equal(id, "syd_1");
}

static void test_delayed_trouble(void **state)
{
	(void)state;
	static const struct {
		int status, code;
		const char *errcode, *body;
		enum rtc_delayed_trouble want;
	} cases[] = {
		{400, ERR_FAILED, "M_UNKNOWN",
		 "{\"errcode\":\"M_UNKNOWN\",\"org.matrix.msc4140.errcode\":"
		 "\"M_MAX_DELAY_EXCEEDED\",\"org.matrix.msc4140.max_delay\":4000}",
		 RTC_DELAYED_TOO_LONG},
		{400, ERR_FAILED, "M_UNKNOWN",
		 "{\"org.matrix.msc4140.errcode\":\"M_MAX_DELAY_UNSUPPORTED\"}",
		 RTC_DELAYED_UNSUPPORTED},
		{404, ERR_UNSUPPORTED, "M_UNRECOGNIZED", "", RTC_DELAYED_UNKNOWN_WAY},
		{404, ERR_NOT_FOUND, "M_NOT_FOUND", "{", RTC_DELAYED_GONE},
		{429, ERR_LIMITED, "M_LIMIT_EXCEEDED", "[]", RTC_DELAYED_FAILED},
		{503, ERR_NETWORK, "", "<html>", RTC_DELAYED_FAILED},
		{0, ERR_NETWORK, "", "", RTC_DELAYED_FAILED},
		{401, ERR_AUTH, "M_UNKNOWN_TOKEN", "", RTC_DELAYED_FAILED},
		{403, ERR_AUTH, "M_FORBIDDEN", "", RTC_DELAYED_UNSUPPORTED},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = {.code = cases[i].code, .http_status = cases[i].status};
		int64_t max = 0;
		snprintf(e.errcode, sizeof(e.errcode), "%s", cases[i].errcode);
		assert_int_equal(rtc_delayed_judge(&e, span_of(cases[i].body), &max),
				 cases[i].want);
		assert_true(max == (cases[i].want == RTC_DELAYED_TOO_LONG ? 4000 : 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_form),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_not_members),
		cmocka_unit_test(test_sticky_form),
		cmocka_unit_test(test_sticky_life),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_foreign_rings),
		cmocka_unit_test(test_decline_and_hand),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_token_requests),
		cmocka_unit_test(test_token_replies),
		cmocka_unit_test(test_delayed),
		cmocka_unit_test(test_delayed_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
