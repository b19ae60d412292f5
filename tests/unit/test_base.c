#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/lib.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/sql.h"

#include <string.h>
#include <sys/stat.h>

static void test_buf_cap(void **state)
{
	(void)state;
	long before = mem_live();
	struct buf b = BUF_INIT(10);
	assert_true(buf_put_str(&b, "12345"));
	assert_false(buf_put_str(&b, "678901"));
	assert_false(buf_ok(&b));
	assert_string_equal(buf_str(&b), "12345");
	buf_done(&b);
	/* Memory that was somebody else's; then room that is not used, as for an empty file. */
	char *other = mem_alloc(101);
	memset(other, 'x', 101);
	mem_free(other);
	b = BUF_INIT(100);
	assert_non_null(buf_reserve(&b, 100));
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
	assert_int_equal(mem_live(), before);
}

static void test_base64(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100), back = BUF_INIT(100);
	base64_put(&b, "muster!!", 8);
	assert_string_equal(buf_str(&b), "bXVzdGVyISE=");
	assert_true(base64_decode(&back, buf_span(&b)));
	assert_string_equal(buf_str(&back), "muster!!");
	assert_false(base64_decode(&back, span_of("a")));
	assert_false(base64_decode(&back, span_of("a*bc")));
	buf_done(&b);
	buf_done(&back);
}

static void test_canonical(void **state)
{
	(void)state;
	JSON_AUTO json_t *j = NULL;
	struct err e;
	struct buf b = BUF_INIT(200);
	assert_int_equal(json_parse(span_of("{\"b\": [1, {\"z\":null,\"a\":\"\\u00e9\\n\"}], "
					    "\"a\": -0}"),
				    &j, &e),
			 0);
	assert_int_equal(json_put_canonical(&b, j, &e), 0);
	assert_string_equal(buf_str(&b), "{\"a\":0,\"b\":[1,{\"a\":\"é\\n\",\"z\":null}]}");
	buf_done(&b);
}

static void count_up(void *arg)
{
	++*(int *)arg;
}

static void count_second(void *arg)
{
	++((int *)arg)[1];
}

static void test_loop(void **state)
{
	(void)state;
	long before = mem_live();
	int n = 0;
	struct loop *l = loop_new();
	struct loop_timer *t = loop_timer_new(l, count_up, &n);
	int worked[2] = {0, 0}; /* on the pool, then on the loop */
	loop_timer_start(t, 1, 0);
	loop_defer(l, count_up, &n);
	loop_work(l, count_up, count_second, worked);
	loop_run(l);
	assert_int_equal(n, 2);
	assert_int_equal(worked[0], 1);
	assert_int_equal(worked[1], 1);
	loop_post(l, count_up, &n);
	loop_timer_free(t);
	loop_free(l);
	assert_int_equal(n, 3);
	assert_int_equal(mem_live(), before);
}

static void test_sql(void **state)
{
	(void)state;
	struct sql *db = NULL;
	struct err e;
	static const sql_migration steps[] = {"CREATE TABLE t(a UNIQUE)", "ALTER TABLE t ADD b"};
	assert_int_equal(sql_open(":memory:", 0, &db, &e), 0);
	assert_int_equal(sql_migrate(db, steps, 2, &e), 0);
	assert_int_equal(sql_migrate(db, steps, 2, &e), 0);
	assert_int_not_equal(sql_migrate(db, steps, 1, &e), 0);
	struct sql_stmt *s = SQL(db, "INSERT INTO t VALUES(?,2)");
	sql_bind_text(s, 1, span_of("x"));
	assert_int_equal(sql_run(s, &e), 0);
	s = SQL(db, "INSERT INTO t VALUES('x',2)");
	assert_int_equal(sql_run(s, &e), ERR_CONFLICT);
	assert_int_equal(sql_get_i64(SQL(db, "SELECT b FROM t"), 0), 2);
	sql_close(db);
}

static void test_sql_private(void **state)
{
	(void)state;
	char dir[] = "/tmp/muster-test-XXXXXX";
	struct err e = {0};
	struct sql *db = NULL;
	struct stat st;
	assert_non_null(mkdtemp(dir));
	AUTO_FREE char *path = fs_join(dir, "db");
	AUTO_FREE char *wal = fs_join(dir, "db-wal");
	AUTO_FREE char *copy = fs_join(dir, "copy");
	mode_t old = umask(0);
	assert_int_equal(sql_open(path, 0, &db, &e), 0);
	assert_int_equal(sql_exec(db, "CREATE TABLE t(a)", &e), 0);
	assert_int_equal(sql_backup(db, copy, NULL, NULL, &e), 0);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	sql_close(db);
	fs_remove_tree(dir, NULL);
}

static void keep_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	snprintf(arg, 256, "%s", line);
}

static void test_log_is_clean(void **state)
{
	(void)state;
	char got[256] = "";
	log_set_sink(keep_line, got);
	log_error("auth Bearer abc.def-1, {\"access_token\": \"xyz\"} mst_123");
	assert_string_equal(got, "auth Bearer *********, {\"access_token\": \"***\"} mst_***");
	log_error("%s", "a\033[2J\xC2\x9B\u202Eb\n");
	assert_string_equal(got, "a␛[2J\uFFFD\uFFFDb↵");
	log_set_sink(NULL, NULL);
}

/* Of the C library, which is there; a library that is not says what to install. */
static void test_lib(void **state)
{
	static const char *const names[] = {"strlen", "environ"}, *const other[] = {
									  "no_such_thing"};
	struct {
		size_t (*length)(const char *s);
		char ***environment;
	} table;
	struct err err = {0};
	(void)state;
	assert_int_equal(lib_load("libc.so.6", "libc6", names, 2, &table, &err), 0);
	assert_int_equal(table.length("four"), 4);
	assert_non_null(table.environment);
	assert_int_equal(lib_load("libc.so.6", "libc6", other, 1, &table, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "libc.so.6 lacks no_such_thing"));
	assert_int_equal(lib_load("libnone.so.3", "libnone3", names, 2, &table, &err),
			 ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "libnone.so.3 is not installed");
	assert_string_equal(err.hint, "install the package libnone3");
	err = (struct err){0};
	lib_load("libnone.so.3", "", names, 2, &table, &err);
	assert_string_equal(err.hint, "install the package that brings libnone.so.3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_cap),	     cmocka_unit_test(test_base64),
		cmocka_unit_test(test_canonical),    cmocka_unit_test(test_loop),
		cmocka_unit_test(test_sql),	     cmocka_unit_test(test_sql_private),
		cmocka_unit_test(test_log_is_clean), cmocka_unit_test(test_lib),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
