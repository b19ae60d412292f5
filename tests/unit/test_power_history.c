#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/power_history.h"

/* An event of @c:x that gives @t:x this level; `was` -1: says nothing of what it replaced. */
static void levels(struct power_history *h, const char *id, int64_t ts, int level, int was)
{
	struct mx_event ev;
	JSON_AUTO json_t *json =
		json_pack("{s:s,s:s,s:s,s:s,s:I,s:{s:{s:i,s:i}}}", "event_id", id, "sender", "@c:x",
			  "type", "m.room.power_levels", "state_key", "", "origin_server_ts",
			  (json_int_t)ts, "content", "users", "@c:x", 100, "@t:x", level);
	if (was >= 0)
		json_object_set_new(json, "unsigned",
				    json_pack("{s:{s:{s:i}}}", "prev_content", "users", "@t:x",
					      was));
	assert_int_equal(event_parse(json, EVENT_ROOM, &ev, NULL), 0);
	assert_true(power_history_event(h, &ev));
	event_done(&ev);
}

static void create(struct power_history *h, const char *version)
{
	struct mx_event ev;
	JSON_AUTO json_t *json =
		json_pack("{s:s,s:s,s:s,s:s,s:i,s:{s:s}}", "event_id", "$0", "sender", "@c:x",
			  "type", "m.room.create", "state_key", "", "origin_server_ts", 1,
			  "content", "room_version", version);
	assert_int_equal(event_parse(json, EVENT_ROOM, &ev, NULL), 0);
	assert_true(power_history_event(h, &ev));
	event_done(&ev);
}

static void test_levels_of_the_time(void **state)
{
	(void)state;
	struct power_history *h = power_history_new();
	levels(h, "$c", 300, 0, -1);
	levels(h, "$a", 100, 0, -1);
	levels(h, "$b", 200, 50, -1);
	levels(h, "$b", 200, 50, -1);
	assert_int_equal(power_history_first_ms(h), 100);
	assert_false(power_history_staff(h, "@t:x", 150, "$x"));
	assert_true(power_history_staff(h, "@t:x", 201, "$x"));
	assert_true(power_history_staff(h, "@t:x", 299, "$x"));
	assert_false(power_history_staff(h, "@t:x", 301, "$x"));
	assert_true(power_history_staff(h, "@c:x", 301, "$x"));
	/* At the same time the id decides. */
	assert_false(power_history_staff(h, "@t:x", 200, "$a"));
	assert_true(power_history_staff(h, "@t:x", 200, "$b1"));
	/* The change itself was sent under what was before it. */
	assert_false(power_history_staff(h, "@t:x", 200, "$b"));
	power_history_free(h);
}

static void test_before_the_first(void **state)
{
	(void)state;
	struct power_history *h = power_history_new();
	levels(h, "$b", 200, 0, 50);
	assert_true(power_history_staff(h, "@t:x", 100, "$x"));
	JSON_AUTO json_t *none = json_pack("{s:{s:i}}", "users", "@t:x", 10);
	power_history_before(h, none);
	assert_false(power_history_staff(h, "@t:x", 100, "$x"));
	power_history_free(h);
	h = power_history_new();
	levels(h, "$b", 200, 50, -1);
	assert_true(power_history_staff(h, "@t:x", 100, "$x"));
	power_history_free(h);
}

static void test_without_levels_the_creator_is_staff(void **state)
{
	(void)state;
	struct power_history *h = power_history_new();
	create(h, "11");
	assert_int_equal(power_history_first_ms(h), INT64_MAX);
	assert_true(power_history_staff(h, "@c:x", 5, "$x"));
	assert_false(power_history_staff(h, "@t:x", 5, "$x"));
	power_history_free(h);
	h = power_history_new();
	create(h, "12");
	levels(h, "$b", 200, 50, -1);
	assert_true(power_history_staff(h, "@c:x", 500, "$x"));
	power_history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_of_the_time),
		cmocka_unit_test(test_before_the_first),
		cmocka_unit_test(test_without_levels_the_creator_is_staff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
