#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/sfu/rewrite.h"

#include <stdlib.h>
#include <string.h>

#define FROM 1000000 /* first input number; later ones are counted from here */
#define PACKETS 4000

static uint64_t rng;

static unsigned below(unsigned n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(rng >> 33) % n;
}

static void test_open(void **state)
{
	(void)state;
	struct rewrite w = {.next = 77};
	uint64_t out;
	bool begin;
	assert_true(rewrite_packet(&w, FROM, true, &out, &begin));
	assert_int_equal(out, 77);
	assert_true(begin);
	assert_true(rewrite_packet(&w, FROM + 1, true, &out, &begin));
	assert_int_equal(out, 78);
	assert_false(begin);
	/* A hole stays a hole, and is filled by the late one. */
	assert_true(rewrite_packet(&w, FROM + 4, true, &out, &begin));
	assert_int_equal(out, 81);
	assert_true(rewrite_packet(&w, FROM + 3, true, &out, &begin));
	assert_int_equal(out, 80);
	/* Older than the beginning: it was never announced. */
	assert_false(rewrite_packet(&w, FROM - 1, true, &out, &begin));
}

static void test_gate(void **state)
{
	(void)state;
	struct rewrite w = {.next = 0};
	uint64_t out;
	bool begin;
	assert_false(rewrite_packet(&w, FROM, false, &out, &begin));
	assert_true(rewrite_packet(&w, FROM + 10, true, &out, &begin));
	assert_int_equal(out, 0);
	assert_true(rewrite_packet(&w, FROM + 12, true, &out, &begin));
	assert_int_equal(out, 2);
	assert_false(rewrite_packet(&w, FROM + 13, false, &out, &begin));
	/* What was asked for again arrives when the gate is shut: it goes out. */
	assert_true(rewrite_packet(&w, FROM + 11, false, &out, &begin));
	assert_int_equal(out, 1);
	/* An hour later: no hole. */
	assert_true(rewrite_packet(&w, FROM + 180000, true, &out, &begin));
	assert_int_equal(out, 3);
	assert_true(begin);
	/* From the time it was shut, or from the run before: no more. */
	assert_false(rewrite_packet(&w, FROM + 179999, true, &out, &begin));
	assert_false(rewrite_packet(&w, FROM + 12, true, &out, &begin));
}

/* Does not look shut when nothing was kept back. */
static void test_unused_gate(void **state)
{
	(void)state;
	struct rewrite w = {.next = 5};
	uint64_t out;
	bool begin;
	rewrite_packet(&w, FROM, true, &out, &begin);
	/* Lost, and it would not have passed: nobody knows. */
	assert_true(rewrite_packet(&w, FROM + 3, true, &out, &begin));
	assert_int_equal(out, 8);
	assert_false(begin);
}

/*
 * Whatever is lost, late or kept back: let through are the packets of runs; what
 * comes out is, run after run, the input shifted, each run going on where the last ended.
 */
static void test_any(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 300; seed++) {
		static bool used[PACKETS + 1];
		struct rewrite w = {.next = seed};
		uint64_t highest = (uint64_t)seed - 1, newest_in = 0, run_first = 0, run_last = 0;
		int64_t shift = 0;
		bool pass = false, begin, any = false;
		unsigned order[PACKETS], n = 0;
		rng = seed;
		memset(used, 0, sizeof(used));
		for (unsigned i = 0; i < PACKETS; i++)
			if (below(100) >= seed % 20)
				order[n++] = i;
		for (unsigned i = 0; i + 8 < n; i++)
			if (below(10) == 0) {
				unsigned k = i + below(8), t = order[i];
				order[i] = order[k];
				order[k] = t;
			}
		for (unsigned i = 0; i < n; i++) {
			uint64_t in = FROM + order[i], out;
			if (below(40) == 0)
				pass = !pass;
			bool goes = rewrite_packet(&w, in, pass, &out, &begin);
			if (in > newest_in) {
				assert_int_equal(goes, pass);
				newest_in = in;
			}
			if (begin) {
				assert_true(goes && pass && in > run_last);
				assert_int_equal(out, highest + 1);
				run_first = in;
				shift = (int64_t)(in - out);
				any = true;
			}
			if (!goes)
				continue;
			assert_true(any && in >= run_first);
			assert_int_equal((int64_t)(in - out), shift);
			run_last = in > run_last ? in : run_last;
			highest = (int64_t)out > (int64_t)highest ? out : highest;
			assert_false(used[out - seed]);
			used[out - seed] = true;
		}
		assert_int_equal(w.next, highest + 1);
	}
}

/* Nothing lost, nothing late: without a hole from the first to the last. */
static void test_no_loss(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 100; seed++) {
		struct rewrite w = {.next = 9};
		uint64_t expect = 9, out;
		bool begin;
		rng = seed;
		for (unsigned i = 0; i < PACKETS; i++)
			if (rewrite_packet(&w, FROM + i, below(2), &out, &begin))
				assert_int_equal(out, expect++);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),	    cmocka_unit_test(test_gate),
		cmocka_unit_test(test_unused_gate), cmocka_unit_test(test_any),
		cmocka_unit_test(test_no_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
