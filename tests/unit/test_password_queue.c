/* The queue of password hashing: places take turns, and no place fills it alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "server/accounts/accounts.h"

#define MANY 40
#define PASSWORD SPAN_LIT("a password")

static int done, failed, other_done_after;

static void count(void *arg, const char *encoded, bool match)
{
	(void)match;
	done++;
	failed += !encoded;
	if (arg)
		other_done_after = done;
}

static void test_turns(void **state)
{
	(void)state;
	done = failed = other_done_after = 0;
	struct loop *l = loop_new();
	struct accounts *a = accounts_new(l);
	for (int i = 0; i < MANY; i++)
		assert_true(password_hash(a, "192.0.2.1", PASSWORD, count, NULL));
	assert_true(password_hash(a, "192.0.2.2", PASSWORD, count, a));
	assert_int_equal(password_backlog(a), MANY + 1);
	while (done < MANY + 1)
		loop_run_once(l);
	/* Two were under way, one stood before them. */
	assert_true(other_done_after <= 6);
	assert_int_equal(failed, 0);
	accounts_finish(a);
	accounts_free(a);
	loop_free(l);
}

static void test_full(void **state)
{
	int taken = 0, more = 0;
	(void)state;
	done = failed = other_done_after = 0;
	struct loop *l = loop_new();
	struct accounts *a = accounts_new(l);
	while (taken < 2000 && password_check(a, "192.0.2.1", PASSWORD, NULL, count, NULL))
		taken++;
	assert_true(taken >= 600 && taken < 2000);
	while (more < 2000 && password_hash(a, "192.0.2.2", PASSWORD, count, NULL))
		more++;
	assert_true(more >= 32 && more < 2000);
	assert_false(password_hash(a, "192.0.2.3", PASSWORD, count, NULL));
	/* What waits fails, everybody is told. */
	accounts_finish(a);
	assert_int_equal(done, taken + more);
	assert_int_equal(password_backlog(a), 0);
	assert_false(password_hash(a, "192.0.2.3", PASSWORD, count, NULL));
	accounts_free(a);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
