#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/call/held.h"
#include "core/base/buf.h"
#include "core/base/json.h"

#include <string.h>

/* What people read of a call's end, and what only comes with it. */

struct page {
	struct buf b;
	struct loop *loop;
	struct held *held;
};

static void show(void *arg, json_t *row)
{
	struct page *p = arg;
	buf_printf(&p->b, "%s ", json_get_str(row, "event"));
}

static void tell(struct page *p, json_t *row)
{
	held_row(p->held, row);
	json_decref(row);
}

static void event(struct page *p, const char *event, const char *key, bool value)
{
	tell(p, json_pack("{s:s,s:b}", "event", event, key, (int)value));
}

static void ended(struct page *p, const char *reason)
{
	tell(p, json_pack("{s:s,s:s}", "event", "ended", "reason", reason));
}

static void begin(struct page *p)
{
	*p = (struct page){.loop = loop_new()};
	buf_init(&p->b, 4096);
	p->held = held_new(p->loop, show, p);
}

static void check(struct page *p, const char *want)
{
	held_free(p->held);
	assert_string_equal(buf_str(&p->b), want);
	buf_done(&p->b);
	loop_free(p->loop);
}

static void test_removed(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	event(&p, "joined", "self", true);
	event(&p, "reconnecting", "x", false);
	event(&p, "floor", "given", false);
	event(&p, "left", "x", false);
	assert_string_equal(buf_str(&p.b), "joined ");
	ended(&p, "removed");
	check(&p, "joined ended ");
}

static void test_ended_for_all(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	event(&p, "live", "live", false);
	event(&p, "recording", "recording", false);
	event(&p, "locked", "locked", false);
	ended(&p, "ended");
	check(&p, "ended ");
}

/* What is no end is told, in its order. */
static void test_goes_on(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	event(&p, "live", "live", true);
	event(&p, "floor", "given", false);
	assert_string_equal(buf_str(&p.b), "live floor ");
	event(&p, "reconnecting", "x", false);
	event(&p, "left", "x", false);
	event(&p, "reconnected", "x", false);
	assert_string_equal(buf_str(&p.b), "live floor reconnecting left reconnected ");
	event(&p, "live", "live", false);
	event(&p, "hand", "hand", true);
	check(&p, "live floor reconnecting left reconnected live hand ");
}

/* A reason that does not say why leaves what came before. */
static void test_lost(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	event(&p, "reconnecting", "x", false);
	ended(&p, "failed");
	check(&p, "reconnecting ended ");
}

static void test_shown_at_the_latest_when_freed(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	event(&p, "live", "live", false);
	assert_string_equal(buf_str(&p.b), "");
	check(&p, "live ");
}

/* And by itself, after a while. */
static void stop_when_shown(void *arg, json_t *row)
{
	struct page *p = arg;
	show(p, row);
	loop_stop(p->loop);
}

static void test_shown_in_time(void **state)
{
	struct page p;
	(void)state;
	begin(&p);
	held_free(p.held);
	p.held = held_new(p.loop, stop_when_shown, &p);
	event(&p, "reconnecting", "x", false);
	loop_run(p.loop);
	check(&p, "reconnecting ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_ended_for_all),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_shown_at_the_latest_when_freed),
		cmocka_unit_test(test_shown_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
