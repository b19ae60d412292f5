/*
 * Long jobs of the writer, in pieces: what others write goes in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/routes/route.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

#define PIECES 5

static struct server srv;
static char dir[256];
static char order[100]; /* what was acknowledged, and done */
static int freed;

static void note(const char *what)
{
	size_t n = strlen(order);
	snprintf(order + n, sizeof(order) - n, "%s", what);
}

struct long_one {
	struct rq rq;
	int pieces, fails_at;
};

static int message(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return sql_run(SQL(db_tx_sql(tx), "INSERT INTO meta VALUES('message',1)"), err);
}

static void acknowledged(void *arg, int rc, const struct err *err)
{
	(void)arg;
	(void)err;
	assert_int_equal(rc, 0);
	note("m");
}

static int piece(struct db_tx *tx, void *arg, bool *ret_more, struct err *err)
{
	struct long_one *l = arg;
	assert_false(*ret_more);
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO meta VALUES('piece'||?1,1)");
	sql_bind_i64(s, 1, ++l->pieces);
	int rc = sql_run(s, err);
	*ret_more = l->pieces < PIECES;
	return l->pieces == l->fails_at ? err_set(err, ERR_FAILED, "no") : rc;
}

static void done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct long_one *l = arg;
	(void)err;
	assert_ptr_equal(rq, &l->rq);
	note(rc ? "failed" : "done");
	loop_stop(srv.loop);
}

static void on_free(void *arg)
{
	(void)arg;
	freed++;
}

static int setup(void **state)
{
	struct err err;
	(void)state;
	tmpdir_make(dir);
	srv.loop = loop_new();
	order[0] = '\0';
	freed = 0;
	assert_int_equal(db_open(srv.loop, dir, NULL, NULL, &srv.db, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(srv.db);
	loop_free(srv.loop);
	tmpdir_remove(dir);
	return 0;
}

static void on_timeout(void *arg)
{
	(void)arg;
	fail_msg("timeout; seen: %s", order);
}

static void until_done(void)
{
	struct loop_timer *t = loop_timer_new(srv.loop, on_timeout, NULL);
	loop_timer_start(t, 120000, 0);
	loop_run(srv.loop);
	loop_timer_free(t);
}

static int64_t stored(void)
{
	return sql_get_i64(SQL(db_reader(srv.db),
			       "SELECT count(*) FROM meta WHERE key LIKE 'piece%'"),
			   -1);
}

static void test_others_go_between(void **state)
{
	(void)state;
	struct long_one l = {.rq.srv = &srv};
	rq_write_pieces(&l.rq, piece, done, &l, on_free);
	db_submit(srv.db, message, acknowledged, NULL);
	until_done();
	assert_string_equal(order, "mdone");
	assert_int_equal(l.pieces, PIECES);
	assert_int_equal(stored(), PIECES);
	assert_int_equal(freed, 1);
}

/* What was done before stays; nothing follows. */
static void test_failure(void **state)
{
	(void)state;
	struct long_one l = {.rq.srv = &srv, .fails_at = 3};
	rq_write_pieces(&l.rq, piece, done, &l, on_free);
	until_done();
	assert_string_equal(order, "failed");
	assert_int_equal(stored(), 2);
	assert_int_equal(freed, 1);
}

/* The end of the server waits for all of it. */
static void test_end(void **state)
{
	(void)state;
	struct long_one l = {.rq.srv = &srv};
	rq_write_pieces(&l.rq, piece, done, &l, on_free);
	db_finish(srv.db);
	assert_string_equal(order, "done");
	assert_int_equal(stored(), PIECES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_others_go_between, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
