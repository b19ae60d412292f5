#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/view/drafts.h"
#include "core/store/drafts.h"
#include "core/store/rooms.h"
#include "tests/lib/forked.h"

#include <string.h>

/* What is written is kept by a thread, and nothing of it is lost at the end. */

static struct home home;

struct desk {
	struct loop *l;
	struct loop_timer *alive;
	struct client *c;
	struct store *s;
	struct drafts *d;
	int kept, failed;
	long live;
};

static int setup(void **state)
{
	(void)state;
	home_make(&home);
	account_fake("http://127.0.0.1:9", "ann", "secret", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	home_remove(&home);
	return 0;
}

static void on_kept(void *arg)
{
	struct desk *k = arg;
	k->kept++;
	loop_stop(k->l);
}

static void on_failed(const struct err *err, void *arg)
{
	struct desk *k = arg;
	assert_true(err->msg[0]);
	k->failed++;
	loop_stop(k->l);
}

static void open_desk(struct desk *k, const char *account)
{
	static const struct drafts_observer observer = {on_kept, on_failed};
	struct client_options o = {.account = "ann"};
	struct err err;
	memset(k, 0, sizeof(*k));
	k->live = mem_live();
	k->l = loop_new();
	k->alive = loop_timer_new(k->l, NULL, NULL);
	loop_timer_start(k->alive, 60000, 0);
	assert_int_equal(client_open(&o, &k->c, &err), 0);
	assert_int_equal(client_store(k->c, &k->s, &err), 0);
	store_room_make(k->s, SPAN_LIT("!a:x"), &err);
	store_room_make(k->s, SPAN_LIT("!b:x"), &err);
	k->d = drafts_new(k->l, k->s, &(struct work_options){.account = account}, &observer, k);
}

static void close_desk(struct desk *k)
{
	client_close(k->c);
	loop_timer_free(k->alive);
	loop_free(k->l);
	assert_int_equal(mem_live(), k->live);
}

static void set(struct desk *k, const char *room, const char *thread, const char *text)
{
	drafts_set(k->d, room, thread, span_of(text));
}

#define assert_draft(k, room, thread, want)                            \
	do {                                                           \
		struct buf b = BUF_INIT(1000);                         \
		assert_int_equal(drafts_get((k)->d, room, thread, &b), \
				 *(const char *)(want) != 0);          \
		assert_string_equal(buf_str(&b), want);                \
		buf_done(&b);                                          \
	} while (0)

#define assert_cached(k, room, thread, want)                               \
	do {                                                               \
		struct buf b = BUF_INIT(1000);                             \
		int64_t row = store_room_find((k)->s, span_of(room));      \
		assert_int_equal(store_draft_get((k)->s, row, thread, &b), \
				 *(const char *)(want) != 0);              \
		assert_string_equal(buf_str(&b), want);                    \
		buf_done(&b);                                              \
	} while (0)

/* Whoever comes back to a room at once finds what is not in the cache yet. */
static void test_at_once(void **state)
{
	struct desk k;
	(void)state;
	open_desk(&k, "ann");
	assert_draft(&k, "!a:x", NULL, "");
	set(&k, "!a:x", NULL, "one");
	set(&k, "!a:x", "$t", "in a thread");
	set(&k, "!a:x", NULL, "one two");
	set(&k, "!b:x", NULL, "other");
	assert_draft(&k, "!a:x", NULL, "one two");
	assert_draft(&k, "!a:x", "$t", "in a thread");
	assert_draft(&k, "!b:x", "", "other");
	loop_run(k.l); /* "one", then all that came meanwhile */
	loop_run(k.l);
	assert_int_equal(k.kept, 2);
	assert_cached(&k, "!a:x", "", "one two");
	assert_cached(&k, "!a:x", "$t", "in a thread");
	assert_cached(&k, "!b:x", "", "other");
	set(&k, "!a:x", NULL, "");
	assert_draft(&k, "!a:x", NULL, "");
	loop_run(k.l);
	assert_cached(&k, "!a:x", "", "");
	set(&k, "!b:x", NULL, "other"); /* is there: nothing to do */
	set(&k, "!b:x", NULL, "");
	set(&k, "!a:x", "$t", "");
	loop_run(k.l);
	assert_draft(&k, "!a:x", "$t", "");
	drafts_free(k.d);
	close_desk(&k);
}

static void test_end(void **state)
{
	struct desk k;
	(void)state;
	open_desk(&k, "ann");
	set(&k, "!a:x", NULL, "begun");
	set(&k, "!a:x", NULL, "begun and gone on");
	assert_int_equal(drafts_flush(k.d, NULL), 0);
	assert_cached(&k, "!a:x", "", "begun and gone on");
	set(&k, "!a:x", NULL, "to the last letter");
	drafts_free(k.d);
	assert_cached(&k, "!a:x", "", "to the last letter");
	assert_int_equal(k.kept, 0);
	close_desk(&k);
	drafts_free(NULL);
}

/* The thread finds no account: told once, and the end writes it all the same. */
static void test_failing(void **state)
{
	struct desk k;
	(void)state;
	open_desk(&k, "nobody");
	set(&k, "!b:x", NULL, "first");
	loop_run(k.l);
	assert_int_equal(k.failed, 1);
	assert_draft(&k, "!b:x", NULL, "first");
	set(&k, "!b:x", NULL, "second");
	assert_draft(&k, "!b:x", NULL, "second");
	drafts_free(k.d);
	assert_cached(&k, "!b:x", "", "second");
	assert_int_equal(k.failed, 1);
	close_desk(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_failing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
