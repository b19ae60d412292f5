/*
 * Requests in steps: how they share the turns of the loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/routes/route_steps.h"

#include <string.h>

#define STEPS_MAX 100

static struct server srv;
static char order[STEPS_MAX + 1]; /* whose step each was */
static size_t steps, done, freed;

/* A request of one letter, of a person, that takes so many steps. */
struct long_one {
	struct rq rq;
	char letter;
	int left;
};

static bool step(void *arg, int64_t until_ns)
{
	struct long_one *l = arg;
	assert_true(until_ns > 0);
	assert_true(steps < STEPS_MAX);
	order[steps++] = l->letter;
	return --l->left == 0;
}

static void on_done(struct rq *rq, void *arg)
{
	assert_ptr_equal(rq, &((struct long_one *)arg)->rq);
	assert_null(rq->drop);
	done++;
}

static void on_free(void *arg)
{
	(void)arg;
	freed++;
}

static void begin(struct long_one *l, char letter, int64_t user, int n)
{
	*l = (struct long_one){.letter = letter, .left = n};
	l->rq.srv = &srv;
	l->rq.who.user_nid = user;
	rq_in_steps(&l->rq, step, on_done, l, on_free);
}

static int setup(void **state)
{
	(void)state;
	srv.loop = loop_new();
	clock_fake_set(1000, 1000); /* no time passes: a slow machine is as good */
	srv.turns = turns_new(srv.loop);
	memset(order, 0, sizeof(order));
	steps = done = freed = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	turns_finish(srv.turns);
	turns_free(srv.turns);
	clock_fake_clear();
	loop_free(srv.loop);
	return 0;
}

/* One alone begins at once; of many, only one has a step in a turn. */
static void test_one_step_a_turn(void **state)
{
	struct long_one l[8];
	(void)state;
	for (int i = 0; i < 8; i++)
		begin(&l[i], (char)('a' + i), i + 1, 1);
	assert_int_equal(steps, 1);
	assert_int_equal(done, 1);
	while (done < 8) {
		size_t before = steps;
		loop_run_once(srv.loop);
		assert_true(steps - before <= 1);
	}
	assert_string_equal(order, "abcdefgh");
	assert_int_equal(freed, 8);
}

/* Somebody who asks for much at once keeps others waiting for one step. */
static void test_people_take_turns(void **state)
{
	struct long_one many[5], other;
	(void)state;
	for (int i = 0; i < 5; i++)
		begin(&many[i], 'm', 1, 3);
	begin(&other, 'o', 2, 2);
	while (done < 6)
		loop_run_once(srv.loop);
	assert_memory_equal(order, "momo", 4);
	assert_int_equal(steps, 17);
	assert_int_equal(freed, 6);
}

static void test_dropped(void **state)
{
	struct long_one a, b, c;
	(void)state;
	begin(&a, 'a', 1, 2);
	begin(&b, 'b', 2, 2);
	begin(&c, 'c', 3, 2);
	b.rq.drop(&b.rq);
	assert_int_equal(freed, 1);
	while (done < 2)
		loop_run_once(srv.loop);
	assert_null(strchr(order, 'b'));
	assert_int_equal(freed, 3);
}

/* At the end all that was accepted is completed, and what comes later, too. */
static void test_finish(void **state)
{
	struct long_one a, b, late;
	(void)state;
	begin(&a, 'a', 1, 5);
	begin(&b, 'b', 1, 5);
	turns_finish(srv.turns);
	assert_int_equal(done, 2);
	begin(&late, 'l', 2, 3);
	assert_int_equal(done, 3);
	assert_int_equal(freed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_step_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_people_take_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_finish, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
