/* Our AES-GCM for SRTP beside libsrtp2: what one seals the other opens, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/rtcp.h"
#include "core/rtc/rtp.h"
#include "core/rtc/srtp_priv.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 1600

/* Always the same numbers. */
static uint64_t seed;
static unsigned roll(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % below;
}

static void fill(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)roll(256);
}

struct pair {
	struct srtp_stream *ours, *theirs;
};

static struct pair pair_new(const struct srtp_key *key, bool sending)
{
	struct pair x = {srtp_gcm_new(key, sending, NULL),
			 srtp_lib_new(SRTP_GCM_128, key, sending, NULL)};
	assert_non_null(x.ours);
	assert_non_null(x.theirs);
	return x;
}

static void pair_free(struct pair *x)
{
	srtp_stream_free(x->ours);
	srtp_stream_free(x->theirs);
}

/* Of any shape: contributors, an extension, no payload at all. */
static size_t make_rtp(uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	unsigned csrc = roll(4) ? 0 : roll(16), ext = roll(3) ? 0 : 1 + roll(5);
	size_t n = 12;
	fill(p, 12 + 4 * csrc);
	p[0] = (uint8_t)(0x80 | csrc | (ext ? 0x10 : 0));
	put16(p + 2, seq);
	put32(p + 8, ssrc);
	n += 4 * csrc;
	if (ext) {
		put16(p + n, 0xbede);
		put16(p + n + 2, (uint16_t)ext);
		fill(p + n + 4, 4 * ext);
		n += 4 + 4 * ext;
	}
	size_t payload = roll(8) ? roll(200) : 0;
	fill(p + n, payload);
	return n + payload;
}

static size_t make_rtcp(uint8_t *p, uint32_t ssrc)
{
	size_t words = 2 + roll(30);
	fill(p, 4 * words);
	p[0] = 0x80;
	p[1] = 201;
	put16(p + 2, (uint16_t)(words - 1));
	put32(p + 4, ssrc);
	return 4 * words;
}

/* Sealed by both, which must agree; then opened by both. */
static void exchange(struct pair *tx, struct pair *rx, const uint8_t *plain, size_t n, bool rtcp)
{
	uint8_t a[ROOM], b[ROOM];
	size_t an = n, bn = n;
	memcpy(a, plain, n);
	memcpy(b, plain, n);
	enum srtp_result (*protect)(struct srtp_stream *, void *, size_t *, size_t) =
		rtcp ? srtp_stream_protect_rtcp : srtp_stream_protect;
	enum srtp_result (*unprotect)(struct srtp_stream *, void *, size_t *) =
		rtcp ? srtp_stream_unprotect_rtcp : srtp_stream_unprotect;
	enum srtp_result r = protect(tx->theirs, b, &bn, ROOM);
	assert_int_equal(protect(tx->ours, a, &an, ROOM), r);
	if (r != SRTP_OK)
		return;
	assert_int_equal(an, bn);
	assert_memory_equal(a, b, an);
	r = unprotect(rx->theirs, b, &bn);
	assert_int_equal(unprotect(rx->ours, a, &an), r);
	if (r != SRTP_OK)
		return;
	assert_int_equal(an, n);
	assert_int_equal(bn, n);
	assert_memory_equal(a, plain, n);
	assert_memory_equal(b, plain, n);
}

/* Packets out of order, twice, after holes, over the wrap: the same word of both each time. */
static void test_oracle(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct srtp_key key;
		uint8_t plain[ROOM];
		uint32_t number[3];
		seed = 0x9e3779b97f4a7c15u + (uint64_t)round;
		fill(&key, sizeof(key));
		struct pair tx = pair_new(&key, true), rx = pair_new(&key, false);
		for (int i = 0; i < 3; i++)
			number[i] = roll(2) ? roll(0x8000) : 0x7f00 + roll(0x100);
		for (int i = 0; i < 3000; i++) {
			unsigned who = roll(3), how = roll(100);
			uint32_t ssrc = 100 + who;
			if (how < 5) {
				exchange(&tx, &rx, plain, make_rtcp(plain, ssrc), true);
				continue;
			}
			uint32_t n = number[who];
			if (how < 20) /* again, or late */
				n -= roll(40);
			else if (how < 22)
				number[who] += roll(2000);
			else
				number[who]++;
			exchange(&tx, &rx, plain, make_rtp(plain, ssrc, (uint16_t)n), false);
		}
		pair_free(&tx);
		pair_free(&rx);
	}
}

/* Whatever is changed, cut or put on: it is no packet of ours. And the true one still is. */
static void test_forged(void **state)
{
	struct srtp_key key;
	uint8_t sealed[ROOM], p[ROOM];
	(void)state;
	seed = 4711;
	fill(&key, sizeof(key));
	struct srtp_stream *tx = srtp_gcm_new(&key, true, NULL),
			   *rx = srtp_gcm_new(&key, false, NULL);
	for (int i = 0; i < 300; i++) {
		bool rtcp = roll(3) == 0;
		size_t n = rtcp ? make_rtcp(sealed, 5) : make_rtp(sealed, 5, (uint16_t)(60000 + i));
		assert_int_equal(rtcp ? srtp_stream_protect_rtcp(tx, sealed, &n, ROOM)
				      : srtp_stream_protect(tx, sealed, &n, ROOM),
				 SRTP_OK);
		for (int k = 0; k < 20; k++) {
			size_t len = n;
			memcpy(p, sealed, n);
			if (k < 14) {
				p[roll((unsigned)n)] ^= (uint8_t)(1 << roll(8));
			} else if (k < 17) {
				len -= 1 + roll((unsigned)n - 1);
			} else {
				fill(p + n, 40);
				len += 1 + roll(40);
			}
			if (len < 1)
				continue;
			assert_int_not_equal(rtcp ? srtp_stream_unprotect_rtcp(rx, p, &len)
						  : srtp_stream_unprotect(rx, p, &len),
					     SRTP_OK);
		}
		size_t len = n;
		memcpy(p, sealed, n);
		assert_int_equal(rtcp ? srtp_stream_unprotect_rtcp(rx, p, &len)
				      : srtp_stream_unprotect(rx, p, &len),
				 SRTP_OK);
		len = n;
		memcpy(p, sealed, n);
		assert_int_equal(rtcp ? srtp_stream_unprotect_rtcp(rx, p, &len)
				      : srtp_stream_unprotect(rx, p, &len),
				 SRTP_REPLAYED);
	}
	srtp_stream_free(tx);
	srtp_stream_free(rx);
}

/* The same number twice would give the key away: it is not sealed again, whatever it holds. */
static void test_nonce_once(void **state)
{
	struct srtp_key key;
	uint8_t p[ROOM];
	(void)state;
	seed = 7;
	fill(&key, sizeof(key));
	struct srtp_stream *tx = srtp_gcm_new(&key, true, NULL);
	for (int i = 0; i < 70000; i++) {
		size_t n = make_rtp(p, 9, (uint16_t)i);
		assert_int_equal(srtp_stream_protect(tx, p, &n, ROOM), SRTP_OK);
		if (i % 500)
			continue;
		for (int back = 0; back < 2000 && back <= i; back += 37) {
			n = make_rtp(p, 9, (uint16_t)(i - back));
			assert_int_equal(srtp_stream_protect(tx, p, &n, ROOM), SRTP_REPLAYED);
		}
	}
	srtp_stream_free(tx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_nonce_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
