#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/id.h"

#include <string.h>

static bool user_ok(const char *s)
{
	struct user_id id;
	return user_id_parse(span_of(s), &id, NULL) == 0;
}

static bool server_ok(const char *s)
{
	return server_name_valid(span_of(s));
}

static void test_user(void **state)
{
	(void)state;
	struct user_id id, other;
	struct err e;
	assert_int_equal(user_id_parse(span_of("@alice:example.org:8448"), &id, &e), 0);
	assert_string_equal(id.s, "@alice:example.org:8448");
	assert_int_equal(user_id_parse(span_of("@alice:example.org"), &other, &e), 0);
	assert_true(user_ok("@Ünï cödé\x01:hs"));
	assert_true(user_ok("@:hs"));
	assert_false(user_ok("@alice"));
	assert_false(user_ok("alice:hs"));
	assert_false(user_ok("@alice:"));
	assert_false(user_ok("@alice:h s"));
	assert_false(user_ok("@\xff:hs"));
	assert_false(user_ok("@\xed\xa0\x80:hs"));
	assert_false(user_ok("@\xc0\x80:hs"));
	assert_false(user_ok("@\xf4\x90\x80\x80:hs"));
	assert_false(user_ok(""));
	assert_int_not_equal(user_id_parse((struct span){"@a\0b:hs", 7}, &id, &e), 0);
	assert_string_equal(other.s, "@alice:example.org");
}

static void test_user_new(void **state)
{
	(void)state;
	assert_true(localpart_is_new(span_of("a.b_c=d-e/f+0")));
	assert_false(localpart_is_new(span_of("Alice")));
	assert_false(localpart_is_new(span_of("")));
	assert_false(localpart_is_new(span_of("a:b")));
	assert_false(localpart_is_new(span_of("é")));
	assert_false(localpart_is_new((struct span){"a\0b", 3}));
}

static void test_length(void **state)
{
	(void)state;
	char text[300];
	struct user_id id;
	memset(text, 'a', sizeof(text));
	text[0] = '@';
	memcpy(text + 252, ":hs", 3);
	assert_int_equal(user_id_parse((struct span){text, 255}, &id, NULL), 0);
	assert_int_equal(id.n, 255);
	assert_int_equal(strlen(id.s), 255);
	memcpy(text + 252, "a:hs", 4);
	assert_int_not_equal(user_id_parse((struct span){text, 256}, &id, NULL), 0);
}

static void test_server(void **state)
{
	(void)state;
	assert_true(server_ok("matrix.org"));
	assert_true(server_ok("localhost:8008"));
	assert_true(server_ok("1.2.3.4:1234"));
	assert_true(server_ok("[1234:5678::abcd]"));
	assert_true(server_ok("[::1]:5678"));
	assert_false(server_ok(""));
	assert_false(server_ok(":80"));
	assert_false(server_ok("a:"));
	assert_false(server_ok("a:123456"));
	assert_false(server_ok("a:8x"));
	assert_false(server_ok("a/b"));
	assert_false(server_ok("a_b"));
	assert_false(server_ok("[::1"));
	assert_false(server_ok("[::1]x"));
	assert_false(server_ok("[]"));
	assert_false(server_ok("[1:2]"));
}

static void test_others(void **state)
{
	(void)state;
	struct room_id room;
	struct event_id event;
	struct room_alias alias;
	struct device_id device;
	struct mxc_uri mxc;
	assert_int_equal(room_id_parse(span_of("!abc:hs"), &room, NULL), 0);
	assert_int_equal(room_id_parse(span_of("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"),
				       &room, NULL),
			 0);
	assert_int_not_equal(room_id_parse(span_of("!"), &room, NULL), 0);
	assert_int_not_equal(room_id_parse(span_of("#a:hs"), &room, NULL), 0);
	assert_int_equal(event_id_parse(span_of("$abc"), &event, NULL), 0);
	assert_int_equal(room_alias_parse(span_of("#klasse 7b:hs:80"), &alias, NULL), 0);
	assert_true(span_eq_str(room_alias_localpart(&alias), "klasse 7b"));
	assert_true(span_eq_str(room_alias_server(&alias), "hs:80"));
	assert_int_not_equal(room_alias_parse(span_of("#a"), &alias, NULL), 0);
	assert_int_equal(device_id_parse(span_of("QBUAZIFURK"), &device, NULL), 0);
	assert_int_not_equal(device_id_parse(span_of("a\nb"), &device, NULL), 0);
	assert_int_not_equal(device_id_parse(span_of(""), &device, NULL), 0);
	assert_int_equal(mxc_uri_parse(span_of("mxc://hs:80/AbC_-9"), &mxc, NULL), 0);
	assert_true(span_eq_str(mxc_uri_server(&mxc), "hs:80"));
	assert_true(span_eq_str(mxc_uri_media(&mxc), "AbC_-9"));
	assert_int_not_equal(mxc_uri_parse(span_of("mxc://hs/../x"), &mxc, NULL), 0);
	assert_int_not_equal(mxc_uri_parse(span_of("mxc://hs/"), &mxc, NULL), 0);
	assert_int_not_equal(mxc_uri_parse(span_of("mxc://hs"), &mxc, NULL), 0);
	assert_int_not_equal(mxc_uri_parse(span_of("https://hs/a"), &mxc, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),   cmocka_unit_test(test_user_new),
		cmocka_unit_test(test_length), cmocka_unit_test(test_server),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
