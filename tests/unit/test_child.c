/* Programs as children: their words, their end, and that a dropped one is gone for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/child.h"
#include "core/base/loop.h"
#include "core/base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

struct seen {
	struct loop *l;
	struct child *c;
	char lines[256];
	bool ended;
	int status, signal;
};

static void on_line(void *arg, struct span line)
{
	struct seen *s = arg;
	size_t n = strlen(s->lines);
	snprintf(s->lines + n, sizeof(s->lines) - n, "%.*s;", SPAN_ARG(line));
}

static void on_ended(void *arg, int status, int signal)
{
	struct seen *s = arg;
	s->ended = true;
	s->status = status;
	s->signal = signal;
	child_free(s->c);
	s->c = NULL;
	loop_stop(s->l);
}

static void on_ready(void *arg, struct span line)
{
	struct seen *s = arg;
	on_line(arg, line);
	loop_stop(s->l);
}

static void start(struct seen *s, const struct child_handler *h, const char *script)
{
	struct err err = {0};
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct child_options o = {.argv = argv, .in = -1, .out = -1};
	*s = (struct seen){.l = loop_new()};
	assert_int_equal(child_new(s->l, &o, h, s, &s->c, &err), 0);
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_end(void **state)
{
	(void)state;
	static const struct child_handler h = {on_line, on_ended};
	struct seen s;
	long before = mem_live();
	start(&s, &h, "echo one >&2; printf two >&2; exit 3");
	loop_run(s.l);
	assert_true(s.ended);
	assert_int_equal(s.status, 3);
	assert_int_equal(s.signal, 0);
	assert_string_equal(s.lines, "one;two;");
	loop_free(s.l);
	no_child_is_left();
	assert_int_equal(mem_live(), before);
}

/* One that runs is killed, and waited for. */
static void test_dropped(void **state)
{
	(void)state;
	static const struct child_handler h = {on_ready, on_ended};
	struct seen s;
	long before = mem_live();
	start(&s, &h, "echo ready >&2; exec sleep 1000");
	loop_run(s.l);
	assert_string_equal(s.lines, "ready;");
	child_free(s.c);
	loop_free(s.l);
	assert_false(s.ended);
	no_child_is_left();
	assert_int_equal(mem_live(), before);
}

static void test_none(void **state)
{
	(void)state;
	static const struct child_handler h = {on_line, on_ended};
	const char *argv[] = {"no-such-program-anywhere", NULL};
	struct child_options o = {.argv = argv, .in = -1, .out = -1};
	struct err err = {0};
	struct child *c = NULL;
	struct loop *l = loop_new();
	assert_int_equal(child_new(l, &o, &h, NULL, &c, &err), ERR_NOT_FOUND);
	assert_null(c);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
