#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/text_check.h"

static void check(enum text_mode mode, const char *raw, const char *want, int cells)
{
	struct term_text t = text_make(span_of(raw), mode);
	assert_string_equal(t.s, want);
	assert_int_equal(t.n, strlen(want));
	assert_int_equal(text_cells((struct span){t.s, t.n}), cells);
	text_done(&t);
	assert_null(text_check(span_of(raw), mode));
}

static void line(const char *raw, const char *want, int cells)
{
	check(TEXT_LINE, raw, want, cells);
}

static void test_plain(void **state)
{
	(void)state;
	line("", "", 0);
	line("hello", "hello", 5);
	line("Grüße", "Grüße", 5);
	line("你好", "你好", 4);
	line("한국어", "한국어", 6);
	line("ไทยกำลัง", "ไทยกำลัง", 7);
	line("مرحبا", "مرحبا", 5);
	line("e\u0301", "e\u0301", 1);
	line("\u1112\u1161\u11AB", "\u1112\u1161\u11AB", 2);
	line("a\u00A0b\u3000", "a b\u3000", 5);
}

static void test_lines(void **state)
{
	(void)state;
	line("a\nb\r\nc", "a↵b↵c", 5);
	line("a\tb", "a b", 3);
	line("a\u2028b\u2029", "a↵b↵", 4);
	check(TEXT_BLOCK, "a\r\nb\n", "a\nb\n", 2);
	check(TEXT_BLOCK, "a\tb\n\tc", "a       b\n        c", 18);
	check(TEXT_BLOCK, "你\tb", "你      b", 9);
	check(TEXT_BLOCK, "over\rwrite", "over␍write", 10);
}

static void test_escapes(void **state)
{
	(void)state;
	line("\033[2J", "␛[2J", 4);
	line("\033]0;owned\007", "␛]0;owned␇", 10);
	line("\xC2\x9B[2J", "\uFFFD[2J", 4);
	line("a\b\bb\177", "a␈␈b␡", 5);
	struct span nul = {"a\0b", 3};
	struct term_text t = text_make(nul, TEXT_LINE);
	assert_string_equal(t.s, "a␀b");
	text_done(&t);
}

static void test_direction(void **state)
{
	(void)state;
	line("\u202Eexe.txt", "\uFFFDexe.txt", 8);
	line("a\u200Eb\u200Fc\u061Cd", "a\uFFFDb\uFFFDc\uFFFDd", 7);
	line("\u2066x\u2069", "\uFFFDx\uFFFD", 3);
	line("\uFEFFbom", "\uFFFDbom", 4);
	line("x\U000E0041y", "x\uFFFDy", 3);
	line("ad\u200Bmin", "ad\uFFFDmin", 6);
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	line("a\xFF\xC0\x80z", "a\uFFFD\uFFFD\uFFFDz", 5);
	line("\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", 3); /* a surrogate */
	line("\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD", 4);
	line("cut \xE4\xBD", "cut \uFFFD\uFFFD", 6);
	assert_true(utf8_valid(span_of("ü€😀")));
	assert_false(utf8_valid(span_of("\xE0\x80\xAF")));
}

static void test_emoji(void **state)
{
	(void)state;
	line("👨\u200D👩\u200D👧", "👨👩👧", 6);
	line("👍\U0001F3FD!", "👍!", 3);
	line("\U0001F3FD", "■", 1);
	line("❤\uFE0F", "❤", 1);
	line("🏳\uFE0F\u200D🌈", "🏳🌈", 3);
	line("\U0001F1E9\U0001F1EA", "DE", 2);
	line("1\uFE0F\u20E3", "1", 1);
}

static void test_marks(void **state)
{
	(void)state;
	line("\u0301x", "◌\u0301x", 2);
	line("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301b",
	     "a\u0301\u0301\u0301\u0301\uFFFD"
	     "b",
	     3);
	/* Persian and Sinhala are spelt with joiners; Latin is not. */
	line("می\u200Cخواهم", "می\u200Cخواهم", 7);
	line("ab\u200Cc", "ab\uFFFDc", 4);
	line("\uE000\u0378\u3164", "\uFFFD\uFFFD\uFFFD", 3);
}

static void test_fit(void **state)
{
	(void)state;
	assert_int_equal(text_fit(span_of("hello"), 3), 3);
	assert_int_equal(text_fit(span_of("hello"), 9), 5);
	assert_int_equal(text_fit(span_of("你好"), 3), 3);
	assert_int_equal(text_fit(span_of("你好"), 1), 0);
	assert_int_equal(text_fit(span_of("ae\u0301x"), 2), 4);
	assert_int_equal(text_fit(span_of("ae\u0301x"), 1), 1);
	assert_int_equal(text_fit(span_of(""), 0), 0);
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 33);
}

/* Random bytes, and random code points from where the trouble is. */
static void test_properties(void **state)
{
	(void)state;
	static const uint32_t from[] = {0,	 0x80,	 0x300,	  0x600,   0x0D80,  0x1100,
					0x1800,	 0x2000, 0x20D0,  0xAC00,  0xD7B0,  0xE000,
					0xFE00,	 0xFFE0, 0x1F1E0, 0x1F3F0, 0x1F460, 0xE0000,
					0xE0100, 0x3160, 0x2764};
	uint64_t seed = 42;
	for (int round = 0; round < 20000; round++) {
		struct buf b = BUF_INIT(400);
		unsigned n = next_random(&seed) % 40;
		for (unsigned i = 0; i < n; i++) {
			uint32_t r = next_random(&seed);
			if (round % 2)
				buf_put_char(&b, (char)r);
			else
				utf8_put(&b, from[r % ARRAY_LEN(from)] + (r >> 8) % 0x40);
		}
		assert_null(text_check(buf_span(&b), TEXT_LINE));
		assert_null(text_check(buf_span(&b), TEXT_BLOCK));
		buf_done(&b);
	}
}

/* Every code point alone, and after a letter. */
static void test_all_code_points(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		struct buf b = BUF_INIT(16);
		utf8_put(&b, cp);
		const char *wrong = text_check(buf_span(&b), TEXT_LINE);
		if (wrong)
			fail_msg("U+%04X: %s", cp, wrong);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	     cmocka_unit_test(test_lines),
		cmocka_unit_test(test_escapes),	     cmocka_unit_test(test_direction),
		cmocka_unit_test(test_invalid_utf8), cmocka_unit_test(test_emoji),
		cmocka_unit_test(test_marks),	     cmocka_unit_test(test_fit),
		cmocka_unit_test(test_properties),   cmocka_unit_test(test_all_code_points),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
