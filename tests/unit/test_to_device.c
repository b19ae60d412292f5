/*
 * What waits for devices is bounded: in one queue, and of one sender in all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/accounts/user.h"
#include "server/keys/to_device.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

enum { EVE = 1, BERT, DEVICES = 6, BIG = 60000 };

static char dir[256];
static struct db *db;
static const struct keys_owner eve = {EVE, EVE, "@u1:x", "D1"}, bert = {BERT, BERT, "@u2:x", "D2"};

static int fill(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	for (int i = 1; i <= DEVICES; i++) {
		struct grant g = {0};
		int64_t nid;
		AUTO_FREE char *user = mem_printf("@u%d:x", i);
		AUTO_FREE char *device = mem_printf("D%d", i);
		assert_int_equal(user_create(tx, &(struct user_new){.user_id = user}, &nid, err),
				 0);
		assert_int_equal(nid, i);
		assert_int_equal(device_login(tx, nid, device, NULL, false, &g, err), 0);
		grant_done(&g);
	}
	return 0;
}

static void run(db_run_fn *fn, const void *arg)
{
	struct err err = {0};
	if (db_run_offline(db, fn, (void *)arg, &err))
		fail_msg("%s", err.msg);
}

static int setup(void **state)
{
	struct err err;
	(void)state;
	tmpdir_make(dir);
	assert_int_equal(db_open_offline(dir, &db, &err), 0);
	run(fill, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	tmpdir_remove(dir);
	return 0;
}

static void send(struct db_tx *tx, const struct keys_owner *from, int no, int to, const char *text,
		 struct err *err)
{
	AUTO_FREE char *txn = mem_printf("t%d", no);
	AUTO_FREE char *user = mem_printf("@u%d:x", to);
	JSON_AUTO json_t *messages = json_pack("{s:{s:{s:s,s:i}}}", user, "*", "x", text, "no", no);
	assert_int_equal(to_device_send(tx, from, "m.test", txn, messages, err), 0);
}

/* Messages; 0: of any device, of any sender, -1: of any number. */
static int64_t count(int64_t device, int64_t sender, int no)
{
	AUTO_FREE char *like = no < 0 ? mem_strdup("%") : mem_printf("%%\"no\":%d}%%", no);
	struct sql_stmt *s =
		SQL(db_reader(db), "SELECT count(*) FROM to_device WHERE (?1=0 OR device_nid=?1)"
				   " AND (?2=0 OR sender_nid=?2) AND text LIKE ?3");
	sql_bind_i64(s, 1, device);
	sql_bind_i64(s, 2, sender);
	sql_bind_str(s, 3, like);
	return sql_get_i64(s, -1);
}

static int many_small(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	for (int i = 0; i < 10; i++)
		send(tx, &bert, i, 3, "", err);
	for (int i = 0; i <= TO_DEVICE_QUEUE_MAX; i++)
		send(tx, &eve, i, 3, "", err);
	return 0;
}

/* A full queue is emptied a piece at a time, at the cost of who filled it. */
static void test_one_queue(void **state)
{
	(void)state;
	run(many_small, NULL);
	int64_t n = count(3, 0, -1);
	assert_true(n < TO_DEVICE_QUEUE_MAX);
	assert_true(n > TO_DEVICE_QUEUE_MAX / 4);
	assert_int_equal(count(3, BERT, -1), 10);
	assert_int_equal(count(3, EVE, TO_DEVICE_QUEUE_MAX), 1);
	assert_int_equal(count(3, EVE, 0), 0);
}

static int much(struct db_tx *tx, void *arg, struct err *err)
{
	AUTO_FREE char *text = mem_alloc(BIG + 1);
	(void)arg;
	memset(text, 'x', BIG);
	text[BIG] = '\0';
	for (int i = 0; i < 1 + TO_DEVICE_SENDER_BYTES / BIG; i++)
		send(tx, &eve, 100000 + i, 1 + i % DEVICES, text, err);
	return 0;
}

/* Nobody fills the disk by way of many queues. */
static void test_one_sender(void **state)
{
	(void)state;
	run(much, NULL);
	int64_t bytes = sql_get_i64(SQL(db_reader(db),
					"SELECT sum(size) FROM to_device WHERE sender_nid=1"),
				    -1);
	assert_true(bytes <= TO_DEVICE_SENDER_BYTES);
	assert_true(bytes > TO_DEVICE_SENDER_BYTES / 2);
	assert_int_equal(count(0, EVE, 100000 + TO_DEVICE_SENDER_BYTES / BIG), 1);
	assert_int_equal(count(0, BERT, -1), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_queue),
		cmocka_unit_test(test_one_sender),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
