/*
 * Voices that take turns in one stream: what comes out has no hole where one
 * voice ends and another begins, and its time never runs backwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "server/sfu/fragment.h"
#include "server/sfu/slots.h"

#include <string.h>

#define FROM 5000000

static uint64_t rng;

static unsigned below(unsigned n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(rng >> 33) % n;
}

static void test_two_voices(void **state)
{
	struct slot s = {.next = 65534, .timestamp = 4294967000u};
	struct slot_out o;
	int a = 0, b = 0;
	(void)state;
	assert_true(slot_packet(&s, &a, true, FROM, 100, 1000, &o));
	assert_true(o.begin && o.seq == 65534);
	uint32_t t0 = o.timestamp;
	assert_true(slot_packet(&s, &a, false, FROM + 1, 1060, 1020, &o));
	assert_true(!o.begin && o.seq == 65535 && o.timestamp == t0 + 960);
	/* Another comes 300 ms later, with numbers of its own. */
	assert_true(slot_packet(&s, &b, true, 77, 5, 1320, &o));
	assert_true(o.begin && o.seq == 0 && o.timestamp == t0 + 960 + 300 * 48);
	/* What was lost of it is missing, and may come late. */
	assert_true(slot_packet(&s, &b, false, 80, 5 + 3 * 960, 1380, &o));
	assert_int_equal(o.seq, 3);
	assert_true(slot_packet(&s, &b, false, 79, 5 + 2 * 960, 1385, &o));
	assert_int_equal(o.seq, 2);
	/* What it said before its turn does not. */
	assert_false(slot_packet(&s, &b, false, 76, 5 - 960, 1390, &o));
	assert_true(slot_packet(&s, &b, false, 81, 5 + 4 * 960, 1400, &o));
	assert_int_equal(o.seq, 4);
	/* The first is back after it has spoken elsewhere: a new beginning. */
	assert_true(slot_packet(&s, &a, true, FROM + 900, 900000, 1420, &o));
	assert_true(o.begin && o.seq == 5);
}

static void test_forgotten(void **state)
{
	struct slot s = {.next = 7};
	struct slot_out o;
	int a = 0, b = 0;
	(void)state;
	assert_true(slot_packet(&s, &a, true, FROM, 0, 0, &o));
	slot_forget(&s, &b);
	assert_true(slot_packet(&s, &a, false, FROM + 1, 960, 20, &o));
	assert_false(o.begin);
	/* Its address is another's now: that one begins, though nobody says so. */
	slot_forget(&s, &a);
	assert_true(slot_packet(&s, &a, false, 3, 0, 40, &o));
	assert_true(o.begin && o.seq == 9);
}

struct voice {
	uint64_t number;
	uint32_t timestamp;
	bool in;
};

/* Whoever speaks, in any order and with losses: each number once, and time goes on. */
static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct slot s = {0};
		struct voice v[3] = {0};
		struct slot_out o;
		int64_t now = 0;
		uint32_t last = 0;
		unsigned who = 0, expect = 0;
		rng = seed;
		s.next = (uint16_t)below(65536);
		expect = s.next;
		s.timestamp = last = below(1u << 31) * 2;
		for (int i = 0; i < 3; i++)
			v[i] = (struct voice){below(1u << 30), below(1u << 31) * 2, false};
		for (int i = 0; i < 3000; i++) {
			bool other = below(50) == 0;
			if (other) {
				v[who].in = false;
				who = below(3);
				now += below(3000);
			}
			struct voice *x = &v[who];
			unsigned lost = below(20) == 0 ? below(4) : 0;
			bool anew = !x->in;
			x->number += 1 + lost;
			x->timestamp += 960 * (1 + lost);
			now += 20 * (1 + lost);
			assert_true(slot_packet(&s, x, anew, x->number, x->timestamp, now, &o));
			expect += anew ? 0 : lost;
			assert_int_equal(o.seq, expect & 0xffff);
			assert_int_equal(o.begin, anew);
			assert_true((int32_t)(o.timestamp - last) > 0);
			last = o.timestamp;
			expect++;
			x->in = true;
		}
	}
}

static void test_fragments(void **state)
{
	static const char good[] =
		"a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
		"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
		"a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ "
		"host\r\na=end-of-candidates\r\n";
	static const char *const bad[] = {
		"",
		"a=ice-ufrag:x\r\n",
		"m=audio\r\n",
		"nonsense",
		"a=ice-ufrag:x\r\na=ice-pwd:y\rLocation: z\r\n",
		"a=ice-ufrag:x\r\na=ice-pwd:y\x01\r\n",
	};
	struct sdp f;
	struct sdp_transport ours = {.ufrag = SPAN_LIT("ours"), .pwd = SPAN_LIT("secret")};
	struct span candidate = SPAN_LIT("candidate:1 1 udp 1 127.0.0.1 9 typ host");
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	(void)state;
	assert_int_equal(fragment_parse(SPAN_LIT(good), &f, NULL), 0);
	assert_true(span_eq_str(fragment_transport(&f)->ufrag, "EsAw"));
	assert_int_equal(fragment_write(&f, &ours, &candidate, 1, &b, NULL), 0);
	assert_string_equal(buf_str(&b),
			    "a=ice-lite\r\na=ice-options:trickle\r\na=group:BUNDLE 0\r\n"
			    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:ours\r\n"
			    "a=ice-pwd:secret\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
			    "a=end-of-candidates\r\n");
	sdp_done(&f);
	/* Credentials of the session do for all sections. */
	assert_int_equal(fragment_parse(SPAN_LIT("a=ice-ufrag:s\na=ice-pwd:p\nm=audio 9 X "
						 "0\na=mid:z\n"),
					&f, NULL),
			 0);
	assert_true(span_eq_str(fragment_transport(&f)->ufrag, "s"));
	sdp_done(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_not_equal(fragment_parse(span_of(bad[i]), &f, NULL), 0);
	AUTO_FREE char *huge = mem_alloc(FRAGMENT_BYTES_MAX + 2);
	memset(huge, 'a', FRAGMENT_BYTES_MAX + 1);
	assert_int_equal(fragment_parse((struct span){huge, FRAGMENT_BYTES_MAX + 1}, &f, NULL),
			 ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_voices),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_fragments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
