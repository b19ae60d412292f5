#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "tests/lib/world.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_open(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void expect_state(const struct world_room *r, const char *type, const char *want)
{
	char *have = world_state(&w, r, type, "");
	if (want)
		assert_string_equal(have, want);
	else
		assert_null(have);
	free(have);
}

static void test_presets(void **state)
{
	(void)state;
	static const struct {
		const char *body, *join, *guest;
		int invite;
	} rows[] = {
		{"{}", "{\"join_rule\":\"invite\"}", "{\"guest_access\":\"can_join\"}", 0},
		{"{'preset':'private_chat'}", "{\"join_rule\":\"invite\"}",
		 "{\"guest_access\":\"can_join\"}", 0},
		{"{'preset':'trusted_private_chat'}", "{\"join_rule\":\"invite\"}",
		 "{\"guest_access\":\"can_join\"}", 0},
		{"{'preset':'public_chat'}", "{\"join_rule\":\"public\"}",
		 "{\"guest_access\":\"forbidden\"}", 50},
		{"{'visibility':'public'}", "{\"join_rule\":\"public\"}",
		 "{\"guest_access\":\"forbidden\"}", 50},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world_room r;
		struct err err = {0};
		JSON_AUTO json_t *levels = NULL;
		if (world_create(&w, "alice", rows[i].body, &r, &err))
			fail_msg("%s: %s", rows[i].body, err.msg);
		expect_state(&r, "m.room.create", "{\"room_version\":\"11\"}");
		expect_state(&r, "m.room.join_rules", rows[i].join);
		expect_state(&r, "m.room.guest_access", rows[i].guest);
		expect_state(&r, "m.room.history_visibility",
			     "{\"history_visibility\":\"shared\"}");
		assert_int_equal(room_state(db_reader(w.db), r.nid, "m.room.power_levels", "",
					    &levels),
				 0);
		assert_int_equal(json_get_i64(levels, "invite", -1), rows[i].invite);
		assert_int_equal(json_get_i64(json_object_get(levels, "events"),
					      "org.matrix.msc3401.call.member", -1),
				 0);
		assert_int_equal(json_get_i64(json_object_get(levels, "users"),
					      "@alice:" WORLD_SERVER, -1),
				 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_presets, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
