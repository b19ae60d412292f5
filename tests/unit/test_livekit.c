/* LiveKit's messages against bytes computed by hand from the field numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/livekit/candidate.h"
#include "core/rtc/livekit/query.h"
#include "core/rtc/livekit/signal.h"

static struct span bytes(const char *p, size_t n)
{
	return (struct span){p, n};
}
#define WIRE(s) bytes((s), sizeof(s) - 1)

static void encodes(const struct lk_request *q, const struct lk_response *r, struct span want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	struct err err = {0};
	int rc = q ? lk_request_encode(q, &b, &err) : lk_response_encode(r, &b, &err);
	assert_int_equal(rc, 0);
	assert_int_equal(b.n, want.n);
	if (want.n)
		assert_memory_equal(b.p, want.p, want.n);
}

static void test_offer(void **state)
{
	(void)state;
	/* 1: {1:"offer" 2:"v=0" 3:7 4:{1:"0" 2:"TR_a"}} */
	struct span wire = WIRE("\x0a\x19"
				"\x0a\x05offer\x12\x03v=0\x18\x07"
				"\x22\x09\x0a\x01"
				"0\x12\x04TR_a");
	struct lk_request q;
	assert_int_equal(lk_request_decode(wire, &q, NULL), 0);
	assert_int_equal(q.kind, LK_REQ_OFFER);
	assert_string_equal(q.offer.type, "offer");
	assert_string_equal(q.offer.sdp, "v=0");
	assert_int_equal(q.offer.id, 7);
	assert_string_equal(lk_pair_get(q.offer.mid_to_track_id, q.offer.mid_to_track_id_n, "0"),
			    "TR_a");
	assert_null(lk_pair_get(q.offer.mid_to_track_id, q.offer.mid_to_track_id_n, "1"));
	encodes(&q, NULL, wire);
	lk_request_done(&q);
	assert_int_equal(q.kind, 0);
}

static void test_add_track(void **state)
{
	(void)state;
	int features[] = {LK_NO_DTX, LK_STEREO};
	struct lk_request q = {.kind = LK_REQ_ADD_TRACK,
			       .add_track = {.cid = "c",
					     .name = "mic",
					     .source = LK_MICROPHONE,
					     .disable_red = true,
					     .encryption = LK_ENCRYPTION_GCM,
					     .stream = "camera",
					     .audio_features = features,
					     .audio_features_n = 2}};
	/* 4: {1:"c" 2:"mic" 8:2 13:true 14:1 15:"camera" 17:[1,0]} */
	encodes(&q, NULL,
		WIRE("\x22\x1b\x0a\x01"
		     "c\x12\x03mic\x40\x02\x68\x01\x70\x01\x7a\x06"
		     "camera\x8a\x01\x02\x01\x00"));
}

static void test_scalars_in_oneof(void **state)
{
	(void)state;
	struct lk_request ping = {.kind = LK_REQ_PING, .ping = 0};
	encodes(&ping, NULL, WIRE("\x70\x00"));
	struct lk_response pong = {.kind = LK_RES_PONG, .pong = 300};
	encodes(NULL, &pong, WIRE("\x90\x01\xac\x02"));
	struct lk_response token = {.kind = LK_RES_REFRESH_TOKEN, .refresh_token = "abc"};
	encodes(NULL, &token,
		WIRE("\x82\x01\x03"
		     "abc"));
	token.refresh_token = NULL;
	encodes(NULL, &token, WIRE("\x82\x01\x00"));
	struct lk_request leave = {.kind = LK_REQ_LEAVE};
	encodes(&leave, NULL, WIRE("\x42\x00"));
}

static void test_speakers(void **state)
{
	(void)state;
	/* 10: {1: [{1:"PA_x" 2:0.5f 3:true}]} */
	struct span wire = WIRE("\x52\x0f\x0a\x0d\x0a\x04PA_x\x15\x00\x00\x00\x3f\x18\x01");
	struct lk_response r;
	assert_int_equal(lk_response_decode(wire, &r, NULL), 0);
	assert_int_equal(r.kind, LK_RES_SPEAKERS_CHANGED);
	assert_int_equal(r.speakers_changed.speakers_n, 1);
	assert_string_equal(r.speakers_changed.speakers[0].sid, "PA_x");
	assert_true(r.speakers_changed.speakers[0].level == 0.5f);
	assert_true(r.speakers_changed.speakers[0].active);
	encodes(NULL, &r, wire);
	lk_response_done(&r);
}

/* A join with something in every kind of field. Borrows everything. */
static struct lk_response a_join(void)
{
	static int sources[] = {LK_MICROPHONE, LK_CAMERA};
	static struct lk_pair attributes[] = {{"lang", "de"}, {"hand", ""}};
	static struct lk_track tracks[] = {{.sid = "TR_1",
					    .name = "mic",
					    .source = LK_MICROPHONE,
					    .mime_type = "audio/opus",
					    .mid = "0",
					    .stream = "camera"}};
	static struct lk_person others[] =
		{{.sid = "PA_2", .identity = "b", .tracks = tracks, .tracks_n = 1},
		 {.sid = "PA_3",
		  .identity = "c",
		  .state = -1,
		  .version = 4000000000u,
		  .attributes = attributes,
		  .attributes_n = 2}};
	static const char *urls[] = {"stun:a", "turn:b"};
	static struct lk_ice_server servers[] = {
		{.urls = urls, .urls_n = 2, .username = "u", .credential = "p"}};
	return (struct lk_response){.kind = LK_RES_JOIN,
				    .join = {.has_room = true,
					     .room = {.sid = "RM_1",
						      .name = "class",
						      .creation_time_ms = 1ll << 40},
					     .has_participant = true,
					     .participant = {.sid = "PA_1",
							     .identity = "@a:hs",
							     .state = LK_JOINED,
							     .joined_at = -5,
							     .has_permission = true,
							     .permission = {.can_publish = true,
									    .can_publish_sources =
										    sources,
									    .can_publish_sources_n =
										    2}},
					     .other_participants = others,
					     .other_participants_n = 2,
					     .ice_servers = servers,
					     .ice_servers_n = 1,
					     .subscriber_primary = true,
					     .ping_timeout = 15,
					     .ping_interval = 5,
					     .has_server_info = true,
					     .server_info = {.version = "1.9.0",
							     .protocol = LK_PROTOCOL},
					     .sif_trailer = {"\0\1\2", 3},
					     .fast_publish = true}};
}

static void test_join(void **state)
{
	(void)state;
	struct lk_response join = a_join(), r;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	long before = mem_live();
	assert_int_equal(lk_response_encode(&join, &b, NULL), 0);
	assert_int_equal(lk_response_decode(buf_span(&b), &r, NULL), 0);
	assert_string_equal(r.join.room.name, "class");
	assert_true(r.join.room.creation_time_ms == 1ll << 40);
	assert_int_equal(r.join.participant.joined_at, -5);
	assert_int_equal(r.join.participant.permission.can_publish_sources[1], LK_CAMERA);
	assert_int_equal(r.join.other_participants_n, 2);
	assert_false(r.join.other_participants[0].has_permission);
	assert_string_equal(r.join.other_participants[0].tracks[0].mime_type, "audio/opus");
	assert_int_equal(r.join.other_participants[1].state, -1);
	assert_true(r.join.other_participants[1].version == 4000000000u);
	assert_string_equal(r.join.other_participants[1].metadata, "");
	assert_string_equal(r.join.ice_servers[0].urls[1], "turn:b");
	assert_int_equal(r.join.sif_trailer.n, 3);
	assert_memory_equal(r.join.sif_trailer.p, "\0\1\2", 3);
	encodes(NULL, &r, buf_span(&b));
	lk_response_done(&r);
	assert_int_equal(mem_live(), before + 1); /* b */
}

static void test_copy(void **state)
{
	(void)state;
	struct lk_response join = a_join();
	struct lk_person p;
	long before = mem_live();
	lk_person_copy(&p, &join.join.other_participants[1]);
	assert_ptr_not_equal(p.sid, join.join.other_participants[1].sid);
	assert_string_equal(p.sid, "PA_3");
	assert_string_equal(p.name, "");
	assert_string_equal(p.attributes[0].value, "de");
	lk_set(&p.name, "Carla");
	lk_set(&p.sid, NULL);
	assert_string_equal(p.name, "Carla");
	assert_string_equal(p.sid, "");
	lk_person_done(&p);
	lk_person_done(&p);
	lk_person_copy(&p, &join.join.participant);
	assert_int_equal(p.permission.can_publish_sources[0], LK_MICROPHONE);
	lk_person_done(&p);
	struct lk_ice_server s;
	lk_ice_server_copy(&s, &join.join.ice_servers[0]);
	assert_string_equal(s.urls[0], "stun:a");
	lk_ice_server_done(&s);
	assert_int_equal(mem_live(), before);
}

static void test_repeated_request(void **state)
{
	(void)state;
	struct lk_response r = {.kind = LK_RES_REQUEST_RESPONSE,
				.request_response = {.request_id = 3,
						     .reason = LK_RESULT_UNSUPPORTED_TYPE,
						     .message = "no",
						     .request = LK_REPEATED_ADD_TRACK,
						     .add_track = {.cid = "v"}}};
	/* 22: {1:3 2:5 3:"no" 5:{1:"v"}} */
	struct span wire = WIRE("\xb2\x01\x0d\x08\x03\x10\x05\x1a\x02no\x2a\x03\x0a\x01v");
	encodes(NULL, &r, wire);
	assert_int_equal(lk_response_decode(wire, &r, NULL), 0);
	assert_int_equal(r.request_response.request, LK_REPEATED_ADD_TRACK);
	assert_string_equal(r.request_response.add_track.cid, "v");
	lk_response_done(&r);
}

static void test_unknown(void **state)
{
	(void)state;
	struct lk_request q;
	assert_int_equal(lk_request_decode(WIRE(""), &q, NULL), 0);
	assert_int_equal(q.kind, LK_REQ_NONE);
	/* 13 simulate, 999: a kind to come; then a mute {1:"T" 2:true 9:"?" 77:1}. */
	assert_int_equal(lk_request_decode(WIRE("\x6a\x02\x10\x01\xba\x3e\x00"), &q, NULL), 0);
	assert_int_equal(q.kind, LK_REQ_NONE);
	assert_int_equal(lk_request_decode(WIRE("\xba\x3e\x00\x2a\x0b\x0a\x01T\x10\x01\x4a\x01?\xe8"
						"\x04\x01"),
					   &q, NULL),
			 0);
	assert_int_equal(q.kind, LK_REQ_MUTE);
	assert_string_equal(q.mute.sid, "T");
	assert_true(q.mute.muted);
	lk_request_done(&q);
	AUTO(buf_done) struct buf b = BUF_INIT(100);
	struct lk_request bad = {.kind = 13};
	assert_int_equal(lk_request_encode(&bad, &b, NULL), ERR_INVALID);
	struct lk_request none = {0};
	encodes(&none, NULL, WIRE(""));
	assert_string_equal(lk_request_name(LK_REQ_ADD_TRACK), "add_track");
	assert_string_equal(lk_response_name(LK_RES_JOIN), "join");
	assert_string_equal(lk_response_name(7), "?");
}

/* The last member of a oneof holds; what was there before leaves nothing. */
static void test_oneof_twice(void **state)
{
	(void)state;
	long before = mem_live();
	struct lk_request q;
	assert_int_equal(lk_request_decode(WIRE("\x0a\x07\x0a\x05offer\x2a\x03\x0a\x01T"), &q,
					   NULL),
			 0);
	assert_int_equal(q.kind, LK_REQ_MUTE);
	assert_string_equal(q.mute.sid, "T");
	lk_request_done(&q);
	assert_int_equal(mem_live(), before);
}

static void test_caps(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(8 << 20);
	AUTO_FREE char *text = mem_alloc(LK_SDP_MAX + 2);
	struct err err = {0};
	struct lk_request q = {.kind = LK_REQ_MUTE, .mute = {.sid = text}}, d;
	memset(text, 'x', LK_SID_MAX + 1);
	assert_int_equal(lk_request_encode(&q, &b, &err), ERR_TOO_LARGE);
	assert_int_equal(b.n, 0);
	assert_non_null(strstr(err.msg, "sid"));
	text[LK_SID_MAX] = 0;
	assert_int_equal(lk_request_encode(&q, &b, NULL), 0);
	/* The wire: one byte longer. */
	buf_clear(&b);
	buf_put(&b, "\x2a\x84\x02\x0a\x81\x02", 6);
	memset(text, 'x', LK_SID_MAX + 1);
	buf_put(&b, text, LK_SID_MAX + 1);
	assert_int_equal(lk_request_decode(buf_span(&b), &d, NULL), ERR_TOO_LARGE);
	/* A list: 4097 empty people. */
	buf_clear(&b);
	buf_put(&b, "\x2a\x82\x40", 3);
	for (int i = 0; i <= LK_PEOPLE_MAX; i++)
		buf_put(&b, "\x0a\x00", 2);
	struct lk_response r;
	assert_int_equal(lk_response_decode(buf_span(&b), &r, NULL), ERR_TOO_LARGE);
	/* A buffer that is too small, a message that is too large. */
	AUTO(buf_done) struct buf tiny = BUF_INIT(3);
	q.mute.sid = "TR_x";
	assert_int_equal(lk_request_encode(&q, &tiny, NULL), ERR_TOO_LARGE);
	struct span huge = {text, LK_REQUEST_BYTES_MAX + 1};
	assert_int_equal(lk_request_decode(huge, &d, NULL), ERR_TOO_LARGE);
}

/* Two bytes each that cost 250: the budget ends it, not the machine's memory. */
static void test_amplification(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(8 << 20);
	struct lk_response r;
	long before = mem_live();
	size_t n = 1500000;
	buf_put(&b, "\x2a", 1);
	for (size_t v = n * 2; v; v >>= 7)
		buf_put_char(&b, (char)((v & 0x7f) | (v >> 7 ? 0x80 : 0)));
	for (size_t i = 0; i < n; i++)
		buf_put(&b, "\x0a\x00", 2);
	assert_int_equal(lk_response_decode(buf_span(&b), &r, NULL), ERR_TOO_LARGE);
	assert_int_equal(mem_live(), before + 1);
}

static void test_bad_text(void **state)
{
	(void)state;
	struct lk_request q = {.kind = LK_REQ_MUTE, .mute = {.sid = "\xff"}};
	AUTO(buf_done) struct buf b = BUF_INIT(100);
	assert_int_equal(lk_request_encode(&q, &b, NULL), ERR_INVALID);
	assert_int_equal(lk_request_decode(WIRE("\x2a\x03\x0a\x01\xff"), &q, NULL), ERR_PROTOCOL);
	assert_int_equal(lk_request_decode(WIRE("\x2a\x05\x0a\x03"
						"a\0b"),
					   &q, NULL),
			 0);
	assert_string_equal(q.mute.sid, "a");
	lk_request_done(&q);
}

/* Every prefix of a message either fails or gives something that is complete. */
static void test_truncation(void **state)
{
	(void)state;
	struct lk_response join = a_join(), r;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	assert_int_equal(lk_response_encode(&join, &b, NULL), 0);
	long before = mem_live();
	for (size_t n = 1; n < b.n; n++) {
		AUTO_FREE char *exact = mem_dup(b.p, n);
		struct err err = {0};
		assert_int_equal(lk_response_decode((struct span){exact, n}, &r, &err),
				 ERR_PROTOCOL);
		assert_true(err.msg[0] != 0);
	}
	assert_int_equal(mem_live(), before);
}

static uint32_t roll(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)(*s >> 32);
}

/* What decodes encodes, to something that decodes to the same. */
static void test_mutation(void **state)
{
	(void)state;
	struct lk_response join = a_join(), r, again;
	uint64_t seed = 0x9e3779b97f4a7c15ull;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	assert_int_equal(lk_response_encode(&join, &b, NULL), 0);
	long before = mem_live();
	unsigned good = 0;
	for (int i = 0; i < 20000; i++) {
		AUTO_FREE char *m = mem_dup(b.p, b.n);
		for (uint32_t k = 1 + roll(&seed) % 3; k; k--)
			m[roll(&seed) % b.n] = (char)roll(&seed);
		if (lk_response_decode((struct span){m, b.n}, &r, NULL))
			continue;
		AUTO(buf_done) struct buf one = BUF_INIT(1 << 20);
		AUTO(buf_done) struct buf two = BUF_INIT(1 << 20);
		assert_int_equal(lk_response_encode(&r, &one, NULL), 0);
		assert_int_equal(lk_response_decode(buf_span(&one), &again, NULL), 0);
		assert_int_equal(lk_response_encode(&again, &two, NULL), 0);
		assert_int_equal(one.n, two.n);
		if (one.n)
			assert_memory_equal(one.p, two.p, one.n);
		lk_response_done(&r);
		lk_response_done(&again);
		good++;
	}
	assert_true(good > 1000 && good < 20000);
	assert_int_equal(mem_live(), before);
}

static void test_query(void **state)
{
	(void)state;
	struct lk_query q = LK_QUERY_INIT, d;
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	long before = mem_live();
	assert_int_equal(lk_query_put(&q, &b, NULL), 0);
	assert_int_equal(b.n, 0);
	q.access_token = "ey.J_x-";
	q.protocol = LK_PROTOCOL;
	q.auto_subscribe = false;
	q.reconnect = true;
	q.sid = "PA_1 &ü";
	q.sdk = NULL;
	assert_int_equal(lk_query_put(&q, &b, NULL), 0);
	assert_string_equal(buf_str(&b), "access_token=ey.J_x-&protocol=16&auto_subscribe=0&"
					 "reconnect=1&sid=PA_1%20%26%C3%BC");
	assert_int_equal(lk_query_parse(buf_span(&b), &d, NULL), 0);
	assert_string_equal(d.access_token, "ey.J_x-");
	assert_string_equal(d.sid, "PA_1 &ü");
	assert_string_equal(d.sdk, "");
	assert_int_equal(d.protocol, 16);
	assert_false(d.auto_subscribe);
	assert_true(d.reconnect);
	assert_false(d.adaptive_stream);
	lk_query_done(&d);
	lk_query_done(&d);
	assert_int_equal(mem_live(), before + 1);
}

static void test_query_of_others(void **state)
{
	(void)state;
	struct lk_query d;
	struct span js = SPAN_LIT("access_token=a.b.c&auto_subscribe=1&sdk=js&version=2.21.0&"
				  "protocol=17&new_thing=%zz&adaptive_stream=TRUE&&os=Mac+OS&"
				  "reconnect_reason=x&protocol=seventeen&browser");
	assert_int_equal(lk_query_parse(js, &d, NULL), 0);
	assert_string_equal(d.access_token, "a.b.c");
	assert_string_equal(d.os, "Mac OS");
	assert_string_equal(d.browser, "");
	assert_true(d.auto_subscribe && d.adaptive_stream);
	assert_int_equal(d.protocol, 17);
	assert_int_equal(d.reconnect_reason, 0);
	lk_query_done(&d);
	assert_int_equal(lk_query_parse(SPAN_LIT(""), &d, NULL), 0);
	assert_true(d.auto_subscribe);
	lk_query_done(&d);
	long before = mem_live();
	static const char *const bad[] = {"sid=%", "sid=%4", "sid=%zz", "sid=%00", "sid=a&sid=%ff"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(lk_query_parse(span_of(bad[i]), &d, NULL), ERR_INVALID);
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	buf_put_str(&b, "sid=");
	for (int i = 0; i <= LK_SID_MAX; i++)
		buf_put_char(&b, 'a');
	assert_int_equal(lk_query_parse(buf_span(&b), &d, NULL), ERR_TOO_LARGE);
	buf_clear(&b);
	for (int i = 0; i <= LK_QUERY_KEYS_MAX; i++)
		buf_put_str(&b, "a=b&");
	assert_int_equal(lk_query_parse(buf_span(&b), &d, NULL), ERR_TOO_LARGE);
	assert_int_equal(mem_live(), before + 1);
}

static void test_candidate(void **state)
{
	(void)state;
	struct lk_candidate c;
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	const char *text = "{\"candidate\":\"candidate:1 1 udp 1 ::1 9 typ host\",\"sdpMid\":\"0\","
			   "\"sdpMLineIndex\":0,\"usernameFragment\":\"ab\"}";
	assert_int_equal(lk_candidate_parse(span_of(text), &c, NULL), 0);
	assert_string_equal(c.candidate, "candidate:1 1 udp 1 ::1 9 typ host");
	assert_string_equal(c.mid, "0");
	assert_int_equal(c.line, 0);
	assert_string_equal(c.ufrag, "ab");
	lk_candidate_put(&c, &b);
	assert_string_equal(buf_str(&b), text);
	lk_candidate_done(&c);
	assert_int_equal(lk_candidate_parse(SPAN_LIT("{\"candidate\":\"\",\"sdpMid\":null}"), &c,
					    NULL),
			 0);
	assert_string_equal(c.candidate, "");
	assert_int_equal(c.line, -1);
	buf_clear(&b);
	lk_candidate_put(&c, &b);
	assert_string_equal(buf_str(&b), "{\"candidate\":\"\"}");
	lk_candidate_done(&c);
	assert_int_equal(lk_candidate_parse(SPAN_LIT("{}"), &c, NULL), ERR_INVALID);
	assert_int_equal(lk_candidate_parse(SPAN_LIT("[]"), &c, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_add_track),
		cmocka_unit_test(test_scalars_in_oneof),
		cmocka_unit_test(test_speakers),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_repeated_request),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_oneof_twice),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_amplification),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_mutation),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_query_of_others),
		cmocka_unit_test(test_candidate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
