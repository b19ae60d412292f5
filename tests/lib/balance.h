/* What a test allocated it has given back: for a whole group, or for each test of it. */
#ifndef MUSTER_TESTS_BALANCE_H
#define MUSTER_TESTS_BALANCE_H

#include "core/base/mem.h"

static long balance_live;

/** Set-up of a group, or of a test. */
static inline int balance_begin(void **state)
{
	(void)state;
	balance_live = mem_live();
	return 0;
}

/** Its counterpart, which fails when something is left. */
static inline int balance_end(void **state)
{
	(void)state;
	return mem_live() == balance_live ? 0 : -1;
}

#define BALANCED(fn) cmocka_unit_test_setup_teardown(fn, balance_begin, balance_end)

#endif
