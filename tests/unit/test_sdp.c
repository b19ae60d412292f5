#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/rtp.h"
#include "core/rtc/sdp.h"
#include "tests/lib/balance.h"

#include <string.h>

#define FINGERPRINT                                                                           \
	"AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55" \
	":66:77:88:99"

/* A subscriber offer as livekit-server makes it: fingerprint of the session, sections first
 * the application one, no mid and no level extension, msid that names participant and track. */
static const char subscriber[] =
	"v=0\r\no=- 5551 1700000000 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	"a=msid-semantic:WMS*\r\na=fingerprint:sha-256 " FINGERPRINT "\r\n"
	"a=extmap-allow-mixed\r\na=group:BUNDLE 0 1 2\r\n"
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 "
	"0.0.0.0\r\na=setup:actpass\r\n"
	"a=mid:0\r\na=sendrecv\r\na=sctp-port:5000\r\na=max-message-size:65535\r\n"
	"a=ice-ufrag:aBcDeF\r\na=ice-pwd:abcdefghijklmnopqrstuvwxyz012345\r\n"
	"a=candidate:233762139 1 udp 2130706431 192.0.2.9 50001 typ host ufrag aBcDeF\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:1\r\n"
	"a=ice-ufrag:aBcDeF\r\na=ice-pwd:abcdefghijklmnopqrstuvwxyz012345\r\n"
	"a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n"
	"a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 nack \r\n"
	"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
	"a=extmap:1 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\r\n"
	"a=ssrc:3735928559 cname:PA_teacher|camera\r\n"
	"a=ssrc:3735928559 msid:PA_teacher|camera TR_AMvoice\r\n"
	"a=msid:PA_teacher|camera TR_AMvoice\r\na=sendonly\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:2\r\n"
	"a=ice-ufrag:aBcDeF\r\na=ice-pwd:abcdefghijklmnopqrstuvwxyz012345\r\n"
	"a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=inactive\r\n";

#define TRANSPORT                                                                      \
	"c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:Q+1/\r\n"          \
	"a=ice-pwd:0123456789abcdef01234567\r\na=ice-options:trickle renomination\r\n" \
	"a=fingerprint:sha-256 " FINGERPRINT "\r\na=setup:actpass\r\n"
#define AUDIO(mid, direction)                                                            \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" TRANSPORT "a=mid:" mid \
	"\r\na=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                \
	"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"      \
	"a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                    \
	"a=" direction "\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n" \
	"a=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"        \
	"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\n"       \
	"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n"        \
	"a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"
#define VIDEO(mid)                                                                       \
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" TRANSPORT "a=mid:" mid                   \
	"\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n" \
	"a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
#define DATA(mid)                                                                     \
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" TRANSPORT "a=mid:" mid \
	"\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"

/* A publisher's offer of libwebrtc behind a client that fell back to two connections. */
static const char publisher[] =
	"v=0\r\no=- 8123456789012345678 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	"a=group:BUNDLE 7 8 9 10 11 12 13 14\r\na=extmap-allow-mixed\r\n"
	"a=msid-semantic: WMS stream\r\n" AUDIO("7", "recvonly") AUDIO("8", "recvonly")
		AUDIO("9", "recvonly") VIDEO("10") VIDEO("11") VIDEO("12")
			AUDIO("13", "sendonly") "a=msid:stream TR_track\r\na=ssrc:42 cname:abc\r\n"
						"a=ssrc:42 msid:stream TR_track\r\n" DATA("14");

static const struct sdp_answer_how how = {
	.transport = {SPAN_LIT("ours"), SPAN_LIT("ours0123456789abcdefghijk"), SPAN_LIT("sha-256"),
		      SPAN_LIT(FINGERPRINT), SDP_SETUP_NONE, false, true},
};

/* Text of the answer; the caller owns it. */
static char *answer_to(const char *offer_text, const struct sdp_answer_how *h, struct sdp *ret)
{
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp offer, answer;
	struct err err;
	assert_int_equal(sdp_parse(span_of(offer_text), &offer, &err), 0);
	assert_int_equal(sdp_answer(&offer, h, &answer, &err), 0);
	assert_int_equal(sdp_write(&answer, &text, &err), 0);
	/* The other side parses what we write. */
	assert_int_equal(sdp_parse(buf_span(&text), ret, &err), 0);
	assert_int_equal(sdp_check_answer(&offer, ret, &err), 0);
	sdp_done(&answer);
	sdp_done(&offer);
	return buf_take(&text);
}

static void test_parse_subscriber(void **state)
{
	struct sdp s;
	(void)state;
	assert_int_equal(sdp_parse(span_of(subscriber), &s, NULL), 0);
	assert_int_equal(s.media_n, 3);
	assert_true(s.has_bundle && s.session_id == 5551 && s.session_version == 1700000000);
	const struct sdp_transport *t = sdp_transport(&s);
	assert_true(span_eq_str(t->ufrag, "aBcDeF"));
	assert_true(span_eq_str(t->fingerprint, FINGERPRINT));
	assert_int_equal(t->setup, SDP_ACTPASS);
	assert_int_equal(s.media[0].kind, SDP_APPLICATION);
	assert_int_equal(s.media[0].sctp_port, 5000);
	assert_int_equal(s.media[0].candidates_n, 1);
	assert_true(span_starts(s.media[0].candidates[0], "candidate:233762139 1 udp"));
	const struct sdp_media *m = sdp_by_mid(&s, SPAN_LIT("1"));
	assert_int_equal(m->direction, SDP_SENDONLY);
	assert_true(span_eq_str(m->stream, "PA_teacher|camera"));
	assert_true(span_eq_str(m->track, "TR_AMvoice"));
	assert_int_equal(m->ssrcs_n, 1);
	assert_true(m->ssrcs[0].ssrc == 3735928559u);
	assert_int_equal(sdp_codec(m, "OPUS", 48000)->pt, 111);
	assert_true(sdp_codec(m, "opus", 48000)->nack);
	assert_int_equal(sdp_codec(m, "red", 48000)->pt, 63);
	assert_false(sdp_codec(m, "red", 48000)->nack);
	assert_int_equal(sdp_ext_id(m, RTP_URI_ABS_CAPTURE), 1);
	assert_int_equal(sdp_ext_id(m, RTP_URI_AUDIO_LEVEL), 0);
	assert_int_equal(s.media[2].direction, SDP_INACTIVE);
	sdp_done(&s);
}

static void test_answer_subscriber(void **state)
{
	struct sdp a;
	(void)state;
	AUTO_FREE char *text = answer_to(subscriber, &how, &a);
	/* The application section carries the BUNDLE: accepted, not zeroed. */
	assert_int_equal(a.media[0].port, 9);
	assert_int_equal(a.media[0].sctp_port, 5000);
	assert_int_equal(a.media[0].transport.setup, SDP_ACTIVE);
	assert_int_equal(a.media[1].direction, SDP_RECVONLY);
	assert_int_equal(a.media[1].codecs_n, 1);
	assert_int_equal(a.media[1].extmaps_n, 1);
	assert_int_equal(a.media[2].direction, SDP_INACTIVE);
	assert_true(a.media[2].port == 9 && a.media[2].bundled);
	assert_non_null(strstr(text, "a=group:BUNDLE 0 1 2\r\n"));
	assert_null(strstr(text, "red/48000"));
	sdp_done(&a);
}

static void test_answer_publisher(void **state)
{
	struct sdp a;
	struct sdp_answer_how h = how;
	(void)state;
	h.transport.lite = true;
	h.transport.setup = SDP_PASSIVE;
	h.with_mid_ext = true;
	struct span candidate = SPAN_LIT("candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host");
	h.candidates = &candidate;
	h.candidates_n = 1;
	h.candidates_end = true;
	AUTO_FREE char *text = answer_to(publisher, &h, &a);
	assert_int_equal(a.media_n, 8);
	static const char *const mids[] = {"7", "8", "9", "10", "11", "12", "13", "14"};
	for (size_t i = 0; i < 8; i++) {
		const struct sdp_media *m = &a.media[i];
		bool video = i >= 3 && i <= 5;
		assert_true(span_eq_str(m->mid, mids[i]));
		assert_int_equal(m->kind, video ? SDP_VIDEO : i == 7 ? SDP_APPLICATION : SDP_AUDIO);
		assert_int_equal(m->port, video ? 0 : 9);
		assert_int_equal(m->bundled, !video);
		if (i != 7)
			assert_int_equal(m->direction, i == 6 ? SDP_RECVONLY : SDP_INACTIVE);
	}
	assert_non_null(strstr(text, "a=group:BUNDLE 7 8 9 13 14\r\n"));
	assert_non_null(strstr(text, "a=ice-lite\r\n"));
	const struct sdp_media *m = &a.media[6];
	assert_int_equal(m->transport.setup, SDP_PASSIVE);
	assert_int_equal(sdp_ext_id(m, RTP_URI_AUDIO_LEVEL), 14);
	assert_int_equal(sdp_ext_id(m, RTP_URI_MID), 4);
	assert_int_equal(m->extmaps_n, 2);
	assert_int_equal(m->extmaps[1].direction, SDP_SENDONLY);
	/* Told once, where the BUNDLE is tagged. */
	assert_int_equal(m->candidates_n, 0);
	assert_int_equal(a.media[0].candidates_n, 1);
	assert_true(span_eq(a.media[0].candidates[0], candidate));
	assert_true(a.media[0].candidates_end);
	assert_true(sdp_transport(&a)->lite);
	sdp_done(&a);
}

static bool send_on_8(void *arg, const struct sdp_media *offered, struct sdp_send *ret)
{
	(void)arg;
	*ret = (struct sdp_send){77, SPAN_LIT("me"), SPAN_LIT("PA_x|camera"), SPAN_LIT("TR_y")};
	return span_eq_str(offered->mid, "8");
}

static void test_answer_sends(void **state)
{
	struct sdp a;
	struct sdp_answer_how h = how;
	(void)state;
	h.send = send_on_8;
	AUTO_FREE char *text = answer_to(publisher, &h, &a);
	assert_int_equal(a.media[0].direction, SDP_INACTIVE);
	assert_int_equal(a.media[1].direction, SDP_SENDONLY);
	assert_int_equal(a.media[1].ssrcs[0].ssrc, 77);
	assert_true(span_eq_str(a.media[1].track, "TR_y"));
	assert_non_null(strstr(text, "a=ssrc:77 msid:PA_x|camera TR_y\r\n"));
	sdp_done(&a);
}

static void test_own_offer(void **state)
{
	struct sdp o, back, answer;
	AUTO(buf_done) struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_offer_audio audio[2] = {
		{SPAN_LIT("a0"),
		 SDP_SENDONLY,
		 {5, SPAN_LIT("me"), SPAN_LIT("stream"), SPAN_LIT("cid")}},
		{SPAN_LIT("a1"), SDP_RECVONLY, {0}},
	};
	struct sdp_offer_how oh = {.transport = how.transport, .audio = audio, .audio_n = 2};
	(void)state;
	assert_int_equal(sdp_offer(&oh, &o, NULL), 0);
	assert_int_equal(sdp_write(&o, &text, NULL), 0);
	assert_int_equal(sdp_parse(buf_span(&text), &back, NULL), 0);
	assert_int_equal(back.media[0].transport.setup, SDP_ACTPASS);
	assert_true(back.media[0].transport.trickle);
	assert_true(span_eq_str(back.media[0].track, "cid"));
	assert_int_equal(sdp_ext_id(&back.media[0], RTP_URI_AUDIO_LEVEL), 2);
	assert_true(sdp_codec(&back.media[0], "opus", 48000)->nack);
	assert_int_equal(sdp_codec(&back.media[0], "opus", 48000)->channels, 2);
	assert_int_equal(sdp_answer(&back, &how, &answer, NULL), 0);
	assert_int_equal(answer.media[0].direction, SDP_RECVONLY);
	assert_int_equal(answer.media[1].direction, SDP_INACTIVE);
	assert_int_equal(sdp_check_answer(&o, &answer, NULL), 0);
	answer.media[1].mid = SPAN_LIT("zz");
	assert_int_equal(sdp_check_answer(&o, &answer, NULL), ERR_PROTOCOL);
	sdp_done(&answer);
	sdp_done(&back);
	/* A name that would start a line of its own. */
	o.media[0].track = SPAN_LIT("cid\r\na=evil");
	buf_clear(&text);
	assert_int_equal(sdp_write(&o, &text, NULL), ERR_INVALID);
	assert_int_equal(text.n, 0);
	sdp_done(&o);
}

static void test_without_bundle(void **state)
{
	static const char offer[] =
		"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" AUDIO("0", "sendrecv")
			AUDIO("1", "sendrecv");
	struct sdp a;
	(void)state;
	AUTO_FREE char *text = answer_to(offer, &how, &a);
	assert_int_equal(a.media[0].port, 9);
	assert_int_equal(a.media[1].port, 0);
	assert_null(strstr(text, "BUNDLE"));
	sdp_done(&a);
}

/* A LiveKit room where as many have a track as can be: offer and answer stay within bounds. */
static void test_large_room(void **state)
{
	struct span candidates[16];
	struct sdp_answer_how many = how;
	struct sdp a;
	AUTO(buf_done) struct buf offer = BUF_INIT(SDP_BYTES_MAX);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
		candidates[i] =
			SPAN_LIT("candidate:1 1 udp 2130706431 2001:db8:1234:5678:9abc:def0:"
				 "1234:5678 54321 typ host");
	many.candidates = candidates;
	many.candidates_n = ARRAY_LEN(candidates);
	many.candidates_end = true;
	buf_put_str(&offer, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 "
			    "0\r\na=fingerprint:sha-256 " FINGERPRINT "\r\na=group:BUNDLE");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		buf_printf(&offer, " %d", i);
	buf_put_str(&offer, "\r\n");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		buf_printf(&offer,
			   "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
			   "a=setup:actpass\r\na=mid:%d\r\na=ice-ufrag:OYGXaYbVtosLITOF\r\n"
			   "a=ice-pwd:JkrNiHIFQOuCZOkELTxdqwsuziZOnbiS\r\na=rtcp-mux\r\n"
			   "a=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n"
			   "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 nack\r\n"
			   "a=extmap:2 " RTP_URI_ABS_CAPTURE "\r\n"
			   "a=ssrc:%d cname:PA_ytgZuDtz4a5P|TR_AMLggCFqxJdUSJ\r\n"
			   "a=ssrc:%d msid:PA_ytgZuDtz4a5P|camera TR_AMLggCFqxJdUSJ\r\n"
			   "a=ssrc:%d mslabel:PA_ytgZuDtz4a5P|camera\r\n"
			   "a=ssrc:%d label:TR_AMLggCFqxJdUSJ\r\n"
			   "a=msid:PA_ytgZuDtz4a5P|camera TR_AMLggCFqxJdUSJ\r\na=sendonly\r\n",
			   i, 1000 + i, 1000 + i, 1000 + i, 1000 + i);
	assert_true(buf_ok(&offer));
	AUTO_FREE char *text = answer_to(buf_str(&offer), &many, &a);
	assert_true(strlen(text) < SDP_BYTES_MAX);
	assert_int_equal(a.media_n, SDP_MEDIA_MAX);
	assert_int_equal(a.media[0].candidates_n, ARRAY_LEN(candidates));
	assert_int_equal(a.media[SDP_MEDIA_MAX - 1].direction, SDP_RECVONLY);
	assert_int_equal(a.media[SDP_MEDIA_MAX - 1].candidates_n, 0);
	sdp_done(&a);
}

static void test_refused(void **state)
{
	struct sdp s, a;
	struct err err;
	(void)state;
	static const char *const bad[] = {"", "hello", "v=0\r\nm=audio\r\n",
					  "v=0\r\nm=audio x y z\r\n", "v=0\r\nxyz\r\n"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(sdp_parse(span_of(bad[i]), &s, &err), ERR_INVALID);
	static const char *const useless[] = {
		"v=0\r\n",
		"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n",
		"v=0\r\na=group:BUNDLE 1\r\n" VIDEO("1"),
	};
	for (size_t i = 0; i < ARRAY_LEN(useless); i++) {
		assert_int_equal(sdp_parse(span_of(useless[i]), &s, &err), 0);
		assert_int_not_equal(sdp_answer(&s, &how, &a, &err), 0);
		sdp_done(&s);
	}
	AUTO(buf_done) struct buf big = BUF_INIT(1 << 20);
	buf_put_str(&big, "v=0\r\n");
	for (int i = 0; i <= SDP_MEDIA_MAX; i++)
		buf_put_str(&big, "m=audio 9 X 0\r\n");
	assert_int_equal(sdp_parse(buf_span(&big), &s, &err), ERR_TOO_LARGE);
	while (big.n <= SDP_BYTES_MAX)
		buf_put_str(&big, "a=whatever\r\n");
	assert_int_equal(sdp_parse(buf_span(&big), &s, &err), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_subscriber), cmocka_unit_test(test_answer_subscriber),
		cmocka_unit_test(test_answer_publisher), cmocka_unit_test(test_answer_sends),
		cmocka_unit_test(test_own_offer),	 cmocka_unit_test(test_without_bundle),
		cmocka_unit_test(test_large_room),	 cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
