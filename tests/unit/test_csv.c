#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#define BYTES(s) ((struct span){(s), sizeof(s) - 1})

static struct csv *parse(struct span raw)
{
	struct csv *c = NULL;
	struct err e = {0};
	if (csv_parse(raw, &c, &e))
		fail_msg("%s", e.msg);
	return c;
}

static void refuses(struct span raw, int code, const char *part)
{
	struct csv *c = NULL;
	struct err e = {0};
	long before = mem_live();
	assert_int_equal(csv_parse(raw, &c, &e), code);
	assert_null(c);
	if (!strstr(e.msg, part))
		fail_msg("\"%s\" lacks \"%s\"", e.msg, part);
	assert_int_equal(mem_live(), before);
}

static void cell_is(const struct csv *c, size_t row, int column, const char *want)
{
	AUTO_FREE char *got = span_dup(csv_cell(c, row, column));
	assert_string_equal(got, want);
}

static void test_plain(void **state)
{
	(void)state;
	struct csv *c = parse(BYTES("Name,E-Mail, First Name \r\nAda,ada@x.org,A\r\n\r\nBob\r\n"));
	assert_int_equal(csv_columns(c), 3);
	assert_int_equal(csv_rows(c), 2);
	assert_int_equal(csv_column(c, "name"), 0);
	assert_int_equal(csv_column(c, "email"), 1);
	assert_int_equal(csv_column(c, "first_name"), 2);
	assert_int_equal(csv_column(c, "nam"), -1);
	assert_int_equal(csv_column(c, "names"), -1);
	assert_int_equal(csv_column_of(c, (const char *const[]){"mail", "e_mail", NULL}), 1);
	assert_int_equal(csv_column_of(c, (const char *const[]){"mail", NULL}), -1);
	cell_is(c, 0, 1, "ada@x.org");
	cell_is(c, 1, 0, "Bob");
	cell_is(c, 1, 2, "");
	cell_is(c, 1, -1, "");
	assert_int_equal(csv_line(c, 0), 2);
	assert_int_equal(csv_line(c, 1), 4);
	csv_free(c);
	csv_free(NULL);
}

static void test_quotes(void **state)
{
	(void)state;
	struct csv *c = parse(BYTES("a,b\n\"x, \"\"y\"\"\nz\",\"\"\nO\"Neil,last"));
	assert_int_equal(csv_rows(c), 2);
	cell_is(c, 0, 0, "x, \"y\"\nz");
	cell_is(c, 0, 1, "");
	cell_is(c, 1, 0, "O\"Neil");
	cell_is(c, 1, 1, "last");
	assert_int_equal(csv_line(c, 1), 4);
	csv_free(c);
}

static void test_separators(void **state)
{
	(void)state;
	struct csv *c = parse(BYTES("a;b;\"c,d,e\"\n1,5;2;3\n"));
	assert_int_equal(csv_columns(c), 3);
	cell_is(c, 0, 0, "1,5");
	csv_free(c);
	c = parse(BYTES("a\tb\n1\t2;3\n"));
	cell_is(c, 0, 1, "2;3");
	csv_free(c);
	c = parse(BYTES("sep=;\r\na;b,c,d\r\n1;2\r\n"));
	assert_int_equal(csv_columns(c), 2);
	cell_is(c, 0, 1, "2");
	assert_int_equal(csv_line(c, 0), 3);
	csv_free(c);
	c = parse(BYTES("only\nx\n"));
	assert_int_equal(csv_columns(c), 1);
	csv_free(c);
}

static void test_encodings(void **state)
{
	(void)state;
	struct csv *c = parse(BYTES("\xEF\xBB\xBFname\nJörg\n"));
	assert_int_equal(csv_column(c, "name"), 0);
	cell_is(c, 0, 0, "Jörg");
	csv_free(c);
	c = parse(BYTES("\xFF\xFEn\0\n\0\x4E\x67\x3D\xD8\x00\xDE\n\0"));
	cell_is(c, 0, 0, "李😀");
	csv_free(c);
	c = parse(BYTES("\xFE\xFF\0n\0\n\x67\x4E\xD8\x3D\xDE\x00"));
	cell_is(c, 0, 0, "李😀");
	csv_free(c);
}

static void test_errors(void **state)
{
	(void)state;
	refuses(BYTES(""), ERR_INVALID, "empty");
	refuses(BYTES("\xFF\xFE"), ERR_INVALID, "empty");
	refuses(BYTES("\r\n , \n"), ERR_INVALID, "empty");
	refuses(BYTES("a,b\n1,2\n\"x,y\nz\n"), ERR_INVALID, "line 3");
	refuses(BYTES("a,b\n\"x\"y,1\n"), ERR_INVALID, "line 2");
	refuses(BYTES("a,b\n1,2\n1,2,3\n"), ERR_INVALID, "line 3");
	refuses(BYTES("a\nJ\xF6rg\n"), ERR_INVALID, "line 2");
	refuses(BYTES("a\nx\0y\n"), ERR_INVALID, "line 2");
	refuses(BYTES("\xFF\xFE\x61"), ERR_INVALID, "line 1");
	refuses(BYTES("\xFF\xFE\x61\0\n\0\x3D\xD8"), ERR_INVALID, "line 2");
	refuses(BYTES("\xFF\xFE\x00\xDC\x61\0"), ERR_INVALID, "line 1");
	struct csv *c = parse(BYTES("a,b\n1,2,,\n,,,\n"));
	assert_int_equal(csv_rows(c), 1);
	csv_free(c);
}

static void test_caps(void **state)
{
	(void)state;
	size_t n = LIMIT_CSV_BYTES + 1;
	char *p = mem_alloc(n);
	memset(p, 'x', n);
	refuses((struct span){p, n}, ERR_TOO_LARGE, "larger");
	memset(p, ',', n);
	refuses((struct span){p, 1000}, ERR_TOO_LARGE, "columns");
	for (size_t i = 0; i + 1 < n; i += 2)
		memcpy(p + i, "x\n", 2);
	refuses((struct span){p, 4u << 20}, ERR_TOO_LARGE, "cells");
	mem_free(p);
}

static void test_file(void **state)
{
	(void)state;
	char path[] = "/tmp/muster-test-XXXXXX";
	struct csv *c = NULL;
	struct err e = {0};
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_atomic(path, span_of("a\n\"x\n"), 0600, &e), 0);
	assert_int_equal(csv_read(path, &c, &e), ERR_INVALID);
	assert_non_null(strstr(e.msg, path));
	assert_non_null(strstr(e.msg, "line 2"));
	assert_int_equal(fs_remove(path, NULL), 0);
	assert_int_equal(csv_read(path, &c, &e), ERR_NOT_FOUND);
}

static void test_write(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(1000);
	struct csv_writer w = CSV_WRITER(&b, ',');
	csv_put(&w, span_of("plain"));
	csv_put(&w, span_of("a,b"));
	csv_put(&w, span_of("say \"hi\"\n"));
	csv_put(&w, span_of(""));
	csv_put(&w, span_of(" x"));
	csv_end(&w);
	csv_put(&w, span_of("=1+1"));
	csv_put(&w, span_of("@SUM(A1)"));
	csv_put(&w, span_of("-5.25"));
	csv_put(&w, span_of("+49 30"));
	csv_put(&w, span_of("-cmd,x"));
	csv_end(&w);
	assert_string_equal(buf_str(&b), "plain,\"a,b\",\"say \"\"hi\"\"\n\",,\" x\"\r\n"
					 "'=1+1,'@SUM(A1),-5.25,'+49 30,\"'-cmd,x\"\r\n");
	buf_done(&b);
}

/* Every cell comes back from behind its guard, guards of its own included. */
static void test_guard(void **state)
{
	static const char *const cells[] = {"=1",   "'=1",   "''=1",   "-5",  "'-5", "-x",
					    "@a",   "\tq",   "'plain", "'",   "",    "＝1",
					    "＋49", "plain", "+49",    "'+49"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		struct buf b = BUF_INIT(1000);
		struct csv_writer w = CSV_WRITER(&b, ',');
		struct csv *c;
		buf_put_str(&b, "name\n");
		csv_put_str(&w, cells[i]);
		w.in_row = true;
		csv_put_i64(&w, -7); /* keeps an empty cell's row */
		csv_end(&w);
		AUTO_FREE char *text = mem_printf("name,n\n%s", buf_str(&b) + 5);
		c = parse(span_of(text));
		assert_true(span_eq_str(csv_unguarded(csv_cell(c, 0, 0)), cells[i]));
		bool runs = strchr("=-+@\t", cells[i][0]) && cells[i][0] &&
			    strcmp(cells[i], "-5") && strcmp(cells[i], "+49");
		if (runs)
			assert_int_equal(csv_cell(c, 0, 0).p[0], '\'');
		csv_free(c);
		buf_done(&b);
	}
	struct buf b = BUF_INIT(100);
	struct csv_writer w = CSV_WRITER(&b, ',');
	csv_put(&w, span_of("＝1"));
	assert_string_equal(buf_str(&b), "'＝1");
	buf_done(&b);
}

/* A program with another separator sees cells where we have none. */
static void test_guard_inside(void **state)
{
	static const struct {
		char separator;
		const char *cell, *written;
	} cells[] = {
		{',', "a;=1", "a;'=1"},
		{',', "a;=1;@b", "a;'=1;'@b"},
		{',', "a,=1", "\"a,=1\""}, /* quoted, which holds where a comma separates */
		{';', "a,=1", "a,'=1"},
		{'\t', "a;+b|-c", "a;'+b|'-c"},
		{',', "a\n=1", "\"a\n'=1\""},
		{',', "a\r\n=1", "\"a\r\n'=1\""},
		{',', "a;\"=1\"", "\"a;'\"\"=1\"\"\""},
		{',', "a;＝1", "a;'＝1"},
		{',', "a;-5;x", "a;-5;x"}, /* a number */
		{',', "a;-5x", "a;'-5x"},
		{',', "a; =1", "a; =1"}, /* a blank makes it text */
		{',', "a;'=1", "a;'=1"}, /* guarded already */
		{',', "a;", "a;"},
		{',', "=1;=2", "'=1;'=2"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		struct buf b = BUF_INIT(1000);
		struct csv_writer w = CSV_WRITER(&b, cells[i].separator);
		csv_put_str(&w, cells[i].cell);
		assert_string_equal(buf_str(&b), cells[i].written);
		buf_clear(&b);
		w = CSV_WRITER(&b, cells[i].separator);
		w.neutralise = false;
		csv_put_str(&w, cells[i].cell);
		assert_null(strchr(cells[i].cell, '\'') ? NULL : strchr(buf_str(&b), '\''));
		buf_done(&b);
	}
}

/* Several tables in one text; lines count on. */
static void test_part(void **state)
{
	struct csv *c = NULL;
	struct err e = {0};
	struct buf b = BUF_INIT(CSV_TEXT_MAX), back = BUF_INIT(CSV_TEXT_MAX);
	(void)state;
	assert_int_equal(csv_parse_part(BYTES("a\tb,c\n1\t2\n"), '\t', 10, &c, &e), 0);
	assert_int_equal(csv_columns(c), 2);
	assert_int_equal(csv_line(c, 0), 11);
	csv_free(c);
	assert_int_equal(csv_parse_part(BYTES("a;b\n1;2;3\n"), 0, 10, &c, &e), ERR_INVALID);
	assert_non_null(strstr(e.msg, "line 11"));
	csv_put_utf16(&b, BYTES("aß张𝔘"));
	assert_int_equal(b.n, 2 + 2 + 2 + 2 + 4);
	assert_int_equal(csv_decode(buf_span(&b), &back, &e), 0);
	assert_string_equal(buf_str(&back), "aß张𝔘");
	buf_done(&b);
	buf_done(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	   cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_separators), cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_caps),
		cmocka_unit_test(test_file),	   cmocka_unit_test(test_write),
		cmocka_unit_test(test_guard),	   cmocka_unit_test(test_guard_inside),
		cmocka_unit_test(test_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
