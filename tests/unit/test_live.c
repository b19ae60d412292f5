/* What a room says of its calls, and who may speak by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/matrix/live.h"

#include <string.h>

static json_t *content;
static struct live l;

static void read(const char *text)
{
	json_decref(content);
	content = text ? json_loads(text, 0, NULL) : NULL;
	assert_true(content || !text);
	live_read(content, &l);
}

static int teardown(void **state)
{
	(void)state;
	json_decref(content);
	content = NULL;
	return 0;
}

static void test_reading(void **state)
{
	(void)state;
	static const char *const meetings[] = {
		NULL,
		"{}",
		"{\"mode\":1}",
		"{\"mode\":\"LIVE\"}",
		"{\"mode\":\"meeting\",\"floor\":{}}",
		"{\"locked\":\"yes\",\"floor\":\"@a:x\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(meetings); i++) {
		read(meetings[i]);
		assert_false(l.live || l.locked || l.floor_n);
	}
	/* What is no user id has no floor; the rest keeps its order. */
	read("{\"mode\":\"live\",\"locked\":true,\"floor\":[7,\"b\",\"@b:x\",null,\"@a:x\",[]]}");
	assert_true(l.live && l.locked);
	assert_int_equal(l.floor_n, 2);
	assert_string_equal(l.floor[0], "@b:x");
	assert_string_equal(l.floor[1], "@a:x");
}

static void test_caps(void **state)
{
	(void)state;
	char name[LIMIT_ID_BYTES + 2];
	json_t *list = json_array();
	memset(name, 'a', sizeof(name));
	name[0] = '@';
	name[LIMIT_ID_BYTES + 1] = '\0';
	json_array_append_new(list, json_string(name));
	for (int i = 0; i < 3 * LIVE_FLOOR_MAX; i++)
		json_array_append_new(list, json_sprintf("@u%d:x", i));
	content = json_pack("{s:s,s:o}", "mode", "live", "floor", list);
	live_read(content, &l);
	assert_int_equal(l.floor_n, LIVE_FLOOR_MAX);
	assert_string_equal(l.floor[0], "@u0:x");
	assert_false(live_set_floor(&l, "@more:x", true));
	assert_true(live_set_floor(&l, "@u0:x", false));
	assert_false(live_has_floor(&l, "@u0:x"));
	assert_true(live_set_floor(&l, "@more:x", true));
	assert_false(live_set_floor(&l, "@more:x", true));
	assert_string_equal(l.floor[LIVE_FLOOR_MAX - 1], "@more:x");
}

static void test_writing(void **state)
{
	(void)state;
	struct live again;
	read("{\"mode\":\"live\",\"locked\":true,\"floor\":[\"@b:x\",\"@a:x\"]}");
	json_t *made = live_content(&l);
	assert_int_equal(json_get_i64(made, "version", 0), LIVE_VERSION);
	live_read(made, &again);
	assert_true(again.live && again.locked);
	assert_int_equal(again.floor_n, 2);
	assert_string_equal(again.floor[0], "@b:x");
	json_decref(made);
}

static void test_speaking(void **state)
{
	(void)state;
	struct power p;
	json_t *levels = json_loads("{\"users\":{\"@lead:x\":50,\"@near:x\":49}}", 0, NULL);
	power_init(&p, levels, NULL, NULL);
	read("{\"mode\":\"meeting\"}");
	assert_true(live_may_speak(&l, &p, "@any:x"));
	read("{\"mode\":\"live\",\"floor\":[\"@b:x\"]}");
	assert_true(live_may_speak(&l, &p, "@lead:x"));
	assert_true(live_may_speak(&l, &p, "@b:x"));
	assert_false(live_may_speak(&l, &p, "@near:x"));
	assert_false(live_may_speak(&l, &p, "@any:x"));
	assert_true(live_is_host(&p, "@lead:x"));
	/* The floor makes nobody a leader. */
	assert_false(live_is_host(&p, "@b:x"));
	power_done(&p);
	json_decref(levels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_reading, teardown),
		cmocka_unit_test_teardown(test_caps, teardown),
		cmocka_unit_test_teardown(test_writing, teardown),
		cmocka_unit_test_teardown(test_speaking, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
