#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/rtcp.h"
#include "core/rtc/rtp.h"
#include "core/rtc/rtp_history.h"
#include "core/rtc/rtp_receiver.h"
#include "core/rtc/srtp.h"

#include <string.h>

static void test_write_and_parse(void **state)
{
	struct rtp_ext_out ext[3];
	uint8_t out[RTP_PACKET_MAX];
	struct rtp r;
	bool voice;
	unsigned level;
	uint64_t ntp;
	(void)state;
	rtp_ext_level(&ext[0], 1, true, 200);
	rtp_ext_mid(&ext[1], 4, SPAN_LIT("7"));
	rtp_ext_capture(&ext[2], 14, 0x1122334455667788u);
	struct rtp_out w = {.marker = true,
			    .pt = 111,
			    .seq = 65535,
			    .timestamp = 0xfffffffe,
			    .ssrc = 0xdeadbeef,
			    .ext = ext,
			    .ext_n = 3,
			    .payload = SPAN_LIT("opus")};
	size_t n = rtp_write(&w, out, sizeof(out));
	assert_int_equal(n, 12 + 4 + 16 + 4);
	assert_true(rtp_parse(out, n, &r));
	assert_true(r.marker);
	assert_int_equal(r.pt, 111);
	assert_int_equal(r.seq, 65535);
	assert_true(r.timestamp == 0xfffffffe && r.ssrc == 0xdeadbeef);
	assert_true(span_eq_str(r.payload, "opus"));
	assert_true(rtp_level(&r, 1, &voice, &level) && voice && level == 127);
	assert_true(span_eq_str(rtp_ext(&r, 4), "7"));
	assert_true(rtp_capture(&r, 14, &ntp) && ntp == 0x1122334455667788u);
	assert_null(rtp_ext(&r, 2).p);
	assert_null(rtp_ext(&r, 15).p);
	/* An id above 14 makes the whole block two-byte. */
	ext[1].id = 200;
	n = rtp_write(&w, out, sizeof(out));
	assert_true(rtp_parse(out, n, &r));
	assert_int_equal(r.ext_profile, 0x1000);
	assert_true(span_eq_str(rtp_ext(&r, 200), "7"));
	assert_true(rtp_level(&r, 1, &voice, &level));
	rtp_rewrite(out, 96, 1, 2, 3);
	assert_true(rtp_parse(out, n, &r));
	assert_true(r.marker && r.pt == 96 && r.seq == 1 && r.timestamp == 2 && r.ssrc == 3);
	assert_int_equal(rtp_write(&w, out, 30), 0);
}

static void test_parse_oddities(void **state)
{
	struct rtp r;
	(void)state;
	/* CSRC, one-byte block with padding bytes and a terminating id 15, RTP padding. */
	static const uint8_t p[] = {0xb1, 0x6f, 0,    1, 0, 0,	  0,	2,   0, 0, 0,
				    3,	  0,	0,    0, 9, 0xbe, 0xde, 0,   2, 0, 0x10,
				    0x85, 0xf0, 0x20, 1, 0, 0,	  'x',	'y', 0, 2};
	assert_true(rtp_parse(p, sizeof(p), &r));
	assert_int_equal(r.csrc_n, 1);
	assert_int_equal(r.padding_n, 2);
	assert_true(span_eq_str(r.payload, "xy"));
	assert_int_equal(rtp_ext(&r, 1).n, 1);
	assert_null(rtp_ext(&r, 2).p);
	for (size_t n = 0; n < 28; n++)
		assert_false(rtp_parse(p, n, &r));
	uint8_t bad[sizeof(p)];
	memcpy(bad, p, sizeof(p));
	bad[sizeof(p) - 1] = 200; /* more padding than packet */
	assert_false(rtp_parse(bad, sizeof(p), &r));
	bad[sizeof(p) - 1] = 0;
	assert_false(rtp_parse(bad, sizeof(p), &r));
	bad[0] = 0x31;
	assert_false(rtp_parse(bad, sizeof(p), &r));
}

static void test_ntp(void **state)
{
	(void)state;
	for (int64_t ms = 1700000000000; ms < 1700000002000; ms++)
		assert_true(rtp_ms_of_ntp(rtp_ntp_of_ms(ms)) == ms);
	assert_true(rtp_ntp_of_ms(500) >> 31 == ((uint64_t)2208988800u << 1 | 1));
	assert_int_equal(rtp_seq_diff(1, 65535), 2);
	assert_int_equal(rtp_seq_diff(65535, 1), -2);
}

static void test_rtcp(void **state)
{
	uint8_t out[512];
	struct rtcp_out o;
	struct rtcp_sr sr = {1, 0x0123456789abcdefu, 2, 3, 4}, sr2;
	struct rtcp_report b[2] = {{10, 200, -5, 70000, 9, 8, 7}, {11, 0, 0x900000, 1, 2, 3, 4}},
			   b2;
	/* Across a wrap, with a hole wider than one entry. */
	uint16_t lost[] = {65530, 65531, 3, 10, 11, 200}, got[16];
	uint32_t bye[] = {1, 10}, ssrc;
	(void)state;
	rtcp_out_init(&o, out, sizeof(out));
	rtcp_put_sr(&o, &sr, b, 2);
	rtcp_put_cname(&o, 1, SPAN_LIT("teacher"));
	rtcp_put_nack(&o, 1, 10, lost, 6);
	rtcp_put_bye(&o, bye, 2);
	size_t n = rtcp_out_end(&o);
	assert_true(n && rtcp_valid(out, n));
	assert_false(rtcp_valid(out, n - 1));
	struct span rest = {(char *)out, n};
	struct rtcp r;
	assert_true(rtcp_next(&rest, &r) && rtcp_sr(&r, &sr2));
	assert_true(sr2.ssrc == 1 && sr2.ntp == sr.ntp && sr2.timestamp == 2 && sr2.packets == 3 &&
		    sr2.bytes == 4);
	assert_true(rtcp_report(&r, 0, &b2));
	assert_true(b2.ssrc == 10 && b2.fraction_lost == 200 && b2.lost == -5 &&
		    b2.max_seq == 70000);
	assert_true(b2.jitter == 9 && b2.last_sr == 8 && b2.delay_last_sr == 7);
	assert_true(rtcp_report(&r, 1, &b2));
	assert_int_equal(b2.lost, 0x7fffff);
	assert_false(rtcp_report(&r, 2, &b2));
	assert_true(rtcp_next(&rest, &r));
	assert_true(span_eq_str(rtcp_cname(&r, &ssrc), "teacher") && ssrc == 1);
	assert_true(rtcp_next(&rest, &r));
	assert_int_equal(rtcp_nack(&r, &ssrc, got, 16), 6);
	assert_int_equal(ssrc, 10);
	assert_memory_equal(got, lost, sizeof(lost));
	assert_int_equal(r.body.n, 8 + 4 * 3);
	assert_true(rtcp_next(&rest, &r));
	assert_true(rtcp_bye(&r, 1, &ssrc) && ssrc == 10);
	assert_false(rtcp_bye(&r, 2, &ssrc));
	assert_false(rtcp_next(&rest, &r));
	/* What does not fit leaves nothing behind. */
	rtcp_out_init(&o, out, 40);
	rtcp_put_sr(&o, &sr, b, 2);
	assert_int_equal(rtcp_out_end(&o), 0);
}

static void test_rtt(void **state)
{
	uint64_t sent = rtp_ntp_of_ms(1700000000000), now = rtp_ntp_of_ms(1700000000150);
	struct rtcp_report r = {.last_sr = (uint32_t)(sent >> 16), .delay_last_sr = 65536 / 10};
	(void)state;
	assert_in_range(rtcp_rtt_ms(&r, now), 49, 51);
	r.last_sr = 0;
	assert_int_equal(rtcp_rtt_ms(&r, now), -1);
}

static void test_receiver_loss(void **state)
{
	struct rtp_receiver r;
	struct rtcp_report b;
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	uint16_t seq = 65000;
	for (int i = 0; i < 1000; i++, seq++)
		if (i % 4 != 3)
			assert_true(rtp_receiver_add(&r, 20 * i, seq, 960u * (uint32_t)i));
	assert_int_equal(rtp_receiver_lost(&r), 249); /* the last one is not known yet */
	rtp_receiver_report(&r, 20000, &b);
	assert_in_range(b.fraction_lost, 62, 65);
	assert_int_equal(b.max_seq, 65536 + ((65000 + 998) & 65535));
	assert_int_equal(b.jitter, 0);
	/* Late ones and duplicates. */
	assert_true(rtp_receiver_add(&r, 20001, (uint16_t)(65000 + 995), 0));
	assert_true(r.late);
	assert_false(rtp_receiver_add(&r, 20001, (uint16_t)(65000 + 995), 0));
	assert_int_equal(rtp_receiver_lost(&r), 248);
	assert_int_equal(r.duplicates, 1);
	/* One stray far away is no restart, two in a row are. */
	assert_false(rtp_receiver_add(&r, 20002, 30000, 0));
	assert_true(rtp_receiver_add(&r, 20002, (uint16_t)(65000 + 1000), 0));
	assert_false(rtp_receiver_add(&r, 20003, 30000, 0));
	assert_true(rtp_receiver_add(&r, 20003, 30001, 960));
	assert_int_equal(rtp_receiver_lost(&r), 0);
}

static void test_receiver_jitter(void **state)
{
	struct rtp_receiver r;
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	/* Every other packet 10 ms late: transit differs by 480 units each time. */
	for (unsigned i = 0; i < 400; i++)
		rtp_receiver_add(&r, 1000 + 20 * i + (i & 1 ? 10 : 0), (uint16_t)i, 960 * i);
	assert_in_range((int)r.jitter, 475, 480);
	assert_true(rtp_receiver_jitter_ms(&r) > 9.8 && rtp_receiver_jitter_ms(&r) < 10.1);
}

static const struct rtp_nack_way near_way = {10, RTP_NACK_PATIENCE_MS};

static void test_nack_times(void **state)
{
	struct rtp_receiver r;
	uint16_t got[8];
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	rtp_receiver_add(&r, 0, 1, 0);
	assert_true(rtp_receiver_deadline(&r) == INT64_MAX);
	rtp_receiver_add(&r, 20, 4, 2880);
	assert_true(rtp_receiver_deadline(&r) == 20);
	assert_int_equal(rtp_receiver_nacks(&r, 20, &near_way, got, 8), 2);
	assert_int_equal(got[0], 2);
	assert_int_equal(got[1], 3);
	rtp_receiver_add(&r, 31, 2, 960);
	assert_int_equal(rtp_receiver_nacks(&r, 41, &near_way, got, 8), 0);
	int asked = 1;
	for (int64_t t = 41; t < 2000; t++)
		asked += (int)rtp_receiver_nacks(&r, t, &near_way, got, 8);
	assert_int_equal(asked, RTP_NACK_TRIES);
	assert_true(rtp_receiver_deadline(&r) == INT64_MAX);
}

/* How often a packet is asked for that never comes, within two seconds. */
static int asked_for(int rtt_ms, int patience_ms)
{
	const struct rtp_nack_way way = {rtt_ms, patience_ms};
	struct rtp_receiver r;
	uint16_t got[8];
	int asked = 0;
	rtp_receiver_init(&r, 5, 48000);
	rtp_receiver_add(&r, 0, 1, 0);
	rtp_receiver_add(&r, 20, 3, 1920);
	for (int64_t t = 20; t < 2000; t++)
		asked += (int)rtp_receiver_nacks(&r, t, &way, got, 8);
	assert_true(rtp_receiver_deadline(&r) == INT64_MAX);
	return asked;
}

/* Only what can come back in time is asked for. */
static void test_nack_by_round_trip(void **state)
{
	(void)state;
	assert_int_equal(asked_for(0, 100), RTP_NACK_TRIES);
	assert_int_equal(asked_for(40, 100), 2); /* at 0 and 60; at 120 there is no time left */
	assert_int_equal(asked_for(100, 100), 1);
	assert_int_equal(asked_for(101, 100), 0);
	assert_int_equal(asked_for(240, 300), 1);
	assert_int_equal(asked_for(-1, 100), 1);
}

/* Who cannot measure the way learns it from answers, for a while. */
static void test_nack_answers(void **state)
{
	const struct rtp_nack_way way = {-1, 100};
	struct rtp_receiver r;
	uint16_t got[8];
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	rtp_receiver_add(&r, 0, 1, 0);
	rtp_receiver_add(&r, 20, 3, 1920);
	assert_int_equal(rtp_receiver_nacks(&r, 20, &way, got, 8), 1);
	rtp_receiver_add(&r, 60, 2, 960); /* 40 ms */
	rtp_receiver_add(&r, 80, 5, 3840);
	assert_int_equal(rtp_receiver_nacks(&r, 80, &way, got, 8), 1);
	assert_true(rtp_receiver_deadline(&r) == 80 + 60);
	assert_int_equal(rtp_receiver_nacks(&r, 140, &way, got, 8), 1);
	/* A second answer may be one to the first question. */
	rtp_receiver_add(&r, 150, 4, 2880);
	rtp_receiver_add(&r, 160, 7, 5760);
	assert_int_equal(rtp_receiver_nacks(&r, 160, &way, got, 8), 1);
	assert_true(rtp_receiver_deadline(&r) == 160 + 60);
	/* Long ago: as if nothing were known. */
	rtp_receiver_add(&r, 20000, 8, 6720);
	rtp_receiver_add(&r, 20020, 10, 8640);
	assert_int_equal(rtp_receiver_nacks(&r, 20020, &way, got, 8), 1);
	assert_true(rtp_receiver_deadline(&r) == 20020 + 110);
}

/* Of a long hole only the end can come back in time. */
static void test_nack_of_a_hole(void **state)
{
	const struct rtp_nack_way way = {40, 100};
	struct rtp_receiver r;
	uint16_t got[64];
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	rtp_receiver_add(&r, 0, 1, 0);
	rtp_receiver_add(&r, 1000, 51, 50 * 960);
	assert_int_equal(rtp_receiver_nacks(&r, 1000, &way, got, 64), 4);
	assert_int_equal(got[0], 47);
	assert_int_equal(got[3], 50);
	/* Timestamps that nobody would send make nothing worse than no question. */
	rtp_receiver_add(&r, 1020, 60, 0);
	assert_true(rtp_receiver_nacks(&r, 1020, &way, got, 64) <= 8);
}

/* Where packets overtake each other they get a moment, and where they did not for long no more. */
static void test_nack_reordering(void **state)
{
	const struct rtp_nack_way way = {60, 100};
	struct rtp_receiver r;
	uint16_t got[8];
	(void)state;
	rtp_receiver_init(&r, 5, 48000);
	rtp_receiver_add(&r, 0, 1, 0);
	rtp_receiver_add(&r, 20, 3, 1920);
	assert_int_equal(rtp_receiver_nacks(&r, 20, &way, got, 8), 1);
	rtp_receiver_add(&r, 25, 2, 960); /* no answer is as quick */
	rtp_receiver_add(&r, 40, 5, 3840);
	assert_int_equal(rtp_receiver_nacks(&r, 40, &way, got, 8), 0);
	assert_true(rtp_receiver_deadline(&r) == 40 + RTP_NACK_WAIT_MS);
	rtp_receiver_add(&r, 45, 4, 2880);
	assert_true(rtp_receiver_deadline(&r) == INT64_MAX);
	rtp_receiver_add(&r, 45 + RTP_NACK_REMEMBER_MS, 7, 5760);
	assert_true(rtp_receiver_deadline(&r) == 45 + RTP_NACK_REMEMBER_MS);
	assert_int_equal(rtp_receiver_nacks(&r, 45 + RTP_NACK_REMEMBER_MS, &way, got, 8), 1);
	/* An answer is no sign of it. */
	rtp_receiver_add(&r, 105 + RTP_NACK_REMEMBER_MS, 6, 4800);
	rtp_receiver_add(&r, 110 + RTP_NACK_REMEMBER_MS, 9, 7680);
	assert_true(rtp_receiver_deadline(&r) == 110 + RTP_NACK_REMEMBER_MS);
}

static void test_history(void **state)
{
	struct rtp_history *h = rtp_history_new(100);
	char packet[200];
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		memset(packet, (int)(i & 255), sizeof(packet));
		rtp_history_add(h, (uint16_t)(65000 + i), packet, 100 + i % 100);
	}
	struct span s = rtp_history_get(h, 10, (uint16_t)(65000 + 999));
	assert_int_equal(s.n, 199);
	assert_int_equal((uint8_t)s.p[0], 999 & 255);
	assert_null(rtp_history_get(h, 11, (uint16_t)(65000 + 999)).p);
	assert_int_equal(rtp_history_get(h, 10 + RTP_RESEND_AGAIN_MS, (uint16_t)(65000 + 999)).n,
			 199);
	assert_true(rtp_history_get(h, 0, (uint16_t)(65000 + 872)).p != NULL);
	assert_null(rtp_history_get(h, 0, (uint16_t)(65000 + 871)).p);
	assert_true(rtp_history_bytes(h) <= 128u * 256);
	rtp_history_drop(h);
	assert_int_equal(rtp_history_bytes(h), 0);
	assert_null(rtp_history_get(h, 100, (uint16_t)(65000 + 999)).p);
	rtp_history_add(h, 5, packet, 100);
	assert_int_equal(rtp_history_get(h, 100, 5).n, 100);
	rtp_history_free(h);
}

static size_t make_rtp(uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	struct rtp_out w = {.pt = 111, .seq = seq, .ssrc = ssrc, .payload = SPAN_LIT("0123456789")};
	return rtp_write(&w, p, 100);
}

static void srtp_pair(enum srtp_suite suite, struct srtp_stream **tx, struct srtp_stream **rx)
{
	struct srtp_key key;
	memset(&key, 7, sizeof(key));
	*tx = srtp_stream_new(suite, &key, true, NULL);
	*rx = srtp_stream_new(suite, &key, false, NULL);
	assert_non_null(*tx);
	assert_non_null(*rx);
}

static void test_srtp(void **state)
{
	static const enum srtp_suite suites[] = {SRTP_GCM_128, SRTP_CM_128_80};
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct srtp_stream *tx, *rx;
		uint8_t plain[200], p[200], copy[200];
		srtp_pair(suites[k], &tx, &rx);
		/* Over the wrap of sequence numbers, in three SSRCs. */
		for (unsigned i = 0; i < 1000; i++) {
			size_t n = make_rtp(plain, 1 + i % 3, (uint16_t)(65000 + i)), len = n;
			memcpy(p, plain, n);
			assert_int_equal(srtp_stream_protect(tx, p, &len, sizeof(p)), SRTP_OK);
			assert_true(len > n && len <= n + SRTP_OVERHEAD);
			assert_memory_not_equal(p + 12, plain + 12, 10);
			memcpy(copy, p, len);
			size_t copy_n = len;
			p[15] ^= 1;
			assert_int_equal(srtp_stream_unprotect(rx, p, &len), SRTP_BAD_AUTH);
			len = copy_n;
			memcpy(p, copy, len);
			assert_int_equal(srtp_stream_unprotect(rx, p, &len), SRTP_OK);
			assert_int_equal(len, n);
			assert_memory_equal(p, plain, n);
			assert_int_equal(srtp_stream_unprotect(rx, copy, &copy_n), SRTP_REPLAYED);
		}
		struct rtcp_out o;
		rtcp_out_init(&o, plain, sizeof(plain));
		rtcp_put_rr(&o, 1, NULL, 0);
		rtcp_put_cname(&o, 1, SPAN_LIT("x"));
		size_t n = rtcp_out_end(&o), len = n;
		memcpy(p, plain, n);
		assert_int_equal(srtp_stream_protect_rtcp(tx, p, &len, sizeof(p)), SRTP_OK);
		memcpy(copy, p, len);
		size_t copy_n = len;
		assert_int_equal(srtp_stream_unprotect_rtcp(rx, p, &len), SRTP_OK);
		assert_int_equal(len, n);
		assert_memory_equal(p, plain, n);
		assert_int_equal(srtp_stream_unprotect_rtcp(rx, copy, &copy_n), SRTP_REPLAYED);
		n = make_rtp(p, 9, 1);
		assert_int_equal(srtp_stream_protect(tx, p, &n, n + 3), SRTP_NO_ROOM);
		n = 11;
		assert_int_equal(srtp_stream_unprotect(rx, p, &n), SRTP_MALFORMED);
		srtp_stream_free(tx);
		srtp_stream_free(rx);
	}
}

static void test_srtp_many_ssrcs(void **state)
{
	struct srtp_stream *tx, *rx;
	uint8_t p[200];
	size_t n;
	(void)state;
	srtp_pair(SRTP_GCM_128, &tx, &rx);
	for (uint32_t ssrc = 1; ssrc <= SRTP_SSRC_MAX; ssrc++) {
		n = make_rtp(p, ssrc, 1);
		assert_int_equal(srtp_stream_protect(tx, p, &n, sizeof(p)), SRTP_OK);
		assert_int_equal(srtp_stream_unprotect(rx, p, &n), SRTP_OK);
	}
	n = make_rtp(p, 5000, 1);
	assert_int_equal(srtp_stream_protect(tx, p, &n, sizeof(p)), SRTP_TOO_MANY);
	srtp_stream_forget(tx, 3);
	assert_int_equal(srtp_stream_protect(tx, p, &n, sizeof(p)), SRTP_OK);
	assert_int_equal(srtp_stream_unprotect(rx, p, &n), SRTP_TOO_MANY);
	srtp_stream_forget(rx, 3);
	assert_int_equal(srtp_stream_unprotect(rx, p, &n), SRTP_OK);
	srtp_stream_free(tx);
	srtp_stream_free(rx);
	struct srtp_key key = {{0}};
	assert_null(srtp_stream_new(SRTP_NONE, &key, true, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_parse),
		cmocka_unit_test(test_parse_oddities),
		cmocka_unit_test(test_ntp),
		cmocka_unit_test(test_rtcp),
		cmocka_unit_test(test_rtt),
		cmocka_unit_test(test_receiver_loss),
		cmocka_unit_test(test_receiver_jitter),
		cmocka_unit_test(test_nack_times),
		cmocka_unit_test(test_nack_by_round_trip),
		cmocka_unit_test(test_nack_of_a_hole),
		cmocka_unit_test(test_nack_answers),
		cmocka_unit_test(test_nack_reordering),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_srtp),
		cmocka_unit_test(test_srtp_many_ssrcs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
