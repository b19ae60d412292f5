#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/worker.h"

#include <stdatomic.h>

static void count_up(void *arg)
{
	++*(int *)arg;
}

/* Ends while messages are on their way: all are run, in any timing. */
static void test_end_at_once(void **state)
{
	long before = mem_live();
	(void)state;
	for (int i = 0; i < 2000; i++) {
		int n = 0;
		struct worker *w = worker_new("test");
		for (int k = 0; k < i % 4; k++)
			loop_post(worker_loop(w), count_up, &n);
		worker_free(w);
		assert_int_equal(n, i % 4);
	}
	assert_int_equal(mem_live(), before);
}

static void defer_more(void *arg)
{
	struct worker *w = *(struct worker **)arg;
	loop_defer(worker_loop(w), mem_free, mem_alloc(1));
}

static void test_deferred_runs(void **state)
{
	long before = mem_live();
	(void)state;
	struct worker *w = worker_new("test");
	loop_post(worker_loop(w), defer_more, &w);
	worker_free(w);
	assert_int_equal(mem_live(), before);
}

/* A call comes after what was posted, and what it did is there when it returns. */
static void test_call(void **state)
{
	(void)state;
	int n = 0;
	struct worker *w = worker_new("test");
	for (int i = 1; i <= 500; i++) {
		loop_post(worker_loop(w), count_up, &n);
		worker_call(w, count_up, &n);
		assert_int_equal(n, 2 * i);
	}
	worker_free(w);
}

struct asking {
	struct worker *w;
	int asked, ended;
};

static void on_end(void *arg)
{
	struct asking *a = arg;
	a->ended++;
	loop_run_once(worker_loop(a->w));
}

static void on_asked(void *arg)
{
	struct asking *a = arg;
	loop_assert_owner(worker_loop(a->w));
	worker_at_end(a->w, on_end, a);
	a->asked++;
}

static void test_call_and_end(void **state)
{
	long before = mem_live();
	(void)state;
	struct asking a = {.w = worker_new("test")};
	for (int i = 1; i <= 100; i++) {
		worker_call(a.w, on_asked, &a);
		assert_int_equal(a.asked, i);
	}
	assert_int_equal(a.ended, 0);
	worker_free(a.w);
	assert_int_equal(a.ended, 1);
	assert_int_equal(mem_live(), before);
}

struct bell {
	struct worker *w;
	struct loop_wake *wake;
	atomic_int value, seen;
};

static void on_bell(void *arg)
{
	struct bell *b = arg;
	loop_assert_owner(worker_loop(b->w));
	b->seen = b->value;
}

static void hang(void *arg)
{
	struct bell *b = arg;
	b->wake = loop_wake_new(worker_loop(b->w), on_bell, b);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void unhang(void *arg)
{
	loop_wake_free(((struct bell *)arg)->wake);
}

/* The last ring is always heard, and what was written before it is seen. */
static void test_bell(void **state)
{
	long before = mem_live();
	(void)state;
	struct bell b = {.w = worker_new("test")};
	worker_call(b.w, hang, &b);
	for (int i = 1; i <= 1000; i++) {
		b.value = i;
		loop_wake_ring(b.wake);
	}
	/* Bells and messages are heard in the same turn of the loop, in no promised order. */
	worker_call(b.w, nothing, NULL);
	worker_call(b.w, nothing, NULL);
	assert_int_equal(b.seen, 1000);
	worker_call(b.w, unhang, &b);
	worker_free(b.w);
	assert_int_equal(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_at_once), cmocka_unit_test(test_deferred_runs),
		cmocka_unit_test(test_call),	    cmocka_unit_test(test_call_and_end),
		cmocka_unit_test(test_bell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
