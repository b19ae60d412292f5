#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/worker.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_at_once),
		cmocka_unit_test(test_deferred_runs),
		cmocka_unit_test(test_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
