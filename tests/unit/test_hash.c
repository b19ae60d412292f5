#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/hash.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return j;
}

static void check_content_hash(const char *event, const char *want)
{
	JSON_AUTO json_t *j = parse(event);
	struct err e;
	assert_int_equal(event_put_hashes(j, &e), 0);
	assert_string_equal(json_get_str(json_get_object(j, "hashes"), "sha256"), want);
}

/* Appendices, "Cryptographic Test Vectors". */
static void test_content_hash(void **state)
{
	(void)state;
	check_content_hash("{\"room_id\":\"!x:domain\",\"sender\":\"@a:domain\","
			   "\"origin\":\"domain\",\"origin_server_ts\":1000000,\"signatures\":{},"
			   "\"hashes\":{},\"type\":\"X\",\"content\":{},\"prev_events\":[],"
			   "\"auth_events\":[],\"depth\":3,\"unsigned\":{\"age_ts\":1000000}}",
			   "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos");
	check_content_hash("{\"content\":{\"body\":\"Here is the message content\"},"
			   "\"event_id\":\"$0:domain\",\"origin\":\"domain\","
			   "\"origin_server_ts\":1000000,\"type\":\"m.room.message\","
			   "\"room_id\":\"!r:domain\",\"sender\":\"@u:domain\",\"signatures\":{},"
			   "\"unsigned\":{\"age_ts\":1000000}}",
			   "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g");
}

static const char message[] =
	"{\"auth_events\":[\"$a\",\"$b\"],\"content\":{\"body\":\"hé\\b\\f\\u007f\","
	"\"msgtype\":\"m.text\"},\"depth\":12,\"hashes\":{\"sha256\":\"abc\"},"
	"\"origin_server_ts\":1700000000000,\"prev_events\":[\"$p\"],\"room_id\":\"!r:hs\","
	"\"sender\":\"@a:hs\",\"type\":\"m.room.message\",\"unsigned\":{\"age\":3},"
	"\"signatures\":{\"hs\":{\"k\":\"s\"}}}";

/* Values computed with Python's json and hashlib. */
static void test_event_id(void **state)
{
	(void)state;
	JSON_AUTO json_t *j = parse(message);
	struct event_id id;
	struct err e;
	assert_int_equal(event_id_make(j, 11, &id, &e), 0);
	assert_string_equal(id.s, "$7q56mCw9mvOIb3Q_ydwqNLbtZILwgTZ0QSiUSD18wUI");
	assert_int_equal(event_id_make(j, 3, &id, &e), 0);
	assert_string_equal(id.s, "$7q56mCw9mvOIb3Q/ydwqNLbtZILwgTZ0QSiUSD18wUI");
	assert_int_equal(event_id_make(j, 2, &id, &e), ERR_UNSUPPORTED);
	assert_int_equal(event_put_hashes(j, &e), 0);
	assert_string_equal(json_get_str(json_get_object(j, "hashes"), "sha256"),
			    "1jby9/Z5zQwISgVJ8eE4VWaj5SpBzq3WfSOWuKqRDS0");
	json_object_set_new(json_get_object(j, "content"), "x", json_real(1.5));
	assert_int_equal(event_put_hashes(j, &e), ERR_INVALID);
}

static void check_redacted(const char *type, const char *content, int version, const char *want)
{
	JSON_AUTO json_t *before = parse(content);
	JSON_AUTO json_t *got = event_redact_content(type, before, version);
	JSON_AUTO json_t *expect = parse(want);
	assert_true(json_equal(got, expect));
}

static void test_redact_content(void **state)
{
	(void)state;
	const char *member =
		"{\"membership\":\"join\",\"displayname\":\"x\","
		"\"join_authorised_via_users_server\":\"@a:hs\","
		"\"third_party_invite\":{\"signed\":{\"t\":1},\"display_name\":\"d\"}}";
	check_redacted("m.room.member", member, 8, "{\"membership\":\"join\"}");
	check_redacted("m.room.member", member, 10,
		       "{\"membership\":\"join\",\"join_authorised_via_users_server\":\"@a:hs\"}");
	check_redacted("m.room.member", member, 11,
		       "{\"membership\":\"join\",\"join_authorised_via_users_server\":\"@a:hs\","
		       "\"third_party_invite\":{\"signed\":{\"t\":1}}}");
	check_redacted("m.room.create", "{\"creator\":\"c\",\"x\":1}", 10, "{\"creator\":\"c\"}");
	check_redacted("m.room.create", "{\"creator\":\"c\",\"x\":1}", 11,
		       "{\"creator\":\"c\",\"x\":1}");
	check_redacted("m.room.power_levels", "{\"ban\":1,\"invite\":2,\"notifications\":{}}", 10,
		       "{\"ban\":1}");
	check_redacted("m.room.power_levels", "{\"ban\":1,\"invite\":2,\"notifications\":{}}", 11,
		       "{\"ban\":1,\"invite\":2}");
	check_redacted("m.room.join_rules", "{\"join_rule\":\"x\",\"allow\":[]}", 7,
		       "{\"join_rule\":\"x\"}");
	check_redacted("m.room.join_rules", "{\"join_rule\":\"x\",\"allow\":[]}", 8,
		       "{\"join_rule\":\"x\",\"allow\":[]}");
	check_redacted("m.room.aliases", "{\"aliases\":[]}", 5, "{\"aliases\":[]}");
	check_redacted("m.room.aliases", "{\"aliases\":[]}", 6, "{}");
	check_redacted("m.room.redaction", "{\"redacts\":\"$a\",\"reason\":\"r\"}", 11,
		       "{\"redacts\":\"$a\"}");
	check_redacted("m.room.message", "{\"body\":\"b\"}", 0, "{}");
	check_redacted("m.room.message", "[1]", 11, "{}");
}

static void test_redact_event(void **state)
{
	(void)state;
	JSON_AUTO json_t *j =
		parse("{\"type\":\"m.room.topic\",\"state_key\":\"\",\"sender\":\"@a:b\","
		      "\"content\":{\"topic\":\"t\"},\"origin\":\"o\",\"depth\":1,"
		      "\"unsigned\":{},\"event_id\":\"$e\",\"extra\":1}");
	JSON_AUTO json_t *old = event_redact(j, 10), *now = event_redact(j, 11);
	assert_int_equal(json_object_size(old), 7);
	assert_non_null(json_object_get(old, "origin"));
	assert_null(json_object_get(now, "origin"));
	assert_null(json_object_get(now, "unsigned"));
	assert_int_equal(json_object_size(json_get_object(now, "content")), 0);
	assert_string_equal(json_get_str(json_get_object(j, "content"), "topic"), "t");
}

static void test_versions(void **state)
{
	(void)state;
	assert_int_equal(room_version_parse(NULL), 1);
	assert_int_equal(room_version_parse("11"), 11);
	assert_int_equal(room_version_parse("13"), 0);
	assert_int_equal(room_version_parse("011"), 0);
	assert_int_equal(room_version_parse("org.example"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_hash),   cmocka_unit_test(test_event_id),
		cmocka_unit_test(test_redact_content), cmocka_unit_test(test_redact_event),
		cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
