#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/output.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"

#include <signal.h>
#include <unistd.h>

static const struct command_key keys[] = {
	{"id", "string", "Id", "id", true},	   {"name", "string", "Name", "name", false},
	{"n", "integer", "Count", "count", false}, {"at_ts", "time", NULL, "time", false},
	{NULL, NULL, NULL, NULL, false},
};
static const struct command table = {.name = "t", .keys = keys};

static void test_json_escapes(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10000);
	/* DEL, C1, LRO, isolate, BOM, tag; what people write stays. */
	JSON_AUTO json_t *o = json_pack("{s:s}", "k",
					"a\x7f\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf"
					"\xf3\xa0\x81\x81\\é日👩‍🎓");
	output_put_json(&b, o);
	assert_string_equal(buf_str(&b),
			    "{\"k\":\"a\\u007f\\u009b\\u202e\\u2066\\ufeff\\udb40\\udc41"
			    "\\\\é日👩‍🎓\"}");
	JSON_AUTO json_t *back = NULL;
	assert_int_equal(json_parse(buf_span(&b), &back, NULL), 0);
	assert_true(json_equal(o, back));
	buf_done(&b);
}

static void test_arrange(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	struct buf b = BUF_INIT(10000);
	JSON_AUTO json_t *row = json_pack("{s:s, s:I, s:s, s:{s:i}}", "extra", "x", "at_ts",
					  (json_int_t)0, "id", "i", "event", "ts", 5);
	JSON_AUTO json_t *ready = output_arrange(&table, row);
	output_put_json(&b, ready);
	assert_string_equal(buf_str(&b),
			    "{\"id\":\"i\",\"at_ts\":\"1970-01-01T00:00:00.000+00:00\","
			    "\"extra\":\"x\",\"event\":{\"ts\":5}}");
	buf_done(&b);
}

static void test_table_fits(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10000);
	struct output o = {.command = &table, .width = 30};
	JSON_AUTO json_t *rows = json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}]", "id", "!a:b",
					   "name", "日本語の部屋とても長い名前", "n", 5, "id",
					   "!long:server", "name", "a\033[31m\nb", "n", 12);
	output_put_table(&b, &o, rows);
	assert_string_equal(buf_str(&b), "Id            Name       Count\n"
					 "!a:b          日本語の…      5\n"
					 "!long:server  a␛[31m↵b      12\n");
	buf_done(&b);
}

static const struct command_key outcome_keys[] = {
	{"id", "string", "User", "id", true},
	{"name", "string", "Name", "name", false},
	{"email", "string", "E-mail", "address", false},
	{"error", "string", "Error", "why", true},
	{NULL, NULL, NULL, NULL, false},
};
static const struct command outcome = {.name = "o", .keys = outcome_keys};

/* Nobody gives an e-mail address; the error must be readable whole. */
static void test_narrow_table(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10000);
	struct output o = {.command = &outcome, .width = 30};
	JSON_AUTO json_t *rows =
		json_pack("[{s:s, s:s}, {s:s, s:s, s:s}]", "id", "@a:b", "name", "Ann", "id",
			  "@c:d", "name", "Cyd", "error", "a name may hold a-z and 0-9 only");
	output_put_table(&b, &o, rows);
	assert_string_equal(buf_str(&b), "User  Name\n"
					 "@a:b  Ann\n"
					 "@c:d  Cyd\n"
					 "  a name may hold a-z and 0-9 only\n");
	/* What no row has is no column, however wide the line is. */
	buf_clear(&b);
	o.width = 0;
	output_put_table(&b, &o, rows);
	assert_string_equal(buf_str(&b), "User  Name  Error\n"
					 "@a:b  Ann   \n"
					 "@c:d  Cyd   a name may hold a-z and 0-9 only\n");
	buf_clear(&b);
	o.width = 9;
	output_put_table(&b, &o, rows);
	assert_string_equal(buf_str(&b), "User:   @a:b\n"
					 "Name:   Ann\n"
					 "\n"
					 "User:   @c:d\n"
					 "Name:   Cyd\n"
					 "Error:  a name may hold a-z and 0-9 only\n");
	buf_done(&b);
}

static void test_csv(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10000);
	struct output o = {.command = &table, .format = OUTPUT_CSV};
	JSON_AUTO json_t *row =
		json_pack("{s:s, s:s, s:n}", "id", "@a:b", "name", "x, \"y\"\n\033z", "n");
	output_put_csv_head(&b, &o);
	buf_put_char(&b, '\n');
	output_put_csv(&b, &o, row);
	assert_string_equal(buf_str(&b), "id,name,n,at_ts\n@a:b,\"x, \"\"y\"\"\n␛z\",,");
	buf_clear(&b);
	o.format = OUTPUT_TSV;
	output_put_csv(&b, &o, row);
	assert_string_equal(buf_str(&b), "@a:b\tx, \"y\"\\n␛z\t\t");
	buf_done(&b);
}

static void test_broken_pipe(void **state)
{
	(void)state;
	long live = mem_live();
	int fds[2];
	struct output o;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	output_init(&o, fds[1], OUTPUT_JSON, false);
	o.command = &table;
	json_t *row = json_pack("{s:s}", "id", "i");
	assert_int_equal(output_row(&o, row), COMMAND_STOP);
	assert_int_equal(output_row(&o, row), COMMAND_STOP);
	assert_int_equal(output_finish(&o), COMMAND_STOP);
	json_decref(row);
	close(fds[1]);
	assert_int_equal(mem_live(), live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_escapes), cmocka_unit_test(test_arrange),
		cmocka_unit_test(test_table_fits),   cmocka_unit_test(test_narrow_table),
		cmocka_unit_test(test_csv),	     cmocka_unit_test(test_broken_pipe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
