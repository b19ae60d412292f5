#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/power.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return j;
}

static struct power make(const char *levels, const char *create)
{
	JSON_AUTO json_t *l = levels ? parse(levels) : NULL;
	JSON_AUTO json_t *c = create ? parse(create) : NULL;
	struct power p;
	power_init(&p, l, c, "@boss:hs");
	return p;
}

static void test_without_levels(void **state)
{
	(void)state;
	AUTO(power_done) struct power p = make(NULL, "{\"room_version\":\"11\"}");
	assert_int_equal(power_of_user(&p, "@boss:hs"), 100);
	assert_int_equal(power_of_user(&p, "@a:hs"), 0);
	assert_true(power_can_send(&p, "@a:hs", "m.room.message"));
	assert_false(power_can_state(&p, "@a:hs", "m.room.topic", ""));
	assert_true(power_can_state(&p, "@boss:hs", "m.room.topic", ""));
}

static const char levels_text[] =
	"{\"users\":{\"@boss:hs\":100,\"@mod:hs\":50,\"@mod2:hs\":50},\"events_default\":10,"
	"\"users_default\":5,\"kick\":40,\"ban\":50,\"invite\":20,\"redact\":45,"
	"\"events\":{\"m.room.topic\":5,\"m.reaction\":0},\"notifications\":{\"room\":30}}";

static void test_levels(void **state)
{
	(void)state;
	AUTO(power_done) struct power p = make(levels_text, "{\"room_version\":\"11\"}");
	assert_false(power_can_send(&p, "@a:hs", "m.room.message"));
	assert_true(power_can_send(&p, "@a:hs", "m.reaction"));
	assert_true(power_can_state(&p, "@a:hs", "m.room.topic", ""));
	assert_false(power_can_state(&p, "@boss:hs", "x", "@a:hs"));
	assert_true(power_can_state(&p, "@boss:hs", "x", "@boss:hs"));
	assert_true(power_can_state(&p, "@boss:hs", "x", "_@a:hs"));
	assert_false(power_can_invite(&p, "@a:hs"));
	assert_true(power_can_invite(&p, "@mod:hs"));
	assert_true(power_can_kick(&p, "@mod:hs", "@a:hs"));
	assert_false(power_can_kick(&p, "@mod:hs", "@mod2:hs"));
	assert_false(power_can_kick(&p, "@a:hs", "@b:hs"));
	assert_true(power_can_redact(&p, "@mod:hs", "@boss:hs"));
	assert_false(power_can_redact(&p, "@a:hs", "@a:hs"));
	assert_int_equal(power_for_action(&p, POWER_NOTIFY_ROOM), 30);
}

static void test_creators(void **state)
{
	(void)state;
	AUTO(power_done)
	struct power p = make("{\"users\":{\"@mod:hs\":9007199254740991}}",
			      "{\"room_version\":\"12\",\"additional_creators\":[\"@two:hs\",7]}");
	assert_true(power_of_user(&p, "@boss:hs") == POWER_INFINITE);
	assert_true(power_of_user(&p, "@two:hs") == POWER_INFINITE);
	assert_true(power_can_kick(&p, "@boss:hs", "@mod:hs"));
	assert_false(power_can_kick(&p, "@boss:hs", "@two:hs"));
	JSON_AUTO json_t *next = parse("{\"users\":{\"@two:hs\":1}}");
	assert_int_equal(power_check_change(&p, "@boss:hs", next, NULL), ERR_INVALID);
}

static void test_old_forms(void **state)
{
	(void)state;
	const char *text = "{\"users\":{\"@a:hs\":\" +0050 \",\"@b:hs\":50.9},\"ban\":\"x\"}";
	AUTO(power_done) struct power one = make(text, "{}");
	assert_int_equal(power_of_user(&one, "@a:hs"), 50);
	assert_int_equal(power_of_user(&one, "@b:hs"), 50);
	assert_int_equal(power_for_action(&one, POWER_BAN), 50);
	AUTO(power_done) struct power eleven = make(text, "{\"room_version\":\"11\"}");
	assert_int_equal(power_of_user(&eleven, "@a:hs"), 0);
}

static int change(const char *user, const char *next_text)
{
	AUTO(power_done) struct power p = make(levels_text, "{\"room_version\":\"11\"}");
	JSON_AUTO json_t *next = parse(levels_text);
	JSON_AUTO json_t *patch = parse(next_text);
	const char *key;
	json_t *v;
	json_object_foreach (patch, key, v)
		if (json_is_null(v))
			json_object_del(next, key);
		else
			json_object_set(next, key, v);
	struct err e = {0};
	int rc = power_check_change(&p, user, next, &e);
	if (rc)
		assert_true(e.msg[0] != '\0');
	return rc;
}

static void test_change(void **state)
{
	(void)state;
	assert_int_equal(change("@mod:hs", "{}"), 0);
	assert_int_equal(change("@mod:hs", "{\"invite\":50}"), 0);
	assert_int_equal(change("@mod:hs", "{\"invite\":51}"), ERR_AUTH);
	assert_int_equal(change("@a:hs", "{\"ban\":null}"), ERR_AUTH);
	assert_int_equal(change("@mod:hs", "{\"ban\":\"50\"}"), ERR_INVALID);
	assert_int_equal(change("@mod:hs", "{\"ban\":1.5}"), ERR_INVALID);
	assert_int_equal(change("@boss:hs", "{\"ban\":9007199254740992}"), ERR_INVALID);
	assert_int_equal(change("@mod:hs", "{\"users\":7}"), ERR_INVALID);
	assert_int_equal(change("@boss:hs", "{\"users\":{\"boss\":100}}"), ERR_INVALID);
	/* Users: equals are out of reach, one's own level may go down. */
	assert_int_equal(change("@mod:hs", "{\"users\":{\"@boss:hs\":100,\"@mod:hs\":50}}"),
			 ERR_AUTH);
	assert_int_equal(change("@mod:hs",
				"{\"users\":{\"@boss:hs\":100,\"@mod:hs\":10,\"@mod2:hs\":50}}"),
			 0);
	assert_int_equal(change("@mod:hs",
				"{\"users\":{\"@boss:hs\":100,\"@mod:hs\":51,\"@mod2:hs\":50}}"),
			 ERR_AUTH);
	assert_int_equal(change("@mod:hs", "{\"users\":{\"@boss:hs\":100,\"@mod:hs\":50,"
					   "\"@mod2:hs\":50,\"@n:hs\":50}}"),
			 0);
	assert_int_equal(change("@mod:hs", "{\"events\":{\"m.room.topic\":60}}"), ERR_AUTH);
	assert_int_equal(change("@mod:hs", "{\"events\":{}}"), 0);
	assert_int_equal(change("@mod:hs", "{\"notifications\":{\"room\":99}}"), ERR_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_levels), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_creators),       cmocka_unit_test(test_old_forms),
		cmocka_unit_test(test_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
