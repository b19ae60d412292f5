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

static void create(const char *who, const char *body, struct world_room *r)
{
	struct err err = {0};
	if (world_create(&w, who, body, r, &err))
		fail_msg("%s: %s", body, err.msg);
}

static void test_order(void **state)
{
	(void)state;
	struct world_room r;
	static const char *const want[] = {
		"m.room.create",       "m.room.member",
		"m.room.power_levels", "m.room.canonical_alias",
		"m.room.join_rules",   "m.room.history_visibility",
		"m.room.guest_access", "a.b",
		"m.room.name",	       "m.room.topic",
		"m.room.member",
	};
	size_t n = 0;
	world_user(&w, "bob");
	create("alice",
	       "{'name':'N','topic':'T','room_alias_name':'class','invite':['@bob:test.example'],"
	       "'initial_state':[{'type':'a.b','state_key':'k','content':{'x':1}}],"
	       "'is_direct':true}",
	       &r);
	struct sql_stmt *s =
		SQL(db_reader(w.db), "SELECT type FROM events WHERE room_nid=? ORDER BY pos");
	sql_bind_i64(s, 1, r.nid);
	while (sql_row(s)) {
		assert_true(n < sizeof(want) / sizeof(want[0]));
		assert_string_equal(sql_col_text(s, 0).p, want[n]);
		n++;
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	expect_state(&r, "m.room.name", "{\"name\":\"N\"}");
	expect_state(&r, "m.room.topic",
		     "{\"m.topic\":{\"m.text\":[{\"body\":\"T\"}]},\"topic\":\"T\"}");
	expect_state(&r, "m.room.canonical_alias", "{\"alias\":\"#class:test.example\"}");
	char *m = world_state(&w, &r, "m.room.member", "@bob:test.example");
	assert_string_equal(m, "{\"displayname\":\"bob\",\"is_direct\":true,\"membership\":"
			       "\"invite\"}");
	free(m);
	assert_int_equal(world_i64(&w, "SELECT room_nid FROM aliases WHERE alias="
				       "'#class:test.example'"),
			 r.nid);
}

static void test_overrides(void **state)
{
	(void)state;
	struct world_room r;
	JSON_AUTO json_t *levels = NULL;
	create("alice",
	       "{'preset':'public_chat','name':'wins','creation_content':{'type':'m.space',"
	       "'creator':'x','room_version':'1','m.federate':false},'initial_state':["
	       "{'type':'m.room.name','content':{'name':'loses'}},"
	       "{'type':'m.room.join_rules','content':{'join_rule':'knock'}}],"
	       "'power_level_content_override':{'events':{'a':1},'invite':7,'users_default':1}}",
	       &r);
	expect_state(&r, "m.room.create",
		     "{\"m.federate\":false,\"room_version\":\"11\",\"type\":\"m.space\"}");
	expect_state(&r, "m.room.join_rules", "{\"join_rule\":\"knock\"}");
	expect_state(&r, "m.room.name", "{\"name\":\"wins\"}");
	assert_int_equal(room_state(db_reader(w.db), r.nid, "m.room.power_levels", "", &levels), 0);
	json_t *events = json_object_get(levels, "events");
	assert_int_equal(json_object_size(events), 3);
	assert_int_equal(json_get_i64(events, "a", -1), 1);
	assert_int_equal(json_get_i64(events, "org.matrix.msc4143.rtc.member", -1), 0);
	assert_int_equal(json_get_i64(levels, "invite", -1), 7);
	assert_int_equal(json_get_i64(levels, "users_default", -1), 1);
	assert_int_equal(json_get_i64(levels, "ban", -1), 50);
}

static void test_trusted(void **state)
{
	(void)state;
	struct world_room r;
	JSON_AUTO json_t *levels = NULL;
	world_user(&w, "bob");
	create("alice", "{'preset':'trusted_private_chat','invite':['@bob:test.example']}", &r);
	assert_int_equal(room_state(db_reader(w.db), r.nid, "m.room.power_levels", "", &levels), 0);
	assert_int_equal(json_get_i64(json_object_get(levels, "users"), "@bob:test.example", -1),
			 100);
}

/* What is refused leaves nothing behind. */
static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *body, *errcode;
		int status;
	} rows[] = {
		{"{'room_version':'12'}", "M_UNSUPPORTED_ROOM_VERSION", 400},
		{"{'room_version':'10'}", "M_UNSUPPORTED_ROOM_VERSION", 400},
		{"{'room_version':11}", "M_BAD_JSON", 400},
		{"{'preset':'secret_chat'}", "M_INVALID_PARAM", 400},
		{"{'visibility':'open'}", "M_INVALID_PARAM", 400},
		{"{'name':1}", "M_BAD_JSON", 400},
		{"{'name':'a\\u0000b'}", "M_BAD_JSON", 400},
		{"{'invite':'@bob:test.example'}", "M_BAD_JSON", 400},
		{"{'invite':[1]}", "M_INVALID_PARAM", 400},
		{"{'invite':['bob']}", "M_INVALID_PARAM", 400},
		{"{'name':'x','invite':['@nobody:test.example']}", "M_NOT_FOUND", 404},
		{"{'invite':['@alice:test.example']}", "M_FORBIDDEN", 403},
		{"{'invite_3pid':[{'medium':'email'}]}", "M_FORBIDDEN", 403},
		{"{'room_alias_name':'taken'}", "M_ROOM_IN_USE", 400},
		{"{'room_alias_name':'a:b'}", "M_INVALID_PARAM", 400},
		{"{'room_alias_name':''}", "M_INVALID_PARAM", 400},
		{"{'creation_content':[]}", "M_BAD_JSON", 400},
		{"{'creation_content':{'type':5}}", "M_BAD_JSON", 400},
		{"{'creation_content':{'n':0.5}}", "M_BAD_JSON", 400},
		{"{'initial_state':[{'content':{}}]}", "M_BAD_JSON", 400},
		{"{'initial_state':[{'type':'t','content':1}]}", "M_BAD_JSON", 400},
		{"{'initial_state':[{'type':'t','state_key':1,'content':{}}]}", "M_BAD_JSON", 400},
		{"{'initial_state':['x']}", "M_BAD_JSON", 400},
		{"{'initial_state':[{'type':'m.room.create','content':{}}]}",
		 "M_INVALID_ROOM_STATE", 400},
		{"{'power_level_content_override':{'users':{'@alice:test.example':20}},'name':'n'}",
		 "M_INVALID_ROOM_STATE", 400},
		{"{'power_level_content_override':{'ban':'50'}}", "M_BAD_JSON", 400},
		{"{'power_level_content_override':{'events':7}}", "M_BAD_JSON", 400},
	};
	struct world_room r;
	create("alice", "{'room_alias_name':'taken'}", &r);
	int64_t events = world_i64(&w, "SELECT count(*) FROM events");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = {0};
		if (!world_create(&w, "alice", rows[i].body, &r, &err))
			fail_msg("accepted: %s", rows[i].body);
		if (err.http_status != rows[i].status || strcmp(err.errcode, rows[i].errcode) != 0)
			fail_msg("%s: %d %s %s", rows[i].body, err.http_status, err.errcode,
				 err.msg);
	}
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM events "), events);
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM rooms"), 1);
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM aliases"), 1);
}

static void test_canonical_alias(void **state)
{
	(void)state;
	struct world_room a, b;
	struct err err = {0};
	create("alice", "{'room_alias_name':'a'}", &a);
	create("alice", "{'room_alias_name':'b'}", &b);
	static const struct {
		const char *content, *errcode;
	} rows[] = {
		{"{'alias':'#b:test.example'}", "M_BAD_ALIAS"},
		{"{'alias':'#none:test.example'}", "M_BAD_ALIAS"},
		{"{'alias':'a'}", "M_INVALID_PARAM"},
		{"{'alias':1}", "M_INVALID_PARAM"},
		{"{'alt_aliases':'x'}", "M_INVALID_PARAM"},
		{"{'alias':'#a:test.example','alt_aliases':['#b:test.example']}", "M_BAD_ALIAS"},
		{"{'alt_aliases':[1]}", "M_INVALID_PARAM"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_not_equal(world_append(&w, &a, "alice", "m.room.canonical_alias", "",
						  rows[i].content, NULL, &err),
				     0);
		assert_int_equal(err.http_status, 400);
		assert_string_equal(err.errcode, rows[i].errcode);
	}
	assert_int_equal(world_append(&w, &a, "alice", "m.room.canonical_alias", "",
				      "{'alt_aliases':['#a:test.example']}", NULL, &err),
			 0);
	assert_int_equal(world_append(&w, &a, "alice", "m.room.canonical_alias", "",
				      "{'alias':null}", NULL, &err),
			 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_presets), TEST(test_order),	TEST(test_overrides),
		TEST(test_trusted), TEST(test_refused), TEST(test_canonical_alias),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
