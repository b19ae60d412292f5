#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/slice_check.h"

#include <string.h>

/* Children of `text`, or the error. */
static int count(const char *text, enum slice_kind kind)
{
	struct slice s;
	struct slice_item item;
	struct err e = {0};
	int n = 0, rc = slice_begin(&s, span_of(text), kind, &e);
	while (!rc && (rc = slice_next(&s, &item, &e)) == 1) {
		rc = 0;
		n++;
	}
	if (rc < 0)
		assert_true(e.msg[0] != '\0');
	return rc < 0 ? rc : n;
}

static void test_count(void **state)
{
	(void)state;
	assert_int_equal(count("{}", SLICE_OBJECT), 0);
	assert_int_equal(count(" [ ] ", SLICE_ARRAY), 0);
	assert_int_equal(count("[1,-2.5e3,true,false,null,\"]\",{\"a\":[]}]", SLICE_ARRAY), 7);
	assert_int_equal(count("{\"a\":1 , \"b\" : {\"}\":\"\\\"}\"}\n}", SLICE_OBJECT), 2);
	assert_int_equal(count("[\"\\ud800\",99999999999999999999,1e999]", SLICE_ARRAY), 3);
}

static void test_malformed(void **state)
{
	(void)state;
	static const char *const arrays[] = {
		"",	 "[",	 "]",	  "{}",	  "[1",	   "[1,",	 "[1,]",   "[,1]",
		"[1 2]", "[1]x", "[tru]", "[nul", "[\"a]", "[\"a\\\"]",	 "[\"\\]", "[[}]",
		"[{]}]", "[[]",	 "[+1]",  "[a]",  "[1]]",  "[{\"a\":1]", "[\"",	   "[:]",
	};
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++)
		assert_int_equal(count(arrays[i], SLICE_ARRAY), ERR_INVALID);
	static const char *const objects[] = {
		"[]",	   "{",		 "{\"a\"}",   "{\"a\":}",	   "{\"a\":1,}",
		"{a:1}",   "{1:1}",	 "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a",
		"{\"a\":", "{\"a\":1}{", "{,}",
	};
	for (size_t i = 0; i < ARRAY_LEN(objects); i++)
		assert_int_equal(count(objects[i], SLICE_OBJECT), ERR_INVALID);
}

/* Nothing behind the span is read: every prefix ends cleanly. */
static void test_prefixes(void **state)
{
	(void)state;
	const char *text = "{\"a\\u00e9\":[1,{\"b\":\"c\\\\\"}],\"d\":null,\"e\":-1.5}";
	size_t n = strlen(text);
	for (size_t len = 0; len < n; len++) {
		AUTO_FREE char *copy = mem_alloc(len + 1);
		memcpy(copy, text, len);
		char *exact = mem_dup(copy, len ? len : 1);
		struct slice s;
		struct slice_item item;
		int rc = slice_begin(&s, (struct span){exact, len}, SLICE_OBJECT, NULL);
		while (!rc)
			rc = slice_next(&s, &item, NULL) - 1;
		assert_int_not_equal(rc, -1);
		mem_free(exact);
	}
	assert_int_equal(count(text, SLICE_OBJECT), 3);
}

static void test_deep(void **state)
{
	(void)state;
	size_t deep = 300000;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "[1,");
	for (size_t i = 0; i < deep; i++)
		buf_put_char(&b, '[');
	for (size_t i = 0; i < deep; i++)
		buf_put_char(&b, ']');
	buf_put_str(&b, ",2]");
	assert_int_equal(count(buf_str(&b), SLICE_ARRAY), 3);
	buf_done(&b);
}

static void check_unescape(const char *raw, const char *want)
{
	struct buf b = BUF_INIT(100);
	assert_true(slice_unescape(&b, span_of(raw)));
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void test_unescape(void **state)
{
	(void)state;
	check_unescape("\"a\\n\\\"\\/\\u00e9\"", "a\n\"/é");
	check_unescape("\\ud83d\\ude00", "😀");
	check_unescape("\\ud83d", "\xef\xbf\xbd");
	check_unescape("\\ud83dx", "\xef\xbf\xbdx");
	check_unescape("\\ud83d\\u0041", "\xef\xbf\xbd"
					 "A");
	check_unescape("\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd");
	check_unescape("\\u12", "\xef\xbf\xbd"
				"12");
	check_unescape("\\x\\", "\xef\xbf\xbd\xef\xbf\xbd");
	check_unescape("a\xff"
		       "b",
		       "a\xef\xbf\xbd"
		       "b");
	check_unescape("", "");
	check_unescape("\"\"", "");
	struct buf b = BUF_INIT(3);
	assert_false(slice_unescape(&b, span_of("abcd")));
	buf_done(&b);
}

static void test_find(void **state)
{
	(void)state;
	struct span text = span_of("{\"a\":1,\"\\u0061b\":\"x\\u0000\",\"c\":\"\\u00e9\",\"a\":-7,"
				   "\"f\":1.5,\"g\":99999999999999999999,\"n\":{}}");
	struct span v;
	int64_t i;
	char s[3];
	assert_int_equal(slice_find(text, "n", &v), SLICE_OBJECT);
	assert_true(span_eq_str(v, "{}"));
	assert_int_equal(slice_find(text, "ab", &v), SLICE_STRING);
	assert_int_equal(slice_find(text, "zz", &v), SLICE_NONE);
	assert_true(slice_find_i64(text, "a", &i));
	assert_int_equal(i, -7);
	assert_false(slice_find_i64(text, "f", &i));
	assert_false(slice_find_i64(text, "g", &i));
	assert_true(slice_find_str(text, "c", s, sizeof(s)));
	assert_string_equal(s, "é");
	assert_false(slice_find_str(text, "c", s, 2));
	assert_string_equal(s, "");
	assert_false(slice_find_str(text, "ab", s, sizeof(s)));
}

/* --- against jansson, on random well-formed JSON --- */

static uint64_t seed = 42;

static unsigned roll(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

static json_t *random_string(void)
{
	static const char *const bits[] = {"a", "\"", "\\", "{", "}", "[", "]",
					   ",", ":",  "\n", "é", "😀", " ", "\\u0041"};
	struct buf b = BUF_INIT(200);
	for (unsigned n = roll(6); n; n--)
		buf_put_str(&b, bits[roll(ARRAY_LEN(bits))]);
	json_t *j = json_string(buf_str(&b));
	buf_done(&b);
	return j;
}

static json_t *random_json(int depth)
{
	json_t *j;
	switch (roll(depth > 5 ? 5 : 7)) {
	case 0:
		return json_integer((json_int_t)roll(100000) - 50000);
	case 1:
		return json_real((double)roll(1000) / 7);
	case 2:
		return json_boolean(roll(2));
	case 3:
		return json_null();
	case 4:
		return random_string();
	case 5:
		j = json_array();
		for (unsigned n = roll(5); n; n--)
			json_array_append_new(j, random_json(depth + 1));
		return j;
	default:
		j = json_object();
		for (unsigned n = roll(5); n; n--) {
			JSON_AUTO json_t *key = random_string();
			json_object_set_new(j, json_string_value(key), random_json(depth + 1));
		}
		return j;
	}
}

static void test_against_jansson(void **state)
{
	(void)state;
	static const size_t flags[] = {JSON_COMPACT, JSON_INDENT(3), JSON_ENSURE_ASCII, 0};
	for (int i = 0; i < 3000; i++) {
		JSON_AUTO json_t *j = json_pack("[o]", random_json(0));
		char *text = json_dumps(j, flags[roll(4)]);
		assert_true(slice_check(span_of(text), j));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_prefixes),	cmocka_unit_test(test_deep),
		cmocka_unit_test(test_unescape),	cmocka_unit_test(test_find),
		cmocka_unit_test(test_against_jansson),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
