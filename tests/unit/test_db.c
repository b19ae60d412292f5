#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "server/db/db.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* A literal as a job's argument. */
#define W(s) ((char *)(s))

static char dir[256];

/* What the loop saw, in order: 'c' + number of changes, 'd' + rc. */
static char seen[4096];
static struct loop *loop;
static int left;

static void see(const char *fmt, long v)
{
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof(seen) - n, fmt, v);
}

static void on_commit(const struct db_change *changes, size_t n, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		assert_true(changes[i].pos > 0);
	see("c%ld ", (long)n);
}

static void on_done(void *arg, int rc, const struct err *err)
{
	(void)arg;
	assert_true((rc != 0) == (err != NULL));
	see("d%ld ", rc);
	if (--left == 0)
		loop_stop(loop);
}

static int insert(struct db_tx *tx, const char *key, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO meta VALUES(?,1)");
	sql_bind_str(s, 1, key);
	int rc = sql_run(s, err);
	if (!rc) {
		struct db_change c = {.kind = CHANGE_EVENT,
				      .pos = db_tx_position(tx),
				      .text = mem_strdup(key)};
		db_tx_note(tx, &c);
	}
	return rc;
}

static int run_insert(struct db_tx *tx, void *arg, struct err *err)
{
	return insert(tx, arg, err);
}

static int run_insert_then_fail(struct db_tx *tx, void *arg, struct err *err)
{
	int rc = insert(tx, arg, err);
	return rc ? rc : err_set(err, ERR_INVALID, "no");
}

static bool stored(struct db *db, const char *key)
{
	struct sql_stmt *s = SQL(db_reader(db), "SELECT count(*) FROM meta WHERE key=?");
	sql_bind_str(s, 1, key);
	return sql_get_i64(s, -1) == 1;
}

static int setup(void **state)
{
	struct err err;
	struct db *db;
	tmpdir_make(dir);
	loop = loop_new();
	seen[0] = '\0';
	if (db_open(loop, dir, on_commit, NULL, &db, &err))
		fail_msg("%s", err.msg);
	*state = db;
	return 0;
}

static int teardown(void **state)
{
	db_close(*state);
	loop_free(loop);
	tmpdir_remove(dir);
	return 0;
}

static void on_timeout(void *arg)
{
	(void)arg;
	fail_msg("timeout; seen: %s", seen);
}

/* Run the loop until `n` jobs are done. */
static void wait_done(int n)
{
	struct loop_timer *t = loop_timer_new(loop, on_timeout, NULL);
	left = n;
	loop_timer_start(t, 120000, 0);
	loop_run(loop);
	loop_timer_free(t);
}

static void test_order(void **state)
{
	struct db *db = *state;
	db_submit(db, run_insert, on_done, W("a"));
	db_submit(db, run_insert, on_done, W("b"));
	assert_int_equal(db_backlog(db), 2);
	wait_done(2);
	/* One COMMIT or two, but changes always come before the replies. */
	assert_true(!strcmp(seen, "c2 d0 d0 ") || !strcmp(seen, "c1 d0 c1 d0 "));
	assert_true(stored(db, "a") && stored(db, "b"));
	assert_int_equal(db_position(db), 2);
	assert_int_equal(db_backlog(db), 0);
}

/* Keeps the writer busy: what is submitted after hold() waits until let_go(). */
struct hold {
	int began[2], go[2];
};

static int run_hold(struct db_tx *tx, void *arg, struct err *err)
{
	(void)tx;
	(void)err;
	struct hold *h = arg;
	char c;
	return write(h->began[1], "x", 1) == 1 && read(h->go[0], &c, 1) == 1 ? 0 : ERR_FAILED;
}

static void hold(struct hold *h, struct db *db)
{
	char c;
	assert_int_equal(pipe(h->began), 0);
	assert_int_equal(pipe(h->go), 0);
	db_submit(db, run_hold, on_done, h);
	assert_int_equal(read(h->began[0], &c, 1), 1);
}

static void let_go(struct hold *h)
{
	assert_int_equal(write(h->go[1], "x", 1), 1);
}

static void hold_done(struct hold *h)
{
	for (int i = 0; i < 2; i++) {
		close(h->began[i]);
		close(h->go[i]);
	}
}

/* Jobs that wait while a batch is written share the next COMMIT. */
static void test_group(void **state)
{
	struct db *db = *state;
	struct hold h;
	char keys[300][16];
	hold(&h, db);
	for (int i = 0; i < 300; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		db_submit(db, run_insert, NULL, keys[i]);
	}
	let_go(&h);
	db_submit(db, run_insert, on_done, W("last"));
	wait_done(2);
	int commits = 0;
	for (const char *p = seen; (p = strchr(p, 'c')); p++)
		commits++;
	assert_in_range(commits, 1, 4);
	assert_int_equal(db_position(db), 301);
	hold_done(&h);
}

static void test_one_fails(void **state)
{
	struct db *db = *state;
	db_submit(db, run_insert, on_done, W("a"));
	db_submit(db, run_insert_then_fail, on_done, W("bad"));
	db_submit(db, run_insert, on_done, W("a")); /* constraint */
	db_submit(db, run_insert, on_done, W("b"));
	wait_done(4);
	assert_non_null(strstr(seen, "d-21"));
	assert_non_null(strstr(seen, "d-22"));
	assert_true(stored(db, "a") && stored(db, "b"));
	assert_false(stored(db, "bad"));
	assert_int_equal(db_position(db), 2);
}

static int run_fill(struct db_tx *tx, void *arg, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO meta VALUES(?,randomblob(1000000))");
	sql_bind_str(s, 1, arg);
	return sql_run(s, err);
}

static int run_cap(struct db_tx *tx, void *arg, struct err *err)
{
	return sql_exec(db_tx_sql(tx), arg, err);
}

static void test_full(void **state)
{
	struct db *db = *state;
	db_submit(db, run_cap, on_done, W("PRAGMA max_page_count=150"));
	wait_done(1);
	db_submit(db, run_insert, on_done, W("a"));
	db_submit(db, run_fill, on_done, W("big"));
	wait_done(2);
	assert_non_null(strstr(seen, "d-24"));
	assert_false(stored(db, "big"));
	db_submit(db, run_cap, on_done, W("PRAGMA max_page_count=100000"));
	db_submit(db, run_insert, on_done, W("after"));
	db_submit(db, run_fill, on_done, W("big"));
	wait_done(3);
	assert_true(stored(db, "after") && stored(db, "big"));
}

/* A constraint that is only checked by COMMIT. */
static int run_orphan(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return sql_exec(db_tx_sql(tx),
			"CREATE TABLE IF NOT EXISTS p(i INTEGER PRIMARY KEY);"
			"CREATE TABLE IF NOT EXISTS c(i REFERENCES p DEFERRABLE INITIALLY "
			"DEFERRED);"
			"INSERT INTO c VALUES(7)",
			err);
}

static void test_commit_fails(void **state)
{
	struct db *db = *state;
	struct hold h;
	hold(&h, db);
	db_submit(db, run_insert, on_done, W("with"));
	db_submit(db, run_orphan, on_done, NULL);
	let_go(&h);
	wait_done(3);
	/* All that shared the COMMIT failed, and nobody heard of their changes. */
	assert_non_null(strstr(seen, "d-24 d-24 "));
	assert_false(stored(db, "with"));
	assert_null(strchr(seen, 'c'));
	db_submit(db, run_insert, on_done, W("next"));
	wait_done(1);
	assert_true(stored(db, "next"));
	assert_int_equal(db_position(db), 1);
	hold_done(&h);
}

/* The file system itself refuses: what a full disk looks like. */
static void test_disk_refuses(void **state)
{
	struct db *db = *state;
	struct rlimit old, tight;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = 300000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	db_submit(db, run_fill, on_done, W("big"));
	wait_done(1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(seen, "d-24 ");
	db_submit(db, run_insert, on_done, W("next"));
	wait_done(1);
	assert_true(stored(db, "next"));
	assert_false(stored(db, "big"));
}

static void submit_more(void *arg, int rc, const struct err *err)
{
	on_done(arg, rc, err);
	db_submit(arg, run_insert, on_done, W("second"));
}

static void test_close_finishes(void **state)
{
	struct db *db = *state;
	struct err err;
	left = 99;
	uint32_t epoch = db_epoch(db);
	db_submit(db, run_insert, on_done, W("first"));
	db_close(db);
	assert_string_equal(seen, "c1 d0 ");
	assert_int_equal(db_open(loop, dir, on_commit, NULL, &db, &err), 0);
	*state = db;
	assert_true(stored(db, "first"));
	assert_int_equal(db_position(db), 1);
	assert_int_equal(db_epoch(db), epoch);
}

static int run_chain(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return insert(tx, "chain", err);
}

static void test_close_runs_what_done_queues(void **state)
{
	struct db *db = *state;
	struct err err;
	left = 99;
	db_submit(db, run_chain, submit_more, db);
	db_close(db);
	assert_int_equal(db_open(loop, dir, on_commit, NULL, &db, &err), 0);
	*state = db;
	assert_true(stored(db, "chain") && stored(db, "second"));
}

static void test_offline(void **state)
{
	struct db *db = *state;
	struct err err;
	db_close(db);
	assert_int_equal(db_open_offline(dir, &db, &err), 0);
	assert_int_equal(db_run_offline(db, run_insert, W("off"), &err), 0);
	assert_int_equal(db_run_offline(db, run_insert_then_fail, W("bad"), &err), ERR_INVALID);
	assert_string_equal(err.msg, "no");
	assert_true(stored(db, "off"));
	assert_false(stored(db, "bad"));
	*state = db;
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_order),		T(test_group),
		T(test_one_fails),	T(test_full),
		T(test_commit_fails),	T(test_disk_refuses),
		T(test_close_finishes), T(test_close_runs_what_done_queues),
		T(test_offline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
