#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/client/view/actions.h"
#include "core/store/store.h"
#include "tests/lib/forked.h"

#include <signal.h>
#include <string.h>

/* Verbs on a thread of their own, beside a loop. */

static struct home home;
static struct forked script;

static int setup(void **state)
{
	static const struct script_step steps[] = {
		{.method = "GET", .target = "/slow", .status = -1, .repeat = true},
		{.method = "GET", .target = "/gone", .status = 0, .repeat = true},
		{.method = "GET", .target = "/quick", .status = 200, .body = "{}", .repeat = true},
		{.target = NULL},
	};
	(void)state;
	home_make(&home);
	forked_script(&script, home.dir, steps);
	account_fake(script.url, "ann", "secret", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	forked_end(&script, SIGTERM);
	home_remove(&home);
	return 0;
}

/* What a job is given: the front end's, the thread's, the front end's again. */
struct job {
	struct loop *loop;
	struct buf *log;
	const char *path, *name;
	int fail; /* returned by the job */
	bool stop;
	int begun; /* atomic */
};

static int run(struct client *c, void *arg, struct err *err)
{
	struct job *j = arg;
	struct store *s;
	__atomic_store_n(&j->begun, 1, __ATOMIC_RELEASE);
	if (strcmp(client_account(c)->name, "ann") != 0 || client_store(c, &s, err))
		return err_set(err, ERR_FAILED, "not the account");
	if (j->path)
		return session_get(client_session(c), j->path, NULL, err);
	return j->fail ? err_set(err, j->fail, "as told") : 0;
}

static void done(int rc, const struct err *err, void *arg)
{
	struct job *j = arg;
	assert_int_equal(rc, err ? err->code : 0);
	buf_printf(j->log, "%s:%d ", j->name, rc);
	if (j->stop)
		loop_stop(j->loop);
	mem_free(j);
}

static struct work_job *add(struct work *w, struct job j)
{
	return work_add(w, run, done, mem_dup(&j, sizeof(j)));
}

static void test_order(void **state)
{
	(void)state;
	long before = mem_live();
	struct loop *l = loop_new();
	struct loop_timer *alive = loop_timer_new(l, NULL, NULL);
	struct buf log = BUF_INIT(BUF_CAP_OWN);
	struct work *w = work_new(l, &(struct work_options){.account = "ann"});
	loop_timer_start(alive, 60000, 0);
	add(w, (struct job){.log = &log, .name = "a", .path = "/quick"});
	add(w, (struct job){.log = &log, .name = "b", .fail = ERR_NOT_FOUND});
	add(w, (struct job){.log = &log, .name = "c"});
	add(w, (struct job){.loop = l, .log = &log, .name = "d", .stop = true});
	assert_int_equal(work_pending(w), 4);
	assert_int_equal(log.n, 0);
	loop_run(l);
	assert_string_equal(buf_str(&log), "a:0 b:-5 c:0 d:0 ");
	assert_int_equal(work_pending(w), 0);
	work_free(w);
	loop_timer_free(alive);
	loop_free(l);
	buf_done(&log);
	assert_int_equal(mem_live(), before);
}

/* The server never answers: the job ends all the same, and so do those behind it. */
static void test_cancel(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct loop_timer *alive = loop_timer_new(l, NULL, NULL);
	struct buf log = BUF_INIT(BUF_CAP_OWN);
	struct work *w = work_new(l, &(struct work_options){.account = "ann"});
	struct job slow = {.log = &log, .name = "slow", .path = "/slow"};
	struct job *arg = mem_dup(&slow, sizeof(slow));
	loop_timer_start(alive, 60000, 0);
	struct work_job *first = work_add(w, run, done, arg);
	struct work_job *second = add(w, (struct job){.log = &log, .name = "never"});
	add(w, (struct job){.loop = l, .log = &log, .name = "last", .stop = true});
	while (!__atomic_load_n(&arg->begun, __ATOMIC_ACQUIRE))
		;
	work_cancel(w, second);
	work_cancel(w, first);
	loop_run(l);
	assert_string_equal(buf_str(&log), "slow:-3 never:-3 last:0 ");
	work_free(w);
	loop_timer_free(alive);
	loop_free(l);
	buf_done(&log);
}

/* Where the server is known to be out of reach, one try is all that a job waits for. */
static void test_offline(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct loop_timer *alive = loop_timer_new(l, NULL, NULL);
	struct buf log = BUF_INIT(BUF_CAP_OWN);
	struct work *w = work_new(l, &(struct work_options){.account = "ann"});
	loop_timer_start(alive, 60000, 0);
	work_offline(w, true);
	add(w, (struct job){.loop = l, .log = &log, .name = "gone", .path = "/gone", .stop = true});
	loop_run(l);
	work_free(w);
	char *want = mem_printf("gone:%d ", ERR_NETWORK);
	assert_string_equal(buf_str(&log), want);
	assert_int_equal(forked_count(&script, "GET /gone"), 1);
	mem_free(want);
	loop_timer_free(alive);
	loop_free(l);
	buf_done(&log);
}

/* Ending tells everybody, without the loop being run. */
static void test_end(void **state)
{
	(void)state;
	long before = mem_live();
	struct loop *l = loop_new();
	struct buf log = BUF_INIT(BUF_CAP_OWN);
	struct work *w = work_new(l, &(struct work_options){.account = "ann"});
	add(w, (struct job){.log = &log, .name = "a", .path = "/slow"});
	add(w, (struct job){.log = &log, .name = "b", .path = "/slow"});
	work_free(w);
	assert_string_equal(buf_str(&log), "a:-3 b:-3 ");
	loop_free(l);
	work_free(NULL);
	buf_done(&log);
	assert_int_equal(mem_live(), before);
}

/* -- Actions: the same with rows and words of their own ------------------------------ */

static int two_rows(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		    struct err *err)
{
	(void)c;
	json_t *row = json_pack("{s:O}", "got", json_object_get(ask, "word"));
	fn(row, arg);
	fn(row, arg);
	json_decref(row);
	return json_get_bool(ask, "fail", false) ? err_set(err, ERR_PARTIAL, "half") : 0;
}

struct told {
	struct loop *l;
	struct buf log;
};

static void on_told(const struct err *err, const json_t *rows, void *arg)
{
	struct told *t = arg;
	buf_printf(&t->log, "%d rows, %s, %s; ", (int)json_array_size(rows),
		   json_get_str(json_array_get(rows, 0), "got"), err ? err->msg : "fine");
}

static void on_last(const struct err *err, const json_t *rows, void *arg)
{
	on_told(err, rows, arg);
	loop_stop(((struct told *)arg)->l);
}

static void test_actions(void **state)
{
	(void)state;
	long before = mem_live();
	struct told t = {loop_new(), BUF_INIT(BUF_CAP_OWN)};
	struct loop_timer *alive = loop_timer_new(t.l, NULL, NULL);
	struct work *w = work_new(t.l, &(struct work_options){.account = "ann"});
	loop_timer_start(alive, 60000, 0);
	action_start(w, two_rows, json_pack("{s:s}", "word", "one"), on_told, &t);
	action_forget(action_start(w, two_rows, json_pack("{s:s}", "word", "two"), on_told, &t));
	action_stop(action_start(w, two_rows, json_pack("{s:s}", "word", "three"), on_told, &t));
	action_start(w, two_rows, json_pack("{s:s,s:b}", "word", "four", "fail", 1), on_last, &t);
	loop_run(t.l);
	assert_string_equal(buf_str(&t.log), "2 rows, one, fine; 2 rows, four, half; ");
	work_free(w);
	loop_timer_free(alive);
	loop_free(t.l);
	buf_done(&t.log);
	assert_int_equal(mem_live(), before);
}

static void test_no_account(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct loop_timer *alive = loop_timer_new(l, NULL, NULL);
	struct buf log = BUF_INIT(BUF_CAP_OWN);
	struct work *w = work_new(l, &(struct work_options){.account = "nobody"});
	loop_timer_start(alive, 60000, 0);
	add(w, (struct job){.loop = l, .log = &log, .name = "a", .stop = true});
	loop_run(l);
	assert_string_equal(buf_str(&log), "a:-5 ");
	work_free(w);
	loop_timer_free(alive);
	loop_free(l);
	buf_done(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_offline), cmocka_unit_test(test_end),
		cmocka_unit_test(test_actions), cmocka_unit_test(test_no_account),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
