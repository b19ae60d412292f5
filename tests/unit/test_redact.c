#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/matrix/redact.h"
#include "server/rooms/event_text.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	assert_int_equal(json_parse(span_of(text), &j, NULL), 0);
	return j;
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

/* Values computed with Python's json and hashlib. */
static void check_id(struct event_parts *e, const char *content, const char *hash64, const char *id)
{
	struct buf work = BUF_INIT(4096), text = BUF_INIT(64);
	JSON_AUTO json_t *j = parse(content);
	AUTO(buf_done) struct buf whole = BUF_INIT(4096), redacted = BUF_INIT(4096);
	uint8_t hash[32];
	char made[64];
	assert_int_equal(event_content_put(&whole, j, NULL), 0);
	assert_int_equal(event_redacted_put(&redacted, e->type, j, 11, NULL), 0);
	e->content = buf_span(&whole);
	e->redacted = buf_span(&redacted);
	event_hash(e, &work, hash);
	base64_put_unpadded(&text, hash, sizeof(hash));
	assert_string_equal(buf_str(&text), hash64);
	event_id_of(e, hash, &work, made);
	assert_string_equal(made, id);
	buf_done(&work);
	buf_done(&text);
}

static void test_event_id(void **state)
{
	(void)state;
	struct event_parts message = {.ts = 1700000000000,
				      .prev = "$p",
				      .room_id = "!r:hs",
				      .sender = "@a:hs",
				      .type = "m.room.message"};
	check_id(&message, "{\"msgtype\":\"m.text\",\"body\":\"hé\\b\\f\\u007f\"}",
		 "jiCpZiAaKo2ZeCZuCKMvlmjN6Fl2Q9WxU9JT2GktSrs",
		 "$WgNgAbIAENVweEe6sOf9iERHgY9haLPOuqveD6tnrCc");
	struct event_parts topic = {.ts = 1,
				    .prev = "",
				    .room_id = "!r:hs",
				    .sender = "@a:hs",
				    .type = "m.room.topic",
				    .state_key = ""};
	check_id(&topic, "{\"topic\":\"t\"}", "UMISqAt0UeQUy46tUU2mn7dnLhJbAUTv1+1UUmRtHzQ",
		 "$lRhUT4xH00v4qUD4n-9h9v75szqSEk5YZirpTK6JGKU");
	/* A number that is none of Matrix's has no hash. */
	JSON_AUTO json_t *half = parse("{\"x\":1.5}");
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	assert_int_equal(event_content_put(&b, half, NULL), ERR_INVALID);
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
		cmocka_unit_test(test_redact_content),
		cmocka_unit_test(test_event_id),
		cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
